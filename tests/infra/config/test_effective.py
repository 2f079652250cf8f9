from __future__ import annotations

from infra_stacks import ROOT

from infra.config.document import parse_document
from infra.config.effective import list_effective_values
from infra.config.service_file import read_from


def effective(stack):
    file = ROOT / f"Pulumi.{stack}.yaml"
    values = list_effective_values(parse_document(file.read_text(), file.name), read_from(ROOT))
    return {each.key: each for each in values}, file.read_text().splitlines()


def test_each_value_has_the_file_and_line_it_is_from():
    found, lines = effective("staging")
    replicas = found["slipway:services.backend.replicas.max"]
    name, _, line = replicas.origin.partition(":")
    assert (replicas.value, name) == (4, "Pulumi.staging.yaml")
    assert "max: 4" in lines[int(line) - 1]
    port = found["slipway:services.backend.port"]
    name, _, line = port.origin.partition(":")
    assert (port.value, name) == (8000, "backend/service.yaml")
    assert (ROOT / name).read_text().splitlines()[int(line) - 1] == "port: 8000"


def test_what_no_file_says_is_a_default_or_follows_from_another_key():
    found, _ = effective("staging")
    assert (found["slipway:services.backend.user"].value, found["slipway:services.backend.user"].origin) == (
        10001,
        "default",
    )
    host = found["slipway:registry.host"]
    assert (host.value, host.origin) == (
        "registry.digitalocean.com/slipway-example",
        "follows from slipway:registry.name",
    )
    assert found["slipway:services.chatbot-backend.folder"].origin == "the name of the service"


def test_a_key_in_the_middle_is_not_listed():
    found, _ = effective("prod")
    assert "slipway:services.backend" not in found
    assert "slipway:services.backend.name" not in found
