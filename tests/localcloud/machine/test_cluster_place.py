from __future__ import annotations

from localcloud.instance import LARGEST_NUMBER, Instance
from localcloud.machine.cluster_place import CLUSTERS, NODES, ClusterPlace, cluster_places


def test_everything_of_a_cluster_follows_from_its_number(instance):
    place = ClusterPlace(account=instance, number=2)
    assert (place.name, place.bridge, place.apiserver_port) == ("slipway-8-2", "slipway8-2", 7303)
    assert (place.host_address, place.node_address, place.network) == ("10.253.82.1", "10.253.82.2", "10.253.82.0/24")
    assert place.home == instance.home / "clusters/2"
    assert place.run == instance.run.with_name("8-2")
    assert place.node(0).node_address == "10.253.82.3"
    assert place.node(0).name == "slipway-8-2-3"


def test_no_two_clusters_of_a_machine_meet(tmp_path):
    places = [
        place
        for number in range(LARGEST_NUMBER + 1)
        for place in cluster_places(Instance(number=number, cache=tmp_path))
    ]
    assert len(places) == CLUSTERS * (LARGEST_NUMBER + 1)
    for names in (
        [place.name for place in places],
        [place.network for place in places],
        [place.bridge for place in places],
        [place.apiserver_port for place in places],
        [place.run for place in places],
    ):
        assert len(set(names)) == len(places)


def test_longest_names_are_short_enough_for_the_kernel():
    last = ClusterPlace(account=Instance(number=9, cache=None), number=CLUSTERS - 1).node(NODES - 1)
    assert len(last.interface) <= 15
    assert last.node_address == "10.253.94.252"
    assert len(str(last.run / "containerd.sock")) < 108


def test_cluster_has_logs_only_while_it_has_files(instance):
    place = ClusterPlace(account=instance, number=0)
    assert str(place.log("network")) == "/dev/null"
    place.create_folders()
    assert place.log("network") == place.logs / "network.log"
    assert place.home.stat().st_mode & 0o777 == 0o700
