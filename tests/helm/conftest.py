"""The charts, rendered by the pinned Helm."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml

from localcloud.command import Commands
from localcloud.instance import Instance
from localcloud.toolbox import Toolbox

CHARTS = Path(__file__).parents[2] / "helm"
CHART = CHARTS / "service"
DIGEST = "sha256:" + "a" * 64


class Helm:
    """Runs the pinned Helm."""

    def __init__(self, program: Path) -> None:
        self.program = program

    def run(self, *words: str, values: dict | None = None) -> subprocess.CompletedProcess[str]:
        given = ["--values", "-"] if values is not None else []
        return subprocess.run(
            [self.program, *words, *given],
            input=yaml.safe_dump(values or {}),
            capture_output=True,
            text=True,
            check=False,
        )

    def render(self, **values) -> list[dict]:
        """A service's objects with these values beside the ones it cannot do without."""
        image = {"repository": "r.example/x/backend", "digest": DIGEST}
        return self.objects("service", "backend", {"image": image, **values})

    def objects(self, chart: str, name: str, values: dict) -> list[dict]:
        """The objects of a release of one of our charts."""
        return self._render(chart, name, yaml.safe_dump(values))

    @cache  # noqa: B019 - one for the whole session
    def _render(self, chart: str, name: str, values: str) -> list[dict]:
        words = ("template", name, str(CHARTS / chart), "--namespace", "todo")
        done = self.run(*words, values=yaml.safe_load(values))
        assert done.returncode == 0, done.stderr
        return [each for each in yaml.safe_load_all(done.stdout) if each]


@pytest.fixture(scope="session")
def helm(tmp_path_factory):
    instance = Instance.from_environment()
    toolbox = Toolbox(instance.tools, tmp_path_factory.mktemp("logs"), Commands())
    toolbox.fetch_wheels(lambda **_: None)
    return Helm(toolbox.helm)


def one(objects: list[dict], kind: str) -> dict:
    (found,) = (each for each in objects if each["kind"] == kind and "helm.sh/hook" not in str(each["metadata"]))
    return found
