"""The charts, rendered by the pinned Helm."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from localcloud import versions
from localcloud.providers.kubernetes.helm_values import write_values
from tests.tools import find_helm

CHARTS = Path(__file__).parents[2] / "helm"
CHART = CHARTS / "service"
DIGEST = "sha256:" + "a" * 64


class Helm:
    """Runs the pinned Helm."""

    def __init__(self, program: Path) -> None:
        self.program = program

    def run(self, *words: str, values: dict | None = None) -> subprocess.CompletedProcess[str]:
        given = ["--values", "-"] if values is not None else []
        if words[0] in {"template", "lint"}:  # these ask no cluster, and Helm built from its module knows no version
            given += ["--kube-version", versions.KUBERNETES]
        return subprocess.run(
            [self.program, *words, *given],
            input=write_values(values or {}),
            capture_output=True,
            text=True,
            check=False,
        )

    def render(self, *, kinds: tuple[str, ...] = (), **values) -> list[dict]:
        """A service's objects with these values beside the ones it cannot do without."""
        image = {"repository": "r.example/x/backend", "digest": DIGEST}
        return self.objects("service", "backend", {"image": image, **values}, kinds=kinds)

    def objects(self, chart: str, name: str, values: dict, *, kinds: tuple[str, ...] = ()) -> list[dict]:
        """The objects of a release of one of our charts, on a cluster that has these kinds beside Kubernetes' own."""
        return self._render(chart, name, json.dumps(values), kinds)

    @cache  # noqa: B019 - one for the whole session
    def _render(self, chart: str, name: str, values: str, kinds: tuple[str, ...]) -> list[dict]:
        words = ("template", name, str(CHARTS / chart), "--namespace", "todo")
        known = [f"--api-versions={kind}" for kind in kinds]
        done = self.run(*words, *known, values=json.loads(values))
        assert done.returncode == 0, done.stderr
        return [each for each in yaml.safe_load_all(done.stdout) if each]


@pytest.fixture(scope="session")
def helm():
    return Helm(find_helm())


def one(objects: list[dict], kind: str) -> dict:
    (found,) = (each for each in objects if each["kind"] == kind and "helm.sh/hook" not in str(each["metadata"]))
    return found


def pods(objects: list[dict]) -> Iterator[dict]:
    """Every pod of a chart: of what runs, of its jobs, of its test."""
    for each in objects:
        if each["kind"] == "Pod":
            yield each["spec"]
        elif each["kind"] in {"Deployment", "StatefulSet", "Job"}:
            yield each["spec"]["template"]["spec"]


def assert_restricted(pod: dict) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    for container in pod["containers"]:
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"] is True
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["requests"]
