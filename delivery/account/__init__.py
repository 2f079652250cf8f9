"""The DigitalOcean account: its API and the scopes of its tokens."""
