"""What a stack file may contain, and the one reader of it."""
