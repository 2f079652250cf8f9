"""A Pulumi stack: its releases, its previews, its locks, and the commits that it ran."""
