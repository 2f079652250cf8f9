"""A Docker configuration that may pull from a container registry, or push to it."""

from __future__ import annotations

import base64
import datetime as dt
import json
from http import HTTPStatus

import httpx

from localcloud.providers.checks import between
from localcloud.providers.digitalocean.container_registry import HOST
from localcloud.providers.digitalocean.resource import DigitalOceanType
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Input, Properties, Resource

LONGEST = 1_576_800_000  # seconds, about 50 years: the most that the API gives
PUBLIC = "https://api.digitalocean.com"
REVOKE = "https://cloud.digitalocean.com/v1/oauth/revoke"  # the only address that revokes these tokens


class RegistryCredentials(DigitalOceanType):
    """`digitalocean.ContainerRegistryDockerCredentials`: a token of the account, new for every request."""

    token = "digitalocean:index/containerRegistryDockerCredentials:ContainerRegistryDockerCredentials"
    inputs = {
        "registryName": Input(required=True, replaces=True),
        "write": Input(default=False),
        "expirySeconds": Input(default=LONGEST, problem=between(0, LONGEST)),
    }
    computed = frozenset({"dockerCredentials", "credentialExpirationTime"})
    secrets = frozenset({"dockerCredentials"})

    def create(self, inputs: Properties, timeout: float) -> Resource:
        self.client.call(self.client.pydo.registries.get, inputs["registryName"])
        return self._create_credentials(inputs)

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        """The credentials of the state, or new ones if those have expired: the API never shows a token again."""
        if self.client.find(self.client.pydo.registries.get, identity) is None:
            return None
        inputs = {
            "registryName": identity,
            "write": bool(outputs.get("write")),
            "expirySeconds": outputs.get("expirySeconds") or LONGEST,
        }
        expires = outputs.get("credentialExpirationTime")
        if not expires or dt.datetime.fromisoformat(expires) <= dt.datetime.now(dt.UTC):
            return self._create_credentials(inputs)
        return Resource(identity, inputs, {**outputs, **inputs})

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        return self._create_credentials(inputs)

    def delete(self, resource: Resource, timeout: float) -> None:
        """Revoke the token. Only the public cloud can: any other API's tokens mean nothing to it."""
        token = _token(resource.outputs.get("dockerCredentials"))
        if self.client.endpoint != PUBLIC or not token:
            return
        try:
            answer = httpx.post(REVOKE, data={"token": token}, headers={"Authorization": f"Bearer {token}"})
        except httpx.HTTPError as error:
            raise ProviderError(f"POST {REVOKE}: {type(error).__name__}") from None
        if answer.status_code != HTTPStatus.OK:
            raise ProviderError(f"POST {REVOKE}: {answer.status_code}")

    def _create_credentials(self, inputs: Properties) -> Resource:
        seconds = int(inputs["expirySeconds"])
        # pydo has no arguments for these two, and passes others on.
        query = {"read_write": str(bool(inputs["write"])).lower(), "expiry_seconds": seconds}
        registries = self.client.pydo.registries
        made = self.client.call(registries.get_docker_credentials, inputs["registryName"], params=query)
        expires = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(seconds=seconds)
        outputs = {
            **inputs,
            "dockerCredentials": json.dumps(made),
            "credentialExpirationTime": expires.isoformat().replace("+00:00", "Z"),
        }
        return Resource(str(inputs["registryName"]), inputs, outputs)


def _token(credentials: str | None) -> str | None:
    """The token in a Docker configuration, whose `auth` is base64 of `email:token`."""
    try:
        auth = json.loads(credentials or "")["auths"][HOST]["auth"]
        return base64.b64decode(auth).decode().partition(":")[2] or None
    except (ValueError, KeyError, TypeError):
        return None
