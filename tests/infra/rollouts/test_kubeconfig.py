from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from infra.rollouts.kubeconfig import VIEW_TOKEN, doctl_kubeconfig

ACCESS = Path(__file__).parents[3] / "infra/rollouts/preview-access.yaml"


@pytest.fixture
def credential(tmp_path):
    """What the kubeconfig's command prints, with an environment and a doctl that prints its arguments."""
    doctl = tmp_path / "doctl"
    doctl.write_text('#!/bin/sh\necho "$@"\n')
    doctl.chmod(0o755)
    user = json.loads(doctl_kubeconfig("name", "https://example.com", "", "the-cluster"))["users"][0]["user"]["exec"]

    def run(**environment):
        return subprocess.run(
            [user["command"], *user["args"]],
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}", **environment},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    return run


def test_doctl_is_asked_for_the_administrators_token(credential):
    assert credential() == "kubernetes cluster kubeconfig exec-credential --version=v1beta1 the-cluster\n"


def test_a_preview_uses_its_own_token_and_does_not_ask_doctl(credential):
    assert json.loads(credential(**{VIEW_TOKEN: "a-token"})) == {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "kind": "ExecCredential",
        "status": {"token": "a-token"},
    }


def test_an_empty_token_is_none(credential):
    assert credential(**{VIEW_TOKEN: ""}).startswith("kubernetes cluster")


def test_the_account_of_previews_has_the_view_role_and_no_other():
    objects = list(yaml.safe_load_all(ACCESS.read_text()))
    bindings = [entry for entry in objects if entry["kind"].endswith("Binding")]
    assert [binding["roleRef"]["name"] for binding in bindings] == ["view"]
    [account] = [entry["metadata"] for entry in objects if entry["kind"] == "ServiceAccount"]
    [subject] = bindings[0]["subjects"]
    assert (subject["name"], subject["namespace"]) == (account["name"], account["namespace"])
    # Nothing here makes a role: `view` cannot be widened by accident.
    assert {entry["kind"] for entry in objects} == {"Namespace", "ServiceAccount", "ClusterRoleBinding", "Secret"}
