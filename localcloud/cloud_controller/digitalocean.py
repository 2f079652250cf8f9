"""The routes of DigitalOcean's API that a cloud controller calls."""

from __future__ import annotations

import json
from typing import Any

import httpx

from localcloud.machine.loopback import NOBODY

PAGE = 200  # the API's largest
SECONDS = 30.0

Body = dict[str, Any]


class ApiError(RuntimeError):
    """The API refused, or nobody answers; the text has what it said."""


class DigitalOcean:
    """A client of the account's API.

    Args:
        url: without a path.
        token: with the scopes for load balancers, and to read certificates.
    """

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=SECONDS,
            trust_env=False,
            verify=NOBODY if url.startswith("http://") else True,
        )

    def load_balancer(self, identity: str) -> Body | None:
        """The load balancer of an id; None where there is none.

        Raises:
            ApiError: the API refused.
        """
        reply = self._send("GET", f"/v2/load_balancers/{identity}", missing=True)
        return None if reply is None else reply["load_balancer"]

    def find_load_balancer(self, names: list[str]) -> Body | None:
        """The first load balancer with one of these names."""
        return next((each for each in self._list("load_balancers") if each["name"] in names), None)

    def create_load_balancer(self, body: Body) -> Body:
        reply = self._send("POST", "/v2/load_balancers", body)
        return reply["load_balancer"] if reply else {}

    def update_load_balancer(self, identity: str, body: Body) -> Body:
        reply = self._send("PUT", f"/v2/load_balancers/{identity}", body)
        return reply["load_balancer"] if reply else {}

    def delete_load_balancer(self, identity: str) -> None:
        """Delete it; nothing where there is none."""
        self._send("DELETE", f"/v2/load_balancers/{identity}", missing=True)

    def certificate_id(self, name: str) -> str:
        """The id of the certificate that has this name now: a renewed one has another than before.

        Raises:
            ApiError: there is none, or the API refused.
        """
        for certificate in self._list("certificates", name=name):
            if certificate["name"] == name:
                return str(certificate["id"])
        raise ApiError(f"there is no certificate named {name!r} in the account")

    def integrated_registry(self, cluster: str) -> str:
        """The registry that a cluster is integrated with; empty where it is with none.

        Raises:
            ApiError: the API refused.
        """
        found = self._send("GET", f"/v2/kubernetes/clusters/{cluster}", missing=True)
        if not found or not found["kubernetes_cluster"].get("registry_enabled"):
            return ""
        registry = self._send("GET", "/v2/registry", missing=True)
        return str(registry["registry"]["name"]) if registry else ""

    def registry_login(self, registry: str, seconds: int) -> str:
        """A Docker configuration, as JSON, with a login that may pull.

        Raises:
            ApiError: the API refused.
        """
        query = {"expiry_seconds": str(seconds), "read_write": "false"}
        return json.dumps(self._send("GET", f"/v2/registries/{registry}/docker-credentials", query=query))

    def _list(self, kind: str, **query: str) -> list[Body]:
        found: list[Body] = []
        while True:
            page = len(found) // PAGE + 1
            reply = self._send("GET", f"/v2/{kind}", query={**query, "page": str(page), "per_page": str(PAGE)}) or {}
            found += reply[kind]
            if len(reply[kind]) < PAGE:
                return found

    def _send(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        query: dict[str, str] | None = None,
        missing: bool = False,
    ) -> Body | None:
        try:
            reply = self._client.request(method, path, json=body, params=query)
        except httpx.HTTPError as error:
            raise ApiError(f"{method} {path}: {error or type(error).__name__}") from error
        if missing and reply.status_code == httpx.codes.NOT_FOUND:
            return None
        if reply.is_error:
            raise ApiError(f"{method} {path}: {reply.status_code} {_message(reply)}")
        return reply.json() if reply.content else {}


def _message(reply: httpx.Response) -> str:
    try:
        return str(reply.json()["message"])
    except (ValueError, KeyError, TypeError):
        return reply.text[:200]
