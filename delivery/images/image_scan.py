"""What a Trivy scan found in which image, and what of it stops a change: what is grave and has a fix."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from delivery.outcome import MissingError, RefusedError

GRAVE = {"HIGH", "CRITICAL"}
SHOWN = 200  # characters of what is wrong with a file, in an error


@dataclass(frozen=True)
class Finding:
    """One vulnerability of one package in the image."""

    id: str
    package: str
    installed: str
    fixed_in: str
    severity: str

    @property
    def grave(self) -> bool:
        return self.severity in GRAVE

    @property
    def blocking(self) -> bool:
        return self.grave and bool(self.fixed_in)

    @property
    def key(self) -> str:
        """What makes it the same finding in a later scan, of a newer version of the package too."""
        return f"{self.id} {self.package}"

    def __str__(self) -> str:
        remedy = f"fixed in {self.fixed_in}" if self.fixed_in else "no fix yet"
        return f"{self.severity} {self.id}: {self.package} {self.installed} ({remedy})"


@dataclass(frozen=True)
class Scan:
    """One scan of one image.

    Attributes:
        image: the name that was scanned.
        digests: of the image, as the registry gave it to the scanner; empty for one that was in no registry.
        config: digest of the configuration that was scanned; empty where the scanner does not say.
        findings: gravest first.
    """

    image: str
    digests: frozenset[str]
    config: str
    findings: tuple[Finding, ...]

    def refuse_other(self, digest: str, configs: Collection[str]) -> None:
        """Refuse a scan of another image than this one.

        Args:
            digest: of the image.
            configs: digests of its configurations: what is scanned from files has no other name.

        Raises:
            RefusedError: it is.
        """
        if digest not in self.digests and self.config not in configs:
            found = ", ".join(sorted({*self.digests, self.config} - {""})) or "no digest"
            raise RefusedError(f"the scan is of {self.image} ({found}), not of {digest}, which runs: scan that image")


class _Vulnerability(BaseModel):
    id: str = Field(alias="VulnerabilityID")
    package: str = Field("", alias="PkgName")
    installed: str = Field("", alias="InstalledVersion")
    fixed_in: str = Field("", alias="FixedVersion")
    severity: str = Field("UNKNOWN", alias="Severity")


class _Result(BaseModel):
    vulnerabilities: list[_Vulnerability] | None = Field(None, alias="Vulnerabilities")


class _Metadata(BaseModel):
    digests: list[str] | None = Field(None, alias="RepoDigests")
    config: str | None = Field(None, alias="ImageID")


class _Report(BaseModel):
    """Of `trivy image --format json`; `Results` is left out, or null, for an image without packages."""

    version: int = Field(alias="SchemaVersion")
    name: str = Field(alias="ArtifactName")
    metadata: _Metadata | None = Field(None, alias="Metadata")
    results: list[_Result] | None = Field(None, alias="Results")


def read_scan(file: Path) -> Scan:
    """Read a file of `trivy image --format json`.

    Raises:
        MissingError: it is not there, or is something else: nothing is known then.
    """
    try:
        report = _Report.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise MissingError(f"{file} is no scan of Trivy: {str(error)[:SHOWN]}") from error
    found = [
        Finding(entry.id, entry.package, entry.installed, entry.fixed_in, entry.severity)
        for result in report.results or ()
        for entry in result.vulnerabilities or ()
    ]
    metadata = report.metadata or _Metadata()
    return Scan(
        image=report.name,
        digests=frozenset(name.partition("@")[2] for name in metadata.digests or ()),
        config=metadata.config or "",
        findings=tuple(sorted(found, key=lambda entry: (not entry.blocking, entry.severity, entry.id))),
    )
