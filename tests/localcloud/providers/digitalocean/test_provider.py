from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pulumi_digitalocean
import pytest

from localcloud.providers.digitalocean.client import Client
from localcloud.providers.digitalocean.provider import TYPES, DigitalOcean
from localcloud.providers.errors import ProviderError
from localcloud.providers.values import UNKNOWN, Secret
from tests.localcloud.providers.engine import ROOT

OFFICIAL = {kind: getattr(pulumi_digitalocean, kind.token.rpartition(":")[2]) for kind in TYPES}


def configured(**configuration):
    return DigitalOcean().configure(configuration)[0].client


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in ("DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN", "DIGITALOCEAN_API_URL"):
        monkeypatch.delenv(name, raising=False)


def test_has_the_version_of_the_sdk():
    assert DigitalOcean().version == version("pulumi-digitalocean")


def test_configuration():
    client = configured(
        apiEndpoint="http://h:1/", token="t", httpRetryMax="2", httpRetryWaitMin="0.5", httpRetryWaitMax=3
    )
    assert client == Client(endpoint="http://h:1", token="t", retries=2, wait_min=0.5, wait_max=3)


def test_environment_and_defaults(monkeypatch):
    assert configured(token=UNKNOWN) == Client(endpoint="https://api.digitalocean.com", token="")
    monkeypatch.setenv("DIGITALOCEAN_ACCESS_TOKEN", "second")
    assert configured().token == "second"
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "first")
    monkeypatch.setenv("DIGITALOCEAN_API_URL", "http://h")
    assert configured() == Client(endpoint="http://h", token="first")


def test_problems_of_the_configuration():
    found = dict(DigitalOcean().check_configuration({"spacesAccessId": "x", "httpRetryMax": "often", "token": "t"}))
    assert set(found) == {"spacesAccessId", "httpRetryMax"}
    assert "install the official provider" in found["spacesAccessId"]
    with pytest.raises(ProviderError, match="digitalocean:httpRetryMax"):
        configured(httpRetryMax="-1")


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.token)
def test_knows_the_official_types_and_their_inputs(kind):
    """The names are the official SDK's: none is misspelt, and none of a type's is missing."""
    official = OFFICIAL[kind]
    assert official.pulumi_type == kind.token
    names = set(pulumi_digitalocean_inputs(kind))
    assert set(kind.inputs) == names
    properties = set(pulumi_properties(official))
    assert kind.computed <= properties
    assert set(kind.inputs) | kind.computed == properties


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.token)
def test_secrets_are_those_of_the_official_sdk(kind):
    import inspect
    import re

    source = inspect.getsource(OFFICIAL[kind]._internal_init)
    secrets = re.search(r"additional_secret_outputs=\[(.*?)\]", source)
    assert kind.secrets == set(re.findall(r'"(\w+)"', secrets[1] if secrets else ""))


def pulumi_digitalocean_inputs(kind):
    from pulumi._types import input_type_py_to_pulumi_names

    arguments = getattr(pulumi_digitalocean, OFFICIAL[kind].__name__ + "Args")
    return input_type_py_to_pulumi_names(arguments).values()


def pulumi_properties(official):
    from pulumi._types import resource_types

    return resource_types(official)


def test_unready_resource_has_its_secrets_marked():
    from localcloud.providers.digitalocean.kubernetes_cluster import KubernetesCluster
    from localcloud.providers.errors import InitializationError

    with pytest.raises(InitializationError) as failed:
        KubernetesCluster(Client("http://h", "t")).raise_unready(
            ProviderError("x"), "id", {"kubeConfigs": [], "name": "n"}
        )
    assert failed.value.outputs == {"kubeConfigs": Secret([]), "name": "n"}


def test_serves_until_its_input_ends():
    """`python -m localcloud.providers` says where it serves, in the words of PULUMI_DEBUG_PROVIDERS."""
    done = subprocess.run(
        [sys.executable, "-m", "localcloud.providers", "digitalocean"],
        cwd=ROOT, input="", capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    package, _, port = done.stdout.strip().partition(":")
    assert (package, port.isdigit()) == ("digitalocean", True)


def test_client_is_imported_lazily():
    script = (
        "import sys; from localcloud.providers.digitalocean.provider import DigitalOcean; "
        "DigitalOcean().configure({}); sys.exit('pydo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0
