"""The account's personal access tokens: what each may do, and until when."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import Any

from fastapi import APIRouter, Request, Response

from localcloud.api.replies import ApiError, json_body, new_id, not_found, now
from localcloud.api.scopes import known_scopes, required_scopes
from localcloud.api.store import Document, Store

KIND = "token"
OWNER = "owner"  # the token that the emulator was started with, which may do everything


class Tokens:
    """The tokens of the account; of each the store keeps a hash, as the secret is shown once."""

    def __init__(self, store: Store, owner: str) -> None:
        self._store = store
        self._owner = owner

    def authenticate(self, header: str) -> str:
        """The id of the token in an Authorization header.

        Raises:
            ApiError: 401: there is none, it is unknown, revoked or expired.
        """
        scheme, _, secret = header.partition(" ")
        if scheme == "Bearer":
            if hmac.compare_digest(secret.encode(), self._owner.encode()):
                return OWNER
            token = self._store.get(KIND, _hash(secret))
            if token is not None and (token["expires"] is None or token["expires"] > time.time()):
                return str(token["hash"])
        raise ApiError(401, "Unable to authenticate you")

    def authorize(self, identity: str, route: str) -> None:
        """Refuse a token that lacks a scope of the route.

        Raises:
            ApiError: 403.
        """
        scopes = self.scopes(identity)
        if scopes is not None and not set(required_scopes(route)) <= set(scopes):
            raise ApiError(403, "You are not authorized to perform this operation")

    def scopes(self, identity: str) -> list[str] | None:
        """The scopes of a token by its id; None: every one."""
        token = self._store.get(KIND, identity)
        return None if token is None else token["scopes"]

    def create(self, name: str, scopes: list[str] | None, seconds: float | None) -> Document:
        """A new token, with its secret.

        Args:
            scopes: what it may do; None: everything.
            seconds: until it expires; None: never.

        Raises:
            ApiError: 422: there is no such scope.
        """
        if unknown := sorted(set(scopes or ()) - set(known_scopes())):
            raise ApiError(422, f"{unknown[0]} is not a scope")
        secret = f"dop_v1_{secrets.token_hex(32)}"  # the form of DigitalOcean's own
        expires = None if seconds is None else time.time() + seconds
        token = {"id": new_id(), "name": name, "scopes": scopes, "expires": expires, "created_at": now()}
        self._store.put(KIND, _hash(secret), {**token, "hash": _hash(secret)})
        return {**token, "token": secret}

    def revoke(self, identity: str) -> None:
        """Raises: ApiError: 404."""
        for token in self._store.all(KIND):
            if token["id"] == identity:
                self._store.remove(KIND, token["hash"])
                return
        raise not_found()

    def router(self) -> APIRouter:
        """The control routes, as DigitalOcean makes tokens in its control panel only."""
        routes = APIRouter(prefix="/_emulator/tokens")

        @routes.get("")
        async def index() -> dict[str, Any]:
            shown = ("id", "name", "scopes", "expires", "created_at")
            return {"tokens": [{key: token[key] for key in shown} for token in self._store.all(KIND)]}

        @routes.post("", status_code=201)
        async def create(request: Request) -> dict[str, Any]:
            body = await json_body(request)
            scopes, seconds = body.get("scopes"), body.get("expires_in")
            return {"token": self.create(str(body.get("name") or "token"), scopes, seconds)}

        @routes.delete("/{identity}", status_code=204)
        async def revoke(identity: str) -> Response:
            self.revoke(identity)
            return Response(status_code=204)

        return routes


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
