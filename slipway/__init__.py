"""One command line for all."""
