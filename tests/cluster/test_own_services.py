"""A team's own services, one of them a worker, from `slipway init` to a URL, in a repository of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys

import httpx
import pytest

from localcloud.cloud import checkout
from tests.cluster.conftest import Clone

NOTES = {
    "Dockerfile": "FROM python:3.13-slim-trixie\nCOPY notes/server.py /srv/\nUSER 10001\nEXPOSE 8002\n"
    'CMD ["python", "-u", "/srv/server.py"]\n',
    "server.py": """\
import json, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Notes(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"service": "notes", "sha": os.environ["RELEASE_SHA"]}).encode())

ThreadingHTTPServer(("", int(os.environ["PORT"])), Notes).serve_forever()
""",
}
MAILER = {
    "Dockerfile": "FROM python:3.13-slim-trixie\nCOPY mailer/work.py /srv/\nUSER 10001\n"
    'CMD ["python", "-u", "/srv/work.py"]\n',
    "work.py": """\
import itertools, time, urllib.request

for number in itertools.count(1):
    with urllib.request.urlopen("http://notes/", timeout=10) as reply:
        print(f"{number}: notes answers {reply.status}", flush=True)
    time.sleep(1)
""",
}


@pytest.fixture
def project(cloud, tmp_path):
    """Slipway's files in a new repository, as "Use this template" gives them; the todo app runs again afterwards."""
    folder = tmp_path / "project"
    subprocess.run(["git", "clone", "-q", checkout(), folder], check=True, capture_output=True)
    shutil.rmtree(folder / ".git")
    made = Clone(folder)
    made.git("init", "-q", "-b", "main")
    yield made
    done = cloud.up(checkout())
    assert done.returncode == 0, done.stdout + done.stderr


def slipway(project, *words):
    command = [sys.executable, "-m", "slipway", *words]
    done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_own_services_run_after_init_and_add_service(cloud, project):
    said = slipway(project, "init", "--name", "todo-app", "--owner", "us", "--region", "fra1", "--registry", "slipway", "--zone", "",
                   "--remove-example")  # fmt: skip
    assert "removed backend" in said
    assert "staging: $" in said
    for name, files in {"notes": NOTES, "mailer": MAILER}.items():
        (project.folder / name).mkdir()
        for file, text in files.items():
            (project.folder / name / file).write_text(text)
        print(slipway(project, "add", "service", name))
    local = project.folder / "Pulumi.local.yaml"
    local.write_text(
        local.read_text().replace("nodePort: 30080", "nodePort: 30083")
    )  # the todo app has that until the end
    project.git("add", "-A")
    project.git("commit", "-q", "-m", "Our own services")
    assert "✓ Pulumi.local.yaml" in slipway(project, "config", "check")
    done = cloud.up(project.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout[-600:])
    url = f"http://127.0.0.1:{cloud.instance.service_port(30083)}"
    tag = project.git("rev-parse", "HEAD")[:12]
    assert httpx.get(url).json() == {"service": "notes", "sha": tag}
    assert {pod["status"]["phase"] for pod in cloud.pods("mailer")} == {"Running"}
    assert "notes answers 200" in cloud.do("logs", "-l", "app.kubernetes.io/instance=mailer", "--tail=5")
    assert cloud.pods("backend") == []
