"""Whatever a cluster, a Docker Engine, DigitalOcean and Pulumi say, `slipway preview-environment` ends with a sentence."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from infra.source import image_digest
from tests.delivery.faults.endings import find_problems
from tests.delivery.faults.environments import CREATED, LABEL, NUMBER, allow_environments, make_kubeconfig
from tests.delivery.faults.mutations import mutate
from tests.delivery.registry_account import RegistryAccount
from tests.delivery.served import served

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.timeout(400),
]

STATUSES = (301, 400, 401, 403, 404, 409, 429, 500, 503)
GROUP = "preview-environment"
PULL_REQUEST = ("--pull-request", "7", "--release", "pull-request")
NAMED = {"name": f"pr-{NUMBER}", "labels": {LABEL: f"pr-{NUMBER}"}, "creationTimestamp": CREATED}
# Of a list of namespaces and of one of volumes: each reads its own part.
LISTED = {
    "metadata": {},
    "items": [{"metadata": NAMED, "spec": {"claimRef": {"namespace": f"pr-{NUMBER}", "name": "data"}}}],
}
LOOKED_UP = {
    "Descriptor": {"digest": "sha256:" + "0" * 64},
    "ApiVersion": "1.44",
    "stream": "Loaded image: x",
    "Id": "1",
}


class Account(RegistryAccount):
    """It gives a login to a registry, and has nothing in it."""

    host = ""

    def list_manifests(self):
        return {}

    def login(self):
        return self.host, "user", "password"


@pytest.fixture
def staging(world, registry, monkeypatch, tmp_path):
    """Staging takes environments; its cluster is at the address of `fixed_service`, as is what DOCKER_HOST names."""
    account, folder = Account(), tmp_path / "files"
    account.host = registry.host
    folder.mkdir()
    nowhere = SimpleNamespace(url="http://127.0.0.1:9")
    allow_environments(SimpleNamespace(world=world, folder=folder, account=account, cluster=nowhere))
    with served(account.app()) as url:
        monkeypatch.setenv("DIGITALOCEAN_TOKEN", "token")
        monkeypatch.setenv("DIGITALOCEAN_API_URL", url)
        image_digest._client.cache_clear()
        yield folder
    image_digest._client.cache_clear()


@pytest.fixture
def kubeconfig(staging, monkeypatch):
    """The file that KUBECONFIG names."""
    file = staging / "kubeconfig"
    monkeypatch.setenv("KUBECONFIG", str(file))
    return file


@pytest.mark.parametrize("words", [("list",), ("down", "--pull-request", "7"), ("sweep", "--apply")], ids=" ".join)
def test_answers_of_the_cluster(run, kubeconfig, github, fixed_service, words):
    kubeconfig.write_text(make_kubeconfig(fixed_service.url))
    endings = fixed_service.try_answers([*mutate(LISTED, "cluster"), b"\xff"], ask=lambda: run(GROUP, *words))
    refusals = fixed_service.try_answers(
        ["", "null", "<html>", '{"message": 5}'], statuses=STATUSES, ask=lambda: run(GROUP, *words)
    )
    assert find_problems([*endings, *refusals]) == ""


def test_what_the_cluster_forbids_is_no_silence_of_it(run, kubeconfig, fixed_service):
    kubeconfig.write_text(make_kubeconfig(fixed_service.url))
    fixed_service.content, fixed_service.status = b'{"kind": "Status", "code": 403, "message": "forbidden"}', 403
    ending = run(GROUP, "list")
    assert (ending.status, "refuses: forbidden" in ending.err) == (1, True), ending.err
    fixed_service.content, fixed_service.status = b'{"kind": "Status", "code": 503, "message": "not now"}', 503
    assert run(GROUP, "list").status == 4


def test_a_kubeconfig(run, kubeconfig):
    def attempt(text):
        kubeconfig.write_text(text, errors="surrogatepass")
        return run(GROUP, "list")

    secret = "token: SECRET\n  - [:"
    ending = attempt(secret)
    assert "its kubeconfig is none" in ending.err
    assert "SECRET" not in ending.out + ending.err
    entries = {"clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}], "users": []}
    texts = mutate({**entries, "contexts": [], "current-context": "x"}, "kubeconfig")
    assert find_problems((text, attempt(text)) for text in texts) == ""


@pytest.mark.parametrize(
    "words", [("plan", *PULL_REQUEST), ("up", *PULL_REQUEST, "--images", "IMAGES")], ids=lambda words: words[0]
)
def test_answers_of_the_engine(run, staging, fixed_service, monkeypatch, words):
    monkeypatch.setenv("DOCKER_HOST", fixed_service.url.replace("http://", "tcp://"))
    words = [staging / "images" if word == "IMAGES" else word for word in words]

    def attempt():
        image_digest._client.cache_clear()
        return run(GROUP, *words)

    endings = fixed_service.try_answers([*mutate(LOOKED_UP, "engine"), b"\xff"], ask=attempt)
    refusals = fixed_service.try_answers(["", "null", "<html>", '{"message": 5}'], statuses=STATUSES, ask=attempt)
    assert find_problems([*endings, *refusals]) == ""


@pytest.mark.parametrize("words", [("list",), ("plan", *PULL_REQUEST)], ids=lambda words: words[0])
def test_answers_of_digitalocean(run, staging, fixed_service, monkeypatch, words):
    monkeypatch.setenv("DIGITALOCEAN_API_URL", fixed_service.url)
    valid = {"kubernetes_clusters": [{"id": "1", "name": "slipway-staging"}], "links": {"pages": {}}}
    endings = fixed_service.try_answers([*mutate(valid, "account"), b"\xff"], ask=lambda: run(GROUP, *words))
    assert find_problems(endings) == ""


def test_the_list_of_stacks(run, world, kubeconfig, fixed_service):
    kubeconfig.write_text(make_kubeconfig(fixed_service.url))
    fixed_service.content = b'{"metadata": {}, "items": []}'
    endings = []
    for text in mutate([{"name": f"acme/slipway/pr-{NUMBER}", "lastUpdate": CREATED}], "stacks"):
        world.change(answers={"stack ls": text})
        endings.append((text, run(GROUP, "list")))
    assert find_problems(endings) == ""


def test_a_saved_comment(run, github, tmp_path):
    names = ("7", "07", "²", "x", "99999999999999999999")
    endings = []
    for name in names:
        file = tmp_path / "comments" / name / "comment.md"
        file.parent.mkdir(parents=True)
        file.write_bytes(b"\xff\xfe \x00")
        endings.append((name, run(GROUP, "comment", tmp_path / "comments")))
    assert find_problems(endings) == ""


def test_a_failed_comment_does_not_stop_those_on_other_pull_requests(run, github, tmp_path):
    github.locked.add(1)
    for name in ("1", "2"):
        file = tmp_path / "comments" / name / "comment.md"
        file.parent.mkdir(parents=True)
        file.write_text("removed")
    ending = run(GROUP, "comment", tmp_path / "comments")
    assert (ending.status, "pull request 1: " in ending.out) == (1, True)
    assert [comment["number"] for comment in github.comments] == [2]
