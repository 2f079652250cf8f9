from __future__ import annotations

import pytest

from localcloud.cloud_controller.controller import Controller
from localcloud.cloud_controller.digitalocean import ApiError
from localcloud.cloud_controller.gateways import GatewayServices
from localcloud.cloud_controller.kubernetes import Kubernetes
from localcloud.cloud_controller.registry_secrets import RegistrySecrets
from localcloud.cloud_controller.services import LoadBalancerServices

from .fakes import ApiServer, node, serve


class Account:
    """The account's API, as `DigitalOcean` offers it; load balancers are active after `polls` looks."""

    def __init__(self):
        self.balancers, self.certificates, self.calls = {}, {"shop": "cert-1"}, []
        self.polls, self.refuses = 0, None
        self.registry, self.logins = "", 0

    def load_balancer(self, identity):
        return self.balancers.get(identity)

    def find_load_balancer(self, names):
        return next((each for each in self.balancers.values() if each["name"] in names), None)

    def create_load_balancer(self, body):
        self._note("create")
        identity = f"lb-{len(self.balancers) + 1}"
        made = {**body, "id": identity, "ip": "127.80.0.10", "status": "new" if self.polls else "active"}
        self.balancers[identity] = made
        return made

    def update_load_balancer(self, identity, body):
        self._note("update")
        self.polls = max(self.polls - 1, 0)
        held = self.balancers[identity]
        changed = {**held, **body, "type": held["type"], "status": "new" if self.polls else "active"}
        self.balancers[identity] = changed
        return changed

    def delete_load_balancer(self, identity):
        self._note("delete")
        self.balancers.pop(identity, None)

    def certificate_id(self, name):
        if name not in self.certificates:
            raise ApiError(f"there is no certificate named {name!r} in the account")
        return self.certificates[name]

    def integrated_registry(self, _cluster):
        return self.registry

    def registry_login(self, registry, seconds):
        self.logins += 1
        return f'{{"auths": {{"{registry}": {{"auth": "login-{self.logins}-for-{seconds}"}}}}}}'

    def _note(self, call):
        self.calls.append(call)
        if self.refuses:
            raise ApiError(self.refuses)


@pytest.fixture
def account():
    return Account()


@pytest.fixture
def cluster():
    api = ApiServer()
    api.put("nodes", node(11))
    api.put("nodes", node(12))
    return api


@pytest.fixture
def kubeconfig(cluster, tmp_path):
    file, stop = serve(cluster, tmp_path)
    yield file
    stop()


@pytest.fixture
def clock():
    class Clock:
        now = 1000.0

        def __call__(self):
            return self.now

    return Clock()


@pytest.fixture
def controller(kubeconfig, account, clock):
    kubernetes = Kubernetes(kubeconfig)
    services = LoadBalancerServices(kubernetes, account, "fra1", "", clock)
    registry = RegistrySecrets(kubernetes, account, "cluster-1")
    yield Controller(kubernetes, services, GatewayServices(kubernetes, "10.253.0.2"), registry)
    kubernetes.close()
