"""A chat about the user's todos."""
