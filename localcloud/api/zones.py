"""DNS: the account's domains with their records, and what the name servers answer from."""

from __future__ import annotations

import ipaddress

from localcloud.api.account import Account
from localcloud.api.backends import DnsRecord
from localcloud.api.replies import ApiError
from localcloud.api.store import Document, Store

KIND = "domain"
RECORDS = "domain_record"
ALL = "all"  # the one job of this kind
ZONES = "zones"
TTL = 1800
SERVERS = ("ns1.digitalocean.com", "ns2.digitalocean.com", "ns3.digitalocean.com")
HOSTS = {"CNAME", "MX", "NS", "SRV"}  # their data is a host name
FIELDS = ("type", "name", "data", "priority", "port", "weight", "flags", "tag")


def records(store: Store, domain: str) -> list[Document]:
    """A domain's records."""
    return [held["record"] for held in store.all(RECORDS) if held["domain"] == domain]


def add_defaults(store: Store, domain: str, address: str | None) -> None:
    """The records that every new domain has: its authority, its name servers, and perhaps its address."""
    add(store, domain, {"type": "SOA", "name": "@", "data": "1800"})
    for server in SERVERS:
        add(store, domain, {"type": "NS", "name": "@", "data": f"{server}."})
    if address:
        add(store, domain, {"type": "A", "name": "@", "data": address})


def add(store: Store, domain: str, body: Document) -> Document:
    """A new record.

    Raises:
        ApiError: 422.
    """
    record = {"id": store.next_number("record"), **{key: body.get(key) for key in FIELDS}}
    record = {**record, "name": body.get("name") or "@", "ttl": body.get("ttl") or TTL}
    return put(store, domain, record)


def put(store: Store, domain: str, record: Document) -> Document:
    """Keep a record.

    Raises:
        ApiError: 422: its data is none of its type.
    """
    _check(store, domain, record)
    # The provider adds the dot when it reads these, so it must not be there already.
    kept = {**record, "data": record["data"].rstrip(".") if record["type"] in HOSTS else record["data"]}
    store.put(RECORDS, str(kept["id"]), {"domain": domain, "record": kept})
    return kept


def match(account: Account, _: str) -> None:
    """Have the name servers answer from what is kept; job."""
    if account.backends.name_server is not None:
        account.backends.name_server.apply(
            {
                domain["name"]: [_answer(record) for record in records(account.store, domain["name"])]
                for domain in account.store.all(KIND)
            }
        )


def zone_file(store: Store, domain: Document) -> str:
    """A domain as a zone file."""
    name = domain["name"]
    lines = [f"$ORIGIN {name}.", f"$TTL {TTL}"]
    for record in records(store, name):
        parts = [record.get("priority"), record["data"] + ("." if record["type"] in HOSTS else "")]
        text = " ".join(str(part) for part in parts if part is not None)
        lines.append(f"{record['name']} {record['ttl']} IN {record['type']} {text}")
    return "\n".join([*lines, ""])


def _answer(record: Document) -> DnsRecord:
    return DnsRecord(
        type=record["type"],
        name=record["name"],
        data=record["data"],
        ttl=record["ttl"],
        priority=record.get("priority"),
    )


def _check(store: Store, domain: str, record: Document) -> None:
    kind, data = record["type"], str(record["data"])
    if kind in {"A", "AAAA"}:
        version = ipaddress.IPv4Address if kind == "A" else ipaddress.IPv6Address
        try:
            version(data)
        except ValueError:
            raise ApiError(422, f"Data is not a valid IPv{4 if kind == 'A' else 6} address") from None
    if kind in HOSTS and data != "@" and not data.endswith(".") and not _is_kept(store, record):
        raise ApiError(422, "Data needs to end with a dot (.)")
    if kind in {"MX", "SRV"} and record.get("priority") is None:
        raise ApiError(422, "Priority can't be blank")
    others = [
        held for held in records(store, domain) if held["id"] != record["id"] and held["name"] == record["name"]
    ]
    if others and "CNAME" in {kind, *(held["type"] for held in others)}:
        raise ApiError(422, "CNAME records cannot share a name with other records")


def _is_kept(store: Store, record: Document) -> bool:
    """Whether a record's data is as it was kept, without the dot: an update of something else."""
    held = store.get(RECORDS, str(record["id"]))
    return held is not None and held["record"]["data"] == record["data"]
