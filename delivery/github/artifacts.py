"""Evidence of earlier deploys, as the artifacts that their runs left."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection
from pathlib import Path

from delivery.github.client import PAGE, GitHubRepository
from delivery.outcome import DeliveryError

LARGEST_BYTES = 5_000_000  # manifests and one JSON file are some ten kilobytes


def newest(
    repository: GitHubRepository, name: str, folder: Path, branches: Collection[str] | None = None
) -> str | None:
    """Unpack the newest artifact of a name into a folder; returns its run's id, or None where there is none.

    A run of a fork may leave an artifact of any name, so those of other repositories are passed over. Who made
    what is in it is for `signatures.verify_file` to say.

    Args:
        repository: whose artifacts.
        name: of the artifact.
        folder: made if it is not there.
        branches: pass over what runs on other branches left.

    Raises:
        DeliveryError: it holds anything but a few files beside each other.
    """
    rest, owner, repo = repository.rest, repository.owner, repository.name
    page = 1
    while True:
        found = rest.actions.list_artifacts_for_repo(owner, repo, name=name, per_page=PAGE, page=page).json()
        for artifact in sorted(found["artifacts"], key=lambda entry: str(entry["created_at"]), reverse=True):
            run = artifact.get("workflow_run") or {}
            ours = run.get("head_repository_id") is not None and run["head_repository_id"] == run.get("repository_id")
            ours = ours and (branches is None or run.get("head_branch") in branches)
            if ours and not artifact["expired"]:
                content = rest.actions.download_artifact(owner, repo, artifact["id"], "zip").content
                _unpack(content, folder)
                return str(run["id"])
        if page * PAGE >= found["total_count"]:
            return None
        page += 1


def _unpack(content: bytes, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > LARGEST_BYTES:
            raise DeliveryError("the evidence is larger than evidence can be")
        for entry in archive.infolist():
            if entry.filename != Path(entry.filename).name:
                raise DeliveryError(f"the evidence holds {entry.filename!r}: only plain files belong there")
            (folder / entry.filename).write_bytes(archive.read(entry))
