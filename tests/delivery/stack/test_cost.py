from __future__ import annotations

import json

from delivery.cost.price_list import PriceList
from delivery.cost.span import NOTHING, Span
from delivery.stack.cost import cost_of
from delivery.stack.plan import parse_plan
from delivery.stack.preview_summary import summary
from tests.delivery.previews import preview

PRICES = PriceList({"s-2vcpu-4gb": 24.0, "s-4vcpu-8gb": 48.0})
URN = "urn:pulumi:prod::slipway::slipway:x:X${}::{}"


def plan(name):
    return parse_plan(preview(name))


def resource(op, kind, name, before=None, after=None):
    step = {"op": op, "urn": URN.format(kind, name)}
    step |= {"oldState": {"inputs": before}} if before is not None else {}
    return step | ({"newState": {"inputs": after}} if after is not None else {})


def kept(kind, name, inputs):
    return resource("same", kind, name, inputs, inputs)


def cost(*steps, same=0, budget=None, prices=PRICES):
    return cost_of(parse_plan({"steps": list(steps), "changeSummary": {"same": same}}), prices, budget)


LOAD_BALANCER = "digitalocean:index/loadBalancer:LoadBalancer"
DATABASE = "digitalocean:index/databaseCluster:DatabaseCluster"
POOL = "digitalocean:index/kubernetesNodePool:KubernetesNodePool"
CHECK = "digitalocean:index/uptimeCheck:UptimeCheck"
RELEASE = "kubernetes:helm.sh/v3:Release"
SMALL = {"size": "db-s-1vcpu-2gb", "nodeCount": 1}


def test_the_cost_of_a_change_is_a_span_from_fewest_to_most_nodes():
    # High availability on, the default pool's most nodes from 2 to 5, the pool of one to three nodes gone.
    found = cost_of(plan("update"), PRICES)
    assert (found.before, found.after) == (Span(24 + 24, 48 + 72), Span(40 + 24, 40 + 120))
    assert "$48.00 to $120.00 → $64.00 to $160.00 a month, of the resources that change (+16.00 to +40.00)" in str(
        found
    )
    assert "KubernetesNodePool `apps`: $24.00 to $72.00 → $0.00" in found.parts


def test_with_what_stays_the_sum_is_the_whole_stacks():
    found = cost(
        kept(LOAD_BALANCER, "ingress", {"sizeUnit": 2}),
        resource("update", DATABASE, "postgresql", SMALL, {**SMALL, "nodeCount": 2}),
        same=1,
    )
    assert str(found) == "$54.45 → $84.90 a month (+30.45)"
    assert found.parts == ("DatabaseCluster `postgresql`: $30.45 → $60.90",)


def test_without_a_change_of_price_the_sum_is_there_all_the_same():
    found = cost(kept(LOAD_BALANCER, "ingress", {"sizeUnit": 1}), same=1)
    assert str(found) == "$12.00 a month; no change"
    assert "**Cost**: $12.00 a month; no change" in summary(plan("same"), "prod", "v1", found)


def test_a_pool_with_a_minimum_of_zero_nodes_costs_nothing_when_idle():
    pool = {"size": "s-2vcpu-4gb", "autoScale": True, "minNodes": 0, "maxNodes": 3, "nodeCount": 1}
    assert cost(resource("create", POOL, "jobs", after=pool)).after == Span(0, 72)


def test_volumes_of_databases_and_services_are_in_the_charts_values():
    database = {"chart": "helm/database", "values": {"storage": "20Gi"}}
    service = {"chart": "helm/service", "values": {"persistence": {"enabled": True, "size": "512Mi"}}}
    found = cost(
        resource("create", RELEASE, "qdrant", after=database), resource("create", RELEASE, "a", after=service)
    )
    assert str(found.after) == "$2.05"


def test_an_account_has_one_uptime_check_free():
    old, new = (resource("create", CHECK, name, after={"name": name}) for name in ("a", "b"))
    assert cost(old).after == NOTHING
    both = cost(kept(CHECK, "a", {"name": "a"}), new, same=1)
    assert both.parts == ("uptime checks, 1 → 2: $0.00 → $1.00",)


def test_a_size_without_a_price_is_named():
    found = cost_of(plan("replace"), PriceList({"s-2vcpu-4gb": 24.0}))
    assert found.unpriced == (
        "ContainerRegistry `registry` (tier )", "KubernetesCluster `cluster` (size s-4vcpu-8gb)"
    )  # fmt: skip
    assert any("No price is known for ContainerRegistry" in note for note in found.list_notes())


def test_a_kind_of_resource_that_the_list_does_not_know_is_named():
    found = cost(resource("create", "digitalocean:index/gradientAi:GradientAi", "x", after={"name": "x"}))
    assert found.unpriced == ("GradientAi `x` (not in the price list)",)
    assert cost(resource("create", "digitalocean:index/vpc:Vpc", "network", after={"name": "x"})).unpriced == ()


def test_an_exceeded_budget_is_in_the_comment():
    within = cost(kept(LOAD_BALANCER, "ingress", {"sizeUnit": 1}), same=1, budget=12)
    assert within.excess is None
    over = cost(kept(LOAD_BALANCER, "ingress", {"sizeUnit": 2}), same=1, budget=20)
    text = summary(plan("same"), "prod", "v1", over)
    assert "**Cost**: $24.00 a month; no change ⚠️" in text
    assert "The budget of $20 a month is exceeded by $4.00" in text


def test_the_changed_part_of_a_stack_is_not_compared_with_the_budget():
    assert cost(resource("update", DATABASE, "a", SMALL, {**SMALL, "nodeCount": 3}), same=7, budget=1).excess is None


def test_the_facts_for_programs_are_json():
    assert json.loads(json.dumps(cost_of(plan("update"), PRICES, 500).describe()))["budget"] == 500
