"""What scans find in images: before they are deployed, and every night in those that run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from delivery.github import artifacts, tracking_issue, workflow_run
from delivery.github.client import GitHubRepository
from delivery.github.repository_settings import BRANCHES
from delivery.github.tracking_issue import Problem
from delivery.images.image_scan import Finding, read_scan
from delivery.outcome import RefusedError, Report, Status
from delivery.provenance import signatures
from delivery.provenance.evidence import RELEASE_FILE, read_evidence
from delivery.provenance.scan_targets import (
    RECORD_FILE,
    ScanRecord,
    ScanTarget,
    StackScan,
    combine_scans,
    list_targets,
    read_record,
    read_targets,
)

LABEL = "vulnerability"
RECORDS = "scan-findings"  # the artifact with every stack's record


def judge_scan(file: Path, digest: str | None) -> Report:
    """Print what stops the change, and summarise the rest; status 1 when something does.

    Args:
        digest: of the image that must have been scanned; None: any.
    """
    scan = read_scan(file)
    if digest is not None:
        scan.refuse_other(digest)
    blocking = [entry for entry in scan.findings if entry.blocking]
    heading = f"### Image: {len(blocking)} to fix, {len(scan.findings)} known"
    workflow_run.summarize(heading + "\n\n" + "\n".join(f"- {entry}" for entry in scan.findings))
    for entry in blocking:
        print(entry)
    facts = {
        "image": scan.image,
        "blocking": [str(entry) for entry in blocking],
        "known": [str(entry) for entry in scan.findings],
    }
    return Report(Status.FAILED if blocking else Status.OK, facts)


def list_scan_targets(stacks: Sequence[str], *, attestations: bool, repository: str | None) -> Report:
    """Print the images that run, by the evidence of each stack's last deploy: no secret is needed.

    Raises:
        RefusedError: this repository did not make the evidence.
    """
    asked = GitHubRepository.from_environment(repository)
    targets: list[ScanTarget] = []
    for stack in stacks:
        folder = Path("evidence") / stack
        if artifacts.newest(asked, f"{stack}-release", folder, BRANCHES) is None:
            workflow_run.summarize(f"{stack}: no evidence of a deploy is left, so nothing of it is scanned")
            continue
        if attestations and (problem := signatures.verify_file(folder / RELEASE_FILE, asked.slug)):
            raise RefusedError(f"{stack}: {RELEASE_FILE} was not made by this repository's deploy: {problem}")
        targets += list_targets(read_evidence(folder), folder)
    text = json.dumps([target.model_dump() for target in targets])
    print(text)
    workflow_run.output("targets", text)
    return Report(facts={"targets": [target.model_dump() for target in targets]})


def report_scans(folder: Path, targets_file: Path, *, save: Path, repository: str | None) -> Report:
    """Keep one issue open for each stack whose images have grave vulnerabilities; status 1 when one was not scanned.

    Args:
        save: the folder that gets the record for the next time, to keep as the artifact RECORDS.
    """
    asked = GitHubRepository.from_environment(repository)
    targets = read_targets(targets_file)
    last_folder = Path("last-scan")
    artifacts.newest(asked, RECORDS, last_folder, BRANCHES)
    save.mkdir(parents=True, exist_ok=True)
    facts = {}
    for stack in dict.fromkeys(target.stack for target in targets):
        last = read_record(last_folder / f"{stack}.{RECORD_FILE}")
        scan = combine_scans(stack, [target for target in targets if target.stack == stack], folder)
        record = scan.record(last)
        (save / f"{stack}.{RECORD_FILE}").write_text(record.model_dump_json() + "\n")
        facts[stack] = {
            "new": [f"{service}: {each}" for service, each in scan.find_new(last)],
            "problems": dict(scan.problems),
            "issue": _report_stack(asked, scan, last, record),
        }
    failed = any(each["problems"] for each in facts.values())
    return Report(Status.FAILED if failed else Status.OK, {"stacks": facts})


def _report_stack(
    repository: GitHubRepository, scan: StackScan, last: ScanRecord | None, record: ScanRecord
) -> str | None:
    """Open, update or close the issue of a stack; returns its URL where one is open."""
    purpose = f"scan {scan.stack}"
    if not record.reported:
        tracking_issue.close(repository, LABEL, purpose, "The images that run have no grave vulnerability any more.")
        print(f"{scan.stack}: nothing to report")
        return None
    title = f"Vulnerable images run on {scan.stack}" if scan.grave else f"Images of {scan.stack} were not scanned"
    body = _describe(scan, last)
    workflow_run.summarize(f"### {title}\n\n{body}")
    url = tracking_issue.keep_open(repository, Problem(purpose=purpose, label=LABEL, title=title, body=body))
    print(f"{scan.stack}: {url}")
    return url


def _describe(scan: StackScan, last: ScanRecord | None) -> str:
    new = scan.find_new(last)
    entries = [f"`{service}` was **not scanned**: {problem}" for service, problem in scan.problems.items()]
    entries += [_format(service, each, is_new=(service, each) in new) for service, each in scan.grave]
    end = "**new**: the scan before did not find it. To fix one: raise the package or the base image, and deploy."
    lines = [*(f"- {entry}" for entry in entries), "", end, workflow_run.url() or ""]
    return "\n".join(lines).rstrip()


def _format(service: str, finding: Finding, *, is_new: bool) -> str:
    # What a package is called comes from the image: nothing in it may become Markdown.
    text = str(finding).replace("`", "'")
    return f"{'**new** ' if is_new else ''}`{service}` `{text}`"
