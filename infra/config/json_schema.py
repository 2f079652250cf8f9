"""JSON Schemas of stack files and of service.yaml, by which editors complete and validate them.

They are generated from the models and committed in schemas/; what more than one value decides, the program checks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.config.schema import StackSettings
from infra.config.section import DERIVED
from infra.config.service import Service
from infra.config.service_file import IMAGES_OWN, SERVICES, STACKS_OWN

FOLDER = Path("schemas")
DIALECT = "http://json-schema.org/draft-07/schema#"  # the newest that VS Code's YAML extension reads whole
NAMES = {"name", "folder"}
PULUMIS_OWN = ("secretsprovider", "encryptedkey", "encryptionsalt", "environment")


def make_schemas() -> dict[str, dict[str, Any]]:
    """Return each schema by the name of its file."""
    return {"service.schema.json": _service_schema(), "stack.schema.json": _stack_schema()}


def write_schemas(folder: Path = FOLDER) -> Iterator[Path]:
    """Write the schemas that are not current, and return their files."""
    folder.mkdir(exist_ok=True)
    for name, schema in make_schemas().items():
        file, text = folder / name, format_schema(schema)
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            yield file


def format_schema(schema: dict[str, Any]) -> str:
    """Return a schema as it is committed."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _service_schema() -> dict[str, Any]:
    schema = _generate(Service)
    _remove(schema, {"name", "folder", *STACKS_OWN})
    return {"$schema": DIALECT, "title": "service.yaml of Slipway", **_without(schema, "title")}


def _stack_schema() -> dict[str, Any]:
    schema = _generate(StackSettings)
    definitions = schema.pop("$defs")
    service = definitions["Service"]
    _remove(service, {"name", *IMAGES_OWN})
    for definition in _reachable(service, definitions):
        definition.pop("required", None)  # a stack file has parts of what service.yaml has
    service.pop("required", None)
    services = schema["properties"][SERVICES]
    entry = {"anyOf": [{"$ref": "#/$defs/Service"}, {"type": "null"}]}
    services["patternProperties"] = dict.fromkeys(services["patternProperties"], entry)
    services["additionalProperties"] = False
    config = {
        "type": "object",
        "description": "What Pulumi gives the program.",
        "properties": {f"slipway:{key}": value for key, value in schema["properties"].items()},
        "required": [f"slipway:{key}" for key in schema["required"]],
        "patternProperties": {
            r"^slipway:secrets\.[a-z0-9-]+\.[A-Za-z_][A-Za-z0-9_]*$": {
                "description": "A secret; `pulumi config set --secret` writes it.",
                "type": "object",
            },
            "^(?!slipway:).*$": {"description": "Configuration of a provider."},
        },
        "additionalProperties": False,
    }
    return {
        "$schema": DIALECT,
        "title": "A stack file of Slipway: Pulumi.<stack>.yaml",
        "type": "object",
        "properties": {"config": config, **{key: {} for key in PULUMIS_OWN}},
        "required": ["config"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def _generate(model: type[StackSettings | Service]) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True)
    for name, definition in schema.get("$defs", {}).items():
        if "required" in definition and (
            left := [key for key in definition["required"] if key not in DERIVED.get(name, ())]
        ):
            definition["required"] = left
    return schema


def _remove(schema: dict[str, Any], keys: set[str]) -> None:
    schema["properties"] = {key: value for key, value in schema["properties"].items() if key not in keys}
    schema["required"] = [key for key in schema.get("required", []) if key not in keys]


def _without(schema: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != key}


def _reachable(
    node: Any, definitions: dict[str, Any], seen: frozenset[str] = frozenset()
) -> Iterator[dict[str, Any]]:
    """Every definition that a schema refers to, and those that they refer to."""
    if isinstance(node, dict):
        name = str(node.get("$ref", "")).removeprefix("#/$defs/")
        if name in definitions and name not in seen:
            yield definitions[name]
            yield from _reachable(definitions[name], definitions, seen | {name})
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _reachable(each, definitions, seen)
