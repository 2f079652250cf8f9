"""A record of a domain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from localcloud.providers import operation
from localcloud.providers.checks import between, one_of
from localcloud.providers.digitalocean.client import Body
from localcloud.providers.digitalocean.resource import DigitalOceanType
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Input, Properties, Resource

TYPES = ("A", "AAAA", "CAA", "CNAME", "MX", "NS", "TXT", "SRV", "SOA")
NEEDS = {"MX": ("priority",), "SRV": ("priority", "weight", "port"), "CAA": ("flags", "tag")}
NAMES = frozenset({"CNAME", "MX", "NS", "SRV", "CAA"})  # whose value is a name; the API tells it without its last dot
NUMBERS = ("priority", "port", "weight", "flags")


class DnsRecord(DigitalOceanType):
    """`digitalocean.DnsRecord`: domain and type make a new one; `import` takes `domain,id`."""

    token = "digitalocean:index/dnsRecord:DnsRecord"
    inputs = {
        "domain": Input(required=True, replaces=True),
        "type": Input(required=True, replaces=True, problem=one_of(*TYPES)),
        "name": Input(required=True),
        "value": Input(required=True),
        "ttl": Input(computed=True, problem=between(1, 10**9)),
        "priority": Input(problem=between(0, 65535)),
        "port": Input(problem=between(0, 65535)),
        "weight": Input(problem=between(0, 65535)),
        "flags": Input(problem=between(0, 255)),
        "tag": Input(problem=one_of("issue", "issuewild", "iodef")),
    }
    computed = frozenset({"fqdn"})
    delete_before_replace = True

    def check(self, inputs: Properties) -> Iterator[tuple[str, str]]:
        kind = inputs.get("type")
        for name in NEEDS.get(kind, ()) if isinstance(kind, str) else ():
            if inputs.get(name) is None:
                yield name, f"a record of type {kind} needs it"

    def refresh_inputs(self, known: Properties, live: Properties) -> Properties:
        """As for other types, but for a name that the program writes in full."""
        inputs = super().refresh_inputs(known, live)
        domain = f"{live['domain']}."
        for key in ("name", "value"):
            if _is_same_name(known.get(key), live[key], domain):
                inputs[key] = known[key]
        return inputs

    def create(self, inputs: Properties, timeout: float) -> Resource:
        create = self.client.pydo.domains.create_record
        made = self.client.call(create, inputs["domain"], _body(inputs))["domain_record"]
        return self._resource(inputs["domain"], made, inputs)

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        domain, number = outputs.get("domain"), identity
        if not domain:
            domain, comma, number = identity.partition(",")
            if not comma:
                raise ProviderError(f"{identity}: give the domain and the record's id with a comma between them")
        found = self.client.find(self.client.pydo.domains.get_record, domain, int(number))
        return self._resource(domain, found["domain_record"], {}) if found else None

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        update, domain = self.client.pydo.domains.update_record, inputs["domain"]
        record = self.client.call(update, domain, int(resource.identity), _body(inputs))["domain_record"]
        return self._resource(domain, record, inputs)

    def delete(self, resource: Resource, timeout: float) -> None:
        domain = resource.outputs["domain"]
        self.client.find(self.client.pydo.domains.delete_record, domain, int(resource.identity))

    def _resource(self, domain: str, record: Body, given: Properties) -> Resource:
        ttl = record.get("ttl") or 0
        if given.get("ttl") and given["ttl"] != ttl:
            operation.warn(
                f"its TTL is {ttl}, not {given['ttl']}: all records of one name share a TTL (RFC 2181, section 5.2)"
            )
        inputs = {
            "domain": domain,
            "type": record["type"],
            "name": record["name"],
            "value": _value(record),
            "ttl": ttl,
            **{name: record.get(name) or 0 for name in NUMBERS},
            "tag": record.get("tag") or "",
        }
        return Resource(str(record["id"]), inputs, {**inputs, "fqdn": fqdn(record["name"], domain)})


def fqdn(name: str, domain: str) -> str:
    """The whole name of a record, without a dot at its end."""
    if name == "@":
        return domain
    return name.lower().rstrip(".") if name.lower().endswith(f"{domain}.") else f"{name}.{domain}"


def _body(inputs: Properties) -> Body:
    body = {
        **{name: inputs[name] for name in ("type", "name")},
        "data": inputs["value"],
        **{name: inputs.get(name) or 0 for name in NUMBERS},
    }
    return body | {name: inputs[name] for name in ("ttl", "tag") if inputs.get(name)}


def _value(record: Body) -> str:
    value = str(record["data"])
    is_name = record["type"] in NAMES and record.get("tag") != "iodef" and value != "@"
    return f"{value.rstrip('.')}." if is_name else value


def _is_same_name(known: Any, live: str, domain: str) -> bool:
    """Whether the program's name is the API's, which is relative to the domain.

    Args:
        domain: with the dot at its end.
    """
    return bool(known == (domain if live == "@" else f"{live}.{domain}"))
