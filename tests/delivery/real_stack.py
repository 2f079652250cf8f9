"""Pulumi's own CLI updates a stack of two resources, beside an emulated cloud, a registry and users.

The cloud is DigitalOcean's emulated API. What "runs" is the description of the network called `backend`: the
service that users reach answers by it, so a change of the cloud by hand is a change of what users see.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import psutil
import yaml
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.instance import Instance
from localcloud.machine.command import Commands
from localcloud.machine.toolbox import Toolbox
from localcloud.pulumi_engine import cli
from localcloud.pulumi_engine.plugins import attach
from tests.delivery.checkout import VERIFY
from tests.delivery.emulated_cloud import TOKEN, Cloud
from tests.delivery.registry_server import Registry
from tests.delivery.served import served

ROOT = Path(__file__).parents[2]
PASSPHRASE = "correct horse battery"
SECRET = "the-password-of-backend"
PROGRAM = Path(__file__).with_name("real_program.py")


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
        """Commit a release with settings of its own; `url` is whether its stack files have the services' URLs."""
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
        """Run a command of the CLI, as a person does in the checkout."""
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
        with self.cloud.hold(method) as wait:
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
    """A laptop's environment has the CLI on PATH, a state and credentials, and nothing of this machine's."""
    real = Instance.from_environment()
    toolbox = Toolbox(real.tools, real.logs, Commands())
    found = cli.find(toolbox) or cli.get(toolbox, lambda **_: None)
    host = cli.ensure_language_host(found, toolbox.folder)
    programs = [found.program.parent, *([host] if host else []), Path(shutil.which("git")).parent, "/usr/bin", "/bin"]
    names = ("HOME", "LANG", "USER")
    return {
        **{name: value for name, value in os.environ.items() if name in names},
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
    shutil.copy(PROGRAM, checkout / "__main__.py")
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
