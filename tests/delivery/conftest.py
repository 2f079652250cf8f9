"""A checkout with a history of releases, a registry, a service, Pulumi and GitHub to deliver them with."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, settings
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from delivery.github.client import GitHubRepository
from delivery.stack.pulumi_stack import PulumiStack
from slipway.execution import execute
from tests.delivery.fake_cosign import write_cosign
from tests.delivery.fake_gh import write_gh
from tests.delivery.fake_github import NAME, OWNER, FakeGitHub
from tests.delivery.previews import preview
from tests.delivery.registry_server import Registry
from tests.delivery.script_server import end, write_script
from tests.delivery.served import end_all, served
from tests.delivery.tls import certified
from tests.slipway.command_line import ROOT

# A machine that does much else makes inputs slowly: that says nothing of the code.
settings.register_profile("slipway", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("slipway")

# As a service's own file says it; `broken` releases answer the request otherwise.
VERIFY = {"requests": [{"path": "/works", "json": {"works": True}}], "version": {"path": "/version", "key": "sha"}}
FAKE_PULUMI = Path(__file__).parent / "fake_pulumi.py"


@pytest.fixture(scope="session", autouse=True)
def _servers_end():
    yield
    end_all()
    end()


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """A file with one certificate, to trust: a client that reads all that a machine trusts takes 30 ms to make."""
    return certified(tmp_path_factory.mktemp("authority"))["ssl_certfile"]


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch, tmp_path, authority):
    """No credentials, no run and no Docker login of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith(("GITHUB_", "GH_", "PULUMI_", "SLACK_", "SMTP_", "DIGITALOCEAN_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-docker-login"))
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    monkeypatch.setattr("delivery.verification.healthy.PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("delivery.github.client.sleep", lambda _: None)
    monkeypatch.setattr("delivery.images.registry_client.PAUSES_SECONDS", (0.01, 0.01))
    monkeypatch.setattr("delivery.images.registry.WRITE_PAUSES_SECONDS", (0.01,))


# As the CLI prints it: stack/test_pulumi_stack.py has a real one. A runner's comes from GitHub only.
LOCKED = """error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete …
  file:///state/.pulumi/locks/organization/slipway/staging/2f1c.json: created by runner@fv-az1234-567 (pid 4711) at 2026-11-20T07:00:00Z
"""


@pytest.fixture
def registry():
    made = Registry()
    with served(made.app()) as url:
        made.url = url
        yield made


@dataclass
class Service:
    """The backend as users reach it: what it runs is in a file, which the fake Pulumi writes.

    Attributes:
        asked: the headers of each request for `/works`.
    """

    file: Path
    url: str = ""
    unready: set = field(default_factory=set)
    broken: set = field(default_factory=set)
    headers: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)

    def app(self):
        return Starlette(
            routes=[
                Route("/readyz", self._ready),
                Route("/version", self._version),
                Route("/works", self._works),
                Route("/elsewhere", lambda _: RedirectResponse("https://example.com")),
            ]
        )

    @property
    def tag(self):
        return self.file.read_text()

    def _ready(self, _):
        return Response("ok", 503 if self.tag in self.unready else 200, headers=self.headers)

    def _version(self, _):
        return JSONResponse({"service": "backend", "sha": self.tag})

    def _works(self, request):
        self.asked.append(dict(request.headers))
        answer = {"works": self.tag not in self.broken, "depends": {"database": "ok"}, "items": [1, True]}
        return JSONResponse(answer, headers=self.headers)


@pytest.fixture
def service(tmp_path):
    made = Service(tmp_path / "runs")
    made.file.write_text("")
    with served(made.app()) as url:
        made.url = url
        yield made


@dataclass
class Checkout:
    """A clone with four releases of a backend; the second carries v1.0.0, the fourth v1.1.0."""

    folder: Path
    releases: list[str] = field(default_factory=list)

    def git(self, *words):
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        command = ["git", *identity, *words]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def write_branches(self, *names):
        file = self.folder / ".github/workflows/ci.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump({"on": {"push": {"branches": list(names)}}}))

    def commit(self, text):
        (self.folder / "backend/app.py").write_text(text)
        self.git("add", ".")
        self.git("commit", "-q", "-m", f"Backend: {text}")
        self.releases.append(self.git("rev-parse", "HEAD"))
        return self.releases[-1]


@pytest.fixture(scope="session")
def checkout_of(tmp_path_factory):
    """Makes the checkout whose images are in a registry, once: git runs seventeen times for it."""

    @cache
    def make(host):
        made = Checkout(tmp_path_factory.mktemp("checkout"))
        (made.folder / "backend").mkdir()
        made.git("init", "-q", "-b", "develop", "--template=")
        for stack in ("staging", "prod"):
            config = {
                "slipway:release": "HEAD",
                "slipway:images": "build" if stack == "staging" else "registry",
                "slipway:registry": {"name": "acme", "host": f"{host}/acme"},
                "slipway:services": {"backend": {"url": f"https://{stack}.example.com", "verify": VERIFY}},
                "slipway:cluster": {
                    "version": "1.34",
                    "clusterSubnet": "10.20.0.0/16",
                    "serviceSubnet": "10.21.0.0/20",
                    "defaultPool": {"size": "s-2vcpu-4gb"},
                },
                "slipway:owner": "platform",
                "slipway:region": "fra1",
                "slipway:network": {"ipRange": "10.10.0.0/20"},
                "slipway:namespace": "todo-app",
            }
            (made.folder / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": config}))
        (made.folder / "backend/service.yaml").write_text("port: 8000\n")
        (made.folder / "backend/Dockerfile").write_text("FROM scratch\n")
        (made.folder / "CHANGELOG.md").write_text("## Unreleased\n\n- A change\n")
        made.write_branches("main", "develop")
        for number in range(1, 5):
            made.commit(f"release {number}")
        made.git("tag", "v1.0.0", made.releases[1])
        made.git("tag", "v1.1.0", made.releases[3])
        return made

    return make


@pytest.fixture
def checkout(tmp_path, registry, checkout_of):
    made = checkout_of(registry.host)
    return Checkout(shutil.copytree(made.folder, tmp_path / "checkout"), list(made.releases))


@dataclass
class World:
    """What the fake Pulumi knows and did."""

    file: Path
    checkout: Checkout
    registry: Registry
    service: Service

    def __getitem__(self, key):
        return json.loads(self.file.read_text())[key]

    def change(self, **values):
        self.file.write_text(json.dumps({**json.loads(self.file.read_text()), **values}))

    def stack(self, name):
        with (self.file.parent / "log").open("a") as log:
            return PulumiStack(name, self.checkout.folder, log=_Log(log.name))

    @property
    def log(self):
        return (self.file.parent / "log").read_text()

    def commands(self):
        return [" ".join(words[:2]) if words[0] == "stack" else words[0] for words in self["calls"]]

    def outputs(self, sha):
        """What a stack exports at a release whose image is pushed."""
        tag = sha[:12]
        digest = self.registry.push("acme/backend", tag)
        repository = f"{self.registry.host}/acme/backend"
        facts = {"sha": sha, "tag": tag, "digest": digest, "image": f"{repository}@{digest}", "url": self.service.url}
        return {
            "release": sha,
            "namespace": "todo-app",
            "registry": f"{self.registry.host}/acme",
            "services": {"backend": {**facts, "release": "backend"}},
            "cluster": {"id": "1", "name": "slipway", "endpoint": "https://example.com"},
        }

    def run(self, stack, *numbers):
        """Have a stack run these releases, by number, one after another."""
        for number in numbers:
            sha = self.checkout.releases[number - 1]
            self.stack(stack).up(sha, f"deploy {sha[:12]}")
        self.change(calls=[])


class _Log:
    """A text file opened for each line: nothing is left open when a test ends."""

    def __init__(self, name):
        self.name = name

    def write(self, text):
        with Path(self.name).open("a") as file:
            return file.write(text)

    def flush(self):
        pass


@pytest.fixture
def world(tmp_path, checkout, registry, service, monkeypatch):
    programs = tmp_path / "bin"
    programs.mkdir()
    write_script(programs / "pulumi", FAKE_PULUMI)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_PULUMI", str(tmp_path / "world.json"))
    made = World(tmp_path / "world.json", checkout, registry, service)
    made.file.write_text(
        json.dumps(
            {
                "stacks": {},
                "releases": {sha: made.outputs(sha) for sha in checkout.releases},
                "failing": [],
                "lock": "",
                "preview": preview("same"),
                "service": str(service.file),
                "calls": [],
            }
        )
    )
    return made


@pytest.fixture
def github(monkeypatch):
    made = FakeGitHub()
    with served(made.app()) as url:
        monkeypatch.setenv("GITHUB_API_URL", url)
        monkeypatch.setenv("GITHUB_REPOSITORY", f"{OWNER}/{NAME}")
        monkeypatch.setenv("GITHUB_TOKEN", "gh-token")
        made.repository = GitHubRepository.from_environment()
        yield made
    assert made.unpublished == []


@pytest.fixture
def cosign(world, tmp_path, monkeypatch):
    """What cosign was asked, as a file."""
    file = write_cosign(tmp_path / "bin", tmp_path)
    monkeypatch.setenv("FAKE_COSIGN", str(file))
    return file


@pytest.fixture
def attested(world, tmp_path, monkeypatch):
    """Which attestations the GitHub CLI does not find, as a file."""
    file = write_gh(tmp_path / "bin", tmp_path)
    monkeypatch.setenv("FAKE_GH", str(file))
    return file


@pytest.fixture
def summary(tmp_path, monkeypatch):
    """The run's summary, as a function that reads it."""
    file = tmp_path / "summary.md"
    file.touch()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    return file.read_text


@pytest.fixture
def slipway(checkout, monkeypatch, capsys):
    """`slipway …` in the checkout: its status and what it printed."""
    monkeypatch.chdir(checkout.folder)

    def run(*words):
        status = execute(ROOT, [str(word) for word in words])
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


def pytest_collection_modifyitems(items):
    """Begin with the files whose tests are given the longest time: one begun last would leave other workers idle."""
    longest = {}
    for item in items:
        mark = item.get_closest_marker("timeout")
        longest[item.path] = max(longest.get(item.path, 0), mark.args[0] if mark else 0)
    items.sort(key=lambda item: -longest[item.path])
