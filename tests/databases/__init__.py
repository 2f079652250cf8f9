"""Real databases for tests: one that the environment names, or one started here."""
