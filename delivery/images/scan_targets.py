"""Which images run, by digest, and what scans of them found since the last time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, TypeAdapter, ValidationError

from delivery.images.image_scan import Finding, read_scan
from delivery.outcome import DeliveryError, MissingError

RECORD_FILE, TARGETS_FILE = "findings.json", "targets.json"
SHOWN = 200  # characters of what is wrong with a file, in an error


class ScanTarget(BaseModel):
    """An image that runs, as `slipway images export` wrote it.

    Attributes:
        image: with its digest.
        configs: digests of its configurations, one for each platform.
    """

    stack: str
    service: str
    image: str
    digest: str
    configs: list[str] = []


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


def write_targets(folder: Path, targets: Sequence[ScanTarget]) -> None:
    """Write what a folder of images holds."""
    text = TypeAdapter(list[ScanTarget]).dump_json(list(targets), indent=2).decode()
    (folder / TARGETS_FILE).write_text(text + "\n")


def read_targets(folder: Path) -> list[ScanTarget]:
    """Read what a folder of images, or of their scans, holds.

    Raises:
        MissingError: it is something else.
    """
    try:
        return TypeAdapter(list[ScanTarget]).validate_json((folder / TARGETS_FILE).read_bytes())
    except (OSError, ValidationError) as error:
        raise MissingError(
            f"{folder / TARGETS_FILE} is not what `slipway images export` writes: {str(error)[:SHOWN]}"
        ) from error


def read_record(file: Path) -> ScanRecord | None:
    """What the last scan found; None where nothing can be read: every finding is new then."""
    try:
        return ScanRecord.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None


def combine_scans(stack: str, folder: Path) -> StackScan:
    """Read the scans `<service>.json` of a folder, each of the image that runs.

    Raises:
        MissingError: the folder does not say what runs.
    """
    findings: dict[str, Sequence[Finding]] = {}
    problems: dict[str, str] = {}
    for target in read_targets(folder):
        try:
            scan = read_scan(folder / f"{target.service}.json")
            scan.refuse_other(target.digest, target.configs)
        except DeliveryError as error:
            problems[target.service] = str(error)
        else:
            findings[target.service] = scan.findings
    return StackScan(stack, findings, problems)
