from __future__ import annotations

import datetime as dt
import threading

import pulumi
import pytest
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Pod

from infra.rollouts import rollout
from infra.rollouts.cluster_access import client
from infra.rollouts.rollout import Problem, RolloutWatch, find_problems, report

from ..kubernetes_api import kubernetes  # noqa: F401 - a fixture
from ..recorder import run

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
RUNNING_LONG = {"running": {"startedAt": "2026-11-21T11:59:00Z"}}
LABELS = {"app.kubernetes.io/instance": "backend"}


def pod(*, ready=False, metadata=None, conditions=(), last=None, **state):
    status = {"name": "c", "ready": ready, "state": state, "image": "", "imageID": "", "restartCount": 0}
    if last:
        status["lastState"] = {"terminated": last}
    return {
        "metadata": {"name": "backend-1", "labels": LABELS, **(metadata or {})},
        "status": {"conditions": list(conditions), "containerStatuses": [status]},
    }


UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no node fits"}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (pod(ready=True, **RUNNING_LONG), []),
        (pod(waiting={"reason": "ContainerCreating"}), []),
        (pod(running={"startedAt": "2026-11-21T11:59:55Z"}), []),
        (pod(metadata={"deletionTimestamp": "2026-11-21T11:59:00Z"}, waiting={"reason": "CrashLoopBackOff"}), []),
        (pod(waiting={"reason": "ImagePullBackOff", "message": "not found"}), ["ImagePullBackOff: not found"]),
        (
            pod(waiting={"reason": "CrashLoopBackOff"}, last={"exitCode": 3, "reason": "Error"}),
            ["CrashLoopBackOff: ; it ended with exit code 3 (Error)"],
        ),
        (pod(terminated={"exitCode": 137, "reason": "OOMKilled"}), ["OOMKilled: exit code 137: "]),
        (pod(terminated={"exitCode": 0, "reason": "Completed"}), []),
        (pod(**RUNNING_LONG), ["NotReady: running for 60 s and not ready"]),
        (pod(ready=True, conditions=[UNSCHEDULABLE], **RUNNING_LONG), ["Unschedulable: no node fits"]),
    ],
)
def test_a_pods_status_tells_what_is_wrong_with_it(seen, expected):
    found = find_problems(Pod.from_dict(seen), NOW)
    assert [f"{problem.reason}: {problem.detail}" for problem in found] == expected


def test_a_pod_without_status_has_no_problem_yet():
    assert list(find_problems(Pod(metadata=ObjectMeta(name="x")), NOW)) == []


def test_a_report_names_pod_container_reason_and_last_lines():
    problem = Problem("backend-1", "c", "CrashLoopBackOff", "it ended with exit code 1 (Error)")
    assert report("backend", problem, ["Traceback", "boom"], ["BackOff: again"]).splitlines() == [
        "backend: pod backend-1, container c: CrashLoopBackOff: it ended with exit code 1 (Error)",
        "    event: BackOff: again",
        "    log: Traceback",
        "    log: boom",
    ]


def test_each_reason_is_reported_once_with_log_and_events(kubernetes):  # noqa: F811
    kubernetes.objects["pods"] = [pod(waiting={"reason": "CrashLoopBackOff"})]
    kubernetes.objects["events"] = [
        {"metadata": {}, "involvedObject": {}, "reason": "BackOff", "message": f"number {number}"}
        for number in range(5)
    ]
    kubernetes.logs["backend-1"] = "one\ntwo\n"
    watch = RolloutWatch("backend", None)
    access = client(kubernetes.kubeconfig)
    (text,) = watch.look(access, "todo-app")
    assert "log: two" in text
    assert "event: BackOff: number 4" in text
    assert "number 1" not in text
    assert list(watch.look(access, "todo-app")) == []


def test_a_container_that_never_ran_has_no_log_and_that_is_no_error(kubernetes):  # noqa: F811
    kubernetes.objects["pods"] = [pod(waiting={"reason": "ImagePullBackOff", "message": "gone"})]
    (text,) = RolloutWatch("backend", None).look(client(kubernetes.kubeconfig), "todo-app")
    assert "log:" not in text


def test_the_runs_of_a_cron_are_not_a_releases(kubernetes):  # noqa: F811
    failed = pod(terminated={"exitCode": 1, "reason": "Error"})
    failed["metadata"]["labels"] = {**LABELS, "app.kubernetes.io/component": "cron"}
    kubernetes.objects["pods"] = [failed]
    assert list(RolloutWatch("backend", None).look(client(kubernetes.kubeconfig), "todo-app")) == []


def watched(kubeconfig, *, preview, seconds):
    """Run a program whose release takes some time to come up."""

    def work():
        watch = RolloutWatch("backend", None)
        namespace = watch.begin(
            pulumi.Output.from_input("todo-app"), pulumi.Output.secret(kubeconfig), {"digest": "x"}
        )
        pulumi.export("namespace", namespace)

        async def rolled_out(_):
            import asyncio

            await asyncio.sleep(seconds)
            watch.end()

        pulumi.export("done", namespace.apply(rolled_out))

    return run(work, preview=preview)


def test_a_problem_is_reported_while_the_rollout_waits(kubernetes, caplog, monkeypatch):  # noqa: F811
    monkeypatch.setattr(rollout, "INTERVAL_SECONDS", 0.05)
    kubernetes.objects["pods"] = [pod(waiting={"reason": "ImagePullBackOff", "message": "gone"})]
    recorder = watched(kubernetes.kubeconfig, preview=False, seconds=1)
    assert recorder.outputs["namespace"] == ("todo-app", False)
    assert "backend: pod backend-1, container c: ImagePullBackOff: gone" in caplog.text


def test_a_watch_that_cannot_see_does_not_fail_the_rollout(caplog, monkeypatch):
    monkeypatch.setattr(rollout, "INTERVAL_SECONDS", 0.05)
    kubeconfig = "{current-context: x, clusters: [{name: x, cluster: {server: 'http://127.0.0.1:9'}}], users: [{name: x, user: {}}], contexts: [{name: x, context: {cluster: x, user: x}}]}"
    assert watched(kubeconfig, preview=False, seconds=0.5).outputs["namespace"] == ("todo-app", False)


def test_a_preview_watches_nothing(kubernetes, caplog, monkeypatch):  # noqa: F811
    monkeypatch.setattr(rollout, "INTERVAL_SECONDS", 0.05)
    kubernetes.objects["pods"] = [pod(waiting={"reason": "ImagePullBackOff", "message": "gone"})]
    watched(kubernetes.kubeconfig, preview=True, seconds=0.3)
    assert "ImagePullBackOff" not in caplog.text


def test_a_watch_that_outlives_its_run_ends_quietly(kubernetes, monkeypatch):  # noqa: F811
    """A failed release never says that it is over: the run ends, and its event loop with it."""
    monkeypatch.setattr(rollout, "INTERVAL_SECONDS", 0.02)
    kubernetes.objects["pods"] = [pod(waiting={"reason": "ImagePullBackOff", "message": "gone"})]
    watch = RolloutWatch("backend", None)

    def work():
        watch.begin(pulumi.Output.from_input("todo-app"), kubernetes.kubeconfig, {})

    failures = []
    monkeypatch.setattr(threading, "excepthook", failures.append)
    run(work, preview=False)
    kubernetes.objects["pods"].append(
        {**pod(waiting={"reason": "ErrImagePull"}), "metadata": {"name": "backend-2", "labels": LABELS}}
    )
    assert watch._over.wait(10)
    assert failures == []
