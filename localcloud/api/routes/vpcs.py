"""Private networks."""

from __future__ import annotations

import ipaddress
from typing import Any

from fastapi import APIRouter, Request

from localcloud.api.account import Account
from localcloud.api.catalogue import REGIONS
from localcloud.api.collection import Collection
from localcloud.api.replies import ApiError, new_id, page
from localcloud.api.store import Document, Store

LARGEST, SMALLEST = 16, 28  # prefix lengths
# docs.digitalocean.com/products/networking/vpc/details/limits: for DigitalOcean's own use, everywhere or in a region.
RESERVED = ("10.229.0.0/16", "10.244.0.0/16", "10.245.0.0/16", "10.246.0.0/24")
RESERVED_IN = {
    "ams3": "10.18.0.0/16", "blr1": "10.47.0.0/16", "fra1": "10.19.0.0/16", "lon1": "10.16.0.0/16",
    "nyc1": "10.10.0.0/16", "nyc2": "10.13.0.0/16", "nyc3": "10.17.0.0/16", "sfo2": "10.46.0.0/16",
    "sfo3": "10.48.0.0/16", "sgp1": "10.15.0.0/16", "syd1": "10.49.0.0/16", "tor1": "10.20.0.0/16",
}  # fmt: skip
MEMBERS = {
    "kubernetes_cluster": "kubernetes", "deleted_kubernetes_cluster": "kubernetes", "database": "dbaas",
    "deleted_database": "dbaas", "load_balancer": "loadbalancer", "deleted_load_balancer": "loadbalancer",
    "droplet": "droplet",
}  # fmt: skip


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
    for reserved in (*RESERVED, *([RESERVED_IN[body["region"]]] if body["region"] in RESERVED_IN else [])):
        if wanted.overlaps(ipaddress.IPv4Network(reserved)):
            raise ApiError(422, f"ip_range {text} overlaps with {reserved}, which is reserved")
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
    if _members(store, vpc["id"]):
        raise ApiError(409, "Can not delete VPC with members")


def _members(store: Store, identity: str) -> list[Document]:
    """What is in a network, as its URN and name."""
    return [
        {"urn": f"do:{noun}:{member['id']}", "name": member.get("name") or "", "created_at": member.get("created_at")}
        for kind, noun in MEMBERS.items()
        for member in store.all(kind)
        if identity in (member.get("vpc_uuid"), member.get("private_network_uuid"))
    ]


VPCS = Collection(
    path="/v2/vpcs",
    one="vpc",
    many="vpcs",
    needs=("name", "region"),
    unique="name",
    complete=_complete,
    removable=_removable,
)


def router(account: Account) -> APIRouter:
    """The routes."""
    routes, store = APIRouter(), account.store

    @routes.get(VPCS.path + "/{identity}/members")
    async def members(identity: str, request: Request) -> dict[str, Any]:
        VPCS.get(store, identity)
        return page(request, "members", _members(store, identity))

    routes.include_router(VPCS.routes(store))
    return routes
