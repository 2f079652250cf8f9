"""The `docker` provider: images, built with BuildKit and pushed once."""
