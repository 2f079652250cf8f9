"""Firewalls of droplets: kept, and never acted on."""

from __future__ import annotations

from fastapi import APIRouter

from localcloud.api.account import Account
from localcloud.api.collection import Collection
from localcloud.api.replies import new_id, now
from localcloud.api.store import Document, Store


def _firewall(_: Store, body: Document) -> Document:
    def rules(direction: str, peers: str) -> list[Document]:
        return [{"ports": "0", **rule, peers: rule.get(peers) or {}} for rule in body.get(direction) or []]

    return {
        "id": new_id(),
        "name": body["name"],
        "status": "succeeded",
        "created_at": now(),
        "inbound_rules": rules("inbound_rules", "sources"),
        "outbound_rules": rules("outbound_rules", "destinations"),
        "droplet_ids": body.get("droplet_ids") or [],
        "tags": body.get("tags") or [],
        "pending_changes": [],
    }


FIREWALLS = Collection(path="/v2/firewalls", one="firewall", many="firewalls", complete=_firewall, created=202)


def router(account: Account) -> APIRouter:
    """The routes."""
    return FIREWALLS.routes(account.store)
