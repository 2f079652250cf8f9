"""Every command, with a proxy in front of each service that delays, drops, repeats and truncates.

Each run ends with a status that the command declares and with one sentence, and leaves either what was there or what
was intended. How many runs there are of each pair of a command and a service is in FAULT_RUNS.
"""

from __future__ import annotations

import copy
import json
import os
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from infra.source import image_digest
from tests.delivery.commands.test_storage import Storage
from tests.delivery.conftest import FAKE_PULUMI, Service
from tests.delivery.fake_github import FakeGitHub
from tests.delivery.faults.endings import DECLARED
from tests.delivery.faults.environments import PushingEngine
from tests.delivery.faults.proxy import Fault, Proxy
from tests.delivery.faults.scenarios import GROUPS, SCENARIOS, WITHOUT_SERVICES, look_at
from tests.delivery.notification.conftest import PATH, Slack
from tests.delivery.registry_account import RegistryAccount
from tests.delivery.registry_server import Registry
from tests.delivery.script_server import write_script
from tests.delivery.served import served
from tests.fake_cluster import FakeCluster

RUNS = int(os.environ.get("FAULT_RUNS", "2"))
PULUMI_FAULTS = ("drop before", "drop after", "delay", "repeat", "truncate", "null", "words before", "killed")
FAULTY_PULUMI = Path(__file__).parent / "faulty_pulumi.py"
# A client that is reset leaves sockets to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.timeout(400),
]


@pytest.fixture
def proxies():
    """Proxies by the name of the service."""
    made = {}
    yield made
    for proxy in made.values():
        proxy.end()


@pytest.fixture
def before(proxies):
    """Put a proxy before a server: `before("github", url)` is the URL of the proxy."""

    def put(name, url):
        scheme, _, address = url.partition("://")
        port, _, path = address.partition(":")[2].partition("/")
        proxies[name] = Proxy(int(port))
        return f"{scheme}://127.0.0.1:{proxies[name].port}" + (f"/{path}" if path else "")

    return put


@pytest.fixture
def registry(before):
    made = Registry()
    with served(made.app()) as url:
        made.url = before("registry", url)
        yield made


@pytest.fixture
def service(before, tmp_path):
    made = Service(tmp_path / "runs")
    made.file.write_text("")
    with served(made.app()) as url:
        made.url = before("service", url)
        yield made


@pytest.fixture
def github(before, monkeypatch):
    made = FakeGitHub()
    with served(made.app()) as url:
        variables = {"API_URL": before("github", url), "REPOSITORY": "acme/todo", "TOKEN": "gh-token"}
        for name, value in variables.items():
            monkeypatch.setenv(f"GITHUB_{name}", value)
        monkeypatch.setenv("GITHUB_RUN_ID", "77")
        yield made


@pytest.fixture
def slack(before, monkeypatch):
    made = Slack()
    with served(Starlette(routes=[Route(PATH, made.take, methods=["POST"])])) as url:
        monkeypatch.setenv("SLACK_WEBHOOK_URL", before("slack", url) + PATH)
        yield made


@pytest.fixture
def mail(smtp_server, proxies, monkeypatch):
    box = smtp_server()
    proxies["mail"] = Proxy(box.port, speaks="lines")
    monkeypatch.setenv("SMTP_PORT", str(proxies["mail"].port))
    return box


class _Account(RegistryAccount):
    """Its registry is the fake one; a token may do everything.

    Attributes:
        kubeconfig: of its one cluster, staging's; None: it has none.
    """

    def __init__(self, registry):
        super().__init__()
        self.registry = registry
        self.kubeconfig = None
        self.gives_logins = False

    def login(self):
        return (self.registry.host, "user", "password") if self.gives_logins else None

    def list_manifests(self):
        names = [name.removeprefix("acme/backend:") for name in self.registry.manifests]
        digests = {name: [] for name in names if name.startswith("sha256:")}
        for tag in set(names) - set(digests):
            digests[self.registry.digest("acme/backend", tag)].append(tag)
        return {digest: tags for digest, tags in digests.items() if digest not in self.deleted}

    def app(self):
        app = super().app()
        methods = ["GET", "POST", "PUT", "DELETE"]
        clusters = "/v2/kubernetes/clusters"
        found = {"kubernetes_clusters": [{"id": "1", "name": "slipway-staging"}]}
        app.routes.append(Route(clusters, lambda _: JSONResponse(found)))
        app.routes.append(Route(f"{clusters}/1/kubeconfig", lambda _: PlainTextResponse(self.kubeconfig)))
        app.routes.append(Route("/{path:path}", lambda _: JSONResponse({"id": "x"}, 404), methods=methods))
        return app


@pytest.fixture
def account(before, registry, monkeypatch):
    made = _Account(registry)
    with served(made.app()) as url:
        made.url = before("digitalocean", url)
        yield made


@pytest.fixture
def storage(before):
    """Caches and artifacts on GitHub, which another fake has."""
    made = Storage()
    with served(made.app()) as url:
        made.url = before("storage", url)
        yield made


@pytest.fixture
def cluster(before):
    made = FakeCluster()
    with served(made.app()) as url:
        made.url = before("cluster", url)
        yield made


@pytest.fixture
def engine(before, registry, monkeypatch):
    made = PushingEngine(holds=registry)
    with served(made.app()) as url:
        made.url = before("engine", url)
        monkeypatch.setenv("DOCKER_HOST", made.host)
        image_digest._client.cache_clear()
        yield made
    image_digest._client.cache_clear()


@pytest.fixture
def osv(before):
    app = Starlette(routes=[Route("/v1/query", lambda _: JSONResponse({"vulns": []}), methods=["POST"])])
    with served(app) as url:
        yield before("osv", url) + "/v1/query"


@dataclass
class FaultyWorld:
    """Everything that a command may ask or change, and how it was."""

    world: object
    github: object
    account: object
    slack: object
    mail: object
    storage: object
    cluster: object
    folder: Path
    pulumi: Path
    proxies: dict
    names: dict
    held: dict = field(default_factory=dict)

    def save(self):
        self.held = {
            "world": self.world.file.read_text(),
            "runs": self.world.service.file.read_text(),
            "storage": copy.deepcopy(vars(self.storage)),
            "cluster": copy.deepcopy(self.cluster.objects),
            "manifests": dict(self.world.registry.manifests),
            "github": copy.deepcopy(vars(self.github)),
            "files": {file: file.read_bytes() for file in self.folder.rglob("*") if file.is_file()},
        }

    def restore(self):
        """Have everything as it was, and nothing go wrong."""
        self.world.file.write_text(self.held["world"])
        self.world.service.file.write_text(self.held["runs"])
        self.world.registry.manifests.clear()
        self.world.registry.manifests.update(self.held["manifests"])
        vars(self.github).update(copy.deepcopy(self.held["github"]))
        vars(self.storage).update(copy.deepcopy(self.held["storage"]))
        self.cluster.objects = copy.deepcopy(self.held["cluster"])
        self.account.deleted.clear()
        self.account.collections = self.account.asked = 0
        self.slack.sent.clear()
        self.mail.messages.clear()
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        for file, content in self.held["files"].items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        self.world.checkout.git("worktree", "prune")
        self.plan(None, None)

    def plan(self, service, fault):
        """Have one service fail; None: none."""
        for name, proxy in self.proxies.items():
            proxy.plan(fault if name == service else None)
        due = fault if service == "pulumi" else Fault("", 0)
        facts = (
            {"kind": due.kind, "at": due.at, "lasting": due.lasting}
            if due
            else {"kind": "", "at": 0, "lasting": False}
        )
        self.pulumi.write_text(json.dumps({**facts, "count": 0, "met": 0, "fake": str(FAKE_PULUMI)}))

    def count(self, service, what="count"):
        """How often a service was asked since `plan`; `met`: how often it failed."""
        if service == "pulumi":
            return json.loads(self.pulumi.read_text())[what]
        return getattr(self.proxies[service], what)

    def faults(self, service):
        return PULUMI_FAULTS if service == "pulumi" else self.proxies[service].faults


@pytest.fixture
def faulty(world, github, account, slack, mail, storage, cluster, engine, osv, proxies, tmp_path, monkeypatch):
    plan = tmp_path / "pulumi-plan.json"
    monkeypatch.setenv("FAULTY_PULUMI", str(plan))
    write_script(tmp_path / "bin/pulumi", FAULTY_PULUMI)
    uv = tmp_path / "bin/uv"
    uv.write_text("#!/bin/sh\necho a==1\n")
    uv.chmod(0o755)
    monkeypatch.setenv("UV", str(uv))
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "uv.lock").touch()
    names = {"folder": folder, "service": world.service.url, "osv": osv}
    made = FaultyWorld(world, github, account, slack, mail, storage, cluster, folder, plan, proxies, names)
    made.plan(None, None)
    return made


def choose(faults, count, seed):
    """Some of all faults that can happen, one with each request, and each with every request."""
    single = [Fault(kind, at) for kind in faults for at in range(1, count + 1)]
    lasting = [Fault(kind, 1, lasting=True) for kind in faults]
    everything = single + lasting
    return random.Random(seed).sample(everything, min(RUNS, len(everything)))


def judge(scenario, ending, before, after, intended):
    """What is wrong with how a run ended, and with what it left."""
    found = ending.problems()
    for name in before.keys() | after.keys() | intended.keys():
        allowed = [before.get(name), intended.get(name)]
        if ending.status == scenario.status:
            allowed = [intended.get(name)]
        if after.get(name) not in allowed:
            found.append(
                f"status {ending.status} left {name} = {str(after.get(name))[:90]}, not {str(allowed)[:150]}"
            )
    return found


def test_every_command_has_a_scenario():
    ours = {words for words in DECLARED if words[0] in GROUPS}
    assert ours == {scenario.words[:2] for scenario in SCENARIOS} | WITHOUT_SERVICES


@pytest.mark.parametrize(
    ("scenario", "target"),
    [pytest.param(each, target, id=f"{each}: {target}") for each in SCENARIOS for target in each.services],
)
def test_whatever_goes_wrong_a_command_ends_as_it_says(faulty, run, monkeypatch, record_property, scenario, target):
    words = [word.format(**faulty.names) for word in scenario.words]
    if "digitalocean" in scenario.services:
        monkeypatch.setenv("DIGITALOCEAN_TOKEN", "token")
        monkeypatch.setenv("DIGITALOCEAN_API_URL", faulty.account.url)
    if "storage" in scenario.services:
        monkeypatch.setenv("GITHUB_API_URL", faulty.storage.url)
    if scenario.prepare:
        scenario.prepare(faulty)
    faulty.save()
    before = look_at(faulty)
    plain = run(*words)
    asked, intended = faulty.count(target), look_at(faulty)
    assert (plain.status, plain.problems(), asked > 0) == (scenario.status, [], True), plain
    problems = {}
    for fault in choose(faulty.faults(target), asked, str(scenario)):
        faulty.restore()
        faulty.plan(target, fault)
        ending = run(*words)
        if not faulty.count(target, "met"):
            continue
        record_property("fault", [target, fault.kind, ending.status])
        found = judge(scenario, ending, before, look_at(faulty), intended)
        faulty.plan(None, None)
        if scenario.repeats and not found:
            again = run(*words)
            found = [f"and then: {each}" for each in judge(scenario, again, intended, look_at(faulty), intended)]
            found += (
                [f"and then status {again.status}: {again.err[-300:]}"] if again.status != scenario.status else []
            )
        for problem in found:
            problems.setdefault(problem[:80], f"{fault}: {problem}")
    assert "\n".join(problems.values()) == ""
