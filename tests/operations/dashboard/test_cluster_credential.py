from __future__ import annotations

from pathlib import Path

import pytest

from delivery.outcome import UnreachableError
from operations.dashboard import cluster_credential
from operations.dashboard.cluster_credential import ClusterCredential


@pytest.fixture
def asked(cluster, monkeypatch):
    """For how long credentials were asked for."""
    seconds = []

    def open_cluster(*_, **options):
        seconds.append(options["seconds"])
        return cluster

    monkeypatch.setattr(cluster_credential, "open_cluster", open_cluster)
    return seconds


def read(credential):
    with credential.open("prod", Path()) as cluster:
        return cluster


def test_readings_share_a_credential_and_no_connection(asked):
    credential = ClusterCredential()
    assert read(credential).client is not read(credential).client
    assert asked == [3600]


def test_a_credential_is_asked_for_again_before_it_ends(asked, monkeypatch):
    monkeypatch.setattr(cluster_credential, "RENEWAL_SECONDS", -1.0)
    credential = ClusterCredential()
    read(credential)
    read(credential)
    assert asked == [3600, 3600]


def test_a_credential_of_an_unreachable_cluster_is_requested_again(asked):
    credential = ClusterCredential()
    with pytest.raises(UnreachableError), credential.open("prod", Path()):
        raise UnreachableError("the cluster is a new one")
    read(credential)
    assert asked == [3600, 3600]
