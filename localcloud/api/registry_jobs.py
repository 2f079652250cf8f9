"""What runs in the registry after the API has answered: garbage collections."""

from __future__ import annotations

from localcloud.api.account import Account
from localcloud.api.replies import now

COLLECTION = "garbage_collection"


def collect(account: Account, identity: str) -> None:
    """End a garbage collection; job. The registry itself frees the space when it starts anew."""
    held = account.store.get(COLLECTION, identity)
    if held is not None:
        account.store.put(COLLECTION, identity, {**held, "status": "succeeded", "updated_at": now()})
