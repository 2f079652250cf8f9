"""Pulumi's mocks record every resource that a program registers, with each input resolved."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

import grpc
import pulumi
from pulumi.runtime import MockResourceArgs, Mocks, set_all_config, set_mocks
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.rpc import _special_secret_sig, _special_sig_key
from pulumi.runtime.settings import get_root_resource
from pulumi.runtime.stack import run_pulumi_func

DIGEST = "sha256:" + "5" * 64
TOKEN = "token-inside-the-kubeconfig"
PASSWORD = "database-password"
PATCHES = {"1.33": "1.33.9-do.1", "1.34": "1.34.4-do.0", "1.35": "1.35.2-do.0", "1.36": "1.36.0-do.0"}  # the newest


class NoAnswerError(grpc.RpcError):
    """What the engine answers where a provider's function fails."""

    def code(self):
        return grpc.StatusCode.UNKNOWN

    def details(self):
        return "no answer"


@dataclass
class Registration:
    """One resource as the engine saw it; `clear` is what of the inputs is not marked as secret."""

    type: str
    name: str
    inputs: dict
    clear: dict
    custom: bool
    provider: str


@dataclass
class Recorder(Mocks):
    """Answers with the inputs, and what a cloud would add."""

    kubeconfig: str = f"token: {TOKEN}"
    versions: list[str] | None = field(default_factory=lambda: ["1.34.3-do.9", *PATCHES.values()])
    password: str = PASSWORD
    pool_query: str = ""
    resources: list[Registration] = field(default_factory=list)
    outputs: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    state: dict = field(default_factory=dict)

    def new_resource(self, args: MockResourceArgs):
        inputs = unwrap_secrets(args.inputs)
        custom = bool(args.custom) or bool(args.resource_id)
        self.resources.append(
            Registration(args.typ, args.name, inputs, hide_secrets(args.inputs), custom, args.provider or "")
        )
        more = {
            "digitalocean:index/kubernetesCluster:KubernetesCluster": {
                "endpoint": "https://cluster.example",
                "kubeConfigs": [{"rawConfig": self.kubeconfig, "clusterCaCertificate": "Q0E="}],
            },
            "digitalocean:index/databaseCluster:DatabaseCluster": {
                **dict.fromkeys(("host", "privateHost"), f"{args.name}.example"),
                **{key: f"{args.name}://doadmin:{self.password}@{key}.example" for key in ("uri", "privateUri")},
                "port": 25060,
                "user": "doadmin",
                "password": self.password,
                "database": "defaultdb",
            },
            "digitalocean:index/databaseUser:DatabaseUser": {"role": "normal", "password": self.password},
            "digitalocean:index/databaseConnectionPool:DatabaseConnectionPool": {
                key: f"postgresql://{inputs.get('user')}:{self.password}@{key}.example:25061/{inputs.get('name')}"
                + self.pool_query
                for key in ("uri", "privateUri")
            },
            "digitalocean:index/loadBalancer:LoadBalancer": {"ip": "203.0.113.7"},
            "docker:index/image:Image": {"repoDigest": f"registry/{args.name}@{DIGEST}"},
            "kubernetes:helm.sh/v3:Release": {"status": {"status": "deployed"}},
        }.get(args.typ, {})
        return args.resource_id or f"{args.name}-id", {**inputs, **more}

    def call(self, args):
        if args.token == "pulumi:pulumi:readStackResourceOutputs":
            return {"name": args.args["stackName"], "outputs": self.state}
        if args.token == "digitalocean:index/getDatabaseCa:getDatabaseCa":
            return {**args.args, "id": args.args["clusterId"], "certificate": f"the CA of {args.args['clusterId']}"}
        if args.token == "digitalocean:index/getKubernetesVersions:getKubernetesVersions":
            if self.versions is None:
                raise NoAnswerError
            return {"id": "x", "validVersions": self.versions, "latestVersion": self.versions[-1]}
        raise AssertionError(f"the program calls {args.token}, which no test knows")

    def of(self, type_: str) -> list[Registration]:
        return [resource for resource in self.resources if resource.type.endswith(type_)]

    def one(self, type_: str) -> Registration:
        (found,) = self.of(type_)
        return found


def unwrap_secrets(value):
    """A value as the program wrote it: secrets unwrapped, whole numbers whole again."""
    if isinstance(value, dict):
        if value.get(_special_sig_key) == _special_secret_sig:
            return unwrap_secrets(value["value"])
        return {key: unwrap_secrets(inner) for key, inner in value.items()}
    if isinstance(value, float) and value.is_integer():
        return int(value)  # on the wire every number is a double
    return [unwrap_secrets(inner) for inner in value] if isinstance(value, list) else value


def hide_secrets(value):
    """A value with a mark in the place of every secret."""
    if isinstance(value, dict):
        if value.get(_special_sig_key) == _special_secret_sig:
            return "[secret]"
        return {key: hide_secrets(inner) for key, inner in value.items()}
    return [hide_secrets(inner) for inner in value] if isinstance(value, list) else value


class Monitor(MockMonitor):
    """Records a resource's options beside its inputs: protection, time-outs and the like."""

    def RegisterResource(self, request):
        self.mocks.options[request.type, request.name] = request
        return super().RegisterResource(request)


def run(work, *, stack="staging", config=None, preview=True, recorder=None, secret_keys=None) -> Recorder:
    """Run a program under the recorder, in an event loop of its own."""
    recorder = recorder or Recorder()

    async def main():
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in (config or {}).items()}
        encrypted = [key for key in texts if key.startswith("slipway:secrets")]
        set_all_config(texts, encrypted if secret_keys is None else secret_keys)
        set_mocks(recorder, project="slipway", stack=stack, preview=preview, monitor=Monitor(recorder))
        await run_pulumi_func(work)
        exports = getattr(get_root_resource(), "outputs", {})
        for name, value in exports.items():
            output = pulumi.Output.from_input(value)
            recorder.outputs[name] = (await output.future(), await output.is_secret())

    asyncio.run(main())
    return recorder
