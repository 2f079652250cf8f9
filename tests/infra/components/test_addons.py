from __future__ import annotations

from infra_stacks import settings_of

from infra import versions


def addons(repository, **switches):
    wanted = {**settings_of("prod")["addons"], **switches}
    releases = repository.deploy("prod", addons=wanted).of("v3:Release")
    return {each.name: each.inputs for each in releases if each.name != "backend"}


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
