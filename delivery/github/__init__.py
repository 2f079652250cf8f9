"""The repository on GitHub: its settings, workflow runs, comments, issues and artifacts."""
