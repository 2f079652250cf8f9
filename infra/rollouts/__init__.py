"""Helm releases: their history, how they progress, and the cluster's access."""
