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


class CanaryFacts(BaseModel):
    """A service's canary as the stack's outputs have it."""

    percent: int
    tag: str


class Outputs(BaseModel):
    """What runs.

    Attributes:
        canary: of services that a release is being tried for, or that an interrupted deploy left.
    """

    release: str
    namespace: str = ""
    registry: str = ""
    services: dict[str, ServiceFacts]
    canary: dict[str, CanaryFacts] = {}

    @property
    def digests(self) -> dict[str, str]:
        """The image of each service."""
        return {name: service.digest for name, service in self.services.items()}
