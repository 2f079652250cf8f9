"""The real services behind the emulated DigitalOcean API: each implements a protocol of `localcloud.api.backends`."""
