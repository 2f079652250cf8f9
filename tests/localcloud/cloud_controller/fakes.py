"""An API server with just what a cloud controller uses of it, and the account's API as a dictionary."""

from __future__ import annotations

import copy
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import yaml

PATH = re.compile(
    r"/(?:api|apis)/(?P<version>v1|[a-z0-9.]+/v1)(?:/namespaces/(?P<namespace>[^/]+))?/(?P<kind>[a-z]+)"
    r"(?:/(?P<name>[^/]+))?(?:/(?P<sub>status))?$"
)
KINDS = {
    "services": "Service",
    "nodes": "Node",
    "gateways": "Gateway",
    "endpointslices": "EndpointSlice",
    "events": "Event",
    "namespaces": "Namespace",
    "persistentvolumes": "PersistentVolume",
    "secrets": "Secret",
    "serviceaccounts": "ServiceAccount",
}


def merge(target, patch):
    """RFC 7386."""
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            merge(target.setdefault(key, {}), value)
        else:
            target[key] = value


class ApiServer:
    """Objects by kind, namespace and name; each has a UID, and a Service a node port for each port."""

    def __init__(self):
        self.objects = {}
        self.kinds = set(KINDS)
        self._number = 0

    def put(self, kind, item):
        metadata = item["metadata"]
        self._number += 1
        metadata.setdefault("uid", f"0000000{self._number}-aaaa-bbbb-cccc-dddddddddddd")
        if kind == "services":
            for number, port in enumerate(item["spec"].get("ports") or []):
                port.setdefault("nodePort", 30000 + self._number * 10 + number)
        self.objects[kind, metadata.get("namespace"), metadata["name"]] = item
        return item

    def get(self, kind, name, namespace="shop"):
        return self.objects.get((kind, namespace, name))

    def delete(self, kind, name, namespace="shop"):
        """As the API server does: what has finalizers only gets a time."""
        item = self.get(kind, name, namespace)
        if item["metadata"].get("finalizers"):
            item["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        else:
            del self.objects[kind, namespace, name]

    def all(self, kind):
        return [item for (each, _, _), item in self.objects.items() if each == kind]

    def events(self):
        return [(each["type"], each["reason"], each["message"]) for each in self.all("events")]

    def handle(self, method, path, content_type, body):
        found = PATH.match(urlsplit(path).path)
        assert found, path
        kind, namespace, name = found["kind"], found["namespace"], found["name"]
        if kind not in self.kinds:
            return 404, "404 page not found"
        if method == "GET" and name is None:
            return 200, {"kind": f"{KINDS[kind]}List", "metadata": {}, "items": self.all(kind)}
        if method == "POST":
            return 201, self.put(kind, body)
        held = self.objects.get((kind, namespace, name))
        if method == "PATCH" and held is None and "apply" in content_type:
            held = self.put(kind, copy.deepcopy(body))
        if held is None:
            return 404, {"kind": "Status", "message": f"{kind} {name} not found", "code": 404}
        if method == "PATCH":
            merge(held, {"status": body["status"]} if found["sub"] else body)
            self.put(kind, held)
            metadata = held["metadata"]
            if metadata.get("deletionTimestamp") and not metadata.get("finalizers"):
                del self.objects[kind, namespace, name]
        return 200, held


def serve(api, folder):
    """Serve it over HTTP until the returned function is called; writes a kubeconfig into `folder`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            content = yaml.safe_load(body) if body else None
            status, answer = api.handle(self.command, self.path, self.headers.get("Content-Type", ""), content)
            text = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain" if isinstance(answer, str) else "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self):
            self.reply()

        def do_POST(self):
            self.reply()

        def do_PATCH(self):
            self.reply()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    file = folder / "kubeconfig.yaml"
    write_kubeconfig(file, f"http://127.0.0.1:{server.server_address[1]}")

    def stop():
        server.shutdown()
        thread.join()
        server.server_close()

    return file, stop


def write_kubeconfig(file, url):
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "x",
        "clusters": [{"name": "x", "cluster": {"server": url}}],
        "users": [{"name": "x", "user": {}}],
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
    }
    file.write_text(yaml.safe_dump(kubeconfig))


def service(name="web", *, annotations=None, ports=(80, 443), **spec):
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop", "annotations": dict(annotations or {})},
        "spec": {
            "type": "LoadBalancer",
            "ports": [{"name": f"port-{port}", "port": port, "protocol": "TCP"} for port in ports],
            **spec,
        },
    }


def node(number, *, ready=True, labels=None, **metadata):
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": f"pool-{number}", "labels": labels or {}, **metadata},
        "spec": {"providerID": f"digitalocean://{number}"},
        "status": {"conditions": [{"type": "Ready", "status": "True" if ready else "Unknown"}]},
    }
