from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from starlette.testclient import TestClient

from localcloud.api.application import create_application

from .services import all_services

TOKEN = "dop_v1_test"
CREDENTIALS = {
    "server": "https://127.0.0.1:6500",
    "certificate_authority_data": "Q0E=",
    "client_certificate_data": "Q0VSVA==",
    "client_key_data": "S0VZ",
    "token": "",
}


class Api:
    """The emulator, and the files it stands on."""

    def __init__(self, folder, registry="http://127.0.0.1:9", backends=None, settle_seconds=0.8):
        self.folder = folder
        (folder / "credentials.json").write_text(json.dumps(CREDENTIALS))
        app = create_application(
            state=folder / "state",
            token=TOKEN,
            credentials=folder / "credentials.json",
            registry_url=registry,
            backends=backends,
            settle_seconds=settle_seconds,
        )
        self.client = TestClient(app, headers={"Authorization": f"Bearer {TOKEN}"}, raise_server_exceptions=False)
        self.store = app.state.store
        self.jobs = app.state.jobs

    def do(self, method, path, body=None, status=None):
        """The reply's JSON; fails when its status is another than expected."""
        reply = self.client.request(method, path, json=body)
        if status is None:
            assert reply.is_success, (method, path, reply.status_code, reply.text)
        else:
            assert reply.status_code == status, (method, path, reply.status_code, reply.text)
        return reply.json() if reply.content else None

    def settle(self):
        """Wait until everything has reached its final state."""
        assert self.jobs.wait_for_all(20)

    def close(self):
        self.jobs.close()
        self.client.close()
        self.store.close()


@pytest.fixture
def api(tmp_path):
    made = Api(tmp_path)
    yield made
    made.close()


@pytest.fixture
def services():
    return all_services()


@pytest.fixture
def served(tmp_path, services):
    """The API with services behind it."""
    made = Api(tmp_path, backends=services)
    yield made
    made.close()


@pytest.fixture
def registry():
    """An OCI registry that holds one image under two tags."""
    digest = "sha256:" + "a" * 64

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            answers = {
                "/v2/_catalog": {"repositories": ["acme/backend", "other/x"]},
                "/v2/acme/backend/tags/list": {"tags": ["b", "a"]},
            }
            found = answers.get(self.path)
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(json.dumps(found or {}).encode())

        def do_HEAD(self):
            self.send_response(200)
            self.send_header("Docker-Content-Digest", digest)
            self.end_headers()

        def do_DELETE(self):
            self.send_response(202 if self.path.endswith(digest) else 404)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
