"""One module a noun, or a family of nouns that are kept alike."""
