"""Rehearse staging and production on one machine: from an empty account until everything is destroyed."""
