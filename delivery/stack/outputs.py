"""What a stack runs, as its outputs say it; nothing secret."""

from __future__ import annotations

from pydantic import BaseModel


class ServiceFacts(BaseModel):
    """A service as the stack's outputs have it."""

    sha: str
    tag: str
    digest: str
    image: str
    url: str | None = None


class Outputs(BaseModel):
    """What runs."""

    release: str
    namespace: str = ""
    registry: str = ""
    services: dict[str, ServiceFacts]

    @property
    def digests(self) -> dict[str, str]:
        """The image of each service."""
        return {name: service.digest for name, service in self.services.items()}
