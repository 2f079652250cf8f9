"""Pulumi's own test hook, as a recorder: what the program registers, with every input resolved."""

from __future__ import annotations

import asyncio
import base64
import json
import runpy
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pulumi
import pytest
from infra_stacks import config_of, services_of, settings_of
from pulumi.runtime import MockResourceArgs, Mocks, set_all_config, set_mocks
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.rpc import _special_secret_sig, _special_sig_key
from pulumi.runtime.settings import get_root_resource
from pulumi.runtime.stack import run_pulumi_func

from infra import chart_repository
from infra.source import image_digest
from infra.stack_state import REGISTRY

ROOT = Path(__file__).parents[2]
STACKS = ("staging", "prod", "local")
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
class Registered:
    """One resource as the engine saw it; `clear` is what of the inputs is not marked as secret."""

    type: str
    name: str
    inputs: dict
    clear: dict
    custom: bool
    provider: str


def registry_state(stack):
    """A state with the registry that the stack owns."""
    return {"urn:registry": {"type": REGISTRY, "outputs": {"name": settings_of(stack)["registry"]["name"]}}}


@dataclass
class Recorder(Mocks):
    """Answers with the inputs, and what a cloud would add."""

    kubeconfig: str = f"token: {TOKEN}"
    versions: list[str] | None = field(default_factory=lambda: ["1.34.3-do.9", *PATCHES.values()])
    password: str = PASSWORD
    pool_query: str = ""
    resources: list[Registered] = field(default_factory=list)
    outputs: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    state: dict = field(default_factory=dict)

    def new_resource(self, args: MockResourceArgs):
        inputs = plain(args.inputs)
        custom = bool(args.custom) or bool(args.resource_id)
        self.resources.append(
            Registered(args.typ, args.name, inputs, clear(args.inputs), custom, args.provider or "")
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

    def of(self, type_: str) -> list[Registered]:
        return [resource for resource in self.resources if resource.type.endswith(type_)]

    def one(self, type_: str) -> Registered:
        (found,) = self.of(type_)
        return found


def docker_configuration(server: str, username: str, password: str) -> str:
    """What DigitalOcean answers when it is asked for a login."""
    auth = base64.b64encode(f"{username}:{password}".encode()).decode()
    return json.dumps({"auths": {server: {"auth": auth}}})


def plain(value):
    """A value as the program wrote it: secrets unwrapped, whole numbers whole again."""
    if isinstance(value, dict):
        if value.get(_special_sig_key) == _special_secret_sig:
            return plain(value["value"])
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, float) and value.is_integer():
        return int(value)  # on the wire every number is a double
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def clear(value):
    """A value with a mark in the place of every secret."""
    if isinstance(value, dict):
        if value.get(_special_sig_key) == _special_secret_sig:
            return "[secret]"
        return {key: clear(inner) for key, inner in value.items()}
    return [clear(inner) for inner in value] if isinstance(value, list) else value


class Monitor(MockMonitor):
    """Keeps what was asked of the engine beside a resource's inputs: protection, time-outs and the like."""

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


def stack_config(stack: str) -> dict:
    """A stack file's configuration, with the secrets that its services name."""
    config = {"digitalocean:apiEndpoint": "http://127.0.0.1:8088", **config_of(stack)}
    for service, keys in services_of(stack).items():
        for name in keys.get("secrets", ()):
            config[f"slipway:secrets.{service}.{name}"] = f"the {name} of {service}"
    return config


@pytest.fixture(autouse=True)
def _registry(monkeypatch):
    """A registry that holds every tag: the real one is asked in the tests of image_digest."""
    monkeypatch.setattr(image_digest, "find_digest", lambda *_: DIGEST)


@pytest.fixture(autouse=True)
def _no_login(monkeypatch):
    """No account whose API would be asked for a login."""
    for name in ("DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN", "DIGITALOCEAN_API_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _charts(monkeypatch):
    """Chart repositories that answer: a real one is asked in the tests of chart_repository."""
    monkeypatch.setattr(chart_repository, "_find_problem", lambda _: None)


@pytest.fixture(autouse=True)
def _hooks(monkeypatch):
    """A monitor that takes hooks, and no engine that would call them: a real one does in tests/localcloud/providers."""

    def register(_):
        registered = asyncio.get_running_loop().create_future()
        registered.set_result(None)
        return registered

    monkeypatch.setattr(pulumi.resource_hooks, "register_error_hook", register)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A git repository with the services, the stack files and the charts, as the working directory."""
    made = Repository(tmp_path / "repository")
    monkeypatch.chdir(made.folder)
    return made


class Repository:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main")
        for stack in STACKS:
            name = f"Pulumi.{stack}.yaml"
            self.write(name, (ROOT / name).read_text())
        for service in {name: each for stack in STACKS for name, each in services_of(stack).items()}.values():
            folder = service["folder"]
            self.write(f"{folder}/Dockerfile", "FROM scratch\n")
            self.write(f"{folder}/service.yaml", (ROOT / folder / "service.yaml").read_text())
            for name in (folder, *service.get("shares", ())):
                self.write(f"{name}/main.py", "print('one')\n")
        self.write(".gitignore", ".slipway/\n*.pyc\n")
        for name in ("service", "database", "gateway"):
            for path in (ROOT / "helm" / name).rglob("*"):
                if path.is_file():
                    self.write(f"helm/{path.relative_to(ROOT / 'helm')}", path.read_text())
        self.first = self.commit("first")

    def git(self, *words: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        done = subprocess.run(["git", *identity, *words], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def commit(self, message: str = "change") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def deploy(
        self, stack: str = "staging", *, preview: bool = True, cloud: Recorder | None = None, **config
    ) -> Recorder:
        """The whole program, by the root __main__, on this repository.

        A stack that looks images up has its registry, unless its state says otherwise: a promotion made it.
        """
        cloud = cloud or Recorder()
        if stack == "prod" and not cloud.state:
            cloud.state = registry_state(stack)
        given = {f"slipway:{key}": value for key, value in config.items()}

        def program():
            runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")

        return run(program, stack=stack, config={**stack_config(stack), **given}, preview=preview, recorder=cloud)
