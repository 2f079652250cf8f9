"""What each command does with its options, and which it takes: one module for what they are about."""
