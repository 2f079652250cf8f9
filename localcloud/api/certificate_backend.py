"""The certificate authority behind the API: what it is asked for, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class IssuedCertificate:
    """PEM texts; `not_after` is RFC 3339, `fingerprint` SHA-1 in lower-case hexadecimal digits."""

    leaf: str
    chain: str
    private_key: str
    not_after: str
    fingerprint: str


class Certificates(Protocol):
    """What DigitalOcean has from Let's Encrypt."""

    def issue(self, domains: Sequence[str]) -> IssuedCertificate: ...
