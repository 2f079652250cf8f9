"""Nouns that the API only keeps: create, list, read, update, delete, all alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from localcloud.api.replies import ApiError, json_body, new_id, not_found, now, page, require_fields
from localcloud.api.store import Document, Store


@dataclass(frozen=True, kw_only=True)
class Collection:
    """One noun of the API.

    Attributes:
        path: where its list is.
        one, many: keys of the envelopes.
        needs: fields that a new one must have.
        identity: the field that a path names one by.
        unique: the field that no two may share, or None.
        complete: makes a new one's whole document of what was sent.
        created, updated: status codes of the two.
        removable: raises ApiError when a document may not go.
    """

    path: str
    one: str
    many: str
    needs: Sequence[str] = ("name",)
    identity: str = "id"
    unique: str | None = None
    complete: Callable[[Store, Document], Document] = lambda _, body: body
    created: int = 201
    updated: int = 200
    removable: Callable[[Store, Document], None] = lambda *_: None

    @property
    def kind(self) -> str:
        return self.one

    def routes(self, store: Store) -> APIRouter:
        """The routes, on a store."""
        router = APIRouter()

        @router.post(self.path, status_code=self.created)
        async def create(request: Request) -> dict[str, Any]:
            return {self.one: self.create(store, await json_body(request))}

        @router.get(self.path)
        async def index(request: Request) -> dict[str, Any]:
            found = store.all(self.kind)
            if name := request.query_params.get("name"):
                found = [document for document in found if document.get("name") == name]
            return page(request, self.many, found)

        @router.get(self.path + "/{identity}")
        async def read(identity: str) -> dict[str, Any]:
            return {self.one: self.get(store, identity)}

        async def update(identity: str, request: Request) -> dict[str, Any]:
            sent = {key: value for key, value in (await json_body(request)).items() if value is not None}
            with store.lock():
                document = {**self.get(store, identity), **sent}
                return {self.one: store.put(self.kind, identity, document)}

        for method in ("PUT", "PATCH"):
            router.add_api_route(self.path + "/{identity}", update, methods=[method], status_code=self.updated)

        @router.delete(self.path + "/{identity}", status_code=204)
        async def delete(identity: str) -> Response:
            with store.lock():
                self.removable(store, self.get(store, identity))
                store.remove(self.kind, identity)
            return Response(status_code=204)

        return router

    def create(self, store: Store, body: Document) -> Document:
        """Keep a new one.

        Raises:
            ApiError: a field is missing, or its name is taken.
        """
        require_fields(body, *self.needs)
        with store.lock():
            taken = self.unique and any(held[self.unique] == body[self.unique] for held in store.all(self.kind))
            if taken:
                raise ApiError(409, f"{self.unique} {body[str(self.unique)]} already exists")
            document = {"id": new_id(), "created_at": now(), **self.complete(store, body)}
            return store.put(self.kind, str(document[self.identity]), document)

    def get(self, store: Store, identity: str) -> Document:
        """The document of that id.

        Raises:
            ApiError: 404.
        """
        document = store.get(self.kind, identity)
        if document is None:
            raise not_found()
        return document
