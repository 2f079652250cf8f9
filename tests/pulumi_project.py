"""A Pulumi project in a temporary folder, run by Pulumi's own engine with our providers."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.tools import pulumi_environment

PROGRAM = """
import json
import pathlib

import pulumi

content = json.loads(pathlib.Path("resources.json").read_text())
providers = {
    package: pulumi.ProviderResource(package, package, properties)
    for package, properties in content["providers"].items()
}
made = {}
for name, each in content["resources"].items():
    package = each["type"].partition(":")[0]
    options = pulumi.ResourceOptions(
        provider=providers.get(package),
        depends_on=[made[other] for other in each.get("after", [])],
        id=each.get("id"),
        import_=each.get("import"),
        custom_timeouts=pulumi.CustomTimeouts(delete=each["delete"]) if "delete" in each else None,
        additional_secret_outputs=each.get("secret"),
    )
    made[name] = pulumi.CustomResource(each["type"], name, each["properties"], options)
"""


@dataclass
class Project:
    """A project whose resources a test sets; `up`, `preview` and the rest run the Pulumi CLI.

    Attributes:
        folder: of the program; the providers run in it.
        resources: by name: `type`, `properties`, and `after`, `id` or `import`.
        providers: configuration of an explicit provider, by package.
    """

    folder: Path
    environment: dict[str, str]
    providers: dict[str, dict] = field(default_factory=dict)
    resources: dict[str, dict] = field(default_factory=dict)

    def create(self) -> None:
        (self.folder / "Pulumi.yaml").write_text("name: scenarios\nruntime: python\n")
        (self.folder / "__main__.py").write_text(PROGRAM)
        self.write()
        self.pulumi("stack", "init", "test")

    def write(self) -> None:
        content = {"providers": self.providers, "resources": self.resources}
        (self.folder / "resources.json").write_text(json.dumps(content))

    def pulumi(self, *words: str, fails: bool = False) -> str:
        """The command's output; a failure is the test's, unless it `fails`."""
        self.write()
        done = subprocess.run(
            ["pulumi", *words, "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + (done.stderr if fails else "")

    def preview(self, *words: str) -> dict[str, tuple[str, set[str]]]:
        """What an update would do: the operation and the paths that differ, by resource; what stays is left out."""
        planned: dict[str, tuple[str, set[str]]] = {}
        for step in json.loads(self.pulumi("preview", "--json", *words))["steps"]:
            name, op = step["urn"].rpartition("::")[2], step["op"]
            if op in {"same", "read", "refresh"} or "pulumi:pulumi:Stack" in step["urn"]:
                continue
            _, paths = planned.get(name, ("", set()))
            planned[name] = ("replace" if "replace" in op else op, paths | set(step.get("detailedDiff") or {}))
        return planned

    def up(self, *words: str, fails: bool = False) -> str:
        return self.pulumi("up", "--yes", "--skip-preview", *words, fails=fails)

    def refresh(self) -> str:
        return self.pulumi("refresh", "--yes", "--skip-preview")

    def destroy(self) -> str:
        return self.pulumi("destroy", "--yes", "--skip-preview")

    def state(self) -> dict[str, dict]:
        """The resources in the state, by name."""
        exported = json.loads(self.pulumi("stack", "export", "--show-secrets"))["deployment"].get("resources", [])
        return {
            each["urn"].rpartition("::")[2]: each
            for each in exported
            if each.get("custom") and not each["type"].startswith("pulumi:")
        }


@contextlib.contextmanager
def project(folder: Path, *packages: str, **environment: str) -> Iterator[Project]:
    """A project in `folder` with our providers of these packages attached."""
    state = folder.parent / f"{folder.name}-state"
    folder.mkdir(exist_ok=True)
    state.mkdir()
    variables = {
        **os.environ,
        **pulumi_environment(),
        **environment,
        "PULUMI_HOME": str(state / "home"),
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    command = [sys.executable, "-m", "localcloud.providers", *packages]
    with (
        (state / "providers.log").open("w") as log,
        subprocess.Popen(
            command, cwd=folder, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        ) as serving,
    ):
        try:
            variables["PULUMI_DEBUG_PROVIDERS"] = serving.stdout.readline().strip()
            made = Project(folder, variables)
            made.create()
            yield made
        finally:
            serving.stdin.close()
            assert serving.wait(timeout=30) == 0, (state / "providers.log").read_text()
