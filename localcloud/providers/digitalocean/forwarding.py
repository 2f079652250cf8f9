"""The rules and the domains of a load balancer, which name certificates.

The API knows a certificate by its id, which changes when Let's Encrypt renews it; a program by its name.
"""

from __future__ import annotations

from typing import Any

from localcloud.providers.checks import between, one_of
from localcloud.providers.digitalocean.certificate import find_by_name
from localcloud.providers.digitalocean.client import Body, Client
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Input, Properties

PORT = between(1, 65535)
RULE = {
    "entryProtocol": Input(required=True, problem=one_of("http", "https", "http2", "http3", "tcp", "udp")),
    "entryPort": Input(required=True, problem=PORT),
    "targetProtocol": Input(required=True, problem=one_of("http", "https", "http2", "tcp", "udp")),
    "targetPort": Input(required=True, problem=PORT),
    "certificateName": Input(computed=True),
    "certificateId": Input(computed=True),
    "tlsPassthrough": Input(default=False),
}
DOMAIN = {
    "name": Input(required=True),
    "isManaged": Input(default=False),
    "certificateName": Input(computed=True),
    "certificateId": Input(computed=True),
    "verificationErrorReasons": Input(computed=True),
    "sslValidationErrorReasons": Input(computed=True),
}


def to_body(client: Client, rules: list[Properties]) -> list[Body]:
    """The rules as the API takes them.

    Raises:
        ProviderError: a rule names a certificate that is not there.
    """
    return [
        {
            "entry_protocol": rule["entryProtocol"],
            "entry_port": rule["entryPort"],
            "target_protocol": rule["targetProtocol"],
            "target_port": rule["targetPort"],
            "tls_passthrough": bool(rule.get("tlsPassthrough")),
            **_certificate_id(client, rule),
        }
        for rule in rules
    ]


def to_inputs(client: Client, rules: list[Body]) -> list[Properties]:
    """The rules as a program gives them."""
    return [
        {
            "entryProtocol": rule["entry_protocol"],
            "entryPort": rule["entry_port"],
            "targetProtocol": rule["target_protocol"],
            "targetPort": rule["target_port"],
            "tlsPassthrough": bool(rule.get("tls_passthrough")),
            **_certificate_name(client, rule),
        }
        for rule in rules
    ]


def domains_to_body(client: Client, domains: list[Properties]) -> list[Body]:
    """The domains of a global load balancer as the API takes them."""
    return [
        {"name": one["name"], "is_managed": bool(one.get("isManaged")), **_certificate_id(client, one)}
        for one in domains
    ]


def domains_to_inputs(client: Client, domains: list[Body]) -> list[Properties]:
    """The domains of a global load balancer as a program gives them."""
    return [
        {
            "name": one["name"],
            "isManaged": bool(one.get("is_managed")),
            "verificationErrorReasons": one.get("verification_error_reasons") or [],
            "sslValidationErrorReasons": one.get("ssl_validation_error_reasons") or [],
            **_certificate_name(client, one),
        }
        for one in domains
    ]


def _certificate_id(client: Client, given: Properties) -> Body:
    """The certificate's id.

    Args:
        given: has its name as `certificateName`, or its name or id as `certificateId`.
    """
    name = given.get("certificateName") or given.get("certificateId")
    if not name:
        return {}
    if found := find_by_name(client, name):
        return {"certificate_id": found["id"]}
    if given.get("certificateName"):
        raise ProviderError(f"certificateName {name}: the account has no certificate of that name")
    found = client.call(client.pydo.certificates.get, name)["certificate"]
    return {"certificate_id": found["id"]}


def _certificate_name(client: Client, body: Body) -> dict[str, Any]:
    """The certificate's name, under both keys as the official provider has it."""
    if not body.get("certificate_id"):
        return {}
    name = client.call(client.pydo.certificates.get, body["certificate_id"])["certificate"]["name"]
    return {"certificateName": name, "certificateId": name}
