"""DigitalOcean's published description of request bodies, read from pydo and written as JSON Schema.

pydo is generated from DigitalOcean's OpenAPI document, and its docstrings hold a template of every body: each field
with a sample of its type, `Required.` or `Optional.` and its known values. `python -m localcloud.api.templates`
writes descriptions.json anew after an update of pydo.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Schema = dict[str, Any]

FILE = Path(__file__).with_name("descriptions.json")
# What of the API is described: the routes of this emulator, and their neighbours.
GROUPS = re.compile(
    r"/v2/(certificates|databases|domains|droplets|firewalls|kubernetes|load_balancers|monitoring/alerts|projects"
    r"|registries|registry|tags|uptime|volumes|vpcs)\b"
)
REQUEST = re.compile(r'def (build_\w+_request)\(.*?_url = "([^"]*)".*?method="(\w+)"', re.DOTALL)
TEMPLATE = re.compile(r'\n +(body|response) ==? (\{.*?)\n(?:\n|\s*""")|_request = (build_\w+_request)\(', re.DOTALL)
LINE = re.compile(
    r'(?:"(?P<key>[^"]*)": ?)?'
    r"(?P<value>\{\}|\[\]|[{}\[\]]|b?\"[^\"]*\"|b'[^']*'|[\w.+-]+)?,?"
    r"\s*(?:#\s*(?P<comment>.*))?$"
)
KNOWN = re.compile(r"Known values are: (.*)$")
SAMPLES = {"bool": "boolean", "True": "boolean", "False": "boolean"}


def read_descriptions() -> dict[str, Schema]:
    """The schema of each body of the installed pydo, by `METHOD /path/{}`; {} stands for a parameter."""
    spec = importlib.util.find_spec("pydo")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package pydo is not installed: run `make setup`")
    text = (Path(spec.origin).parent / "operations/_operations.py").read_text()
    routes = {name: f"{method} {generic(path)}" for name, path, method in REQUEST.findall(text)}
    found: dict[str, Schema] = {}
    templates: dict[str, str] = {}
    for match in TEMPLATE.finditer(text):
        kind, template, request = match.groups()
        if kind is not None:
            # The last example of each operation counts, and of its answers the first, which is the successful one.
            templates = {"body": template} if kind == "body" else {kind: template, **templates}
        elif request is not None:
            route = routes.get(request, "")
            if "body" in templates and GROUPS.search(route) and (schema := _schema(templates)):
                found[route] = schema
            templates = {}
    return dict(sorted(found.items()))


def _schema(templates: dict[str, str]) -> Schema:
    """The schema of an operation's body; where it has several forms, and so no template, that of its answer."""
    if templates["body"] != "{}":
        return parse_template(templates["body"])
    if templates.get("response", "{}") == "{}":
        return {}
    answer = parse_template(templates["response"])
    envelope: Schema = next(iter(answer["properties"].values()))
    return envelope


def generic(path: str) -> str:
    """A route's path with its parameters' names left out, as those differ from one description to the next."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def parse_template(text: str) -> Schema:
    """The JSON Schema of one template."""
    lines = _logical_lines(text)
    next(lines)  # the opening brace
    return _object(lines)


def _logical_lines(text: str) -> Iterator[re.Match[str]]:
    """The template's lines, comments that run over several of them joined."""
    joined: list[str] = []
    rows = [line for line in text.splitlines() if line.strip()]
    base = next((len(row) - len(row.lstrip()) for row in rows[1:]), 0)
    for row in rows:
        if joined and (len(row) - len(row.lstrip()) - base) % 4 == 2:  # noqa: PLR2004 - fields are indented by fours
            joined[-1] += f" {row.strip()}"
        else:
            joined.append(row.strip())
    for line in joined:
        match = LINE.match(line)
        if match is None:
            raise ValueError(f"not a line of a template: {line[:80]}")
        yield match


def _object(lines: Iterator[re.Match[str]]) -> Schema:
    properties: dict[str, Schema] = {}
    marks: list[tuple[str, bool | None]] = []
    for line in lines:
        key, value, comment = line["key"], line["value"], line["comment"] or ""
        if value == "}":
            break
        properties[key] = _value(value, comment, lines)
        marks.append((key, _is_required(comment)))
    if list(properties) == ["str"]:  # a map: any key, each value of this type
        return {"type": "object", "additionalProperties": properties["str"]}
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    required = _required(marks)
    return {**schema, "required": required} if required else schema


def _array(lines: Iterator[re.Match[str]]) -> Schema:
    items: Schema = {}
    for line in lines:
        if line["value"] == "]":
            break
        items = _value(line["value"], line["comment"] or "", lines)
    return {"type": "array", "items": items}


def _value(value: str, comment: str, lines: Iterator[re.Match[str]]) -> Schema:
    if value == "{":
        return _object(lines)
    if value == "[":
        return _array(lines)
    if value == "{}":
        return {} if comment.startswith("Any object") else {"type": "object"}
    if value == "[]":
        return {"type": "array"}
    schema: Schema = {"type": _type(value)}
    known = KNOWN.search(comment)
    if known and (values := re.findall(r'"([^"]+)"', known[1])):
        schema["enum"] = [*values, ""] if f'Default value is "".' in comment else values  # noqa: F541
    return schema


def _type(sample: str) -> str:
    if sample in SAMPLES:
        return SAMPLES[sample]
    if re.fullmatch(r"-?\d+", sample):
        return "integer"
    return "number" if re.fullmatch(r"-?\d+\.\d+", sample) else "string"


def _is_required(comment: str) -> bool | None:
    """Whether a field is required; None where its line does not say, as with objects and arrays."""
    if not comment:
        return None
    return not comment.startswith("Optional.") and "Required." in comment


def _required(marks: list[tuple[str, bool | None]]) -> list[str]:
    """The required fields: they come first, in alphabetical order, and the optional ones after them in theirs."""
    last = max((number for number, (_, required) in enumerate(marks) if required), default=-1)
    return [key for number, (key, required) in enumerate(marks) if number <= last and required is not False]


def write(file: Path = FILE) -> None:
    """Write the descriptions as the emulator reads them."""
    file.write_text(json.dumps(read_descriptions(), indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    write()
