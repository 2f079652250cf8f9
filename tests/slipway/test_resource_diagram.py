from __future__ import annotations

from pathlib import Path

import pytest

from infra import chart_repository
from slipway.resource_diagram import create_page, draw_components, draw_resources
from slipway.resource_graph import Resource, read_resources

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/reference/resources.md"


def resource(name, type_="digitalocean:index/vpc:Vpc", *, parent="", after=()):
    return Resource(f"{type_}/{name}", type_, name, parent, frozenset(after))


def component(name, kind):
    return resource(name, f"slipway:{kind}:{kind.title()}")


@pytest.fixture
def small():
    """A network, a cluster that waits for it, and a service that waits for both."""
    network, cluster, service = component("net", "network"), component("main", "cluster"), component("api", "service")
    vpc = resource("net", parent=network.urn)
    pool = resource("pool", "digitalocean:index/pool:Pool", parent=cluster.urn, after=[vpc.urn])
    release = resource("api", "kubernetes:helm.sh/v3:Release", parent=service.urn, after=[vpc.urn, pool.urn])
    return [network, cluster, service, vpc, pool, release]


def test_the_committed_page_is_what_the_program_declares(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(chart_repository, "_find_problem", lambda _: None)
    assert PAGE.read_text() == create_page("prod", read_resources("prod")), "run `make reference`"


def test_the_diagram_groups_components_by_kind(small):
    """It leaves out an edge that a longer path implies."""
    assert draw_components(small).splitlines() == [
        "flowchart LR",
        '  cluster_main["main"]',
        '  network_net["net"]',
        '  subgraph service["Services"]',
        '    service_api["api"]',
        "  end",
        "  cluster_main --> service_api",
        "  network_net --> cluster_main",
    ]


def test_each_component_holds_its_resources(small):
    lines = draw_resources(small).splitlines()
    at = lines.index('  subgraph network_net["net"]')
    assert lines[at : at + 3] == ['  subgraph network_net["net"]', '    network_net_Vpc_net["net<br/>Vpc"]', "  end"]


def test_many_of_one_type_are_one_node(small):
    alerts = [resource(f"alert-{n}", "digitalocean:index/alert:Alert", parent=small[0].urn) for n in range(5)]
    text = draw_resources([*small, *alerts])
    assert 'network_net_Alert["5 of Alert"]' in text
    assert "alert-1" not in text
