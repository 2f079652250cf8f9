"""A team's own services, one of them a worker, from `slipway init` to a URL, in a repository of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time

import httpx
import pytest

from localcloud.stack import checkout
from tests.cluster.conftest import Clone

STARTED_AGAIN_SECONDS = 120  # Kubernetes waits 10 s, 20 s, 40 s before it starts a container again
NOTES = {
    "Dockerfile": "FROM python:3.13-slim-trixie\nCOPY server.py /srv/\nUSER 10001\nEXPOSE 8002\n"
    'CMD ["python", "-u", "/srv/server.py"]\n',
    "server.py": """\
import json, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Notes(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"service": "notes", "sha": os.environ["RELEASE_SHA"], **dict(os.environ)}).encode())

ThreadingHTTPServer(("", int(os.environ["PORT"])), Notes).serve_forever()
""",
}
# Values that a template or a shell could change on their way to a container.
AWKWARD = {
    "DIGITS": "0123456",
    "WORD": "no",
    "NOTHING": "null",
    "EXPONENT": "1e3",
    "LIST": "a,b,[c],{d: e}",
    "DOLLARS": "pa$$word $(DIGITS) ${DIGITS} $",
    "TEMPLATE": "{{ .Values.port }}",
    "QUOTES": "\"double\" 'single' \\ # no comment",
    "LINES": "one\n  two\n\nthree\n",
    "PEM": "-----BEGIN KEY-----\nMIIB\n-----END KEY-----\n",
    "UNICODE": "\u00fc\u65e5\U0001f600",
    "SPACES": "  in front, and after  ",
}
# Compares a container's environment with the words of its command, and so both with what service.yaml says.
COMPARE = (
    "import json, os, sys; wanted = dict(zip(sys.argv[1::2], sys.argv[2::2])); "
    "sys.exit(repr([[k, os.environ.get(k), v] for k, v in wanted.items() if os.environ.get(k) != v]) "
    "if any(os.environ.get(k) != v for k, v in wanted.items()) else 0)"
)
MAILER = {
    "Dockerfile": "FROM python:3.13-slim-trixie\nCOPY work.py /srv/\nUSER 10001\n"
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
def project(tmp_path):
    """Slipway's files in a new repository, as "Use this template" gives them."""
    folder = tmp_path / "project"
    subprocess.run(["git", "clone", "-q", checkout(), folder], check=True, capture_output=True)
    shutil.rmtree(folder / ".git")
    made = Clone(folder)
    made.git("init", "-q", "-b", "main")
    made.git("add", "-A")
    made.git("commit", "-q", "-m", "Use the template")
    return made


def slipway(project, *words):
    command = [sys.executable, "-m", "slipway", *words]
    done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.usefixtures("any_release", "other_release")
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
    with (project.folder / "notes/service.yaml").open("a", encoding="utf-8") as file:
        file.write(f"environment: {json.dumps(AWKWARD, ensure_ascii=False)}\n")
        words = ["python", "-c", COMPARE, *(word for pair in AWKWARD.items() for word in pair)]
        file.write(f"migrate: {json.dumps(words, ensure_ascii=False)}\n")
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
    said = httpx.get(url).json()  # and the migration found the same, or there would be no release
    assert (said["service"], said["sha"]) == ("notes", tag)
    assert {name: said.get(name) for name in AWKWARD} == AWKWARD
    assert {pod["status"]["phase"] for pod in cloud.pods("mailer")} == {"Running"}
    # It ends when it does not find the other service, which may be later, and Kubernetes starts it again after a while.
    deadline = time.monotonic() + STARTED_AGAIN_SECONDS
    while "notes answers 200" not in (log := cloud.do("logs", "-l", "app.kubernetes.io/instance=mailer", "--tail=5")):
        assert time.monotonic() < deadline, log
        time.sleep(1)
    assert cloud.pods("backend") == []
