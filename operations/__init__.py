"""What a team does every day with what runs: look at it, read its logs, run commands in it."""
