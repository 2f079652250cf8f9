"""A certificate: one that DigitalOcean gets from Let's Encrypt and renews, or one's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from localcloud.providers import operation
from localcloud.providers.checks import one_of
from localcloud.providers.digitalocean.client import Body, Client
from localcloud.providers.digitalocean.resource import DigitalOceanType
from localcloud.providers.digitalocean.waiting import delete_when_unused, wait_until
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Input, Properties, Resource

CREATE_SECONDS = 10 * 60.0  # both are the official provider's defaults
DELETE_SECONDS = 15 * 60.0
IN_USE = (HTTPStatus.FORBIDDEN,)  # a load balancer has it
# The API never shows these; the state has their hashes, as the official provider's.
OWN = ("privateKey", "leafCertificate", "certificateChain")


class Certificate(DigitalOceanType):
    """`digitalocean.Certificate`: every change makes a new one.

    Its id is its name: the `uuid` of one from Let's Encrypt changes with each renewal.
    """

    token = "digitalocean:index/certificate:Certificate"
    inputs = {
        "name": Input(required=True, replaces=True),
        "type": Input(default="custom", replaces=True, problem=one_of("custom", "lets_encrypt")),
        "domains": Input(replaces=True, unordered=True),
        **dict.fromkeys(OWN, Input(replaces=True)),
    }
    computed = frozenset({"uuid", "state", "notAfter", "sha1Fingerprint"})
    secrets = frozenset({"privateKey"})
    delete_before_replace = True

    def check(self, inputs: Properties) -> Iterator[tuple[str, str]]:
        kind = inputs.get("type")
        if kind == "custom":
            for name in OWN[:2]:
                if inputs.get(name) is None:
                    yield name, "a certificate of type custom, which is the default, needs it"
        if kind == "lets_encrypt" and not inputs.get("domains"):
            yield "domains", "a certificate of type lets_encrypt needs them"
        for name in OWN:
            if inputs.get(name) is not None and inputs.get("domains"):
                yield name, "it and domains exclude each other"

    def create(self, inputs: Properties, timeout: float) -> Resource:
        keys = {
            "privateKey": "private_key",
            "leafCertificate": "leaf_certificate",
            "certificateChain": "certificate_chain",
            "domains": "dns_names",
        }
        body = {"name": inputs["name"], "type": inputs["type"]}
        body |= {key: inputs[name] for name, key in keys.items() if inputs.get(name)}
        made = self.client.call(self.client.pydo.certificates.create, body)["certificate"]
        hashes = {name: _hash(inputs[name]) for name in OWN if inputs.get(name)}
        try:
            return _resource(self._wait(str(made["id"]), inputs["name"], timeout or CREATE_SECONDS), hashes)
        except ProviderError as error:
            self.raise_unready(error, str(made["name"]), _resource(made, hashes).outputs)

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        found = find_by_name(self.client, identity)
        return _resource(found, outputs) if found else None

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        """Nothing of it changes in place; one that was never issued is waited for again."""
        seconds = timeout or CREATE_SECONDS
        try:
            found = self._wait(str(resource.outputs["uuid"]), resource.identity, seconds)
        except ProviderError as error:
            self.raise_unready(error, resource.identity, resource.outputs)
        return _resource(found, resource.outputs)

    def delete(self, resource: Resource, timeout: float) -> None:
        found = find_by_name(self.client, resource.identity)
        if found is None:
            return
        delete = self.client.pydo.certificates.delete
        delete_when_unused(lambda: self.client.call(delete, found["id"]), timeout or DELETE_SECONDS, IN_USE)

    def _wait(self, identity: str, name: str, timeout: float) -> Body:
        """Wait until it is issued.

        Raises:
            ProviderError: it was not within the timeout, or never will be.
        """
        found: Body = {}

        def verified() -> bool:
            found.update(self.client.call(self.client.pydo.certificates.get, identity)["certificate"])
            if found["state"] not in {"pending", "verified"}:
                raise ProviderError(_failure(name, found))
            return bool(found["state"] == "verified")

        wait_until(verified, timeout, f"certificate {name} was not issued")
        return found


def find_by_name(client: Client, name: str) -> Body | None:
    """The certificate of a name, or None."""
    found = client.call(client.pydo.certificates.list, name=name).get("certificates") or []
    return next((one for one in found if one["name"] == name), None)


def _failure(name: str, certificate: Body) -> str:
    text = f"certificate {name} is in state {certificate['state']}"
    if certificate.get("type") != "lets_encrypt":
        return text
    domains = ", ".join(certificate.get("dns_names") or [])
    return (
        f"{text}: Let's Encrypt did not issue it for {domains}; DigitalOcean's name servers must answer for these "
        "names: see where their domain is delegated to, and its CAA records; then replace the certificate "
        f"(pulumi up --replace '{operation.urn()}')"
    )


def _hash(value: Any) -> str:
    """What the state has of a text that only the program knows."""
    return hashlib.sha1(str(value).encode(), usedforsecurity=False).hexdigest()


def _resource(certificate: Body, given: Properties) -> Resource:
    """The certificate.

    Args:
        given: has the hashes of what the API does not show.
    """
    name, kind = str(certificate["name"]), certificate["type"]
    domains = [domain for domain in certificate.get("dns_names") or [] if domain]
    # Those of one's own certificate are read from it, and are no input.
    inputs = {"name": name, "type": kind, **({"domains": domains} if kind == "lets_encrypt" else {})}
    outputs = {
        **inputs,
        **{key: given[key] for key in OWN if given.get(key)},
        "domains": domains,
        "uuid": certificate["id"],
        "state": certificate["state"],
        "notAfter": certificate.get("not_after") or "",
        "sha1Fingerprint": certificate.get("sha1_fingerprint") or "",
    }
    return Resource(name, inputs, outputs)
