"""Notify people by Slack and e-mail of how a run ended."""
