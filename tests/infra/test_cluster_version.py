from __future__ import annotations

import pulumi
import pytest
from infra_stacks import settings_of

from infra.cluster_version import VersionError
from infra.stack_state import CLUSTER

from .recorder import PATCHES, Recorder

KIND = CLUSTER


def deploy(repository, minor, live=None):
    """The cluster that a stack file with this minor declares, where the state has one of that version."""
    state = {f"urn:x::{KIND}::cluster": {"type": KIND, "outputs": {"version": live}}} if live else {}
    cluster = {**settings_of("prod")["cluster"], "version": minor}
    recorder = repository.deploy("prod", cluster=cluster, cloud=Recorder(state=state))
    return recorder.one("KubernetesCluster").inputs["version"], list(recorder.options[KIND, "cluster"].ignoreChanges)


def test_a_new_cluster_gets_the_newest_patch(repository):
    assert deploy(repository, "1.34") == (PATCHES["1.34"], [])


@pytest.mark.parametrize("live", ["1.34.1-do.2", "1.34.9-do.0"])
def test_a_patch_that_digitalocean_installed_is_no_change(repository, live):
    assert deploy(repository, "1.34", live) == (live, ["version"])


def test_another_minor_is_an_upgrade_to_its_newest_patch(repository):
    assert deploy(repository, "1.35", "1.34.9-do.0") == (PATCHES["1.35"], [])


@pytest.mark.parametrize(
    ("minor", "message"),
    [
        ("1.33", "is '1.33' and the cluster has 1.34.4-do.0: a cluster cannot go back; write '1.34'"),
        ("1.36", "is '1.36' and the cluster has 1.34.4-do.0: .* one minor version at a time; write '1.35'"),
    ],
)
def test_a_minor_that_the_cluster_cannot_have_next_is_refused(repository, minor, message):
    with pytest.raises(VersionError, match=message):
        deploy(repository, minor, "1.34.4-do.0")


def test_an_unavailable_minor_is_refused_with_the_available_ones(repository):
    with pytest.raises(VersionError, match=r"'1\.90', which DigitalOcean does not offer; write one of 1\.36, 1\.35"):
        deploy(repository, "1.90")


def test_the_newest_patch_is_so_by_its_numbers(repository):
    cloud = Recorder(versions=["1.34.9-do.1", "1.34.10-do.0", "1.35.0-do.0"])
    assert repository.deploy("prod", cloud=cloud).one("KubernetesCluster").inputs["version"] == "1.34.10-do.0"


def test_without_the_api_a_preview_has_the_minor_and_an_update_fails(repository, monkeypatch):
    warned = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_: warned.append(text))
    recorder = repository.deploy("prod", cloud=Recorder(versions=None))
    assert recorder.one("KubernetesCluster").inputs["version"] == "1.34"
    assert any("cannot ask DigitalOcean for the patches of Kubernetes 1.34" in text for text in warned)
    with pytest.raises(VersionError, match="cannot ask DigitalOcean for the patches of Kubernetes 1.34"):
        repository.deploy("prod", cloud=Recorder(versions=None), preview=False)
