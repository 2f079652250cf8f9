"""Evidence of earlier deploys, as the artifacts that their runs left."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from delivery.github.answers import EPOCH, Artifact, WorkflowRun
from delivery.github.client import GitHubRepository
from delivery.outcome import DeliveryError

LARGEST_BYTES = 5_000_000  # manifests and one JSON file are some ten kilobytes


def newest(
    repository: GitHubRepository,
    name: str,
    folder: Path,
    branches: Collection[str] | None = None,
    accept: Callable[[WorkflowRun], bool] | None = None,
) -> str | None:
    """Unpack the newest artifact of a name into a folder; returns its run's id, or None where there is none.

    A run of a fork may leave an artifact of any name, so those of other repositories are passed over. Who made
    what is in it is for `signatures.verify_file` to say.

    Args:
        repository: whose artifacts.
        name: of the artifact.
        folder: made if it is not there.
        branches: pass over what runs on other branches left. GitHub calls a tag's name a branch, too.
        accept: pass over what runs left that it does not accept.

    Raises:
        DeliveryError: it holds anything but a few files beside each other.
    """
    for artifact in list_ours(repository, name, branches):
        run = artifact.workflow_run
        identity = run.id if run else None
        if accept is not None and (identity is None or not accept(_read_run(repository, identity))):
            continue
        _unpack(_download(repository, artifact), folder)
        return str(identity) if identity else None
    return None


def _read_run(repository: GitHubRepository, run: int) -> WorkflowRun:
    return repository.read(WorkflowRun, repository.rest.actions.get_workflow_run, run)


def list_ours(repository: GitHubRepository, name: str, branches: Collection[str] | None = None) -> list[Artifact]:
    """Every artifact of a name that a run of this repository left and that is there still, newest first."""
    call = repository.rest.actions.list_artifacts_for_repo
    artifacts = repository.pages(Artifact, call, key="artifacts", name=name)
    ours = [entry for entry in artifacts if not entry.expired and _is_ours(entry, branches)]
    return sorted(ours, key=lambda entry: (entry.created_at or EPOCH, entry.id), reverse=True)


def read_file(repository: GitHubRepository, artifact: Artifact, name: str) -> bytes | None:
    """One file of an artifact; None where it has no such file.

    Raises:
        DeliveryError: it is no archive, or too large.
    """
    with _open(_download(repository, artifact)) as archive:
        return archive.read(name) if name in archive.namelist() else None


def _is_ours(artifact: Artifact, branches: Collection[str] | None) -> bool:
    run = artifact.workflow_run
    if run is None or run.head_repository_id is None or run.head_repository_id != run.repository_id:
        return False
    return branches is None or run.head_branch in branches


def _download(repository: GitHubRepository, artifact: Artifact) -> bytes:
    call = repository.rest.actions.download_artifact
    return bytes(repository.send(call, repository.owner, repository.name, artifact.id, "zip").content)


@contextmanager
def _open(content: bytes) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST_BYTES:
                raise DeliveryError("the evidence is larger than evidence can be")
            yield archive
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        advice = "run the workflow that left it again"
        raise DeliveryError(f"an artifact cannot be unpacked: {error}; {advice}") from error


def _unpack(content: bytes, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with _open(content) as archive:
        for entry in archive.infolist():
            if entry.filename != Path(entry.filename).name:
                raise DeliveryError(f"the evidence holds {entry.filename!r}: only plain files belong there")
            (folder / entry.filename).write_bytes(archive.read(entry))
