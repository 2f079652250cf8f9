"""Which images run, by digest, and what scans of them found since the last time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, TypeAdapter, ValidationError

from delivery.images.image_scan import Finding, read_scan
from delivery.outcome import DeliveryError, MissingError
from delivery.provenance.evidence import Evidence, read_image_digest

RECORD_FILE = "findings.json"
SHOWN = 200  # characters of what is wrong with a file, in an error


class ScanTarget(BaseModel):
    """An image that runs.

    Attributes:
        image: with its digest: what to scan.
    """

    stack: str
    service: str
    image: str
    digest: str


class ScanRecord(BaseModel):
    """What the last scan found, for the next one to compare with.

    Attributes:
        findings: the `Finding.key` of each grave one, by service.
        reported: whether an issue was open.
    """

    stack: str
    findings: dict[str, list[str]]
    reported: bool


@dataclass(frozen=True)
class StackScan:
    """The scans of every image that a stack runs.

    Attributes:
        findings: by service; a service that was not scanned is not among them.
        problems: why one was not scanned, by service.
    """

    stack: str
    findings: Mapping[str, Sequence[Finding]]
    problems: Mapping[str, str]

    @property
    def grave(self) -> list[tuple[str, Finding]]:
        return [(service, each) for service, found in self.findings.items() for each in found if each.grave]

    def find_new(self, last: ScanRecord | None) -> list[tuple[str, Finding]]:
        """The grave findings that the last scan did not have."""
        known = last.findings if last else {}
        return [(service, each) for service, each in self.grave if each.key not in known.get(service, ())]

    def needs_issue(self, last: ScanRecord | None) -> bool:
        """Whether an issue is open after this scan: from a new or fixable finding on, until no grave one is left."""
        started = bool(last and last.reported) or any(each.blocking for _, each in self.grave)
        return bool(self.problems) or (bool(self.grave) and (started or bool(self.find_new(last))))

    def record(self, last: ScanRecord | None) -> ScanRecord:
        """What to keep for the next scan; of a service that was not scanned, what was known of it."""
        findings = {
            name: list(keys) for name, keys in (last.findings if last else {}).items() if name in self.problems
        }
        findings |= {name: [each.key for each in found if each.grave] for name, found in self.findings.items()}
        return ScanRecord(stack=self.stack, findings=findings, reported=self.needs_issue(last))


def list_targets(evidence: Evidence, folder: Path) -> list[ScanTarget]:
    """The images of a stack.

    Raises:
        DeliveryError: a manifest beside the evidence is another image's.
    """
    for name, service in evidence.services.items():
        if (digest := read_image_digest(folder, name)) != service.digest:
            raise DeliveryError(f"{folder}: the manifest of {name} is {digest}, and {service.digest} runs")
    return [
        ScanTarget(stack=evidence.stack, service=name, image=service.image, digest=service.digest)
        for name, service in sorted(evidence.services.items())
    ]


def read_targets(file: Path) -> list[ScanTarget]:
    """Read what `slipway ci scan-targets` printed.

    Raises:
        MissingError: it is something else.
    """
    try:
        return TypeAdapter(list[ScanTarget]).validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise MissingError(f"{file} is not what `slipway ci scan-targets` prints: {str(error)[:SHOWN]}") from error


def read_record(file: Path) -> ScanRecord | None:
    """What the last scan found; None where nothing can be read: every finding is new then."""
    try:
        return ScanRecord.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None


def combine_scans(stack: str, targets: Iterable[ScanTarget], folder: Path) -> StackScan:
    """The scans `<stack>-<service>.json` of a folder, each of the digest that runs."""
    findings: dict[str, Sequence[Finding]] = {}
    problems: dict[str, str] = {}
    for target in targets:
        try:
            scan = read_scan(folder / f"{stack}-{target.service}.json")
            scan.refuse_other(target.digest)
        except DeliveryError as error:
            problems[target.service] = str(error)
        else:
            findings[target.service] = scan.findings
    return StackScan(stack, findings, problems)
