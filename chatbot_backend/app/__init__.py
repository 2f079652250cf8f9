"""A chat over one's todos."""
