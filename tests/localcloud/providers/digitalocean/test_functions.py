from __future__ import annotations

import pytest

from localcloud.providers.digitalocean.provider import DigitalOcean
from localcloud.providers.errors import ProviderError
from tests.localcloud.providers.engine import TOKEN


@pytest.fixture
def call(api):
    configuration = {"apiEndpoint": api.url, "token": TOKEN}
    return lambda name, **arguments: DigitalOcean().invoke(
        f"digitalocean:index/{name}:{name}", arguments, configuration
    )


def test_versions_with_a_prefix(call):
    found = call("getKubernetesVersions", versionPrefix="1.34.")
    assert found["versionPrefix"] == "1.34."
    assert found["latestVersion"] == found["validVersions"][0]
    assert all(slug.startswith("1.34.") for slug in found["validVersions"])


def test_versions_that_there_are_none_of(call):
    assert call("getKubernetesVersions", versionPrefix="0.")["latestVersion"] == ""


def test_certificate_authority_of_a_database(call, api):
    body = {"name": "ca", "engine": "pg", "version": "16", "size": "db-s-1vcpu-1gb", "region": "fra1", "num_nodes": 1}
    cluster = api.do("POST", "/v2/databases", body)["database"]["id"]
    found = call("getDatabaseCa", clusterId=cluster)
    assert (found["id"], found["clusterId"]) == (cluster, cluster)
    assert "certificate" in found["certificate"].lower()


def test_function_needs_its_arguments(call):
    with pytest.raises(ProviderError, match="getDatabaseCa: clusterId is required"):
        call("getDatabaseCa")


def test_unknown_function_is_refused_by_name(call):
    with pytest.raises(
        ProviderError, match="getDroplet: Slipway's digitalocean provider does not know this function"
    ):
        call("getDroplet")
