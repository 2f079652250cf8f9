"""A stack of two resources, driven by Pulumi's own CLI, and everything around it: a cloud, a registry, users.

The program is small so that an update takes seconds; what delivery reads of it is what Slipway's own program exports.
The cloud is DigitalOcean's emulated API. What "runs" is the description of the network called `backend`: the
service that users reach answers by it, so a change of the cloud by hand is a change of what users see.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import httpx
import psutil
import yaml
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.api.application import create_application
from localcloud.instance import Instance
from localcloud.machine.command import Commands
from localcloud.machine.toolbox import Toolbox
from localcloud.pulumi_engine import cli
from localcloud.pulumi_engine.plugins import attach
from tests.delivery.registry_server import Registry
from tests.delivery.served import served

ROOT = Path(__file__).parents[2]
TOKEN = "dop_v1_" + "5e" * 32
VERIFY = {"requests": [{"path": "/works", "json": {"works": True}}], "version": {"path": "/version", "key": "sha"}}
PASSPHRASE = "correct horse battery"
SECRET = "the-password-of-backend"
PROGRAM = """
import json
import os
import urllib.error
import urllib.request
from hashlib import sha256
from pathlib import Path

import pulumi

from infra.source.release import Release

VPC = "digitalocean:index/vpc:Vpc"
config = pulumi.Config("slipway")
own = json.loads(Path("backend/settings.json").read_text())
release = Release(config.require("release"))
(service,) = config.require_object("services").values()
backend = release.of("backend", "backend")
repository = f"{config.require_object('registry')['host']}/backend"
host, _, path = repository.partition("/")
manifest = f"http://{host}/v2/{path}/manifests/{backend.tag}"


def digest():
    try:
        with urllib.request.urlopen(manifest) as reply:
            return "sha256:" + sha256(reply.read()).hexdigest()
    except urllib.error.HTTPError:
        if config.require("images") == "registry":
            raise pulumi.RunError(f"the registry does not hold {repository}:{backend.tag}")
    image = json.dumps({"mediaType": "application/vnd.oci.image.manifest.v1+json", "of": backend.tag}).encode()
    if not pulumi.runtime.is_dry_run():
        urllib.request.urlopen(urllib.request.Request(manifest, image, method="PUT")).close()
    return "sha256:" + sha256(image).hexdigest()


pulumi.log.info(f"signed in with {os.environ['DIGITALOCEAN_TOKEN']}")
if own.get("error"):
    raise pulumi.RunError(own["error"])
network = pulumi.CustomResource(VPC, "network", {
    "name": f"{pulumi.get_stack()}-network", "region": "fra1",
    "ipRange": own["range"] if pulumi.get_stack() == "staging" else "10.100.0.0/20",
    "description": config.require_secret("password"),
})
running = pulumi.CustomResource(VPC, "backend", {
    "name": f"{pulumi.get_stack()}-backend", "region": "fra1", "ipRange": service["range"], "description": backend.tag,
}, pulumi.ResourceOptions(depends_on=[network]))
image = digest()
pulumi.export("release", release.sha)
pulumi.export("namespace", "todo-app")
pulumi.export("registry", config.require_object("registry")["host"])
pulumi.export("services", {"backend": {
    "sha": backend.sha, "tag": backend.tag, "digest": image, "image": f"{repository}@{image}",
    "url": service.get("url"), "release": running.id,
}})
"""


class Cloud:
    """The emulated API, which holds requests when a test wants it; `token` is what it takes."""

    def __init__(self, folder: Path) -> None:
        (folder / "credentials.json").write_text("{}")
        self._app = create_application(
            state=folder / "state",
            token=TOKEN,
            credentials=folder / "credentials.json",
            registry_url="http://127.0.0.1:9",
        )
        self._held: str | None = None
        self._arrived = threading.Event()
        self.url = ""

    async def app(self, scope, receive, send):
        """Serve; a held request never gets an answer, nor does the cloud get it."""
        if scope["type"] == "http" and scope["method"] == self._held:
            self._arrived.set()
            while self._held:  # noqa: ASYNC110 - set by another thread
                await asyncio.sleep(0.05)
            await Response(status_code=503)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    @contextmanager
    def holding(self, method: str):
        """Hold requests of a method; yields a function that waits for the first."""
        self._arrived.clear()
        self._held = method
        try:
            yield lambda: self._arrived.wait(60)
        finally:
            self._held = None

    def do(self, method: str, path: str, body: object = None) -> dict:
        reply = httpx.request(
            method, f"{self.url}{path}", json=body, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30
        )
        assert reply.is_success, reply.text
        return reply.json() if reply.content else {}

    def networks(self) -> dict[str, dict]:
        return {vpc["name"]: vpc for vpc in self.do("GET", "/v2/vpcs")["vpcs"]}

    def fail(self, method: str, path: str) -> None:
        """Have the next request fail for good."""
        self.do("POST", "/_emulator/faults", {"method": method, "path": path, "status": 422, "times": 1})


@dataclass
class Users:
    """What users of a stack's backend reach; `broken` are the tags that answer them with errors."""

    cloud: Cloud
    stack: str
    broken: set = field(default_factory=set)
    url: str = ""

    def app(self):
        return Starlette(
            routes=[
                Route("/readyz", lambda _: Response("ok")),
                Route("/version", lambda _: JSONResponse({"service": "backend", "sha": self.tag})),
                Route("/works", lambda _: JSONResponse({"works": self.tag not in self.broken})),
            ]
        )

    @property
    def tag(self) -> str:
        return self.cloud.networks()[f"{self.stack}-backend"]["description"]


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    status: int
    text: str


@dataclass
class RealStack:
    """A checkout with releases, two stacks of it, and `slipway` as users call it."""

    folder: Path
    cloud: Cloud
    registry: Registry
    users: dict[str, Users]
    environment: dict[str, str]
    releases: dict[str, str] = field(default_factory=dict)

    @property
    def checkout(self) -> Path:
        return self.folder / "checkout"

    def git(self, *words: str) -> str:
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        command = ["git", *identity, *words]
        return subprocess.run(command, cwd=self.checkout, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, name: str, *, tag: str | None = None, url: bool = True, **own) -> str:
        """A release with settings of its own; `url` is whether its stack files have the services' URLs."""
        (self.checkout / "backend/settings.json").write_text(
            json.dumps({"range": "10.1.0.0/20", **own, "name": name})
        )
        for number, stack in enumerate(self.users):
            file = self.checkout / f"Pulumi.{stack}.yaml"
            content = yaml.safe_load(file.read_text())
            service = content["config"]["slipway:services"]["backend"]
            service["url"] = self.users[stack].url if url else None
            service["range"] = f"10.{10 + number}.0.0/20"
            file.write_text(yaml.safe_dump(content))
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", name)
        self.releases[name] = self.git("rev-parse", "HEAD")
        if tag:
            self.git("tag", tag)
        return self.releases[name]

    def pulumi(self, *words: str, check: bool = True) -> str:
        """A command of the CLI, as a person runs it in the checkout."""
        done = subprocess.run(
            ["pulumi", *words, "--non-interactive"],
            cwd=self.checkout,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, f"pulumi {' '.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def __call__(self, *words: object) -> Ran:
        """`slipway WORDS` in the checkout."""
        from slipway.__main__ import main

        out = io.StringIO()
        with ExitStack() as entered:
            entered.enter_context(patch.dict(os.environ, self.environment, clear=True))
            entered.enter_context(patch("delivery.verification.healthy.PAUSE_SECONDS", 0.01))
            entered.enter_context(contextlib.chdir(self.checkout))
            entered.enter_context(contextlib.redirect_stdout(out))
            entered.enter_context(contextlib.redirect_stderr(out))
            status = main([str(word) for word in words])
        return Ran(status, out.getvalue())

    def kill_half_way(self, method: str, *words: object) -> None:
        """Run a command, and kill it and all that it started once the cloud gets a request of this method."""
        with self.cloud.holding(method) as wait:
            process = subprocess.Popen(
                [sys.executable, "-m", "slipway", *map(str, words)],
                cwd=self.checkout,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            assert wait(), process.communicate()[0]
            started = psutil.Process(process.pid)
            for each in [*started.children(recursive=True), started]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.send_signal(signal.SIGKILL)
            process.communicate()

    def locks(self, stack: str) -> list[Path]:
        return sorted((self.folder / "state/.pulumi/locks/organization/slipway" / stack).glob("*.json"))

    def state(self, stack: str) -> dict:
        text = (self.folder / f"state/.pulumi/stacks/slipway/{stack}.json").read_text()
        return json.loads(text)["checkpoint"]["latest"]

    def pending(self, stack: str) -> list[str]:
        found = self.state(stack).get("pending_operations") or []
        return [f"{each['type']} {each['resource']['urn'].rpartition('::')[2]}" for each in found]

    def history(self, stack: str) -> list[dict]:
        return json.loads(self.pulumi("stack", "history", "--json", "--page-size", "100", "--stack", stack) or "[]")


@contextmanager
def real_stack(folder: Path):
    """The checkout with two stacks that were never updated, and all servers."""
    (folder / "checkout/backend").mkdir(parents=True)
    for name in ("state", "cloud", "tmp"):
        (folder / name).mkdir()
    cloud, registry = Cloud(folder / "cloud"), Registry()
    users = {stack: Users(cloud, stack) for stack in ("staging", "prod")}
    with ExitStack() as entered:
        cloud.url = entered.enter_context(served(cloud.app))
        registry.url = entered.enter_context(served(registry.app()))
        for each in users.values():
            each.url = entered.enter_context(served(each.app()))
        environment = _environment(folder, cloud)
        environment |= entered.enter_context(attach(["digitalocean"], environment, folder, folder / "providers.log"))
        made = RealStack(folder, cloud, registry, users, environment)
        _write_project(made)
        yield made


def _environment(folder: Path, cloud: Cloud) -> dict[str, str]:
    """What a laptop has that deploys: the CLI on PATH, a state, credentials; and nothing of this machine's."""
    real = Instance.from_environment()
    toolbox = Toolbox(real.tools, real.logs, Commands())
    found = cli.find(toolbox) or cli.get(toolbox, lambda **_: None)
    host = cli.ensure_language_host(found, toolbox.folder)
    programs = [found.program.parent, *([host] if host else []), Path(shutil.which("git")).parent, "/usr/bin", "/bin"]
    kept = ("HOME", "LANG", "USER")
    return {
        **{name: value for name, value in os.environ.items() if name in kept},
        "DIGITALOCEAN_API_URL": cloud.url,
        "DIGITALOCEAN_TOKEN": TOKEN,
        "DOCKER_CONFIG": str(folder / "no-docker-login"),
        "PATH": os.pathsep.join(map(str, programs)),
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PYTHONPATH": str(ROOT),
        "SLIPWAY_PYTHON": sys.executable,
        "TMPDIR": str(folder / "tmp"),
    }


def _write_project(made: RealStack) -> None:
    checkout = made.checkout
    made.git("init", "-q", "-b", "develop")
    made.git("config", "user.name", "Ada")
    made.git("config", "user.email", "ada@example.com")
    (checkout / "Pulumi.yaml").write_text("name: slipway\nruntime: python\n")
    (checkout / "__main__.py").write_text(PROGRAM)
    (checkout / "backend").mkdir(exist_ok=True)
    (checkout / "backend/service.yaml").write_text("port: 8000\n")
    (checkout / ".github/workflows").mkdir(parents=True)
    (checkout / ".github/workflows/ci.yml").write_text("on: {push: {branches: [main, develop]}}\n")
    (checkout / ".gitignore").write_text("__pycache__/\nevidence/\n")
    for stack in made.users:
        made.pulumi("stack", "init", stack)
        made.pulumi("config", "set", "--stack", stack, "--secret", "slipway:password", SECRET)
        file = checkout / f"Pulumi.{stack}.yaml"
        content = yaml.safe_load(file.read_text())
        content["config"] |= {
            "digitalocean:apiEndpoint": made.cloud.url,
            "digitalocean:httpRetryMax": "0",
            "slipway:release": "HEAD",
            "slipway:images": "build" if stack == "staging" else "registry",
            "slipway:registry": {"name": "acme", "host": f"{made.registry.host}/acme"},
            "slipway:services": {"backend": {"verify": VERIFY}},
        }
        file.write_text(yaml.safe_dump(content))
