"""Add a service: its service.yaml, and its line in each stack file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml.comments import CommentedMap

from infra.config.service_file import SERVICE_FILE, read_from
from infra.config.settings import SettingsError, validate_config
from infra.config.stack_file import Content, find_stack_files, load_stack_file, parse_config_text, write_stack_file
from infra.config.types import Folder, Name
from slipway.scaffold.dockerfile import NUMBER, DockerfileError, ImageFacts, read_dockerfile
from slipway.scaffold.file_change import FileChange

KEY = "slipway:services"
SCHEMA = "# yaml-language-server: $schema={up}schemas/service.schema.json\n"
NODE_PORTS = range(30080, 30100)  # a local cloud forwards these to loopback ports
LOCAL = "local"
DEFAULT_USER = "10001"


class ServiceError(ValueError):
    """A service cannot be added; the text says what to change."""


@dataclass(frozen=True)
class NewService:
    """A service to add.

    Attributes:
        folder: of its Dockerfile, from the root of the checkout.
        name: what it is called.
        kind: `web`, `worker`, `cron` or `job`; None: a web service if the Dockerfile has EXPOSE, else a worker.
        port: None: of the Dockerfile.
    """

    folder: str
    name: str
    kind: str | None = None
    port: int | None = None


def plan_service(service: NewService, checkout: Path) -> list[FileChange]:
    """Return the files that add a service; nothing is written.

    Raises:
        ServiceError: the service would not be usable; the text lists why.
        StackFileError: a stack file cannot be read.
    """
    _check_words(service)
    folder = checkout / service.folder
    if not (folder / "Dockerfile").is_file():
        raise ServiceError(f"{service.folder}/ has no Dockerfile; write one that builds the service's image")
    if (folder / SERVICE_FILE).exists():
        raise ServiceError(f"{service.folder}/{SERVICE_FILE} exists; edit it, or remove it first")
    try:
        facts = read_dockerfile(folder / "Dockerfile")
    except DockerfileError as error:
        raise ServiceError(str(error)) from error
    kind = service.kind or ("web" if service.port or facts.port else "worker")
    own = FileChange(Path(service.folder) / SERVICE_FILE, _describe(service, kind, facts))
    stacks = []
    for stack, file in find_stack_files(checkout).items():
        stacks.append(FileChange(Path(file.name), _add_line(load_stack_file(file), stack, service, kind)))
    _check_result(own, stacks, checkout)
    return [own, *stacks]


def _check_words(service: NewService) -> None:
    for option, value, kind in (("FOLDER", service.folder, Folder), ("--name", service.name, Name)):
        try:
            TypeAdapter(kind).validate_python(value)
        except ValidationError as error:
            advice = error.errors()[0]["ctx"]["error"]
            raise ServiceError(f"{option} is {value!r}; write {advice}") from error


def _check_result(own: FileChange, stacks: list[FileChange], checkout: Path) -> None:
    """Refuse what the program would refuse."""
    committed = read_from(checkout)
    for change in stacks:
        config = parse_config_text(change.text, str(change.path))
        try:
            validate_config(config, checkout=checkout, read=lambda path: _read(path, own, committed(path)))
        except SettingsError as error:
            raise ServiceError(f"{change.path} would not be usable, and nothing was written: {error}") from error


def _read(path: str, own: FileChange, committed: str | None) -> str | None:
    return own.text if path == str(own.path) else committed


def _describe(service: NewService, kind: str, facts: ImageFacts) -> str:
    """The text of service.yaml: what the Dockerfile says, and nothing that is the default."""
    lines = [SCHEMA.format(up="../" * len(Path(service.folder).parts))]
    if kind != "web":
        lines.append(f"kind: {kind}\n")
    if kind == "worker":  # two pods would do the same work twice, unless it was written for that
        lines.append("replicas: {min: 1, max: 1}\n")
    if kind == "cron":
        lines.append('schedule: "0 3 * * *"\n')
    if kind == "web":
        port = service.port or facts.port
        if port is None:
            raise ServiceError(f"{service.folder}/Dockerfile has no EXPOSE; give the port it listens on: `--port`")
        path = facts.health_path or "/"
        lines += [f"port: {port}\n", f"health: {{liveness: {path}, readiness: {path}}}\n"]
    if facts.is_root:
        lines.append(f"# The image runs as root, which is refused: write `USER {DEFAULT_USER}` in the Dockerfile.\n")
    elif not NUMBER.fullmatch(str(facts.user)):
        lines.append(f"# USER is {facts.user}: write its number there, and here as `user:`.\n")
    elif facts.user != DEFAULT_USER:
        lines.append(f"user: {facts.user}\n")
    return "".join(lines)


def _add_line(content: Content, stack: str, service: NewService, kind: str) -> str:
    services: Any = content["config"].get(KEY)
    if services is None:
        services = content["config"][KEY] = CommentedMap()
    if not isinstance(services, dict):
        raise ServiceError(f"{KEY} of {stack} is not a mapping; run `slipway config upgrade` first")
    if service.name in services:
        raise ServiceError(f"{KEY} of {stack} has a service {service.name} already; choose another with `--name`")
    entry = CommentedMap()
    entry.fa.set_flow_style()  # one line
    if service.folder not in {service.name, service.name.replace("-", "_")}:
        entry["folder"] = service.folder
    if stack == LOCAL and kind == "web":
        entry["nodePort"] = _find_node_port(services)
    services[service.name] = entry
    if isinstance(services, CommentedMap):  # `{}`, which was there
        services.fa.set_block_style()
    return write_stack_file(content)


def _find_node_port(services: Any) -> int:
    taken = {(entry or {}).get("nodePort") for entry in services.values()}
    if free := [port for port in NODE_PORTS if port not in taken]:
        return free[0]
    raise ServiceError(
        f"every nodePort from {NODE_PORTS[0]} to {NODE_PORTS[-1]} is taken; remove one in Pulumi.local.yaml"
    )
