"""Images of preview environments: which are to be built, the build, and the push under a tag of their own.

A pull request's image never has the tag of a release: that tag is for ever what staging built after the merge. It is
built where no login is, and pushed by a job that runs none of the pull request's code.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import docker
from docker.errors import APIError

from delivery.outcome import DeliveryError, MissingError, RefusedError
from delivery.preview_environment.configuration import Parent
from infra.config.preview_environment import STACK_PREFIX
from infra.config.schema import StackSettings
from infra.source.build_context import export_context
from infra.source.image_digest import find_digest
from infra.source.registry_login import Login
from infra.source.release import ServiceRelease

PLATFORM = "linux/amd64"  # every DOKS node size
BUILDKIT = {"DOCKER_BUILDKIT": "1"}
LOCAL = "slipway-preview"  # what images are called between build and push


def make_tag(number: int, release: ServiceRelease) -> str:
    """The tag of a pull request's image: `pr-7-3f2a91c4d5e6`."""
    return f"{STACK_PREFIX}{number}-{release.tag}"


def find_images(
    host: str, number: int, releases: Mapping[str, ServiceRelease], login: Login | None
) -> dict[str, str | None]:
    """The digest of each service's image that the registry holds: of a release, or else of this pull request.

    Args:
        host: what image names begin with.

    Raises:
        DigestError: the registry cannot be asked.
    """
    return {
        name: find_digest(f"{host}/{name}:{release.tag}", login)
        or find_digest(f"{host}/{name}:{make_tag(number, release)}", login)
        for name, release in releases.items()
    }


def build_images(
    parent: Parent, settings: StackSettings, releases: Mapping[str, ServiceRelease], folder: Path
) -> list[Path]:
    """Build images, and write each to a file; returns the files. No registry is logged in to.

    Args:
        releases: of the services to build.
        folder: gets `<service>.tar`.

    Raises:
        MissingError: no Docker.
        DeliveryError: a build failed; what it printed says why.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, release in releases.items():
        context = export_context(release, folder=parent.checkout)
        arguments = [
            word
            for key, value in settings.services[name].build_args.items()
            for word in ("--build-arg", f"{key}={value}")
        ]
        tag, file = f"{LOCAL}/{name}:{release.tag}", folder / f"{name}.tar"
        options = [f"--platform={PLATFORM}", f"--tag={tag}", f"--file={context / release.dockerfile}", *arguments]
        _docker("build", *options, str(context))
        _docker("save", f"--output={file}", tag)
        files.append(file)
    return files


def push_images(
    host: str,
    number: int,
    releases: Mapping[str, ServiceRelease],
    folder: Path,
    login: Login,
) -> dict[str, str]:
    """Push what `build_images` wrote; returns the digest of each service's image.

    Args:
        releases: of the services to push.

    Raises:
        RefusedError: a service has no file.
        MissingError: no Docker Engine.
        DeliveryError: it or the registry refuses.
    """
    if missing := [name for name in releases if not (folder / f"{name}.tar").is_file()]:
        raise RefusedError(
            f"{folder} has no image of {', '.join(missing)}, and the registry holds none: build it first"
        )
    digests = {}
    for name, release in releases.items():
        reference = f"{host}/{name}:{make_tag(number, release)}"
        try:
            _push_image(folder / f"{name}.tar", reference, login)
        except DeliveryError:
            raise
        except APIError as error:
            raise DeliveryError(f"the Docker Engine does not push {reference}: {error.explanation}") from error
        except Exception as error:  # its client raises a plain one, too, where an answer is something else
            raise MissingError(f"no Docker Engine that pushes {reference}: {error}") from error
        digest = find_digest(reference, login)
        if digest is None:
            raise DeliveryError(f"{reference} was pushed, and the registry does not hold it: try again")
        digests[name] = digest
    return digests


def _push_image(file: Path, reference: str, login: Login) -> None:
    """Push the one image in a file under a name with a tag; a file with none or several is refused."""
    repository, _, tag = reference.rpartition(":")
    account = {"username": login.username, "password": login.password}
    client = docker.from_env()
    with file.open("rb") as content:
        loaded = client.images.load(content)
    if len(loaded) != 1:
        raise RefusedError(f"{file} has {len(loaded)} images; one is expected: build it again")
    loaded[0].tag(repository, tag)
    for line in client.images.push(repository, tag, auth_config=account, stream=True, decode=True):
        if "error" in line:
            raise DeliveryError(f"cannot push {reference}: {line['error']}")


def _docker(*words: str) -> None:
    client = _find_client()
    done = subprocess.run([client, *words], check=False, env={**os.environ, **BUILDKIT})
    if done.returncode != 0:
        raise DeliveryError(f"docker {words[0]} ended with status {done.returncode}; its last lines say why")


@cache
def _find_client() -> str:
    """The first client on PATH that builds with BuildKit: newer releases package that apart.

    Raises:
        MissingError: there is none.
    """
    for folder in os.get_exec_path():
        client = Path(folder) / "docker"
        if not client.is_file():
            continue
        asked = subprocess.run(
            [client, "build", "--help"], check=False, env={**os.environ, **BUILDKIT}, capture_output=True
        )
        if asked.returncode == 0:
            return str(client)
    raise MissingError("no docker client with BuildKit is on PATH: install docker-buildx")
