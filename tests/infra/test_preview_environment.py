"""The program as the stack of a preview environment."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from infra_stacks import ROOT, config_of

from infra.config.preview_environment import PreviewEnvironment, derive_configuration
from infra.config.service_file import read_from
from infra.config.settings import SettingsError
from infra.source import image_digest
from infra.source.release import read_from_release

from .recorder import DIGEST, TOKEN, run


@pytest.fixture
def kubeconfig(tmp_path, monkeypatch):
    file = tmp_path / "kubeconfig"
    file.write_text(f"token: {TOKEN}")
    monkeypatch.setenv("KUBECONFIG", str(file))
    return file


@pytest.fixture
def deploy(repository, kubeconfig):
    def deploy(stack="staging", *, release=None, preview=True, **changes):
        read = read_from_release(Path(), release) if release else read_from(Path())
        digests = dict.fromkeys(("backend", "chatbot-backend", "chatbot-frontend"), DIGEST) if release else None
        environment = PreviewEnvironment(number=7, stack=stack, release=release or "HEAD", digests=digests)
        parent = {"digitalocean:apiEndpoint": "http://127.0.0.1:8088", **config_of(stack)}
        config = {**derive_configuration(parent, environment, read), **changes}

        def program():
            runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")

        return run(program, stack="pr-7", config=config, preview=preview)

    return deploy


def test_nothing_of_the_account_is_declared(deploy):
    recorder = deploy()
    assert not [each for each in recorder.resources if each.type.startswith("digitalocean:")]
    assert {each.inputs["namespace"] for each in recorder.of("helm.sh/v3:Release")} == {"pr-7"}


def test_the_quota_is_what_the_stack_file_says(deploy):
    quota = {"cpu": "3", "memory": "6Gi", "storage": "5Gi", "pods": 9}
    recorder = deploy(**{"slipway:previewEnvironments": {"quota": quota}})
    assert recorder.one("core/v1:ResourceQuota").inputs["spec"]["hard"] == {
        "requests.cpu": "3",
        "limits.memory": "6Gi",
        "requests.storage": "5Gi",
        "pods": "9",
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }
    assert recorder.one("core/v1:LimitRange").inputs["spec"]["limits"][0]["default"]


def test_services_are_reached_over_the_gateway_of_the_stack(deploy):
    recorder = deploy()
    [web] = [each for each in recorder.of("helm.sh/v3:Release") if each.name == "chatbot-frontend"]
    assert web.inputs["values"]["route"] == {
        "host": "pr-7.todo.staging.example.com",
        "hsts": 300,
        "gatewayNamespace": "todo-app",
    }
    labels = recorder.one("core/v1:Namespace").inputs["metadata"]["labels"]
    assert labels["slipway/gateway"] == "slipway-staging"


def test_databases_are_filled_before_a_release(deploy, repository):
    [backend] = [each for each in deploy().of("helm.sh/v3:Release") if each.name == "backend"]
    assert backend.inputs["values"]["seed"] == {"enabled": True, "command": ["python", "-m", "app.seed"]}
    [other] = [each for each in repository.deploy("staging").of("helm.sh/v3:Release") if each.name == "backend"]
    assert "seed" not in other.inputs["values"]


def test_services_are_the_pull_requests_and_not_what_is_checked_out(deploy, repository):
    file = repository.folder / "backend/service.yaml"
    before = file.read_text()
    file.write_text(before.replace("LOG_LEVEL: INFO", "LOG_LEVEL: DEBUG"))
    release = repository.commit("of the pull request")
    file.write_text(before)
    repository.commit("main again")
    [backend] = [each for each in deploy(release=release).of("helm.sh/v3:Release") if each.name == "backend"]
    assert backend.inputs["values"]["environment"]["LOG_LEVEL"] == "DEBUG"
    assert backend.inputs["values"]["image"]["digest"] == DIGEST


def test_images_by_digest_are_neither_built_nor_asked_for(deploy, repository):
    assert not deploy(release=repository.first).of("Image")


def test_secrets_are_made_and_none_is_another_stacks(deploy, repository, monkeypatch):
    file = repository.folder / "backend/service.yaml"
    file.write_text(f"{file.read_text()}secrets: [SESSION_KEY]\n")
    repository.commit()
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE_FILE", raising=False)
    values = []
    for passphrase in ("one", "one", "two"):
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", passphrase)
        [secret] = [each for each in deploy().of("core/v1:Secret") if each.name == "backend"]
        assert secret.clear["stringData"] == "[secret]"
        values.append(secret.inputs["stringData"]["SESSION_KEY"])
    assert values[0] == values[1] != values[2]
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    with pytest.raises(SettingsError, match="set PULUMI_CONFIG_PASSPHRASE"):
        deploy()


def test_the_state_has_the_kubeconfigs_path_and_not_its_content(deploy, kubeconfig, monkeypatch):
    """A missing kubeconfig is an error that names it."""
    recorder = deploy()
    assert recorder.one("pulumi:providers:kubernetes").inputs["kubeconfig"] == str(kubeconfig)
    assert TOKEN not in str([each.inputs for each in recorder.resources])
    kubeconfig.unlink()
    with pytest.raises(SettingsError, match="cannot read"):
        deploy()
    monkeypatch.delenv("KUBECONFIG")
    with pytest.raises(SettingsError, match="set KUBECONFIG"):
        deploy()


def test_an_environment_on_one_machine_builds_what_is_checked_out(deploy, monkeypatch):
    monkeypatch.setattr(image_digest, "find_digest", lambda *_: None)
    recorder = deploy("local")
    assert {each.name for each in recorder.of("slipway:image:Image")} == {
        "backend-image",
        "chatbot-backend-image",
        "chatbot-frontend-image",
    }


def test_no_other_stack_has_the_key_of_an_environment(repository, kubeconfig):
    key = {"number": 7, "stack": "staging", "gatewayNamespace": "todo-app"}
    with pytest.raises(SettingsError, match="key of preview environments, and the stack is called 'staging'"):
        repository.deploy("staging", pullRequest=key)
