"""A fourth service: a folder with a Dockerfile and a service.yaml, and one line in the stack file."""

from __future__ import annotations

import httpx
import pytest

from localcloud.cloud import checkout

DOCKERFILE = """\
ARG PYTHON_IMAGE=python:3.13-slim-trixie
FROM ${PYTHON_IMAGE}
COPY reminders/server.py /srv/server.py
USER 10001:10001
EXPOSE 8002
CMD ["python", "/srv/server.py"]
"""
SERVER = """\
import json, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Reminders(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"service": "reminders", "sha": os.environ["RELEASE_SHA"]}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

ThreadingHTTPServer(("", int(os.environ["PORT"])), Reminders).serve_forever()
"""
SERVICE = """\
port: 8002
replicas: {min: 1, max: 1}
resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 64Mi}}
health: {liveness: /, readiness: /}
"""
LINE = "    reminders: {nodePort: 30083}\n"


@pytest.fixture
def _as_before(cloud):
    yield
    done = cloud.up(checkout())
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("_as_before")
def test_a_fourth_service_is_a_folder_and_one_line(cloud, clone):
    before = {name: cloud.pod_names(name) for name in cloud.urls}
    folder = clone.folder / "reminders"
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "server.py").write_text(SERVER)
    (folder / "service.yaml").write_text(SERVICE)
    clone.git("add", "reminders")
    tag = clone.commit("Pulumi.local.yaml", LINE)
    print(clone.git("show", "--stat", "--format=", "HEAD"))
    changed = clone.git("show", "--name-only", "--format=", "HEAD").split()
    assert changed == [
        "Pulumi.local.yaml",
        *(f"reminders/{name}" for name in ("Dockerfile", "server.py", "service.yaml")),
    ]
    done = cloud.up(clone.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    url = f"http://127.0.0.1:{cloud.instance.service_port(30083)}"
    assert f"reminders          {tag} {url}" in done.stdout
    assert httpx.get(url).json() == {"service": "reminders", "sha": tag}
    assert {name: cloud.pod_names(name) for name in cloud.urls} == before
    # And without the line it is gone again.
    assert cloud.up(checkout()).returncode == 0
    assert cloud.pods("reminders") == []
