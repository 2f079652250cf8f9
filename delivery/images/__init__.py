"""Images in container registries: which a release needs, copies, scans, and which may be deleted."""
