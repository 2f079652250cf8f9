"""Block storage volumes."""

from __future__ import annotations

from fastapi import APIRouter

from localcloud.api import catalogue
from localcloud.api.account import Account
from localcloud.api.collection import Collection
from localcloud.api.replies import ApiError, new_id
from localcloud.api.store import Document, Store


def _complete(_: Store, body: Document) -> Document:
    if body["region"] not in catalogue.REGIONS:
        raise ApiError(422, f"region {body['region']} is not available")
    return {
        "id": new_id(),
        "name": body["name"],
        "description": body.get("description") or "",
        "size_gigabytes": body["size_gigabytes"],
        "region": catalogue.region(body["region"]),
        "droplet_ids": [],
        "filesystem_type": body.get("filesystem_type") or "",
        "filesystem_label": body.get("filesystem_label") or "",
        "tags": body.get("tags") or [],
    }


VOLUMES = Collection(
    path="/v2/volumes",
    one="volume",
    many="volumes",
    needs=("name", "region", "size_gigabytes"),
    unique="name",
    complete=_complete,
)


def router(account: Account) -> APIRouter:
    """The routes."""
    return VOLUMES.routes(account.store)
