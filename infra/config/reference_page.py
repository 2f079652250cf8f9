"""Reference pages of stack files and of service.yaml, generated from the models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from infra.config.error_messages import find_section
from infra.config.schema import StackSettings
from infra.config.section import DERIVED
from infra.config.service import Service
from infra.config.value_kind import Kind

FOLDER = Path("docs/reference")
NOTE = "<!-- Generated from infra/config by `slipway config schema`: change it there. -->"
STACK_FILE = f"""{NOTE}
# Keys of a stack file

`Pulumi.<stack>.yaml` has these below `config:`, each with `slipway:` before it. What is left out has its default:
`slipway config show <stack>` prints every value with its origin. A service has further keys, which are in
[its own file](service-file.md); whatever a stack file says of one goes before that.
"""
SERVICE_FILE = f"""{NOTE}
# Keys of service.yaml

It is in the folder of the service's Dockerfile, and says what the service is in every stack. A stack file may give
these keys for a service, too, below `slipway:services`: mappings are merged, anything else is replaced. Three are in
service.yaml alone, as they decide the image, which is the same in every stack: `kind`, `shares` and `buildArgs`. Four
are in stack files alone: `folder`, `host`, `url` and `nodePort`.
"""


def make_pages() -> dict[str, str]:
    """Return each page by the name of its file."""
    return {
        "stack-file.md": "\n".join([STACK_FILE, *_sections(StackSettings, "", skip={Service})]),
        "service-file.md": "\n".join([SERVICE_FILE, *_sections(Service, "", skip=set())]),
    }


def write_pages(folder: Path = FOLDER) -> Iterator[Path]:
    """Write the pages that are not current, and return their files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in make_pages().items():
        file = folder / name
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            yield file


def _sections(model: type[BaseModel], title: str, skip: set[type[BaseModel]]) -> Iterator[str]:
    """A table of a section's keys, and after it those of the sections in it."""
    if title:
        yield f"\n## {title}\n\n{_sentence(model.__doc__)}\n"
    yield "| key | value | default | |\n|---|---|---|---|"
    inner: list[tuple[str, type[BaseModel]]] = []
    for field in model.model_fields.values():
        if model is Service and field.alias == "name":
            continue
        section = find_section(field.annotation)
        yield f"| `{field.alias}` | {_value(field)} | {_default(model, field)} | {_sentence(field.description)} |"
        if section and section not in skip:
            inner.append((f"{title}.{field.alias}".lstrip("."), section))
    for path, section in inner:
        yield from _sections(section, path, skip)


def _value(field: FieldInfo) -> str:
    kind = next((entry for entry in field.metadata if isinstance(entry, Kind)), None)
    return _cell(kind.advice if kind else _type(field.annotation))


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        kind = next((entry for entry in arguments[1:] if isinstance(entry, Kind)), None)
        return kind.advice if kind else _type(arguments[0])
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin in {Union, UnionType}:
        parts = [_type(each) for each in arguments if each is not NoneType]
        return "; or ".join([*parts, *(["null"] if NoneType in arguments else [])])
    if origin in {list, dict}:
        return f"{'a list' if origin is list else 'a mapping'} of {_type(arguments[-1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "a mapping, see below"
    return {bool: "true or false", int: "a whole number", str: "text"}.get(annotation, "any value")


def _default(model: type[BaseModel], field: FieldInfo) -> str:
    if field.alias in DERIVED.get(model.__name__, ()) or field.alias == "folder":
        return "see there"
    if field.is_required():
        return "**required**"
    default = field.get_default(call_default_factory=True)
    if isinstance(default, BaseModel):
        return "see below"
    return f"`{json.dumps(default, ensure_ascii=False)}`"


def _sentence(text: str | None) -> str:
    return _cell(" ".join((text or "").split()))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
