"""The todo service."""
