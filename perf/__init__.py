"""Measurements of a running local cloud."""
