"""Every resource of the program, made on this machine: the table from Pulumi's types to who makes them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks
from pulumi.runtime.rpc import _special_secret_sig, _special_sig_key

from localcloud.engine.change import Change, EngineError, Outcome
from localcloud.engine.digitalocean import NO_CLUSTER, DigitalOcean
from localcloud.engine.helm import Cluster
from localcloud.engine.images import Images
from localcloud.instance import Instance
from localcloud.machine.command import CommandError, Commands
from localcloud.machine.docker import Engine
from localcloud.machine.toolbox import Toolbox

CHARTS = ("service", "database")  # helm/<chart>: what the services and databases of the program are releases of


@dataclass
class Machine(Mocks):
    """Makes what the program registers, and remembers what each resource took.

    Attributes:
        changes: (type, name, change) in the order in which they ended.
    """

    instance: Instance
    toolbox: Toolbox
    commands: Commands
    client: httpx.Client
    docker: Engine
    dry_run: bool = False
    changes: list[tuple[str, str, Change]] = field(default_factory=list)
    _clusters: dict[str, Cluster] = field(default_factory=dict)
    _releases: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        inputs = plain(args.inputs)
        try:
            outcome = self._make(args, inputs)
        except (CommandError, httpx.HTTPError) as error:
            raise EngineError(f"{args.typ} {args.name}: {error}") from error
        with self._lock:
            self.changes.append((args.typ, args.name, outcome.change))
        return outcome.id, outcome.outputs

    def call(self, args: MockCallArgs) -> Any:
        raise EngineError(f"{args.token}: not known to the in-process engine; use the Pulumi CLI")

    def prune(self) -> None:
        """Uninstall services and databases of ours that the program declares no more."""
        for cluster, namespaces in self._releases.items():
            for namespace, names in namespaces.items():
                for name in self._clusters[cluster].remove_other_releases(namespace, CHARTS, names):
                    self.changes.append(("kubernetes:helm.sh/v3:Release", name, Change.DELETE))

    @property
    def log(self) -> Path:
        return self.instance.logs / "engine.log"

    def _make(self, args: MockResourceArgs, inputs: dict[str, Any]) -> Outcome:
        package, _, rest = args.typ.partition(":")
        kind = rest.rpartition(":")[2]
        if not args.custom and args.resource_id in (None, "") and package == "slipway":
            return Outcome(args.name, inputs, Change.SAME)  # a component: only its children are made
        if args.typ == "pulumi:providers:kubernetes":
            return self._provider(args.name, inputs)
        if package == "pulumi":
            return Outcome(args.name, inputs, Change.SAME)
        if package == "digitalocean":
            return DigitalOcean(self.client, self.dry_run).resource(kind, inputs)
        if args.typ == "docker:index/image:Image":
            return Images(self.docker, self.dry_run).resource(inputs)
        if package == "kubernetes":
            return self._kubernetes(args, rest, kind, inputs)
        raise EngineError(f"{args.typ}: not known to the in-process engine; use the Pulumi CLI")

    def _provider(self, name: str, inputs: dict[str, Any]) -> Outcome:
        if inputs["kubeconfig"] == NO_CLUSTER:
            return Outcome(name, inputs, Change.CREATE)
        folder = self.instance.run / "kubeconfigs"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / name
        file.touch(mode=0o600)
        file.write_text(str(inputs["kubeconfig"]))
        self._clusters[name] = Cluster(
            self.toolbox.helm, self.toolbox.kubectl, file, self.commands, self.log, self.dry_run
        )
        return Outcome(name, inputs, Change.SAME)

    def _kubernetes(self, args: MockResourceArgs, rest: str, kind: str, inputs: dict[str, Any]) -> Outcome:
        provider = str(args.provider).rpartition("::")[0].rpartition("::")[2]  # urn::…::NAME::ID
        cluster = self._clusters.get(provider)
        if cluster is None:  # a preview before the first `up`: there is no cluster to ask
            return Outcome(args.name, inputs, Change.CREATE)
        if rest == "helm.sh/v3:Release":
            if Path(inputs["chart"]).name in CHARTS:
                with self._lock:
                    names = self._releases.setdefault(provider, {}).setdefault(inputs["namespace"], [])
                    names.append(inputs["name"])
            return cluster.release(inputs)
        version = rest.rpartition(":")[0]
        return cluster.object(version.removeprefix("core/"), kind, inputs)


def plain(value: Any) -> Any:
    """The value as the program wrote it: secrets unwrapped, whole numbers whole again."""
    if isinstance(value, dict):
        if value.get(_special_sig_key) == _special_secret_sig:
            return plain(value["value"])
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, float) and value.is_integer():
        return int(value)  # on the wire every number is a double
    return [plain(inner) for inner in value] if isinstance(value, list) else value
