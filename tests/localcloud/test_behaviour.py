"""A local deployment that is judged by its requests."""

from __future__ import annotations

import pytest

from delivery.outcome import RolledBackError
from delivery.verification.behaviour import BehaviourError
from localcloud import behaviour
from localcloud.deployment import DeploymentError

from .pulumi_engine.conftest import project, pulumi_cli, workspace  # noqa: F401 - fixtures
from .test_deployment import STACK_FILE, commit, deployment, port  # noqa: F401 - fixtures

BAD = "backend: 97.6% of 41 requests failed in 5 s: more than 2 % failed"


@pytest.fixture
def judged(project, deployment, monkeypatch):  # noqa: F811
    """A service without a URL that is judged; `judged` has the releases that were bad, and what was watched."""
    (project / "inner/service.yaml").write_text("port: 8000\nverify: {behaviour: {seconds: 10}}\n")
    (project / "Pulumi.local.yaml").write_text(STACK_FILE.replace("    backend: {nodePort: 30080}\n", ""))
    program = project / "__main__.py"
    program.write_text(program.read_text().replace('"tag":', '"digest": "sha256:1", "tag":'))
    bad, watched = set(), []

    def judge(_, limits, digests):
        watched.append((sorted(limits), dict(digests)))
        if bad:
            raise BehaviourError(BAD)

    monkeypatch.setattr(behaviour.BehaviourGate, "judge", judge)
    monkeypatch.setattr(behaviour.BehaviourGate, "record_baseline", lambda *_: None)
    return bad, watched


def quiet(**_):
    pass


def test_a_release_that_answers_badly_is_rolled_back(judged, project, deployment):  # noqa: F811
    bad, watched = judged
    good = commit(project)
    deployment.up(quiet)
    commit(project)
    bad.add("all")
    with pytest.raises(RolledBackError, match=f"and {good[:12]} runs again: {BAD}"):
        deployment.up(quiet)
    with deployment.workspace.session() as session:
        assert session.outputs()["release"] == good
    assert watched == [(["inner"], {"inner": "sha256:1"})] * 2  # the rollback is not judged


def test_what_ran_with_the_same_commit_is_not_rolled_back_to(judged, project, deployment):  # noqa: F811
    bad, _ = judged
    commit(project)
    deployment.up(quiet)
    bad.add("all")
    with pytest.raises(
        DeploymentError, match=r"97\.6% of 41 requests failed(.|\n)*what ran before was no other commit"
    ):
        deployment.up(quiet)


def test_a_service_that_wants_no_judgement_has_none(deployment):  # noqa: F811
    assert deployment._find_judge(quiet) is None


def test_the_cluster_of_a_cloud_that_is_down_is_missing(workspace, project):  # noqa: F811
    (project / "Pulumi.local.yaml").write_text("config: {slipway:namespace: x}\n")
    with pytest.raises(behaviour.MissingError, match="the local cloud is down: start it with `make up`"):
        behaviour.open_cluster(workspace.stack)
