"""One module for each group of commands. It declares options; what a command does is imported when it runs."""
