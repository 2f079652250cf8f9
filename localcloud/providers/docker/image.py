"""Images: built with BuildKit and pushed once. A tag that the registry holds is never built or pushed again.

Here a tag names one content: a commit, or a hash of the changes on top of one. So, unlike the official provider, no
digest of the context is compared: a context, or an argument, that changed under the same tag is noted in the state,
and the image stays what it is.
"""

from __future__ import annotations

import base64
import json
import os
import platform
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from infra.source.image_digest import DigestError, find_digest
from infra.source.registry_login import Login
from localcloud.machine.command import CancelledError, CommandError, Commands
from localcloud.machine.docker import DockerError, build_command
from localcloud.providers import operation
from localcloud.providers.checks import one_of
from localcloud.providers.errors import ProviderError
from localcloud.providers.provider import INSTALL
from localcloud.providers.resource_type import Input, Properties, Resource, ResourceType
from localcloud.providers.values import UNKNOWN, contains_unknown

NO_LOG = Path(os.devnull)  # the engine shows the lines as they come, and a failure's last ones
BUILD = {
    **{
        name: Input()
        for name in ("addHosts", "args", "cacheFrom", "context", "dockerfile", "network", "platform", "target")
    },
    "builderVersion": Input(problem=one_of("BuilderBuildKit")),
}
# Who pushes is no property of an image: as in the official provider, another login builds nothing again.
REGISTRY = {"server": Input(), "username": Input(ignored=True), "password": Input(ignored=True)}
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def _only_false(value: Any) -> str | None:
    return f"Slipway's docker provider pushes every image, and builds none in a preview; {INSTALL}" if value else None


class Image(ResourceType):
    """`docker:index/image:Image`; every change is made in place, as in the official provider."""

    token = "docker:index/image:Image"
    inputs: ClassVar[Mapping[str, Input]] = {
        "imageName": Input(required=True),
        "build": Input(properties=BUILD),
        "buildOnPreview": Input(default=False, problem=_only_false),
        # Without user and password the logins of `docker login` count.
        "registry": Input(properties=REGISTRY),
        "skipPush": Input(default=False, problem=_only_false),
    }
    computed = frozenset({"baseImageName", "context", "dockerfile", "platform", "registryServer", "repoDigest"})

    def __init__(self, commands: Commands) -> None:
        self.commands = commands

    def preview(self, inputs: Properties) -> Properties:
        return {**inputs, **_describe(inputs), "repoDigest": _preview_digest(inputs)}

    def preview_update(self, resource: Resource, inputs: Properties) -> Properties:
        if inputs["imageName"] == resource.outputs.get("imageName"):
            return {**resource.outputs, **inputs, **_describe(inputs)}
        return self.preview(inputs)

    def create(self, inputs: Properties, timeout: float) -> Resource:
        name, login = inputs["imageName"], _login(inputs)
        digest = _find_digest(name, login)
        if digest is not None:
            operation.note(f"the registry holds {name}: it is not built again")
        else:
            self._build(inputs)
            digest = _find_digest(name, login)
        if digest is None:  # nobody has pushed the tag meanwhile
            self._push(name, _registry(inputs), login)
            digest = _find_digest(name, login)
        if digest is None:
            raise ProviderError(f"{name} was pushed, and the registry does not hold it")
        return _image(inputs, digest)

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        inputs = {name: value for name, value in outputs.items() if name in self.inputs}
        defaults = {name: known.default for name, known in self.inputs.items() if known.default is not None}
        inputs = {"imageName": identity, **defaults, **inputs}
        digest = _find_digest(inputs["imageName"], _login(inputs))
        return None if digest is None else _image(inputs, digest)

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        return self.create(inputs, timeout)

    def delete(self, resource: Resource, timeout: float) -> None:
        """Leave the image in the registry, as the official provider does: an older release may need it again."""

    def _build(self, inputs: Properties) -> None:
        name, build = inputs["imageName"], inputs.get("build") or {}
        context = Path(build.get("context") or ".")
        arguments = {str(key): str(value) for key, value in (build.get("args") or {}).items()}
        words = [*self._build_command, f"--file={build.get('dockerfile') or context / 'Dockerfile'}", f"--tag={name}"]
        # Without their values, which docker takes from its environment: a command line is there for all to see.
        words += [f"--build-arg={key}" for key in arguments]
        words += [f"--add-host={host}" for host in build.get("addHosts") or []]
        words += [f"--cache-from={image}" for image in (build.get("cacheFrom") or {}).get("images") or []]
        words += [f"--{option}={build[option]}" for option in ("network", "platform", "target") if build.get(option)]
        self._run([*words, str(context)], f"cannot build {name}", arguments)

    def _push(self, name: str, server: str, login: Login | None) -> None:
        """Push a tag; a password goes through a file that only we may read, and not over the command line."""
        with TemporaryDirectory() as folder:
            option = []
            if login:
                auth = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
                (Path(folder) / "config.json").write_text(json.dumps({"auths": {server: {"auth": auth}}}))
                option = ["--config", folder]
            self._run(["docker", *option, "push", "--quiet", name], f"cannot push {name}")

    @cached_property
    def _build_command(self) -> list[str]:
        try:
            return build_command(self.commands, NO_LOG)
        except DockerError as error:
            raise ProviderError(str(error)) from error

    def _run(self, words: list[str], failure: str, environment: Mapping[str, str] | None = None) -> None:
        try:
            self.commands.run(
                words,
                log=NO_LOG,
                environment={**(environment or {}), "DOCKER_BUILDKIT": "1"},
                folder=operation.folder(),
                on_line=_show,
            )
        except CommandError as error:
            raise ProviderError(f"{failure}:\n{str(error).partition(chr(10))[2] or error}") from error
        except CancelledError as error:
            raise ProviderError(f"{failure}: cancelled") from error


def _login(inputs: Properties) -> Login | None:
    """Who pushes and asks; None: whoever Docker's own configuration says."""
    registry = inputs.get("registry") or {}
    username, password = registry.get("username"), registry.get("password")
    known = username and password and UNKNOWN not in (username, password)
    return Login(str(username), str(password)) if known else None


def _find_digest(name: str, login: Login | None) -> str | None:
    """The digest that the registry holds under a tag; None where it holds no such tag."""
    try:
        return find_digest(name, login)
    except DigestError as error:
        raise ProviderError(str(error)) from error


def _preview_digest(inputs: Properties) -> Any:
    """The digest in a preview: known where the registry holds the tag, and can be asked."""
    if contains_unknown(inputs["imageName"]):
        return UNKNOWN
    try:
        digest = find_digest(inputs["imageName"], _login(inputs))
    except DigestError:  # an update will say so
        return UNKNOWN
    return UNKNOWN if digest is None else _reference(inputs["imageName"], digest)


def _image(inputs: Properties, digest: str) -> Resource:
    name = inputs["imageName"]
    return Resource(name, inputs, {**inputs, **_describe(inputs), "repoDigest": _reference(name, digest)})


def _describe(inputs: Properties) -> Properties:
    """The outputs that the inputs tell."""
    build, name = inputs.get("build") or {}, inputs["imageName"]
    if build is UNKNOWN or name is UNKNOWN:
        return dict.fromkeys(("baseImageName", "context", "dockerfile", "platform", "registryServer"), UNKNOWN)
    machine = platform.machine()
    return {
        "baseImageName": name,
        "context": build.get("context") or ".",
        "dockerfile": build.get("dockerfile") or "Dockerfile",
        "platform": build.get("platform") or f"linux/{ARCHITECTURES.get(machine, machine)}",
        "registryServer": _registry(inputs),
    }


def _registry(inputs: Properties) -> str:
    """The registry that an image is pushed to: the one given, or the one in its name."""
    if server := (inputs.get("registry") or {}).get("server"):
        return str(server)
    first, slash, _ = str(inputs["imageName"]).partition("/")
    return first if slash and (set(first) & set(".:") or first == "localhost") else "docker.io"


def _reference(name: str, digest: str) -> str:
    repository, _, tag = name.rpartition(":")
    return f"{repository if repository and '/' not in tag else name}@{digest}"


def _show(line: str) -> None:
    if text := line.strip():
        operation.progress(text)
