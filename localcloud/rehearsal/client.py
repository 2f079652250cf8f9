"""The account's API, as the rehearsal looks at it and changes it by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import yaml
from lightkube.resources.core_v1 import Node

from localcloud.api.access_token import token
from localcloud.instance import Instance
from localcloud.rehearsal.preview_access import connect

REPLY_SECONDS = 30.0
# path of each list that an empty account has nothing in: the list's key
LISTS = {
    "kubernetes/clusters": "kubernetes_clusters",
    "databases": "databases",
    "load_balancers": "load_balancers",
    "certificates": "certificates",
    "domains": "domains",
    "droplets": "droplets",
    "volumes": "volumes",
    "registries": "registries",
    "uptime/checks": "checks",
    "monitoring/alerts": "policies",
}


class ApiClient:
    """Requests with the token of the account's owner, or with another one."""

    def __init__(self, instance: Instance, secret: str | None = None) -> None:
        self._url = f"http://127.0.0.1:{instance.api_port}"
        self._headers = {"Authorization": f"Bearer {secret or token(instance)}"}

    def get(self, path: str) -> dict[str, Any]:
        """The JSON of a path.

        Raises:
            httpx.HTTPError: no answer, or an error.
        """
        return self._send("GET", path)

    def status(self, path: str) -> int:
        """The status of the answer to a GET."""
        return self._reply("GET", path).status_code

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Create, or act."""
        return self._send("POST", path, body)

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Change."""
        return self._send("PUT", path, body)

    def delete(self, path: str) -> None:
        """Delete."""
        self._send("DELETE", path)

    def plan_fault(self, method: str, path: str, **fault: Any) -> None:
        """Have the next requests of a method, whose path begins so, go wrong; see `localcloud.api.faults`."""
        self.post("/_emulator/faults", {"method": method, "path": path, **fault})

    def lift_faults(self) -> None:
        """Forget what is planned."""
        self.delete("/_emulator/faults")

    def entries(self, path: str) -> list[dict[str, Any]]:
        """Every entry of one of LISTS."""
        found: list[dict[str, Any]] = self.get(f"/v2/{path}?per_page=200").get(LISTS[path]) or []
        return found

    def left(self) -> dict[str, int]:
        """How many resources of each kind the account has, of those it has any of."""
        counts = {path: len(self.entries(path)) for path in LISTS}
        vpcs = [vpc for vpc in self.get("/v2/vpcs?per_page=200")["vpcs"] if not vpc.get("default")]
        return {path: count for path, count in {**counts, "vpcs": len(vpcs)}.items() if count}

    def registry_credentials(self) -> dict[str, Any]:
        """A Docker configuration with a login that may push, for a day."""
        return self.get("/v2/registry/docker-credentials?read_write=true&expiry_seconds=86400")

    def kubelet_versions(self, cluster: str) -> list[str]:
        """The version of every node's kubelet, from the cluster itself."""
        infos = [node.status.nodeInfo for node in self._nodes(cluster) if node.status]
        return [info.kubeletVersion for info in infos if info]

    def node_names(self, cluster: str) -> set[str]:
        """The name of every node, from the cluster itself."""
        return {str(node.metadata.name) for node in self._nodes(cluster) if node.metadata}

    def upgrade_patches(self) -> dict[str, str]:
        """Have a newer patch offered, and every cluster that wants it upgraded as in its maintenance window.

        DigitalOcean revises a patch (`1.34.4-do.1`) without another Kubernetes in it, and the one before retires: of
        each Kubernetes only one patch is compiled here.

        Returns:
            the new version by the cluster's id.
        """
        offered = self.get("/_emulator/versions")["versions"]
        revised = [f"{slug.rpartition('.')[0]}.{int(slug.rpartition('.')[2]) + 1}" for slug in offered]
        self.put("/_emulator/versions", {"versions": revised})
        upgraded: dict[str, str] = self.post("/_emulator/patch-upgrade")["upgraded"]
        return upgraded

    def create_token(self, scopes: Sequence[str] | None = None) -> tuple[str, str]:
        """The id and the secret of a further token with these scopes, or with every right."""
        body = {"name": "rehearsal", **({"scopes": list(scopes)} if scopes else {})}
        token = self.post("/_emulator/tokens", body)["token"]
        return str(token["id"]), str(token["token"])

    def is_refused(self, method: str, path: str, body: dict[str, Any] | None = None) -> bool:
        """Whether a request is answered by 403."""
        try:
            self._request(method, path, body)
        except httpx.HTTPStatusError as error:
            if error.response.status_code == httpx.codes.FORBIDDEN:
                return True
            raise
        return False

    def revoke_token(self, identity: str) -> None:
        """Revoke a token."""
        self._send("DELETE", f"/_emulator/tokens/{identity}")

    def address_record(self) -> tuple[str, dict[str, Any]]:
        """A domain of the account and an A record of it."""
        for domain in self.entries("domains"):
            records = self.get(f"/v2/domains/{domain['name']}/records?per_page=200")["domain_records"]
            if found := next((record for record in records if record["type"] == "A"), None):
                return domain["name"], found
        raise LookupError("no domain of the account has an A record")

    def kubeconfig(self, cluster: str) -> dict[str, Any]:
        """The administrator's kubeconfig of a cluster."""
        content: dict[str, Any] = yaml.safe_load(
            self._request("GET", f"/v2/kubernetes/clusters/{cluster}/kubeconfig").text
        )
        return content

    def _nodes(self, cluster: str) -> list[Node]:
        return list(connect(self.kubeconfig(cluster)).list(Node))

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        reply = self._request(method, path, body)
        content: dict[str, Any] = reply.json() if reply.content else {}
        return content

    def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return self._reply(method, path, body).raise_for_status()

    def _reply(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return httpx.request(
            method, self._url + path, headers=self._headers, json=body, timeout=REPLY_SECONDS, trust_env=False
        )
