"""What scans find in images: before they are deployed, and every night in those that run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from delivery.github import artifacts, tracking_issue, workflow_run
from delivery.github.branches import read_branches
from delivery.github.client import GitHubRepository
from delivery.github.markdown import code
from delivery.github.tracking_issue import Problem
from delivery.images.image_scan import Finding, read_scan
from delivery.images.scan_targets import RECORD_FILE, ScanRecord, StackScan, combine_scans, read_record, read_targets
from delivery.outcome import RefusedError, Report, Status

LABEL = "vulnerability"
RECORDS = "scan-findings"  # the artifact with every stack's record


def judge_scan(file: Path, images: Path | None) -> Report:
    """Print what stops the change, and summarise the rest; status 1 when something does.

    Args:
        images: what `slipway images export` wrote: the scan must be of the image in it that the file is named after.
            None: any image.
    """
    scan = read_scan(file)
    if images is not None:
        target = next((each for each in read_targets(images) if each.service == file.stem), None)
        if target is None:
            raise RefusedError(f"{file}: no service {file.stem!r} was exported to {images}")
        scan.refuse_other(target.digest, target.configs)
    blocking = [entry for entry in scan.findings if entry.blocking]
    heading = f"### Image: {len(blocking)} to fix, {len(scan.findings)} known"
    workflow_run.summarize(heading + "\n\n" + "\n".join(f"- {code(str(entry))}" for entry in scan.findings))
    for entry in blocking:
        print(entry)
    facts = {
        "image": scan.image,
        "blocking": [str(entry) for entry in blocking],
        "known": [str(entry) for entry in scan.findings],
    }
    return Report(Status.FAILED if blocking else Status.OK, facts)


def report_scans(folder: Path, stacks: Sequence[str], *, save: Path, repository: str | None) -> Report:
    """Keep one issue open for each stack whose images have grave vulnerabilities; status 1 when one was not scanned.

    Args:
        folder: with a folder `scans-<stack>` for each stack, as the workflow's scanner leaves it.
        save: the folder that gets the record for the next time, to keep as the artifact RECORDS.
    """
    asked = GitHubRepository.from_environment(repository)
    last_folder = Path("last-scan")
    artifacts.newest(asked, RECORDS, last_folder, read_branches().names)
    save.mkdir(parents=True, exist_ok=True)
    facts = {}
    for stack in stacks:
        last = read_record(last_folder / f"{stack}.{RECORD_FILE}")
        scan = combine_scans(stack, folder / f"scans-{stack}")
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
        tracking_issue.close_issues(
            repository, LABEL, purpose, "The images that run have no grave vulnerability any more."
        )
        print(f"{scan.stack}: nothing to report")
        return None
    title = f"Vulnerable images run on {scan.stack}" if scan.grave else f"Images of {scan.stack} were not scanned"
    body = _describe(scan, last)
    workflow_run.summarize(f"### {title}\n\n{body}")
    url = tracking_issue.open_issue(repository, Problem(purpose=purpose, label=LABEL, title=title, body=body))
    print(f"{scan.stack}: {url}")
    return url


def _describe(scan: StackScan, last: ScanRecord | None) -> str:
    new = scan.find_new(last)
    entries = [f"{code(name)} was **not scanned**: {code(problem)}" for name, problem in scan.problems.items()]
    entries += [_format(service, each, is_new=(service, each) in new) for service, each in scan.grave]
    end = "**new**: the scan before did not find it. To fix one: raise the package or the base image, and deploy."
    lines = [*(f"- {entry}" for entry in entries), "", end, workflow_run.url() or ""]
    return "\n".join(lines).rstrip()


def _format(service: str, finding: Finding, *, is_new: bool) -> str:
    # What a package is called comes from the image: nothing in it may become Markdown.
    return f"{'**new** ' if is_new else ''}{code(service)} {code(str(finding))}"
