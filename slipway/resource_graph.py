"""The resources that the program declares for a stack, and which of them come after which.

The program runs under the mocks that Pulumi's SDK has for tests: no cloud, no state and no CLI are asked, so that the
graph shows a stack that is made from nothing. `pulumi stack graph` draws one that is deployed.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, set_all_config, set_mocks
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.stack import run_pulumi_func

from infra.config.document import parse_document
from infra.config.schema import StackSettings
from infra.config.secrets import CERTIFICATE, SLACK_URL
from infra.config.service_file import read_from
from infra.config.settings import PROJECT, SECRETS, validate_config
from infra.program import declare_stack

STACK = "pulumi:pulumi:Stack"
TEXT = "placeholder"  # of what only a cloud or a person knows
# What the program reads of a resource beside its inputs.
OUTPUTS: dict[str, dict[str, Any]] = {
    "digitalocean:index/kubernetesCluster:KubernetesCluster": {
        "endpoint": "https://cluster.example",
        "kubeConfigs": [{"rawConfig": TEXT, "clusterCaCertificate": "Q0E="}],
    },
    "digitalocean:index/databaseCluster:DatabaseCluster": {
        **dict.fromkeys(("host", "privateHost", "user", "password", "database"), TEXT),
        **dict.fromkeys(("uri", "privateUri"), "postgresql://user:placeholder@db.example"),
        "port": 25060,
    },
    "digitalocean:index/databaseUser:DatabaseUser": {"role": "normal", "password": TEXT},
    "digitalocean:index/databaseConnectionPool:DatabaseConnectionPool": dict.fromkeys(
        ("uri", "privateUri"), "postgresql://user:placeholder@pool.example:25061/pool"
    ),
    "digitalocean:index/loadBalancer:LoadBalancer": {"ip": "203.0.113.7"},
    "docker:index/image:Image": {"repoDigest": f"registry/image@sha256:{'0' * 64}"},
    "kubernetes:helm.sh/v3:Release": {"status": {"status": "deployed"}},
}


@dataclass(frozen=True)
class Resource:
    """A resource of a program.

    Attributes:
        type: Pulumi's token, `digitalocean:index/vpc:Vpc`.
        parent: URN; empty for the stack's own child.
        after: URNs of the resources that it waits for, its provider among them.
    """

    urn: str
    type: str
    name: str
    parent: str
    after: frozenset[str]

    @property
    def is_component(self) -> bool:
        """Whether it is one of the program's own, which groups others."""
        return self.type.startswith(f"{PROJECT}:")


def read_resources(stack: str, checkout: Path = Path()) -> list[Resource]:
    """Return what the program declares for a stack, sorted by URN.

    Raises:
        DocumentError, SettingsError: its stack file cannot be used.
        ReleaseError: the folder is no git repository.
    """
    file = checkout / f"Pulumi.{stack}.yaml"
    document = parse_document(file.read_text(encoding="utf-8"), file.name)
    config: dict[str, Any] = {key: value for key, value in document.content["config"].items() if SECRETS not in key}
    settings = validate_config(config, file=document, read=read_from(checkout))
    secrets = dict.fromkeys(_list_secrets(settings), TEXT)
    own = {f"{PROJECT}:allowDirty": True, "digitalocean:apiEndpoint": "http://127.0.0.1"}
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in {**config, **own}.items()}
    monitor = _Monitor(_Answers())

    async def run() -> None:
        set_all_config({**texts, **secrets}, list(secrets))
        set_mocks(monitor.mocks, project=PROJECT, stack=stack, preview=True, monitor=monitor)
        await run_pulumi_func(declare_stack)

    with contextlib.redirect_stderr(io.StringIO()):  # warnings of what no registry and no chart repository answered
        asyncio.run(run())
    return sorted(monitor.declared, key=lambda each: each.urn)


def _list_secrets(settings: StackSettings) -> Iterator[str]:
    """The keys of what a person sets, which the program refuses to do without."""
    for service in settings.services.values():
        yield from (f"{SECRETS}{service.name}.{name}" for name in service.secrets)
    if settings.ingress.zone is not None and settings.ingress.dns != "digitalocean":
        yield from (f"{SECRETS}ingress.{part}" for part in CERTIFICATE)
    if settings.alerts.slack_channel:
        yield f"{SECRETS}alerts.{SLACK_URL}"


class _NoAnswerError(grpc.RpcError):
    """What the engine answers where a provider's function fails: in a preview, the program continues."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return "no cloud is asked"


class _Answers(Mocks):
    """A cloud that makes what it is asked for."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return args.resource_id or f"{args.name}-id", {**args.inputs, **OUTPUTS.get(args.typ, {})}

    def call(self, args: MockCallArgs) -> Mapping[str, Any]:  # type: ignore[override]
        if args.token == "pulumi:pulumi:readStackResourceOutputs":  # noqa: S105 - the name of a function
            return {"name": args.args["stackName"], "outputs": {}}
        if args.token == "digitalocean:index/getDatabaseCa:getDatabaseCa":  # noqa: S105
            return {**args.args, "id": TEXT, "certificate": TEXT}
        raise _NoAnswerError


class _Monitor(MockMonitor):
    """Keeps what a resource is declared with beside its inputs."""

    def __init__(self, mocks: Mocks) -> None:
        super().__init__(mocks)
        self.declared: list[Resource] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        answer = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != STACK:
            provider = request.provider.rpartition("::")[0]  # what follows is the provider's id
            after = {*request.dependencies, *([provider] if provider else [])} - {request.parent}
            parent = "" if request.parent.split("::")[2] == STACK else request.parent
            self.declared.append(Resource(answer.urn, request.type, request.name, parent, frozenset(after)))
        return answer
