"""Pods of a service are scaled by its load, replaced one by one, and spread over nodes and zones."""

from __future__ import annotations

import pytest

from .conftest import SELECTOR, main_pod, one, render_deployment


def test_a_worker_is_replaced_scaled_and_drained_like_a_web_service(helm):
    objects = helm.render_kind("worker", autoscaling={"enabled": True})
    assert one(objects, "Deployment")["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert one(objects, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["name"] == "backend"
    assert one(objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == SELECTOR


def test_an_annotation_keeps_the_replica_count_of_the_stack_file(helm):
    """`slipway status` says by it what was scaled by hand (operations/status.py)."""
    deployment = one(helm.render_kind("web", replicas=3), "Deployment")
    assert (deployment["spec"]["replicas"], deployment["metadata"]["annotations"]["slipway/replicas"]) == (3, "3")
    objects = helm.render_kind("web", autoscaling={"enabled": True, "minReplicas": 4})
    assert one(objects, "HorizontalPodAutoscaler")["metadata"]["annotations"]["slipway/replicas"] == "4"
    assert "slipway/replicas" not in one(objects, "Deployment")["metadata"]["annotations"]


@pytest.mark.parametrize("kind", ["web", "worker"])
def test_several_pods_are_spread_over_nodes_and_zones_and_one_is_not(helm, kind):
    many = [{"replicas": 2}, {"replicas": 1, "autoscaling": {"enabled": True, "minReplicas": 1, "maxReplicas": 2}}]
    for values in many:
        spread = main_pod(helm.render_kind(kind, **values))["topologySpreadConstraints"]
        assert [each["topologyKey"] for each in spread] == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
        assert {each["whenUnsatisfiable"] for each in spread} == {"ScheduleAnyway"}
        assert all(each["labelSelector"]["matchLabels"] == SELECTOR for each in spread)
    assert "topologySpreadConstraints" not in main_pod(helm.render_kind(kind, replicas=1))
    for runs in ("cron", "job"):
        assert "topologySpreadConstraints" not in main_pod(helm.render_kind(runs))


def render_metrics(helm, **autoscaling):
    objects = helm.render(autoscaling={"enabled": True, **autoscaling})
    return one(objects, "HorizontalPodAutoscaler")["spec"]["metrics"]


def test_the_number_of_pods_follows_cpu_memory_or_metrics_of_its_own(helm):
    assert [each["resource"]["name"] for each in render_metrics(helm)] == ["cpu"]
    both = render_metrics(helm, targetMemoryUtilizationPercentage=80)
    assert {each["resource"]["name"]: each["resource"]["target"]["averageUtilization"] for each in both} == {
        "cpu": 70, "memory": 80,
    }  # fmt: skip
    memory = render_metrics(helm, targetCPUUtilizationPercentage=0, targetMemoryUtilizationPercentage=80)
    assert [each["resource"]["name"] for each in memory] == ["memory"]
    own = [
        {"type": "External", "external": {"metric": {"name": "\x85 1e3"}, "target": {"type": "Value", "value": "1"}}}
    ]
    assert render_metrics(helm, metrics=own) == own


def test_a_new_pod_is_ready_before_an_old_one_goes(helm):
    spec = render_deployment(helm)
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    pod = spec["template"]["spec"]
    drain = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert 0 < drain < pod["terminationGracePeriodSeconds"] - 30  # the backend's own DRAIN_SECONDS


def test_an_autoscaler_starts_with_at_least_its_minimum_of_pods(helm):
    """Where the cluster can be asked, it is as many as there are; see tests/cluster."""
    assert render_deployment(helm, autoscaling={"enabled": True, "minReplicas": 3})["replicas"] == 3
    assert render_deployment(helm)["replicas"] == 2


def test_a_rollout_has_time_for_a_new_node(helm):
    assert render_deployment(helm)["progressDeadlineSeconds"] >= 600
    assert render_deployment(helm, progressDeadlineSeconds=900)["progressDeadlineSeconds"] == 900


def test_a_single_pod_has_no_disruption_budget_that_blocks_a_drain(helm):
    assert not [each for each in helm.render(replicas=1) if each["kind"] == "PodDisruptionBudget"]
    assert one(helm.render(), "PodDisruptionBudget")["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
