"""What a Trivy scan found, and whether it stops a change: grave and fixable does, the rest is reported."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery.outcome import MissingError

GRAVE = {"HIGH", "CRITICAL"}


@dataclass(frozen=True)
class Finding:
    """One vulnerability of one package in the image."""

    id: str
    package: str
    installed: str
    fixed_in: str
    severity: str

    @property
    def blocking(self) -> bool:
        return self.severity in GRAVE and bool(self.fixed_in)

    def __str__(self) -> str:
        remedy = f"fixed in {self.fixed_in}" if self.fixed_in else "no fix yet"
        return f"{self.severity} {self.id}: {self.package} {self.installed} ({remedy})"


def findings(scan: Path) -> list[Finding]:
    """The vulnerabilities in a file of `trivy image --format json`, gravest first.

    Raises:
        MissingError: it is not there, or is something else: nothing is known then.
    """
    try:
        content: dict[str, Any] = json.loads(scan.read_text())
        results = content["Results"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MissingError(f"{scan} is no scan of Trivy: {error!r}") from error
    found = [
        Finding(
            entry["VulnerabilityID"],
            entry["PkgName"],
            entry["InstalledVersion"],
            entry.get("FixedVersion") or "",
            entry.get("Severity", "UNKNOWN"),
        )
        for result in results
        for entry in result.get("Vulnerabilities") or ()
    ]
    return sorted(found, key=lambda entry: (not entry.blocking, entry.severity, entry.id))
