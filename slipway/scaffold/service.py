"""Add a service: its service.yaml, and its line in each stack file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from infra.config.service_file import SERVICE_FILE
from infra.config.stack_file import Content, load_stack_file, write_stack_file
from slipway.scaffold.dockerfile import ImageFacts, read_dockerfile
from slipway.scaffold.file_change import FileChange

KEY = "slipway:services"
SCHEMA = "# yaml-language-server: $schema={up}schemas/service.schema.json\n"
FIRST_NODE_PORT, LAST_NODE_PORT = 30080, 30099  # a local cloud forwards these to loopback ports
LOCAL = "local"
ROOT_USER = 10001


class ServiceError(ValueError):
    """A service cannot be added; the text says what to change."""


@dataclass(frozen=True)
class NewService:
    """A service to add.

    Attributes:
        folder: of its Dockerfile, from the root of the checkout.
        name: what it is called.
        kind: `web` or `worker`; None: a web service if the Dockerfile has EXPOSE.
        port: None: of the Dockerfile.
    """

    folder: str
    name: str
    kind: str | None = None
    port: int | None = None


def plan_service(service: NewService, checkout: Path) -> list[FileChange]:
    """Return the files that add a service; nothing is written.

    Raises:
        ServiceError: there is no Dockerfile, the service exists, or a web service's port is not known.
        StackFileError: a stack file cannot be read.
    """
    folder = checkout / service.folder
    if not (folder / "Dockerfile").is_file():
        raise ServiceError(f"{service.folder}/ has no Dockerfile; write one that builds the service's image")
    if (folder / SERVICE_FILE).exists():
        raise ServiceError(f"{service.folder}/{SERVICE_FILE} exists; edit it, or remove it first")
    facts = read_dockerfile(folder / "Dockerfile")
    kind = service.kind or ("web" if service.port or facts.port else "worker")
    text = _describe(service, kind, facts)
    changes = [FileChange(Path(service.folder) / SERVICE_FILE, text)]
    for file in sorted(checkout.glob("Pulumi.*.yaml")):
        content = load_stack_file(file)
        stack = file.name.removeprefix("Pulumi.").removesuffix(".yaml")
        changes.append(FileChange(Path(file.name), _add_line(content, stack, service, kind)))
    return changes


def _describe(service: NewService, kind: str, facts: ImageFacts) -> str:
    """The text of service.yaml: what the Dockerfile says, and nothing that is the default."""
    lines = [SCHEMA.format(up="../" * len(Path(service.folder).parts))]
    if kind != "web":
        lines.append(f"kind: {kind}\n")
        if kind == "worker":  # two pods would do the same work twice, unless it was written for that
            lines.append("replicas: {min: 1, max: 1}\n")
        if kind == "cron":
            lines.append('schedule: "0 3 * * *"\n')
    else:
        port = service.port or facts.port
        if port is None:
            raise ServiceError(
                f"{service.folder}/Dockerfile has no EXPOSE; give the port that it listens on: `--port`"
            )
        path = facts.health_path or "/"
        lines += [f"port: {port}\n", f"health: {{liveness: {path}, readiness: {path}}}\n"]
    if facts.root:
        lines.append(
            f"# The image runs as root, which Kubernetes refuses here: write `USER {ROOT_USER}` in the Dockerfile.\n"
        )
    elif facts.user and facts.user != ROOT_USER:
        lines.append(f"user: {facts.user}\n")
    return "".join(lines)


def _add_line(content: Content, stack: str, service: NewService, kind: str) -> str:
    services: Any = content["config"].get(KEY)
    if services is None:
        services = content["config"][KEY] = {}
    if not isinstance(services, dict):
        raise ServiceError(f"{KEY} of {stack} is not a mapping; run `slipway config upgrade` first")
    if service.name in services:
        raise ServiceError(f"{KEY} of {stack} has a service {service.name} already; choose another with `--name`")
    entry = CommentedMap()
    entry.fa.set_flow_style()  # one line
    if service.folder not in {service.name, service.name.replace("-", "_")}:
        entry["folder"] = service.folder
    if stack == LOCAL and kind == "web":
        entry["nodePort"] = _free_node_port(services)
    services[service.name] = entry
    if hasattr(services, "fa"):
        services.fa.set_block_style()
    return write_stack_file(content)


def _free_node_port(services: Any) -> int:
    taken = {(entry or {}).get("nodePort") for entry in services.values()}
    return next(port for port in range(FIRST_NODE_PORT, LAST_NODE_PORT) if port not in taken)
