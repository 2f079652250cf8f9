"""The services of this repository, in the test's process and in one of their own."""
