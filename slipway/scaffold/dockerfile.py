"""What a Dockerfile says of the service that its image runs."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from pathlib import Path

from dockerfile_parse import DockerfileParser

# What may be probed as it stands; a query or a shell's own signs are left out.
URL_PATH = re.compile(r"https?://[^/\s'\"]+(?P<path>/[\w/.~%-]*)")
STAGE = re.compile(r"(?:--\S+\s+)*(?P<image>\S+)(?:\s+AS\s+(?P<name>\S+))?", re.IGNORECASE)
NUMBER = re.compile(r"[0-9]+")
INHERITED = ("EXPOSE", "USER", "HEALTHCHECK")


class DockerfileError(ValueError):
    """A Dockerfile cannot be read; the text says what to change."""


@dataclass(frozen=True)
class ImageFacts:
    """What was found; None where the Dockerfile does not say it.

    Attributes:
        port: the first TCP port of EXPOSE.
        user: of USER, a number or a name; None: there is no USER, or a variable that nothing sets.
        health_path: of the URL in HEALTHCHECK.
    """

    port: int | None
    user: str | None
    health_path: str | None

    @property
    def is_root(self) -> bool:
        return self.user in {None, "0", "root"}


def read_dockerfile(file: Path) -> ImageFacts:
    """Read the last stage of a Dockerfile, with what it has from the stages that it is built on.

    Raises:
        DockerfileError: it cannot be read, or has no FROM.
    """
    try:
        file.read_text(encoding="utf-8")
        parser = DockerfileParser(fileobj=io.BytesIO(file.read_bytes()), build_args={})
        entries = parser.structure
    except (OSError, ValueError) as error:
        raise DockerfileError(f"cannot read {file}: {error}") from error
    stages: dict[str, dict[str, str]] = {}
    last: dict[str, str] | None = None
    for entry in entries:
        if entry["instruction"] == "FROM":
            found = STAGE.match(entry["value"])
            image, name = (found["image"], found["name"]) if found else ("", None)
            last = dict(stages.get(image.lower(), {}))
            stages[(name or str(len(stages))).lower()] = last
        elif last is not None and entry["instruction"] in INHERITED:
            _add(last, entry["instruction"], entry["value"])
    if last is None:
        raise DockerfileError(f"{file} has no FROM; write one that builds the service's image")
    user = _with_variables(last.get("USER", ""), parser).partition(":")[0].strip()
    return ImageFacts(
        port=_find_port(_with_variables(last.get("EXPOSE", ""), parser)),
        user=user or None,
        health_path=_find_path(last.get("HEALTHCHECK", "")),
    )


def _add(stage: dict[str, str], instruction: str, value: str) -> None:
    held = stage.get(instruction, "") if instruction == "EXPOSE" else ""
    stage[instruction] = f"{held} {value}".strip()


def _find_port(ports: str) -> int | None:
    for port in ports.split():
        number, _, protocol = port.partition("/")
        if NUMBER.fullmatch(number) and protocol.lower() in {"", "tcp"}:
            return int(number)
    return None


def _with_variables(text: str, parser: DockerfileParser) -> str:
    """The text with the values of ARG and ENV in the places of `$NAME`, `${NAME}` and `${NAME:-default}`."""
    values = {**parser.args, **parser.envs}
    return re.sub(r"\$\{?(\w+)(?::-([^}]*))?\}?", lambda found: str(values.get(found[1]) or found[2] or ""), text)


def _find_path(check: str) -> str | None:
    words = check.partition("CMD")[2].strip()
    try:
        words = " ".join(map(str, json.loads(words))) if words.startswith("[") else words
    except (ValueError, TypeError):
        return None
    found = URL_PATH.search(words)
    return found["path"] if found else None
