"""Private networks."""

from __future__ import annotations

import ipaddress

from localcloud.api.catalogue import REGIONS
from localcloud.api.collection import Collection
from localcloud.api.replies import ApiError, new_id
from localcloud.api.store import Document, Store

LARGEST, SMALLEST = 16, 28  # prefix lengths


def _complete(store: Store, body: Document) -> Document:
    if body["region"] not in REGIONS:
        raise ApiError(422, f"region {body['region']} is not available")
    text = body.get("ip_range") or _free_range(store)
    try:
        wanted = ipaddress.IPv4Network(text)
    except ValueError:
        raise ApiError(422, f"ip_range {text} is not a valid network") from None
    if not (wanted.is_private and LARGEST <= wanted.prefixlen <= SMALLEST):
        raise ApiError(422, f"ip_range must be private and between /{LARGEST} and /{SMALLEST}")
    for held in store.all("vpc"):
        if wanted.overlaps(ipaddress.IPv4Network(held["ip_range"])):
            raise ApiError(422, "This range/size overlaps with another VPC network in your account")
    identity = new_id()
    return {
        "id": identity,
        "urn": f"do:vpc:{identity}",
        "name": body["name"],
        "description": body.get("description") or "",
        "region": body["region"],
        "ip_range": text,
        "default": False,
    }


def _free_range(store: Store) -> str:
    held = [ipaddress.IPv4Network(vpc["ip_range"]) for vpc in store.all("vpc")]
    ranges = ipaddress.IPv4Network("10.128.0.0/9").subnets(new_prefix=20)
    return str(next(each for each in ranges if not any(each.overlaps(other) for other in held)))


def _removable(store: Store, vpc: Document) -> None:
    members = [*store.all("kubernetes_cluster"), *store.all("database")]
    if any(vpc["id"] in (member.get("vpc_uuid"), member.get("private_network_uuid")) for member in members):
        raise ApiError(409, "Can not delete VPC with members")


VPCS = Collection(
    path="/v2/vpcs",
    one="vpc",
    many="vpcs",
    needs=("name", "region"),
    unique="name",
    complete=_complete,
    removable=_removable,
)
