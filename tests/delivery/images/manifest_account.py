"""An account of DigitalOcean lists the manifests that a test adds."""

from __future__ import annotations

import json

from tests.delivery.registry_account import RegistryAccount

IMAGE, INDEX = "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json"


class ManifestAccount(RegistryAccount):
    """The API, whose list has the manifests of `listed`; the fake registry holds them.

    Attributes:
        listed: the tags of each manifest, by digest.
    """

    def __init__(self, registry):
        super().__init__()
        self.registry = registry
        self.listed = {}

    def add(self, *tags, days=90, **content):
        """Push a manifest under these tags and list it; its digest."""
        text = json.dumps({"mediaType": IMAGE, "number": len(self.listed), **content})
        digest = self.registry.push("acme/backend", "untagged", text)
        for tag in tags:
            self.registry.push("acme/backend", tag, text)
        self.listed[digest], self.ages[digest] = list(tags), days
        return digest

    def add_release(self, sha, *more, days=90):
        """List the image of a release, which the world has pushed."""
        digest = self.registry.digest("acme/backend", sha[:12])
        self.listed[digest], self.ages[digest] = [sha[:12], *more], days
        return digest

    def list_manifests(self):
        return self.listed
