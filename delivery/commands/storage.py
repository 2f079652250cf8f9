"""What GitHub Actions stores, cleaned up."""

from __future__ import annotations

from datetime import UTC, datetime

from delivery.github import storage, workflow_run
from delivery.github.client import GitHubRepository
from delivery.outcome import Report

MEBIBYTE = 2**20


def cleanup_storage(repository: str | None, *, apply: bool) -> Report:
    """Print which caches and artifacts nobody uses, and delete them with `apply`."""
    asked = GitHubRepository.from_environment(repository)
    unused = [*storage.find_unused_caches(asked), *storage.find_unused_artifacts(asked, datetime.now(UTC))]
    for each in unused:
        print(each)
        if apply:
            storage.delete(asked, each)
    size = sum(each.size_bytes for each in unused) / MEBIBYTE
    verb = "deleted" if apply else "could be deleted with --apply"
    caches = sum(each.kind == "cache" for each in unused)
    workflow_run.summarize(f"{caches} caches and {len(unused) - caches} artifacts of {size:.0f} MiB {verb}.")
    return Report(facts={"unused": [str(each) for each in unused], "mebibytes": round(size), "deleted": apply})
