"""The charts, rendered by the pinned Helm."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from kubernetes_validate import utils

from infra.config.checks import OLDEST
from localcloud import versions
from localcloud.providers.kubernetes.helm_values import write_values
from tests.delivery.served import end_all
from tests.tools import find_helm

from .matrix import KINDS

CHARTS = Path(__file__).parents[2] / "helm"
CHART = CHARTS / "service"
# Every minor version that we support and whose schemas there are.
SUPPORTED = [
    ".".join(version.split(".")[:2])
    for version in utils.all_versions()
    if tuple(map(int, version.split(".")[:2])) >= OLDEST
]
DIGEST = "sha256:" + "a" * 64
SELECTOR = {"app.kubernetes.io/name": "backend", "app.kubernetes.io/instance": "backend"}
# A run takes less than a tenth of a second: it needs neither the other cores nor to free memory.
SHORT_RUN = {"GOMAXPROCS": "1", "GOGC": "off"}
# It would read a version's whole schema, 1.5 MB, for each object.
utils.schema_contents = cache(utils.schema_contents)


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
            env={**os.environ, **SHORT_RUN},
            capture_output=True,
            text=True,
            check=False,
        )

    def render(self, *, kinds: tuple[str, ...] = (), **values) -> list[dict]:
        """A service's objects with these values beside the ones it cannot do without."""
        image = {"repository": "r.example/x/backend", "digest": DIGEST}
        return self.objects("service", "backend", {"image": image, **values}, kinds=kinds)

    def render_kind(self, kind: str, **values) -> list[dict]:
        """The objects of a service of a kind, with these values beside the kind's own."""
        return self.render(kind=kind, **{**KINDS[kind], **values})

    def objects(self, chart: str, name: str, values: dict, *, kinds: tuple[str, ...] = ()) -> list[dict]:
        """The objects of a release of one of our charts, on a cluster that has these kinds beside Kubernetes' own."""
        return self._render(chart, name, json.dumps(values), kinds)

    @cache  # noqa: B019 - one for the whole session
    def _render(self, chart: str, name: str, values: str, kinds: tuple[str, ...]) -> list[dict]:
        words = ("template", name, str(CHARTS / chart), "--namespace", "todo")
        known = [f"--api-versions={kind}" for kind in kinds]
        done = self.run(*words, *known, values=json.loads(values))
        assert done.returncode == 0, done.stderr
        return [each for each in yaml.load_all(done.stdout, yaml.CSafeLoader) if each]


@pytest.fixture(scope="session")
def helm():
    yield Helm(find_helm())
    end_all()


def validate(objects: list[dict], version: str) -> None:
    """Hold objects to the schema of a version of Kubernetes, `1.34`; not routes, which tests/helm/test_gateway.py does."""
    for each in objects:
        if each["kind"] != "HTTPRoute":
            kubernetes_validate.validate(each, version, strict=True)


def one(objects: list[dict], kind: str) -> dict:
    (found,) = (each for each in objects if each["kind"] == kind and "helm.sh/hook" not in str(each["metadata"]))
    return found


def render_deployment(helm: Helm, **values) -> dict:
    """The Deployment's spec of a service with these values."""
    return one(helm.render(**values), "Deployment")["spec"]


def pod_templates(objects: list[dict]) -> Iterator[tuple[str, dict]]:
    """The template of every pod of a chart, by its object's name: of what runs, of its jobs, of its test."""
    for each in objects:
        name, spec = each["metadata"]["name"], each.get("spec", {})
        if each["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if "template" in spec:
            yield name, spec["template"]


def pods(objects: list[dict]) -> Iterator[dict]:
    """Every pod of a chart."""
    return (template["spec"] for _, template in pod_templates(objects))


def main_pod(objects: list[dict], name: str = "backend") -> dict:
    """The pod of the service itself."""
    return dict(pod_templates(objects))[name]["spec"]


def policies(objects: list[dict]) -> dict[str, dict]:
    return {each["metadata"]["name"]: each["spec"] for each in objects if each["kind"] == "NetworkPolicy"}


def allows(policy: dict, labels: dict) -> bool:
    """Whether a policy names a pod with these labels."""
    selector = policy["podSelector"]
    fits = (labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", []))
    return selector.get("matchLabels", {}).items() <= labels.items() and all(fits)


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
