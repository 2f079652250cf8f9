"""The local cloud: what `make up` runs on one machine instead of DigitalOcean, and the program's stack on it."""
