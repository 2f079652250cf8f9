"""How to reach a cluster: its credentials, and a kubeconfig with them."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Annotated, Any

import yaml
from fastapi import APIRouter, Query, Response
from starlette.concurrency import run_in_threadpool

from localcloud.api import clusters
from localcloud.api.account import Account
from localcloud.api.backends import BackendError
from localcloud.api.replies import ApiError
from localcloud.api.routes.clusters import PATH

DEFAULT_EXPIRY = dt.timedelta(days=7)
Seconds = Annotated[int, Query(ge=0)]  # 0: DEFAULT_EXPIRY, as DigitalOcean has it


def router(account: Account) -> APIRouter:
    """The routes."""
    routes, store = APIRouter(), account.store

    @routes.get(PATH + "/{identity}/credentials")
    async def credentials(identity: str, expiry_seconds: Seconds = 0) -> dict[str, Any]:
        clusters.get(store, identity)
        lifetime = _read_lifetime(expiry_seconds)
        end = dt.datetime.now(dt.UTC) + (lifetime or DEFAULT_EXPIRY)
        access = await run_in_threadpool(_access, account, identity, lifetime)
        return {**access, "expires_at": end.strftime("%Y-%m-%dT%H:%M:%SZ")}

    @routes.get(PATH + "/{identity}/kubeconfig")
    async def kubeconfig(identity: str, expiry_seconds: Seconds = 0) -> Response:
        cluster = clusters.get(store, identity)
        content = await run_in_threadpool(_access, account, identity, _read_lifetime(expiry_seconds))
        config = _kubeconfig(f"do-{cluster['region']}-{cluster['name']}", content)
        return Response(yaml.safe_dump(config), media_type="application/yaml")

    return routes


def _read_lifetime(expiry_seconds: int) -> dt.timedelta | None:
    """How long credentials are good. Those without an end of their own are the administrator's, as they are for the
    time of a rehearsal, which is shorter than DEFAULT_EXPIRY."""
    return dt.timedelta(seconds=expiry_seconds) if expiry_seconds else None


def _access(account: Account, identity: str, lifetime: dt.timedelta | None) -> dict[str, Any]:
    """Server, authority and client pair, base64 as the API has them. Those of this machine's cluster never end.

    Raises:
        ApiError: 409: the cluster is not there yet.
    """
    if account.backends.clusters is None:
        try:
            content: dict[str, Any] = json.loads(account.credentials.read_text())
        except (OSError, ValueError) as error:
            raise ApiError(409, f"this machine's cluster has no credentials yet: {error}") from error
        return content
    try:
        access = account.backends.clusters.access(identity, lifetime)
    except BackendError as error:
        raise ApiError(409, f"the cluster has no credentials yet: {error}") from error
    return {
        "server": access.server,
        "certificate_authority_data": _base64(access.certificate_authority),
        "client_certificate_data": _base64(access.client_certificate),
        "client_key_data": _base64(access.client_key),
        "token": "",
    }


def _kubeconfig(name: str, content: dict[str, Any]) -> dict[str, Any]:
    user = {
        key.replace("_", "-"): content[key]
        for key in ("client_certificate_data", "client_key_data", "token")
        if content.get(key)
    }
    access = {"server": content["server"], "certificate-authority-data": content["certificate_authority_data"]}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": access}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": f"{name}-admin"}}],
        "users": [{"name": f"{name}-admin", "user": user}],
    }


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
