from __future__ import annotations

from infra_stacks import settings_of

from infra import versions
from tests.infra.kubernetes_api import kubernetes  # noqa: F401 - a fixture
from tests.infra.recorder import Recorder

OURS = {"helm/service", "helm/database", "helm/gateway"}  # what is no add-on


def addons(repository, **switches):
    wanted = {**settings_of("prod")["addons"], "prometheus": True, **switches}
    alerts = {"emails": [], "slackChannel": "#alerts"}
    logs = {"forwardTo": {"kind": "loki", "url": "https://logs.acme.dev/loki/api/v1/push"}}
    secrets = {"secrets.alerts.slackUrl": "https://hooks.slack.example/x"}
    releases = repository.deploy("prod", addons=wanted, alerts=alerts, logs=logs, **secrets).of("v3:Release")
    return {each.name: each.inputs for each in releases if each.inputs["chart"] not in OURS}


def test_every_third_party_chart_is_pinned(repository):
    pins = [value for value in vars(versions).values() if isinstance(value, versions.Chart)]
    found = addons(repository)
    assert set(found) == {pin.name for pin in pins}
    for pin in pins:
        assert found[pin.name]["version"] == pin.version
        assert found[pin.name]["repositoryOpts"] == {"repo": pin.repository}


def test_their_objects_carry_stack_and_owner(repository):
    key = {"metrics-server": "commonLabels", "prometheus": "commonMetaLabels", "fluent-bit": "labels"}
    for name, inputs in addons(repository).items():
        assert inputs["values"][key[name]] == {"slipway/stack": "prod", "slipway/owner": "platform"}


def test_every_release_is_bounded_and_taken_back_like_a_service(repository):
    for inputs in addons(repository).values():
        assert (inputs["atomic"], inputs["cleanupOnFail"], inputs["maxHistory"]) == (True, True, 10)
        assert 0 < inputs["timeout"] <= 600


def test_an_add_on_that_an_earlier_run_left_half_way_is_repaired_too(repository, kubernetes):  # noqa: F811
    """The longest installs are the likeliest to be interrupted."""
    kubernetes.revision(1, "pending-install", release="metrics-server")
    cloud = Recorder(kubeconfig=kubernetes.kubeconfig)
    repository.deploy("local", preview=False, cloud=cloud, addons=settings_of("prod")["addons"])
    assert kubernetes.deleted == ["sh.helm.release.v1.metrics-server.v1"]
