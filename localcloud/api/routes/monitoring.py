"""Alert policies of droplets, load balancers and databases: kept, and never acted on."""

from __future__ import annotations

from fastapi import APIRouter

from localcloud.api.account import Account
from localcloud.api.collection import Collection
from localcloud.api.replies import ApiError, new_id
from localcloud.api.store import Document, Store


def _policy(_: Store, body: Document) -> Document:
    alerts = body.get("alerts") or {}
    receivers = {"slack": alerts.get("slack") or [], "email": alerts.get("email") or []}
    if not (receivers["slack"] or receivers["email"]):
        raise ApiError(422, "alerts must have an email or a slack receiver")
    return {
        **body,
        "uuid": new_id(),
        "entities": body.get("entities") or [],
        "tags": body.get("tags") or [],
        "alerts": receivers,
    }


POLICIES = Collection(
    path="/v2/monitoring/alerts",
    one="policy",
    many="policies",
    needs=("type", "compare", "window"),
    identity="uuid",
    complete=_policy,
    created=200,
)


def router(account: Account) -> APIRouter:
    """The routes."""
    return POLICIES.routes(account.store)
