from __future__ import annotations

import pytest
from infra_stacks import settings_of

from infra.components.ingress import OF_THE_CLUSTER

LOAD_BALANCER = "digitalocean:index/loadBalancer:LoadBalancer"
CERTIFICATE = "digitalocean:index/certificate:Certificate"
ELSEWHERE = {
    f"secrets.ingress.{name}": f"PEM {name}" for name in ("privateKey", "leafCertificate", "certificateChain")
}


def ingress(stack, **changes):
    return {**settings_of(stack)["ingress"], **changes}


def gateway(recorder):
    return next(each for each in recorder.of("v3:Release") if each.inputs["chart"] == "helm/gateway").inputs


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_the_gateway_gets_the_load_balancer_of_the_stacks_vpc(repository, stack):
    recorder = repository.deploy(stack)
    balancer = recorder.one(LOAD_BALANCER)
    assert (balancer.inputs["type"], balancer.inputs["vpcUuid"]) == ("REGIONAL", "network-id")
    nodes = settings_of(stack)["ingress"]["loadBalancerNodes"]
    assert balancer.inputs["sizeUnit"] == nodes
    assert gateway(recorder)["values"]["loadBalancer"] == {
        "id": "ingress-id",
        "name": f"slipway-{stack}",
        "size": nodes,
        "certificate": recorder.one(CERTIFICATE).inputs["name"],
    }


def test_the_program_never_updates_what_the_clusters_controller_owns(repository):
    """An update would send the rules of the load balancer's first day."""
    recorder = repository.deploy("prod")
    balancer = recorder.one(LOAD_BALANCER)
    request = recorder.options[LOAD_BALANCER, "ingress"]
    assert request.protect
    assert set(balancer.inputs) - set(request.ignoreChanges) == {"region", "type", "vpcUuid"}
    assert len(request.ignoreChanges) == len(OF_THE_CLUSTER)


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_the_zone_has_a_record_for_each_host(repository, stack):
    zone, services = settings_of(stack)["ingress"]["zone"], settings_of(stack)["services"]
    services["backend"]["host"] = f"api.{zone}"
    recorder = repository.deploy(stack, services=services)
    domain = recorder.one("Domain")
    assert domain.inputs == {"name": zone}
    assert recorder.options[domain.type, domain.name].protect
    records = {each.name: each.inputs for each in recorder.of("DnsRecord")}
    ttl = settings_of(stack)["ingress"]["ttl"]
    same = {"domain": zone, "type": "A", "value": "203.0.113.7", "ttl": ttl}
    # Staging has preview environments, whose hosts one record is for.
    wildcard = {f"*.{zone}": {**same, "name": "*"}} if stack == "staging" else {}
    assert records == {zone: {**same, "name": "@"}, f"api.{zone}": {**same, "name": "api"}, **wildcard}


def test_the_certificate_covers_the_zone_and_any_new_host_in_it(repository):
    recorder = repository.deploy("staging")
    zone = settings_of("staging")["ingress"]["zone"]
    one = recorder.one(CERTIFICATE).inputs
    assert (one["type"], one["domains"]) == ("lets_encrypt", [zone, f"*.{zone}"])
    services = settings_of("staging")["services"]
    services["chatbot-backend"]["host"] = f"chat.{zone}"
    assert repository.deploy("staging", services=services).one(CERTIFICATE).inputs == one


def test_a_new_zone_gets_a_certificate_before_the_old_one_is_deleted(repository):
    """Names are unique, and DigitalOcean deletes none that a load balancer uses."""
    services = {name: {**each, "host": None} for name, each in settings_of("staging")["services"].items()}
    one = repository.deploy("staging", services=services)
    other = repository.deploy("staging", services=services, ingress=ingress("staging", zone="other.example.com"))
    assert one.one(CERTIFICATE).inputs["name"] != other.one(CERTIFICATE).inputs["name"]
    request = one.options[CERTIFICATE, "certificate"]
    assert (request.deleteBeforeReplaceDefined, request.deleteBeforeReplace) == (True, False)


@pytest.fixture
def elsewhere(repository):
    return repository.deploy("staging", ingress=ingress("staging", dns="elsewhere"), **ELSEWHERE)


def test_an_external_zone_has_a_custom_certificate_and_no_records(elsewhere):
    """The outputs have the address that its records must point to."""
    assert elsewhere.of("Domain") == elsewhere.of("DnsRecord") == []
    certificate = elsewhere.one(CERTIFICATE)
    assert {
        key: certificate.inputs[key] for key in ("type", "privateKey", "leafCertificate", "certificateChain")
    } == {
        "type": "custom",
        "privateKey": "PEM privateKey",
        "leafCertificate": "PEM leafCertificate",
        "certificateChain": "PEM certificateChain",
    }
    assert certificate.clear["privateKey"] == "[secret]"
    value, secret = elsewhere.outputs["ingress"]
    assert (value["address"], secret) == ("203.0.113.7", False)


def test_a_renewed_certificate_of_ones_own_has_another_name(repository, elsewhere):
    renewed = {**ELSEWHERE, "secrets.ingress.leafCertificate": "PEM of the next year"}
    other = repository.deploy("staging", ingress=ingress("staging", dns="elsewhere"), **renewed)
    name = elsewhere.one(CERTIFICATE).inputs["name"]
    assert name.startswith("slipway-staging-")
    assert other.one(CERTIFICATE).inputs["name"] != name
    assert gateway(elsewhere)["values"]["loadBalancer"]["certificate"] == name


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_services_come_after_the_gateway(repository, stack):
    recorder = repository.deploy(stack)
    service = next(request for (_, name), request in recorder.options.items() if name == "backend")
    assert any(urn.endswith("Release::gateway") for urn in service.dependencies)


def test_without_a_zone_nothing_is_reached_from_outside(repository):
    recorder = repository.deploy("local")
    for kind in ("LoadBalancer", "Domain", "DnsRecord", "Certificate"):
        assert recorder.of(kind) == []
    assert recorder.outputs["ingress"] == (None, False)


def test_a_changed_gateway_chart_is_a_changed_release(repository):
    before = gateway(repository.deploy("prod"))["values"]["chart"]
    repository.write("helm/gateway/values.yaml", "{}")
    repository.commit()
    assert gateway(repository.deploy("prod"))["values"]["chart"] != before
