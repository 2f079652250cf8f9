from __future__ import annotations

import json

import jsonschema
import pytest
import yaml
from infra_stacks import ROOT, STACKS, config_of

from infra.config.document import parse_document
from infra.config.json_schema import format_schema, make_schemas, write_schemas

SERVICE_FILES = sorted(ROOT.glob("*/service.yaml"))


def content(file):
    return parse_document(file.read_text(), file.name).content


@pytest.mark.parametrize("name", make_schemas())
def test_the_committed_schema_is_the_models(name):
    assert (ROOT / "schemas" / name).read_text() == format_schema(make_schemas()[name]), "run `slipway config schema`"
    jsonschema.Draft7Validator.check_schema(make_schemas()[name])


def test_only_schemas_that_changed_are_written(tmp_path):
    assert len(list(write_schemas(tmp_path / "schemas"))) == 2
    assert list(write_schemas(tmp_path / "schemas")) == []


@pytest.mark.parametrize(
    "file", [*SERVICE_FILES, *ROOT.glob("Pulumi.*.yaml")], ids=lambda file: str(file.relative_to(ROOT))
)
def test_a_committed_file_names_its_schema_and_is_valid_by_it(file):
    first = file.read_text().splitlines()[0]
    _, _, reference = first.partition("# yaml-language-server: $schema=")
    schema = json.loads((file.parent / reference).read_text())
    jsonschema.Draft7Validator(schema).validate(content(file))


@pytest.mark.parametrize(
    ("schema", "text", "message"),
    [
        ("service", "prot: 8000\nport: 8000", "'prot' was unexpected"),
        ("service", "port: 8000\nuser: 0", "0 is less than the minimum of 1"),
        ("service", "port: 8000\nhost: x.example.com", "'host' was unexpected"),
        ("service", "port: 8000\ndatabases: [mysql]", "'mysql' is not one of"),
        ("stack", "config: {}", "'slipway:owner' is a required property"),
    ],
)
def test_an_editor_marks_what_the_program_refuses(schema, text, message):
    errors = list(
        jsonschema.Draft7Validator(make_schemas()[f"{schema}.schema.json"]).iter_errors(yaml.safe_load(text))
    )
    assert any(message in error.message for error in errors), errors


@pytest.mark.parametrize("stack", STACKS)
def test_an_editor_marks_a_slip_in_a_stack_file(stack):
    schema = jsonschema.Draft7Validator(make_schemas()["stack.schema.json"])
    config = config_of(stack)
    assert list(schema.iter_errors({"config": config, "encryptionsalt": "v1:x"})) == []
    assert list(schema.iter_errors({"config": {**config, "slipway:onwer": "x"}}))
    services = {**config["slipway:services"], "backend": {"replicas": {"max": "3"}}}
    assert list(schema.iter_errors({"config": {**config, "slipway:services": services}}))


def test_a_service_may_give_a_part_of_a_mapping():
    schema = jsonschema.Draft7Validator(make_schemas()["stack.schema.json"])
    config = config_of("staging")
    services = {**config["slipway:services"], "backend": {"storage": {"size": "9Gi"}}, "other": None}
    assert list(schema.iter_errors({"config": {**config, "slipway:services": services}})) == []


def test_secrets_are_known_to_editors():
    schema = jsonschema.Draft7Validator(make_schemas()["stack.schema.json"])
    config = {**config_of("staging"), "slipway:secrets.backend.TOKEN": {"secure": "v1:x"}}
    assert list(schema.iter_errors({"config": config})) == []


def keys_of(schema):
    for definition in [schema, *schema.get("$defs", {}).values()]:
        yield from definition.get("properties", {}).items()


def test_every_key_is_described():
    service, stack = make_schemas()["service.schema.json"], make_schemas()["stack.schema.json"]
    keys = [*keys_of(service), *stack["properties"]["config"]["properties"].items()]
    keys += [each for definition in stack["$defs"].values() for each in definition.get("properties", {}).items()]
    assert [key for key, field in keys if "$ref" not in field and not field.get("description")] == []
