"""Which digest a registry holds under a tag: asked of the registry itself, never taken on trust."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import docker
import pulumi
from docker.errors import APIError, DockerException

from infra.source.registry_login import Login
from infra.source.release import ServiceRelease
from infra.stack_state import StackState

REPOSITORY_DIGEST = re.compile(r"(?P<repository>.+)@(?P<digest>sha256:[0-9a-f]{64})")
MISSING = 404
ABSENT = re.compile("manifest unknown|name unknown|: not found$")  # how some engines explain another status
REFUSED = {401, 403}
NOT_HELD = "the registry does not hold"


class DigestError(pulumi.RunError):
    """An image is not what its release says it is, or cannot be asked for."""


def is_absent(error: APIError) -> bool:
    """Whether an engine's refusal says that the registry holds no such tag: some give it another status than 404."""
    return error.status_code == MISSING or bool(ABSENT.search(str(error.explanation)))


@cache
def _client() -> docker.DockerClient:
    return docker.from_env()


def find_digest(reference: str, login: Login | None = None) -> str | None:
    """The digest under a tag (`host/repository:tag`), by the Docker Engine.

    Args:
        login: None: the one of Docker's own configuration, if it has one.

    Returns:
        `sha256:…`, or None where the registry holds no such tag.

    Raises:
        DigestError: no engine, or no answer from the registry.
    """
    try:
        account = {"username": login.username, "password": login.password} if login else None
        return str(_client().images.get_registry_data(reference, auth_config=account).id)
    except APIError as error:
        if is_absent(error):
            return None
        advice = "; log in first: `doctl registry login`" if error.status_code in REFUSED else ""
        raise DigestError(f"cannot ask the registry for {reference}: {error.explanation}{advice}") from error
    except (DockerException, OSError) as error:  # of requests: the engine left in the middle of it
        raise DigestError(f"no Docker Engine to ask the registry for {reference} with: {error}") from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DigestError(f"the Docker Engine says no digest of {reference}, but something else") from error


def parse_digest(repository_digest: str, tag: str) -> str:
    """The digest in what the build of a tag reports.

    Engines have been seen to report `<none>@<none>` (pulumi-docker issue 1015).

    Raises:
        DigestError: there is none in it.
    """
    match = REPOSITORY_DIGEST.fullmatch(repository_digest)
    if match is None:
        raise DigestError(f"the build of {tag} reports {repository_digest!r}, which is no digest; {_again(tag)}")
    return match["digest"]


def _again(tag: str) -> str:
    """What has a tag built once more: the engine alone would see nothing to do."""
    service = tag.rpartition("/")[2].partition(":")[0]
    return f"build it again: `pulumi up --replace '**Image::{service}-image'`"


def confirm_digest(repository_digest: str, tag: str, login: Login | None = None) -> str:
    """The digest of an image just pushed, once the registry says the same.

    Engines have been seen to report the image before (pulumi-docker issue 812).

    Raises:
        DigestError: it is none, or the registry holds another under that tag.
    """
    digest, held = parse_digest(repository_digest, tag), find_digest(tag, login)
    if held != digest:
        holds = held or "no such tag"
        raise DigestError(f"the build of {tag} reports {digest}, and the registry holds {holds}; {_again(tag)}")
    return digest


def look_up_digests(
    releases: Mapping[str, ServiceRelease],
    repositories: Mapping[str, str],
    login: Login | None,
    *,
    registry_exists: bool = True,
) -> dict[str, pulumi.Input[str]]:
    """The digest of every service's image, none of them built.

    In a preview, a missing image is only a warning and its digest is unknown: a pull request's images are built after
    the merge.

    Raises:
        DigestError: at least one is not in the registry; the text names them all.
    """
    references = {name: f"{repositories[name]}:{release.tag}" for name, release in releases.items()}
    held = _held(references, login) if registry_exists else dict.fromkeys(references)
    missing = [f"  - {name}: {references[name]}" for name, digest in held.items() if digest is None]
    text = f"slipway:images says to look these images up, and {NOT_HELD}:\n" + "\n".join(missing)
    if missing and not pulumi.runtime.is_dry_run():
        raise DigestError(
            f"{text}\ndeploy that commit to a stack whose images are built (staging) first; then "
            "`slipway stack promote` copies them to a registry that builds none. Or choose another release"
        )
    if missing:
        pulumi.log.warn(f"{text}\n`pulumi up` will refuse this release until it does")
    return {name: _unknown() if digest is None else digest for name, digest in held.items()}


def find_held_digests(
    releases: Mapping[str, ServiceRelease],
    repositories: Mapping[str, str],
    state: StackState,
    login: Login | None,
) -> dict[str, pulumi.Input[str]]:
    """The digests of the images that need no build: the registry holds their tags, and this stack did not build them.

    A tag names one content for ever, so it is never built again: not after a rollback, which looks images up and so
    drops them from the state, and not after another stack or a CI run built it. An image that the state has stays
    declared, and its own diff decides.

    Raises:
        DigestError: the registry does not answer.
    """
    references = {name: f"{repositories[name]}:{release.tag}" for name, release in releases.items()}
    foreign = {name: reference for name, reference in references.items() if reference not in state.images}
    return {name: digest for name, digest in _held(foreign, login).items() if digest is not None}


def _held(references: Mapping[str, str], login: Login | None) -> dict[str, str | None]:
    """The digest under each reference, asked for at once: an answer takes longer than the question."""

    def ask(reference: str) -> str | None:
        return find_digest(reference, login)

    with ThreadPoolExecutor() as pool:
        return dict(zip(references, pool.map(ask, references.values()), strict=True))


def _unknown() -> pulumi.Output[str]:
    """A text that only an update will know."""

    async def nothing() -> str:
        return ""

    async def known() -> bool:
        return False

    return pulumi.Output(set(), nothing(), known())
