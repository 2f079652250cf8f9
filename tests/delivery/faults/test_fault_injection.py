"""Every command ends as it declares while a proxy delays, drops, repeats and truncates what a service answers.

Each run ends with one sentence, and leaves either the state before it or the intended one. FAULT_RUNS says how many
runs there are of each pair of a command and a service.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from infra.source import image_digest
from tests.delivery.backend_service import Service
from tests.delivery.commands.test_storage import Storage
from tests.delivery.fake_github import FakeGitHub
from tests.delivery.faults.digitalocean_account import DigitalOceanAccount
from tests.delivery.faults.endings import DECLARED
from tests.delivery.faults.environments import PushingEngine
from tests.delivery.faults.faulty_world import FaultyWorld
from tests.delivery.faults.proxy import Fault, Proxy
from tests.delivery.faults.scenarios import GROUPS, SCENARIOS, WITHOUT_SERVICES, look_at
from tests.delivery.notification.conftest import PATH, Slack
from tests.delivery.registry_server import Registry
from tests.delivery.script_server import write_script
from tests.delivery.served import served
from tests.fake_cluster import FakeCluster

RUNS = int(os.environ.get("FAULT_RUNS", "2"))
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


@pytest.fixture
def account(before, registry, monkeypatch):
    made = DigitalOceanAccount(registry)
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


def sample_faults(faults, count, seed):
    """At most RUNS of all faults: of each kind one for each request, and one that lasts from the first on."""
    single = [Fault(kind, at) for kind in faults for at in range(1, count + 1)]
    lasting = [Fault(kind, 1, lasting=True) for kind in faults]
    everything = single + lasting
    return random.Random(seed).sample(everything, min(RUNS, len(everything)))


def find_violations(scenario, ending, before, after, intended):
    """Describe each part of a run's ending and of the state after it that the scenario does not allow."""
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
    commands = {words for words in DECLARED if words[0] in GROUPS}
    assert commands == {scenario.words[:2] for scenario in SCENARIOS} | WITHOUT_SERVICES


@pytest.mark.parametrize(
    ("scenario", "target"),
    [pytest.param(each, target, id=f"{each}: {target}") for each in SCENARIOS for target in each.services],
)
def test_a_command_ends_as_declared_when_a_service_fails(faulty, run, monkeypatch, record_property, scenario, target):
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
    for fault in sample_faults(faulty.faults(target), asked, str(scenario)):
        faulty.restore()
        faulty.plan(target, fault)
        ending = run(*words)
        if not faulty.count(target, "met"):
            continue
        record_property("fault", [target, fault.kind, ending.status])
        found = find_violations(scenario, ending, before, look_at(faulty), intended)
        faulty.plan(None, None)
        if scenario.repeats and not found:
            again = run(*words)
            found = [
                f"and then: {each}" for each in find_violations(scenario, again, intended, look_at(faulty), intended)
            ]
            found += (
                [f"and then status {again.status}: {again.err[-300:]}"] if again.status != scenario.status else []
            )
        for problem in found:
            problems.setdefault(problem[:80], f"{fault}: {problem}")
    assert "\n".join(problems.values()) == ""
