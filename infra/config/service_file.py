"""Combine each service's own file, `<folder>/service.yaml`, with what differs in a stack.

Mappings are merged key by key; anything else that a stack file gives for a service, lists too, replaces what its
service.yaml says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from infra.config.document import ABSENT, Document, DocumentError, Location, parse_document, value_at

SERVICE_FILE = "service.yaml"
SERVICES = "services"
STACKS_OWN = ("host", "url", "nodePort")  # which differ in every stack
IMAGES_OWN = ("kind", "shares", "buildArgs")  # prod runs the image that staging built
REPLACED = {"liveness", "readiness"}  # one of several forms each: half of two would be neither
ReadFile = Callable[[str], str | None]


@dataclass(frozen=True)
class Services:
    """The services of a stack, before they are validated.

    Attributes:
        entries: what the stack file has.
        values: each service's keys, merged, with its `name` and `folder`.
        files: each service's own file.
        problems: what is wrong already, each a sentence that begins with its key.
    """

    entries: Any = None
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, Document] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read_from(checkout: Path) -> ReadFile:
    """Return a function that reads a file of a checkout; it returns None where there is no such file."""

    def read(path: str) -> str | None:
        try:
            return (checkout / path).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:  # no UTF-8, or no file name
            raise DocumentError(f"cannot read {path}: {error}") from error

    return read


def combine_services(entries: Any, read: ReadFile) -> Services:
    """Combine the stack file's `slipway:services` with the file of each service.

    Args:
        entries: a mapping from names to differences, or whatever a person wrote instead.
        read: returns the text of a file of the repository, or None.
    """
    services = Services(entries)
    if not isinstance(entries, Mapping):
        services.problems.append(_describe_wrong_type(entries))
        return services
    for name, entry in entries.items():
        try:
            _combine(services, str(name), {} if entry is None else entry, read)
        except DocumentError as error:  # it names the file and the line
            services.problems.append(str(error))
    return services


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `changes`: mappings merged key by key, anything else replaced."""
    merged = dict(base)
    for key, change in changes.items():
        present = merged.get(key)
        whole = key in REPLACED or not (isinstance(present, Mapping) and isinstance(change, Mapping))
        merged[key] = change if whole else merge(present, change)  # type: ignore[arg-type]
    return merged


def _combine(services: Services, name: str, entry: Any, read: ReadFile) -> None:
    key = f"slipway:services.{name}"
    if not isinstance(entry, Mapping):
        services.problems.append(f"{key} is not a mapping; write what differs in this stack, or {{}}")
        return
    folder, text = _find(name, entry, read)
    if text is None:
        services.problems.append(_describe_no_file(key, entry, folder, read))
        return
    document = parse_document(text, f"{folder}/{SERVICE_FILE}")
    if document.content is None:
        document = replace(document, content={})
    content = document.content
    if not isinstance(content, Mapping):
        services.problems.append(f"{key}: {document.name} is not a mapping; write keys such as `port: 8000`")
        return
    services.files[name] = document
    services.problems.extend(_find_misplaced(key, document, entry))
    services.values[name] = {**merge(content, entry), "name": name, "folder": folder}


def _find(name: str, entry: Mapping[str, Any], read: ReadFile) -> tuple[str, str | None]:
    """The folder of a service, and the text of its file, or None."""
    given = entry.get("folder")
    names = [given] if isinstance(given, str) and given else list(dict.fromkeys([name, name.replace("-", "_")]))
    for folder in names:
        if (text := read(f"{folder}/{SERVICE_FILE}")) is not None:
            return folder, text
    return names[0], None


def _find_misplaced(key: str, document: Document, entry: Mapping[str, Any]) -> Iterator[str]:
    for own in ("name", "folder", *STACKS_OWN):
        if own in document.content:
            line = document.line_of((own,))
            yield f"{document.name}:{line}: {own} is a key of stack files; write it below {key} there"
    for own in ("name", *IMAGES_OWN):
        if own in entry:
            advice = "the name is the key itself; remove it" if own == "name" else f"write it in its {SERVICE_FILE}"
            yield f"{key}.{own} is not a key of stack files; {advice}"


def _describe_no_file(key: str, entry: Mapping[str, Any], folder: str, read: ReadFile) -> str:
    name = key.rpartition(".")[2]
    if "context" in entry:
        return f"{key}.context is called `folder` now; run `slipway config upgrade`"
    if read(f"{folder}/Dockerfile") is not None:
        return f"{key}: {folder}/ has a Dockerfile and no {SERVICE_FILE}; run `slipway add service {folder}`"
    return f"{key}: there is no {folder}/{SERVICE_FILE}; write `folder:` of {name}, or remove the service here"


def _describe_wrong_type(entries: Any) -> str:
    key = "slipway:services"
    if entries is ABSENT:
        return f"{key} is missing; add each service by its name, such as `backend: {{}}` of the folder backend/"
    if isinstance(entries, list):
        return (
            f"{key} is a list, as in older stack files; it is a mapping now, from names to what differs in this "
            f"stack, and the rest of each service is in its {SERVICE_FILE}: run `slipway config upgrade`"
        )
    return f"{key} is not a mapping; write each service by its name, such as `backend: {{}}` of the folder backend/"


def find_origin(location: Location, stack: Document | None, services: Services) -> tuple[Document | None, Location]:
    """Return the file that a value is from, and its place in there.

    Args:
        location: in the merged values: `("services", "backend", "port")`.
        stack: the stack file, with keys such as `slipway:services` below `config`.
    """
    top, *below = location
    in_stack: Location = ("config", f"slipway:{top}", *below)
    file = services.files.get(str(below[0])) if top == SERVICES and len(below) > 1 else None
    if file is None or value_at(services.entries, tuple(below)) is not ABSENT:
        return stack, in_stack
    absent = file.value_at(tuple(below[1:])) is ABSENT
    if absent and len(below) > 2 and value_at(services.entries, tuple(below[:-1])) is not ABSENT:  # noqa: PLR2004
        return stack, in_stack
    return file, tuple(below[1:])
