"""The image tag of each service at a release: what the pods of that release have as their version."""

from __future__ import annotations

from pathlib import Path

from delivery.outcome import RefusedError
from delivery.stack.configuration import read_configuration
from infra.source.release import Release, ReleaseError
from operations.cluster import find_parent


def find_tags(stack: str, revision: str, checkout: Path = Path()) -> dict[str, str]:
    """Return the tags by service; a service that the release does not have is left out.

    Args:
        revision: a commit, a tag of git or HEAD.

    Raises:
        RefusedError: it names no commit; or there is no such preview environment.
        MissingError: the stack has no file here.
    """
    try:
        release = Release(revision, folder=checkout)
    except ReleaseError as error:
        raise RefusedError(f"--release: {error}") from error
    tags = {}
    for name, service in dict(read_configuration(find_parent(stack, checkout), checkout)["slipway:services"]).items():
        try:
            tags[name] = release.of(name, service["folder"], service.get("shares") or ()).tag
        except ReleaseError:
            continue
    return tags
