"""The three services by plain Helm, in a namespace of their own beside the program's, on the same databases."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from infra_stacks import services_of

HELM = Path(__file__).parents[2] / "helm"
NAMESPACE = "plain-helm"
SERVICES = services_of("local")


@pytest.fixture
def plain(cloud, tmp_path):
    """Runs helm and kubectl in a namespace that is gone in the end."""

    def run(program, *words, **options):
        command = [program, f"--kubeconfig={cloud.instance.kubeconfig}", "-n", NAMESPACE, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(cloud.kubectl_path, "create", "namespace", NAMESPACE)
    yield run
    run(cloud.kubectl_path, "delete", "namespace", NAMESPACE, "--timeout=90s")


def copied_secrets(cloud):
    """The Secrets that the services name, with hosts as they are called from another namespace."""
    for client, service in SERVICES.items():
        for engine in service["databases"]:
            name = f"{engine}-{client}"
            held = cloud.kubectl("get", "secret", name)["data"]
            texts = {key: base64.b64decode(value).decode() for key, value in held.items()}
            for mark in ("@", "//"):
                texts = {
                    key: text.replace(f"{mark}{engine}:", f"{mark}{engine}.todo-app:") for key, text in texts.items()
                }
            yield {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": texts}


def test_helm_install_of_the_umbrella_brings_the_three_services_up(cloud, plain, tmp_path):
    shutil.copytree(HELM, tmp_path / "helm")
    chart = tmp_path / "helm/todo-app-stack"
    plain(cloud.helm_path, "dependency", "build", str(chart))
    manifests = "\n---\n".join(json.dumps(secret) for secret in copied_secrets(cloud))
    plain(cloud.kubectl_path, "apply", "-f", "-", input=manifests)
    options = []
    for service in SERVICES:
        (image,) = cloud.images(service)
        repository, _, digest = image.partition("@")
        values = {"image.repository": repository, "image.digest": digest, "replicas": 1}
        for key, value in values.items():
            options += ["--set", f"{service}.{key}={value}"]
    plain(cloud.helm_path, "install", "todo-app", str(chart), "--wait", "--timeout", "180s", *options)
    tested = plain(cloud.helm_path, "test", "todo-app")
    assert tested.count("Succeeded") == len(SERVICES), tested
    listed = json.loads(plain(cloud.kubectl_path, "get", "deployments", "-o", "json"))["items"]
    assert {each["metadata"]["name"]: each["status"]["readyReplicas"] for each in listed} == dict.fromkeys(
        SERVICES, 1
    )
    plain(cloud.helm_path, "uninstall", "todo-app", "--wait")
