"""Each job of a workflow has the permissions that are listed, and a scanner reads only."""

from __future__ import annotations

import re

from tests.workflows.workflows import OURS

# Which job may write what; every other one reads.
WRITES = {
    ("cleanup", "storage"): {"actions"},
    ("deploy", "sign"): {"id-token", "attestations"},
    ("deploy", "production"): {"id-token", "attestations"},
    ("drift", "issues"): {"issues"},
    ("preview", "comment"): {"pull-requests"},
    ("preview-environment", "comment"): {"pull-requests"},
    ("preview-environment", "comments"): {"pull-requests"},
    ("preview-prod", "comment"): {"pull-requests"},
    ("release", "dispatch"): {"actions"},
    ("report", "report"): {"issues", "pull-requests"},
    ("rollback", "clear-queue"): {"actions"},
    ("rollback", "rollback"): {"id-token", "attestations"},
    ("scan", "issues"): {"issues"},
}


def nothing_is_permitted_by_default(workflows):
    yield from (name for name, content in workflows.files.items() if content.get("permissions") != {})


def a_job_has_the_rights_that_are_listed_and_no_more(workflows):
    for job in workflows.jobs:
        rights = job.content.get("permissions")
        if rights is None:
            yield f"{job} does not say its rights"
            continue
        writes = {name for name, right in rights.items() if right == "write"}
        if writes != WRITES.get((job.workflow, job.name), set()):
            yield f"{job} may write {sorted(writes)}"


def a_scanner_holds_neither_secret_nor_identity(workflows):
    scanning = [job for job in workflows.jobs if "setup-trivy@" in job.text or f"{OURS}scan" in job.text]
    if len(scanning) < 3:
        yield "an image is not scanned: of ci, of a deploy, or at night"
    for job in scanning:
        if job.content["permissions"] != {"contents": "read"} or "secrets." in job.text or "github.token" in job.text:
            yield str(job)


def a_token_that_may_only_read_asks_for_no_more(workflows):
    for job in workflows.jobs:
        reads = re.match(
            r"(preview-(staging|prod)|drift|cleanup)|\$\{\{ inputs\.stack == 'prod' && 'cleanup",
            job.environment or "",
        )
        for step in job.uses(f"{OURS}setup-deploy"):
            if reads and step["with"].get("read-only") != "true":
                yield str(job)
