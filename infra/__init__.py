"""The program: what exists in a stack."""
