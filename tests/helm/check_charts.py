"""Check what the charts render with kubeconform and checkov: `make chart-checks`.

kubeconform reads the schemas that the package kubernetes-validate carries, so that it asks nobody. checkov needs older
packages than the program does: uv installs it by itself, in the version of pyproject.toml.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import yaml
from kubernetes_validate.utils import all_versions

from localcloud.providers.kubernetes.helm_values import write_values
from tests.helm.conftest import CHARTS, DIGEST, SUPPORTED
from tests.helm.matrix import CASES, COMMON, KINDS, values_of
from tests.tools import ROOT, find_helm

REASONS = Path(__file__).with_name("checkov.yaml")
MOST = 6  # checks that may fail, each with its reason
ENGINES = ("postgresql", "valkey", "qdrant")
EXTERNAL = {"external": {"adminSecret": "postgresql-admin", "authoritySecret": "postgresql-ca"}}
LOAD_BALANCER = {"id": "4de7ac8b", "name": "slipway-prod", "certificate": "slipway-prod-0a1b2c3d"}
CANARY = {"service": "backend", "percent": 10, "route": {"host": "api.todo.example.com"}}
# kubeconform has no schema of them; tests/helm/test_gateway.py looks at these.
OF_OTHERS = ("HTTPRoute", "Gateway", "CiliumNetworkPolicy")


def render_charts(folder: Path) -> None:
    """Write every case of every chart: `all` for kubeconform, `usual`, what the program gives, for checkov."""
    service = {"image": {"repository": "r.example/x/backend", "digest": DIGEST}}
    databases = {engine: {"engine": engine, "clients": ["backend"]} for engine in ENGINES}
    databases["managed"] = {**databases["postgresql"], **EXTERNAL}
    for at, (kind, option) in enumerate(CASES):
        _render(folder / "all", f"{kind}-{at}", "service", {**service, **values_of(kind, option)})
    for kind, values in KINDS.items():
        _render(folder / "usual", kind, "service", {**service, "kind": kind, **COMMON, **values})
    for part in ("all", "usual"):
        for name, values in databases.items():
            _render(folder / part, name, "database", values)
        _render(folder / part, "gateway", "gateway", {"loadBalancer": LOAD_BALANCER})
        _render(folder / part, "canary", "canary", CANARY)


def _render(folder: Path, name: str, chart: str, values: dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    words = [find_helm(), "template", name, CHARTS / chart, "--namespace", "todo", "--values", "-"]
    words += ["--kube-version", f"{SUPPORTED[0]}.0"]
    done = subprocess.run(words, input=write_values(values), capture_output=True, text=True, check=True)
    (folder / f"{name}.yaml").write_text(done.stdout)


def write_schemas(folder: Path, kinds: set[tuple[str, str]]) -> None:
    """Write Kubernetes' schemas of these kinds (with their API's version) where and as kubeconform looks for them."""
    source = files("kubernetes_validate") / "kubernetes-json-schema"
    for version in _newest_schemas():
        into = folder / f"v{version}-standalone-strict"
        into.mkdir(parents=True)
        names = {f"{kind}-{api.split('/')[0].split('.')[0]}-{api.split('/')[1]}" for kind, api in kinds if "/" in api}
        names |= {f"{kind}-{api}" for kind, api in kinds if "/" not in api}
        for name in ("_definitions", *(name.lower() for name in names)):
            text = (source / f"v{version}-local-strict" / f"{name}.json").read_text()
            schema = json.loads(text.replace("/api/_definitions.json", "_definitions.json"))
            schema.pop("$id")  # it would lead the references to the network
            (into / f"{name}.json").write_text(json.dumps(schema))


def _newest_schemas() -> list[str]:
    return [version for version in dict.fromkeys(all_versions()) if ".".join(version.split(".")[:2]) in SUPPORTED]


def run_kubeconform(program: str, folder: Path) -> Iterator[str]:
    """Yield what kubeconform says of each supported version that it is not content with."""
    rendered = sorted((folder / "all").glob("*.yaml"))
    objects = [each for file in rendered for each in yaml.safe_load_all(file.read_text()) if each]
    kinds = {(each["kind"], each["apiVersion"]) for each in objects if each["kind"] not in OF_OTHERS}
    write_schemas(folder / "schemas", kinds)
    place = str(folder / "schemas") + (
        "/{{ .NormalizedKubernetesVersion }}-standalone{{ .StrictSuffix }}/{{ .ResourceKind }}{{ .KindSuffix }}.json"
    )
    for version in _newest_schemas():
        words = [program, "-strict", "-summary", "-kubernetes-version", version, "-schema-location", place]
        done = subprocess.run(
            [*words, "-skip", ",".join(OF_OTHERS), *rendered], capture_output=True, text=True, check=False
        )
        print(f"kubeconform, Kubernetes {version}: {done.stdout.strip().splitlines()[-1]}")
        if done.returncode != 0:
            yield done.stdout + done.stderr


def run_checkov(uv: str, folder: Path) -> list[dict[str, str]]:
    """Return the checks that fail, each with its object."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["slipway"]["checkov"]
    words = [uv, "tool", "run", "--python", sys.executable, f"checkov=={version}", "--directory", folder / "usual"]
    words += ["--framework", "kubernetes", "--output", "json", "--quiet", "--skip-download"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if not done.stdout.lstrip().startswith(("{", "[")):
        raise SystemExit(f"checkov did not run:\n{done.stderr}")
    report = json.loads(done.stdout)
    print(f"checkov {version}: {report['summary']['passed']} passed, {report['summary']['failed']} failed")
    return [
        {"id": each["check_id"], "check": each["check_name"], "object": each["resource"]}
        for each in report["results"]["failed_checks"]
    ]


def find_unexplained(failures: list[dict[str, str]], reasons: dict[str, dict]) -> Iterator[str]:
    """Yield each failure without a reason, each reason without a failure, and what is too many."""
    for failure in failures:
        known = reasons.get(failure["id"], {})
        kind = failure["object"].partition(".")[0]
        if not known.get("reason") or kind not in known.get("of", []):
            yield f"{failure['id']} ({failure['check']}) fails of {failure['object']}, and checkov.yaml has no reason"
    found = {failure["id"] for failure in failures}
    for stale in sorted(reasons.keys() - found):
        yield f"{stale} does not fail any more; remove it from checkov.yaml"
    if len(reasons) > MOST:
        yield f"checkov.yaml has {len(reasons)} checks; at most {MOST} may fail"


def main(kubeconform: str, uv: str) -> int:
    """Return 0 where everything is as it must be, else 1."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        render_charts(folder)
        problems = list(run_kubeconform(kubeconform, folder))
        problems += find_unexplained(run_checkov(uv, folder), yaml.safe_load(REASONS.read_text()))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
