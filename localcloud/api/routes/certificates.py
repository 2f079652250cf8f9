"""TLS certificates."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from localcloud.api import certificates
from localcloud.api.account import Account
from localcloud.api.backends import BackendError
from localcloud.api.replies import ApiError, json_body, not_found, page
from localcloud.api.store import Document

PATH = "/v2/certificates"


def router(account: Account) -> APIRouter:
    """The routes."""
    routes, store = APIRouter(), account.store

    def get_certificate(identity: str) -> Document:
        held = store.get(certificates.KIND, identity)
        if held is None:
            raise not_found()
        return held

    @routes.post(PATH, status_code=201)
    async def create(request: Request) -> dict[str, Any]:
        return {"certificate": certificates.create(account, await json_body(request))}

    @routes.get(PATH)
    async def index(request: Request) -> dict[str, Any]:
        held, name = store.all(certificates.KIND), request.query_params.get("name")
        return page(request, "certificates", [each for each in held if not name or each["name"] == name])

    @routes.get(PATH + "/{identity}")
    async def read(identity: str) -> dict[str, Any]:
        return {"certificate": get_certificate(identity)}

    @routes.delete(PATH + "/{identity}", status_code=204)
    async def delete(identity: str) -> Response:
        with store.lock():
            certificates.check_unused(store, get_certificate(identity))
            certificates.forget(store, identity)
        return Response(status_code=204)

    @routes.post("/_emulator/certificates/{name}/renew")
    async def renew(name: str) -> dict[str, Any]:
        try:
            return {"certificate": await run_in_threadpool(certificates.renew, account, name)}
        except BackendError as error:
            raise ApiError(422, str(error)) from error

    return routes
