"""The `kubernetes` provider: objects by server-side apply, and Helm releases by the helm program."""
