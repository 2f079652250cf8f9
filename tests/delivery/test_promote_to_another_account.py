"""Promotion where prod has an account and a registry of its own."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from types import MappingProxyType

import pytest
import yaml
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.delivery.registry_server import Registry
from tests.delivery.served import serve, served

STAGING_TOKEN, PROD_TOKEN = "dop_v1_" + "5" * 64, "dop_v1_" + "9" * 64


@dataclass
class Accounts:
    """The APIs of two accounts: each token reaches the registry of its own alone, once that exists."""

    world: object
    hosts: dict
    asked: list = field(default_factory=list)

    def app(self):
        return Starlette(routes=[Route("/v2/registries/{name}/docker-credentials", self._login)])

    def _login(self, request):
        token = request.headers["authorization"].removeprefix("Bearer ")
        if token not in {STAGING_TOKEN, PROD_TOKEN}:
            return JSONResponse({"id": "Unauthorized"}, 401)
        name, write = request.path_params["name"], request.query_params["read_write"]
        own = {STAGING_TOKEN: "acme", PROD_TOKEN: "acme-prod"}[token]
        exists = name == "acme" or "prod" in self.world["stacks"]
        if name != own or not exists:
            return JSONResponse({"id": "not_found"}, 404)
        self.asked.append((name, write))
        auth = base64.b64encode(f"{name}:password-of-{name}".encode()).decode()
        return JSONResponse({"auths": {self.hosts[name]: {"auth": auth}}})


@pytest.fixture
def prod_registry():
    with serve(Registry()) as service:
        yield service


@pytest.fixture
def accounts(world, prod_registry, monkeypatch):
    made = Accounts(world, {"acme": world.registry.host, "acme-prod": prod_registry.host})
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", PROD_TOKEN)
    monkeypatch.setenv("STAGING_REGISTRY_TOKEN", STAGING_TOKEN)
    with served(made.app()) as url:
        monkeypatch.setenv("DIGITALOCEAN_API_URL", url)
        yield made


@pytest.fixture
def promote(accounts, world, prod_registry, slipway, tmp_path):
    """`promote` of release 2 to a prod whose stack file names a registry of its own."""

    def run(*words, owned=True, more=MappingProxyType({})):
        content = yaml.safe_load((world.checkout.folder / "Pulumi.prod.yaml").read_text())
        content["config"]["slipway:registry"] = {
            "name": "acme-prod",
            "host": f"{prod_registry.host}/acme-prod",
            "owned": owned,
        }
        content["config"]["slipway:services"] |= more
        file = tmp_path / "Pulumi.prod.yaml"
        file.write_text(yaml.safe_dump(content))
        return slipway("stack", "promote", "--release", "v1.0.0", "--config-file", file, *words)

    world.run("staging", 2)
    return run


def test_first_promotion_makes_the_registry_then_copies_and_updates(world, promote, prod_registry):
    status, said = promote()
    assert status == 0, said
    digest = world["stacks"]["staging"]["outputs"]["services"]["backend"]["digest"]
    tag = world.checkout.releases[1][:12]
    assert {prod_registry.digest("acme-prod/backend", each) for each in (tag, "v1.0.0")} == {digest}
    last, first = world["stacks"]["prod"]["history"]
    assert (first["message"], first["config"]["slipway:images"]["value"]) == ("create the registry", "none")
    assert last["message"].startswith("promote ")
    assert last["config"]["slipway:images"]["value"] == "registry"
    assert "acme/backend:v1.0.0" not in world.registry.manifests


def test_the_registry_is_made_once_and_is_no_release_to_return_to(world, promote, slipway):
    assert promote()[0] == 0
    assert promote()[0] == 0
    history = [record["message"] for record in world["stacks"]["prod"]["history"]]
    assert history.count("create the registry") == 1
    status, said = slipway("stack", "rollback", "--stack", "prod", "--to", "previous")
    assert (status, "has no other release" in said) == (3, True), said


def test_each_registry_is_asked_with_a_login_of_its_own_account(accounts, promote):
    assert promote()[0] == 0
    assert ("acme", "false") in accounts.asked
    assert ("acme", "true") not in accounts.asked
    assert ("acme-prod", "true") in accounts.asked


def test_a_missing_token_is_named_and_nothing_is_changed(world, promote, prod_registry, monkeypatch):
    monkeypatch.delenv("STAGING_REGISTRY_TOKEN")
    status, said = promote()
    assert status == 5, said
    assert "STAGING_REGISTRY_TOKEN is not set; STAGING_REGISTRY_TOKEN reads staging's registry 'acme'" in said
    assert ("prod" in world["stacks"], prod_registry.manifests) == (False, {})


def test_an_expired_token_is_named_and_never_shown(world, promote, monkeypatch):
    monkeypatch.setenv("STAGING_REGISTRY_TOKEN", "dop_v1_" + "0" * 64)
    status, said = promote()
    assert status == 5, said
    assert "STAGING_REGISTRY_TOKEN is mistyped, revoked or expired" in said
    assert "dop_v1_" not in said
    assert "prod" not in world["stacks"]


def test_a_token_of_the_other_account_is_refused(world, promote, monkeypatch):
    monkeypatch.setenv("STAGING_REGISTRY_TOKEN", PROD_TOKEN)
    status, said = promote()
    assert status == 3, said
    assert "the account of STAGING_REGISTRY_TOKEN gives no login to" in said
    assert "it has no registry 'acme'" in said
    assert "prod" not in world["stacks"]


def test_an_image_missing_in_stagings_registry_stops_the_promotion(world, promote, prod_registry):
    """The error names the image, and nothing is changed."""
    world.registry.manifests.clear()
    status, said = promote()
    assert (status, "staging's registry does not hold" in said, "nothing was copied" in said) == (3, True, True)
    assert ("prod" in world["stacks"], prod_registry.manifests) == (False, {})


def test_a_version_tag_of_another_image_is_refused_before_the_update(world, promote, prod_registry):
    prod_registry.push("acme-prod/backend", "v1.0.0", '{"mediaType": "x", "another": 1}')
    status, said = promote()
    assert (status, "choose another version" in said) == (3, True)
    assert [record["message"] for record in world["stacks"]["prod"]["history"]] == ["create the registry"]


def test_the_signature_is_verified_with_stagings_registry_login(world, promote, cosign, github):
    assert promote("--signed")[0] == 0
    auth = base64.b64encode(b"acme:password-of-acme").decode()
    asked = json.loads(cosign.read_text())
    assert asked["login"] == {"auths": {world.registry.host: {"auth": auth}}}
    assert asked["calls"][0][-1].startswith(f"{world.registry.host}/acme/backend@")


def test_an_image_without_a_signature_is_not_copied(world, promote, prod_registry, cosign, github):
    cosign.write_text(json.dumps({"unsigned": True, "calls": []}))
    status, said = promote("--signed")
    assert (status, "is not signed by this repository's deploy" in said) == (3, True)
    assert ("prod" in world["stacks"], prod_registry.manifests) == (False, {})


def test_a_registry_of_another_stack_is_not_made(world, promote):
    status, said = promote(owned=False)
    assert (status, "`owned: false`" in said) == (3, True)
    assert "prod" not in world["stacks"]


def test_a_service_missing_in_staging_stops_the_promotion(world, promote, prod_registry):
    """The error names the service, and nothing is changed."""
    status, said = promote(more={"mail": {"folder": "backend"}})
    assert (status, "staging runs no mail, which Pulumi.prod.yaml names" in said) == (3, True), said
    assert ("prod" in world["stacks"], prod_registry.manifests) == (False, {})
