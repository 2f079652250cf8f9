"""What a stack is made of: one noun a file."""
