"""Runs a workflow with act (https://nektosact.com) on this machine: its conditions, needs, outputs and expressions are real.

act knows neither environments nor concurrency: what may use which secret, and what queues, is for tests/workflows. Nor does
it know `$/` and `queue: max`, which the copy of the workflows here goes without.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.delivery.act.actions import write_actions

ROOT = Path(__file__).parents[3]
RESULT = re.compile(r"^\[[\w-]+/(?P<job>[^\]]+?) *\].*🏁  Job (?P<result>succeeded|failed)", re.MULTILINE)
SECONDS = 240
ACT_RUN = 1  # the id that act gives every run
SUCCEEDED = "succeeded"  # as act prints the result of a job
REPOSITORY = {"full_name": "acme/todo", "default_branch": "main"}
SLIPWAY = f"{sys.executable} -m slipway"
# For Slipway uv is not asked: its packages are installed here. Pulumi's own calls of uv get the real one.
UV = """#!/bin/bash
if [ "$1 $2 $3" = "run --frozen slipway" ]; then
  shift 3
  exec {slipway} "$@"
fi
exec {uv} "$@"
"""
# Finds nothing in whatever it is given; what it scanned it reads from the layout, as Trivy does.
TRIVY = f"""#!{sys.executable}
import json, pathlib, sys
words = sys.argv[1:]
if "--output" in words:
    out = pathlib.Path(words[words.index("--output") + 1])
    out.write_text("{{}}")
    if words[0] == "image":
        layout = pathlib.Path(words[words.index("--input") + 1])
        digest = json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]
        manifest = json.loads((layout / "blobs/sha256" / digest[7:]).read_text())
        metadata = {{"ImageID": manifest["config"]["digest"]}}
        out.write_text(json.dumps({{"SchemaVersion": 2, "ArtifactName": str(layout), "Metadata": metadata}}))
"""


@dataclass
class Act:
    """A clone's workflows, ready to run.

    Attributes:
        folder: the clone, whose `main` has the workflows; its own history is what is deployed.
        environment: what each step sees.
        secrets, variables: of the environment that the jobs use.
        seconds: that a run may take.
    """

    folder: Path
    home: Path
    environment: dict
    secrets: dict
    variables: dict = field(default_factory=dict)
    seconds: int = SECONDS

    @property
    def artifacts(self) -> Path:
        return self.home / "artifacts"

    @property
    def origin(self) -> Path:
        return self.home / "origin"

    def run(self, workflow, event, payload=None, **inputs):
        """Run a workflow; returns the result of each job that ran, by name, and everything that was printed.

        The artifacts are those of this run alone.
        """
        shutil.rmtree(self.artifacts, ignore_errors=True)
        self.artifacts.mkdir()
        file = self.home / "event.json"
        file.write_text(json.dumps({"inputs": inputs, "repository": REPOSITORY, **(payload or {})}))
        command = [
            str(Path(sys.executable).with_name("act")),
            event,
            "-W",
            f".github/workflows/{workflow}.yml",
            "-e",
            file,
        ]
        command += ["-P", "ubuntu-24.04=-self-hosted", "--no-cache-server", "--no-skip-checkout", *self._options()]
        command.append("--insecure-secrets")  # act would mask what a step prints of them, and no test would see it
        for name, value in inputs.items():
            command += ["--input", f"{name}={value}"]
        done = subprocess.run(
            list(map(str, command)),
            cwd=self.folder,
            env={**os.environ, "XDG_CACHE_HOME": str(self.home / "cache")},
            capture_output=True,
            text=True,
            timeout=self.seconds,
            check=False,
        )
        said = done.stdout + done.stderr
        return {match["job"]: match["result"] for match in RESULT.finditer(said)}, said

    def _options(self) -> list:
        """Of what the steps see; from files, as a command line is for everybody to read."""
        texts = [file.read_text() for file in self.folder.glob(".github/**/*.yml")]
        options = write_actions(self.home / "actions", texts)
        places = {"ORIGIN": str(self.origin), "ARTIFACTS": str(self.artifacts)}
        path = {"PATH": f"{self.home / 'programs'}:{self.environment['PATH']}"}
        for option, values in (
            ("env-file", {**self.environment, **places, **path}),
            ("secret-file", self.secrets),
            ("var-file", self.variables),
        ):
            file = self.home / option
            file.touch(mode=0o600)
            file.write_text("".join(f"{name}='{value}'\n" for name, value in values.items()))
            options += [f"--{option}", str(file)]
        return options


def prepare_act(checkout: Path, home: Path, environment: dict, secrets: dict, slipway: str = SLIPWAY) -> Act:
    """Commit the workflows to a clone's branch `main`, and write what stands beside act.

    Args:
        slipway: the shell's words that run it.
    """
    uv = UV.format(slipway=slipway, uv=shutil.which("uv") or "false")
    programs = home / "programs"
    programs.mkdir(parents=True)
    (home / "artifacts").mkdir()
    for name, text in (("uv", uv), ("trivy", TRIVY), ("doctl", "#!/bin/sh\n"), ("make", "#!/bin/sh\n")):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    origin = home / "origin"
    subprocess.run(["git", "clone", "--quiet", "--bare", checkout, origin], check=True)
    folder = home / "clone"
    git = ["git", "-C", folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    subprocess.run(["git", "clone", "--quiet", origin, folder], check=True)
    subprocess.run([*git, "checkout", "--quiet", "-B", "main"], check=True)
    _copy_workflows(folder)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "Workflows"], check=True)
    subprocess.run([*git, "push", "--quiet", "--force", "origin", "main"], check=True)
    subprocess.run([*git, "remote", "set-url", "origin", "https://github.com/acme/todo.git"], check=True)
    subprocess.run([*git, "remote", "set-head", "origin", "main"], check=False)
    return Act(folder, home, environment, secrets)


def _copy_workflows(folder: Path) -> None:
    shutil.copytree(ROOT / ".github", folder / ".github", dirs_exist_ok=True)
    for file in [*folder.glob(".github/workflows/*.yml"), *folder.glob(".github/actions/*/action.yml")]:
        text = re.sub(r"^ *queue: max\n", "", file.read_text(), flags=re.MULTILINE).replace("uses: $/", "uses: ./")
        file.write_text(text)
    nothing = {"shell": "bash", "run": "true"}
    setup = {
        "name": "Set up",
        "description": "Everything is here",
        "inputs": {name: {"description": name} for name in ("python-version", "cache")},
        "runs": {"using": "composite", "steps": [nothing]},
    }
    (folder / ".github/actions/setup/action.yml").write_text(yaml.safe_dump(setup))
