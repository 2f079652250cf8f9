"""The real services behind the emulated account: one module for each protocol of `localcloud.api.backends`."""
