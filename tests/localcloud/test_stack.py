from __future__ import annotations

import pytest
import yaml

from infra.config.stack_file import StackFileError
from localcloud.stack import Stack, checkout


def test_committed_file_is_that_of_instance_zero(tmp_path):
    from localcloud.instance import Instance

    stack = Stack(Instance(number=0, cache=tmp_path), checkout(), {})
    committed = yaml.safe_load((checkout() / "Pulumi.local.yaml").read_text())["config"]
    urls = {name: service["url"] for name, service in stack.configuration()["slipway:services"].items()}
    assert urls == {
        "backend": "http://127.0.0.1:8080",
        "chatbot-backend": "http://127.0.0.1:8081",
        "chatbot-frontend": "http://127.0.0.1:8090",
    }
    for name, service in committed["slipway:services"].items():
        service["url"] = urls[name]
    assert stack.configuration() == committed
    assert stack.node_ports() == {"backend": 30080, "chatbot-backend": 30081, "chatbot-frontend": 30090}


def test_services_are_selected_in_the_files_order(instance):
    stack = Stack(instance, checkout(), {})
    found = stack.only(["chatbot-backend", "backend"])
    assert list(found) == ["backend", "chatbot-backend"]


def test_unknown_service_is_refused_with_the_known_ones(instance):
    with pytest.raises(
        StackFileError,
        match="SERVICES has front, x, which is no service; there are backend, chatbot-backend, chatbot-frontend",
    ):
        Stack(instance, checkout(), {}).only(["front", "backend", "x"])


def test_only_selected_services_have_ports(instance):
    whole = Stack(instance, checkout(), {})
    stack = Stack(instance, checkout(), {"slipway:services": whole.only(["backend"])})
    assert stack.node_ports() == {"backend": 30080}


def test_other_instance_has_its_own_ports(instance):
    config = Stack(instance, checkout(), {}).configuration()
    assert config["digitalocean:apiEndpoint"] == "http://127.0.0.1:8888"
    assert config["slipway:registry"]["host"] == "127.0.0.1:6300/slipway"


def test_overrides_win_over_the_file(instance):
    stack = Stack(instance, checkout(), {"slipway:release": "v1"})
    assert yaml.safe_load(stack.write().read_text())["config"]["slipway:release"] == "v1"


def test_secrets_that_were_set_on_this_machine_stay(instance):
    """`slipway local run -- pulumi config set --secret …` writes into the instance's own file."""
    stack = Stack(instance, checkout(), {})
    file = stack.write()
    content = yaml.safe_load(file.read_text())
    content["config"] |= {"slipway:secrets.backend.TOKEN": {"secure": "v1:x"}, "slipway:gone": "y"}
    file.write_text(yaml.safe_dump({**content, "encryptionsalt": "v1:salt"}))
    written = yaml.safe_load(stack.write().read_text())
    assert written["config"]["slipway:secrets.backend.TOKEN"] == {"secure": "v1:x"}
    assert (written["encryptionsalt"], "slipway:gone" in written["config"]) == ("v1:salt", False)


def test_encryption_salt_stays_in_the_file(instance, tmp_path):
    (tmp_path / "Pulumi.local.yaml").write_text("encryptionsalt: v1:x\nconfig:\n  slipway:a: {secure: y}\n")
    written = yaml.safe_load(Stack(instance, tmp_path, {}).write().read_text())
    assert written["encryptionsalt"] == "v1:x"
    assert written["config"]["slipway:a"] == {"secure": "y"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot read"),
        ("{", "Pulumi.local.yaml:1"),
        ("[]", "no `config:` with keys"),
        ("config: 1", "no `config:`"),
    ],
)
def test_invalid_file_is_refused(instance, tmp_path, text, message):
    if text is not None:
        (tmp_path / "Pulumi.local.yaml").write_text(text)
    with pytest.raises(StackFileError, match=message):
        Stack(instance, tmp_path, {}).configuration()
