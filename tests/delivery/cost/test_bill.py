from __future__ import annotations

import pytest
from infra_stacks import ROOT, config_of

from delivery.cost.bill import add_parts, list_parts
from delivery.cost.budget import find_excess
from delivery.cost.price_list import NODES, REGISTRY_TIERS, PriceList
from delivery.cost.span import Span
from infra.config.settings import validate_config
from localcloud.api.catalogue import SIZES, TIERS


def bill(stack, **changes):
    config = {**config_of(stack), **{f"slipway:{key}": value for key, value in changes.items()}}
    settings = validate_config(config, checkout=ROOT)
    return {part.name: part for part in list_parts(settings, PriceList())}


def test_every_resource_of_prod_that_costs_something_is_a_line():
    assert {name: (part.detail, str(part.price)) for name, part in bill("prod").items()} == {
        "default pool": ("2 to 3 nodes of s-4vcpu-8gb", "$96.00 to $144.00"),
        "pool apps": ("3 to 10 nodes of s-4vcpu-8gb", "$144.00 to $480.00"),
        "control plane": ("highly available", "$40.00"),
        "registry": ("basic", "$5.00"),
        "load balancer": ("2 nodes", "$24.00"),
        "managed postgresql": ("2 nodes of db-s-2vcpu-4gb, with daily backups", "$121.80"),
        "managed valkey": ("2 nodes of db-s-1vcpu-2gb, with daily backups", "$60.90"),
        "volume of qdrant": ("20Gi", "$2.00"),
        "uptime checks": ("1, of which an account has 1 free", "$0.00"),
    }


def test_volumes_of_preview_environments_are_named_and_have_no_price():
    part = bill("staging", previewEnvironments={"quota": {"storage": "20Gi"}})["volumes of preview environments"]
    assert (part.detail, part.price) == ("up to 20Gi for each open pull request, $2.00", None)
    assert "volumes of preview environments" not in bill("staging", previewEnvironments=None)


def test_a_stack_pays_for_no_registry_that_another_one_owns():
    registry = {**config_of("prod")["slipway:registry"], "owned": False}
    assert "registry" not in bill("prod", registry=registry)


def test_a_stack_without_zone_has_no_load_balancer_or_uptime_check():
    assert not {"load balancer", "uptime checks"} & bill("local").keys()


def test_a_size_that_the_list_lacks_has_no_price_and_is_not_free():
    cluster = config_of("staging")["slipway:cluster"]
    cluster["defaultPool"]["size"] = "gpu-h100x8-640gb"
    parts = bill("staging", cluster=cluster)
    assert parts["default pool"].price is None
    assert add_parts(list(parts.values())) == add_parts([each for each in parts.values() if each.price])


def test_the_prices_are_those_of_the_emulated_api():
    assert {size: SIZES[size][-1] for size in NODES} == NODES
    assert {tier: price for tier, (_, _, price) in TIERS.items()} == REGISTRY_TIERS


def test_the_prices_of_the_api_come_before_the_published_ones():
    prices = PriceList().with_nodes({"s-2vcpu-4gb": 25.0})
    assert (prices.find_node("s-2vcpu-4gb"), prices.find_node("s-4vcpu-8gb")) == (25.0, 48.0)
    assert prices.source.startswith("DigitalOcean's API for nodes")


@pytest.mark.parametrize(
    ("budget", "excess"),
    [
        (None, None),
        (120, None),
        (100, "exceeded by $20.00 once as many nodes run as may"),
        (70, "exceeded by $10.00, with as few nodes as may run"),
    ],
)
def test_a_budget_is_compared_with_the_fewest_and_the_most_nodes(budget, excess):
    found = find_excess(budget, Span(80, 120))
    assert (found is None) if excess is None else found.endswith(excess)
