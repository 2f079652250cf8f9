"""What happens to a release after its commit: the logic behind the workflows, called the same way on a laptop."""
