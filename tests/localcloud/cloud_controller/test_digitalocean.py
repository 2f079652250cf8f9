"""The controller against the emulated API itself, which checks every body against DigitalOcean's description."""

from __future__ import annotations

import pytest

from localcloud.api.backends import Backends
from localcloud.backends.certificates import LocalCertificates
from localcloud.cloud_controller.annotations import ID, PREFIX
from localcloud.cloud_controller.controller import Controller
from localcloud.cloud_controller.digitalocean import ApiError, DigitalOcean
from localcloud.cloud_controller.gateways import GatewayServices
from localcloud.cloud_controller.kubernetes import Kubernetes
from localcloud.cloud_controller.registry_secrets import RegistrySecrets
from localcloud.cloud_controller.services import LoadBalancerServices

from ..api.conftest import Api
from .fakes import ApiServer, service
from .test_services import WEB, ingress


class Balancers:
    """The load balancers behind the API, as they were last specified."""

    def __init__(self):
        self.specs = {}

    def address(self, taken):
        return next(f"127.80.9.{host}" for host in range(10, 250) if f"127.80.9.{host}" not in taken)

    def apply(self, spec):
        self.specs[spec.id] = spec

    def delete(self, load_balancer_id):
        self.specs.pop(load_balancer_id, None)


@pytest.fixture
def balancers():
    return Balancers()


@pytest.fixture
def api(tmp_path, balancers):
    certificates = LocalCertificates(tmp_path / "authority")
    made = Api(tmp_path, backends=Backends(certificates=certificates, load_balancers=balancers))
    yield made
    made.close()


@pytest.fixture
def digitalocean(api):
    made = DigitalOcean("http://127.0.0.1:9", "dop_v1_unused")
    made._client = api.client  # past the network
    return made


@pytest.fixture
def cluster():
    return ApiServer()


@pytest.fixture
def controller(kubeconfig, digitalocean, clock):
    kubernetes = Kubernetes(kubeconfig)
    services = LoadBalancerServices(kubernetes, digitalocean, "fra1", "", clock)
    registry = RegistrySecrets(kubernetes, digitalocean, "cluster-1")
    yield Controller(kubernetes, services, GatewayServices(kubernetes, "10.253.0.2"), registry)
    kubernetes.close()


def certify(api):
    api.do("POST", "/v2/domains", {"name": "shop.test"})
    api.do("POST", "/v2/certificates", {"name": "shop", "type": "lets_encrypt", "dns_names": ["shop.test"]})
    api.settle()


def test_load_balancer_is_created_and_deleted_with_its_service(cluster, controller, api, balancers, clock):
    certify(api)
    cluster.put("services", service(annotations=WEB))
    controller.reconcile()
    api.settle()
    clock.now += 1
    controller.reconcile()
    (spec,) = balancers.specs.values()
    assert [(rule.entry_protocol, rule.target_protocol) for rule in spec.rules] == [
        ("http", "http"),
        ("https", "http"),
    ]
    assert spec.redirect_http_to_https
    assert ingress(cluster) == [{"ip": spec.address}]
    cluster.delete("services", "web")
    controller.reconcile()
    api.settle()
    assert balancers.specs == {}


def test_declared_load_balancer_is_adopted(cluster, controller, api, balancers, clock):
    certify(api)
    rule = {"entry_protocol": "tcp", "entry_port": 80, "target_protocol": "tcp", "target_port": 80}
    body = {"name": "shop", "region": "fra1", "type": "REGIONAL", "forwarding_rules": [rule]}
    identity = api.do("POST", "/v2/load_balancers", body)["load_balancer"]["id"]
    api.settle()
    cluster.put("services", service(annotations={**WEB, ID: identity}))
    controller.reconcile()
    api.settle()
    assert list(balancers.specs) == [identity]
    assert len(balancers.specs[identity].rules) == 2


def test_what_the_api_refuses_is_an_event(cluster, controller, api):
    certify(api)
    cluster.put("services", service(annotations={**WEB, f"{PREFIX}http-ports": ""}))  # then port 80 speaks TCP
    controller.reconcile()
    ((kind, _, message), *_) = [event for event in cluster.events() if event[0] == "Warning"]
    assert kind == "Warning"
    assert "redirect_http_to_https requires" in message


def test_certificate_of_no_name_is_an_error(digitalocean):
    with pytest.raises(ApiError, match="no certificate named 'none'"):
        digitalocean.certificate_id("none")


def test_load_balancer_that_is_gone_is_none(digitalocean):
    identity = "11111111-1111-4111-8111-111111111111"
    assert digitalocean.load_balancer(identity) is None
    digitalocean.delete_load_balancer(identity)


def test_api_that_does_not_answer_is_an_error():
    with pytest.raises(ApiError, match="GET /v2/certificates: .*refused"):
        DigitalOcean("http://127.0.0.1:9", "dop_v1_unused").certificate_id("shop")
