"""Pulumi's own engine on a stack of plain resources, with the emulated API as a process."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx

from localcloud.providers import server
from localcloud.providers.digitalocean.provider import DigitalOcean
from localcloud.providers.port import Port
from tests.tools import pulumi_environment

ROOT = Path(__file__).parents[3]
TOKEN = "dop_v1_" + "5e" * 32
CREDENTIALS = {
    "server": "https://127.0.0.1:6500",
    "certificate_authority_data": "Q0E=",
    "client_certificate_data": "Q0VSVA==",
    "client_key_data": "S0VZ",
    "token": "",
}
PLUGIN = "pulumi-resource-digitalocean"
STACK = "test"
# No SDK of a provider: importing one takes longer than all that this program does.
PROGRAM = """
import json
import pathlib

import pulumi

made = {}


def resolved(value):
    if isinstance(value, dict) and "$id" in value:
        return made[value["$id"]].id
    if isinstance(value, dict):
        return {key: resolved(inner) for key, inner in value.items()}
    return [resolved(inner) for inner in value] if isinstance(value, list) else value


for name, row in json.loads(pathlib.Path("resources.json").read_text()).items():
    options = row.get("options", {})
    if "custom_timeouts" in options:
        options["custom_timeouts"] = pulumi.CustomTimeouts(**options["custom_timeouts"])
    options["depends_on"] = [made[other] for other in options.get("depends_on", [])]
    made[name] = pulumi.CustomResource(
        row["type"], name, resolved(row["inputs"]), opts=pulumi.ResourceOptions(**options)
    )
"""


def official_plugin() -> Path | None:
    """The official provider, where the user's CLI has it."""
    if found := shutil.which(PLUGIN):
        return Path(found)
    home = Path(os.environ.get("PULUMI_HOME", Path.home() / ".pulumi"))
    return next(iter(sorted(home.glob(f"plugins/resource-digitalocean-v*/{PLUGIN}"))), None)


class Api:
    """The emulated API, served by a process."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.client = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)

    def do(self, method: str, path: str, body: object = None) -> dict:
        """The reply's JSON; fails where it is no success."""
        reply = self.client.request(method, path, json=body)
        assert reply.is_success, (method, path, reply.status_code, reply.text)
        return reply.json() if reply.content else {}

    def plan_fault(self, method: str, path: str, status: int, times: int = 1) -> None:
        self.do("POST", "/_emulator/faults", {"method": method, "path": path, "status": status, "times": times})

    def forget_faults(self) -> None:
        self.do("DELETE", "/_emulator/faults")


@contextmanager
def api_process(folder: Path):
    """An emulated API on a free port, with nothing in it."""
    folder.mkdir(parents=True)
    (folder / "credentials.json").write_text(json.dumps(CREDENTIALS))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "tests.localcloud.providers.emulator",
        "--port",
        str(port),
        "--state",
        folder / "state",
    ]
    command += ["--credentials", folder / "credentials.json"]
    environment = {**os.environ, "DIGITALOCEAN_TOKEN": TOKEN, "REGISTRY_URL": "http://127.0.0.1:9"}
    with (folder / "api.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environment)
        api = Api(port)
        try:
            _wait_for(api, process, folder / "api.log")
            # The tables of scenarios ask more in a minute than a real stack does, and have more nodes.
            api.do("PUT", "/_emulator/limits", {"hourly": 10**6, "minute": 10**6, "droplets": 10**4})
            yield api
        finally:
            api.client.close()
            process.terminate()
            process.wait(10)


def _wait_for(api: Api, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            api.do("GET", "/_emulator/health")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the API did not answer: {log.read_text()}")


@contextmanager
def attached_provider():
    """Our provider, served by this process so that its coverage counts; yields what PULUMI_DEBUG_PROVIDERS must say."""
    port = Port.free()
    server.start(DigitalOcean(), port)
    try:
        yield f"digitalocean:{port.number}"
    finally:
        port.server.stop(grace=None).wait(10)


class Stack:
    """One stack of one project, in a folder and a Pulumi home of its own."""

    def __init__(self, folder: Path, api: Api, attached: str | None) -> None:
        self.folder = folder
        self.program = folder / "program"
        self.program.mkdir(parents=True)
        (folder / "state").mkdir()
        (self.program / "Pulumi.yaml").write_text("name: scenarios\nruntime: python\n")
        (self.program / "__main__.py").write_text(PROGRAM)
        self.configure(apiEndpoint=api.url, token=TOKEN, httpRetryMax=2, httpRetryWaitMin=0.05)
        self.environment = {
            **os.environ,
            **pulumi_environment(),
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "scenarios",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        self.environment.pop("DIGITALOCEAN_TOKEN", None)
        if attached:
            self.environment["PULUMI_DEBUG_PROVIDERS"] = attached
        elif plugin := official_plugin():
            self.environment["PATH"] = f"{plugin.parent}{os.pathsep}{self.environment['PATH']}"
        self.run("stack", "init", STACK)

    def configure(self, **values: object) -> None:
        lines = [f"  digitalocean:{key}: {json.dumps(str(value))}" for key, value in values.items()]
        (self.program / f"Pulumi.{STACK}.yaml").write_text("\n".join(["config:", *lines, ""]))

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        """A command of the CLI; fails where it fails, unless `check` is off."""
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.program, env=self.environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"pulumi {' '.join(arguments)}\n{done.stdout[-5000:]}{done.stderr}"
        return done

    def declare(self, resources: dict[str, dict]) -> None:
        (self.program / "resources.json").write_text(json.dumps(resources))

    def up(self, resources: dict[str, dict], *options: str, check: bool = True) -> subprocess.CompletedProcess:
        self.declare(resources)
        return self.run("up", "--yes", "--skip-preview", "--suppress-progress", *options, check=check)

    def preview(self, resources: dict[str, dict], *options: str) -> dict[str, Planned]:
        """What an update would do with each resource, by its name."""
        self.declare(resources)
        done = self.run("preview", "--json", *options)
        plan: dict[str, Planned] = {}
        for step in json.loads(done.stdout)["steps"]:
            plan.setdefault(step["urn"].rpartition("::")[2], Planned()).add(step)
        return plan

    def destroy(self) -> None:
        self.run("destroy", "--yes", "--skip-preview", "--suppress-progress")

    def resources(self) -> dict[str, dict]:
        """The state's resources by name, secrets in the clear."""
        exported = json.loads(self.run("stack", "export", "--show-secrets").stdout)
        return {one["urn"].rpartition("::")[2]: one for one in exported["deployment"].get("resources", [])}


class Planned:
    """What a preview says of one resource.

    Attributes:
        op: same (which a preview leaves out), create, update, replace, delete, read or import.
        changed: the properties that differ, and how: `{"nodePool.size": "update-replace"}`.
        replacing: the properties for which it is replaced.
        inputs: as they would be.
    """

    def __init__(self) -> None:
        self.op = "same"
        self.changed: dict[str, str] = {}
        self.replacing: list[str] = []
        self.inputs: dict = {}
        self.outputs: dict = {}

    def add(self, step: dict) -> None:
        op = "replace" if "replace" in step["op"] else step["op"]
        if self.op != "replace" and op != "refresh":
            self.op = op
        for path, change in (step.get("detailedDiff") or {}).items():
            self.changed[path] = change["kind"]
        self.replacing += step.get("replaceReasons") or []
        self.inputs |= (step.get("newState") or {}).get("inputs") or {}
        self.outputs |= (step.get("newState") or {}).get("outputs") or {}
