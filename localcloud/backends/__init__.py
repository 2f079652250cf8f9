"""The real services behind the emulated API."""
