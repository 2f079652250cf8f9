from __future__ import annotations

from infra_stacks import settings_of

from infra import versions
from tests.infra.conftest import Recorder
from tests.infra.kubernetes_api import kubernetes  # noqa: F401 - a fixture

OURS = {"helm/service", "helm/database"}  # what is no add-on


def addons(repository, **switches):
    wanted = {**settings_of("prod")["addons"], **switches}
    releases = repository.deploy("prod", addons=wanted).of("v3:Release")
    return {each.name: each.inputs for each in releases if each.inputs["chart"] not in OURS}


def test_the_stack_file_switches_them(repository):
    assert set(addons(repository)) == {
        "ingress-nginx",
        "cert-manager",
        "letsencrypt",
        "metrics-server",
        "kube-prometheus-stack",
    }
    assert "kube-prometheus-stack" not in addons(repository, kubePrometheusStack=False)


def test_every_third_party_chart_is_pinned(repository):
    pins = [value for value in vars(versions).values() if isinstance(value, versions.Chart)]
    found = addons(repository)
    for pin in pins:
        assert found[pin.name]["version"] == pin.version
        assert found[pin.name]["repositoryOpts"] == {"repo": pin.repository}


def test_load_balancer_annotations_are_texts_and_both_ends_speak_the_proxy_protocol(repository):
    controller = addons(repository)["ingress-nginx"]["values"]["controller"]
    annotations = controller["service"]["annotations"]
    assert all(isinstance(value, str) for value in annotations.values())
    assert annotations["service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol"] == "true"
    assert controller["config"]["use-proxy-protocol"] == "true"


def test_the_issuer_warns_the_address_of_the_stack_file(repository):
    assert addons(repository)["letsencrypt"]["values"]["email"] == "platform@example.com"


def test_traffic_from_inside_takes_the_load_balancer_too_where_a_service_has_a_host(repository):
    annotations = addons(repository)["ingress-nginx"]["values"]["controller"]["service"]["annotations"]
    hosts = [service["host"] for service in settings_of("prod")["services"] if service["host"]]
    assert annotations["service.beta.kubernetes.io/do-loadbalancer-hostname"] == hosts[0]


def test_their_objects_carry_stack_and_owner(repository):
    marks = {"slipway/stack": "prod", "slipway/owner": "platform"}
    found = {name: inputs["values"] for name, inputs in addons(repository).items()}
    for name in ("ingress-nginx", "metrics-server", "kube-prometheus-stack"):
        assert found[name]["commonLabels"] == marks
    assert found["cert-manager"]["global"]["commonLabels"] == marks


def test_every_release_is_bounded_and_taken_back_like_a_service(repository):
    for inputs in addons(repository).values():
        assert (inputs["atomic"], inputs["cleanupOnFail"], inputs["maxHistory"]) == (True, True, 10)
        assert 0 < inputs["timeout"] <= 600


def test_a_changed_issuer_chart_is_a_changed_release(repository):
    before = addons(repository)["letsencrypt"]["values"]["chart"]
    repository.write("helm/cluster-issuer/values.yaml", "{}")
    repository.commit()
    assert addons(repository)["letsencrypt"]["values"]["chart"] != before


def test_an_add_on_that_an_earlier_run_left_half_way_is_repaired_too(repository, kubernetes):  # noqa: F811
    """The longest installs are the likeliest to be interrupted."""
    kubernetes.revision(1, "pending-install", release="kube-prometheus-stack")
    cloud = Recorder(kubeconfig=kubernetes.kubeconfig)
    repository.deploy("local", preview=False, cloud=cloud, addons=settings_of("prod")["addons"])
    assert kubernetes.deleted == ["sh.helm.release.v1.kube-prometheus-stack.v1"]
