"""A container registry."""

from __future__ import annotations

from http import HTTPStatus

from localcloud.providers.checks import one_of
from localcloud.providers.digitalocean.client import Body
from localcloud.providers.digitalocean.resource import DigitalOceanType
from localcloud.providers.digitalocean.waiting import delete_when_unused
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Input, Properties, Resource

HOST = "registry.digitalocean.com"  # fixed in the official provider, too
DELETE_SECONDS = 120.0
IN_USE = (HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED)  # clusters still pull from it


class ContainerRegistry(DigitalOceanType):
    """`digitalocean.ContainerRegistry`: its tier, which is the account's, changes in place; its id is its name."""

    token = "digitalocean:index/containerRegistry:ContainerRegistry"
    inputs = {
        "name": Input(required=True, replaces=True),
        "subscriptionTierSlug": Input(required=True, problem=one_of("starter", "basic", "professional")),
        "region": Input(replaces=True, computed=True),
    }
    computed = frozenset({"endpoint", "serverUrl", "storageUsageBytes", "createdAt"})
    delete_before_replace = True

    def create(self, inputs: Properties, timeout: float) -> Resource:
        body = {"name": inputs["name"], "subscription_tier_slug": inputs["subscriptionTierSlug"]}
        body |= {"region": inputs["region"]} if inputs.get("region") else {}
        made = self.client.call(self.client.pydo.registry.create, body)["registry"]
        try:
            return self._resource(made)
        except ProviderError as error:
            self.raise_unready(error, str(made["name"]), dict(inputs))

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        found = self.client.find(self.client.pydo.registries.get, identity)
        return self._resource(found["registry"]) if found else None

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        registries = self.client.pydo.registries
        self.client.call(registries.update_subscription, {"tier_slug": inputs["subscriptionTierSlug"]})
        return self._resource(self.client.call(registries.get, resource.identity)["registry"])

    def delete(self, resource: Resource, timeout: float) -> None:
        registries = self.client.pydo.registries
        delete_when_unused(
            lambda: self.client.call(registries.delete, resource.identity), timeout or DELETE_SECONDS, IN_USE
        )

    def _resource(self, registry: Body) -> Resource:
        subscription = self.client.call(self.client.pydo.registries.get_subscription)["subscription"]
        name = str(registry["name"])
        inputs = {
            "name": name,
            "subscriptionTierSlug": subscription["tier"]["slug"],
            "region": registry["region"],
        }
        outputs = {
            **inputs,
            "endpoint": f"{HOST}/{name}",
            "serverUrl": HOST,
            "storageUsageBytes": registry.get("storage_usage_bytes") or 0,
            "createdAt": registry["created_at"],
        }
        return Resource(name, inputs, outputs)
