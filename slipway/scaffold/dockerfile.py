"""What a Dockerfile says of the service that its image runs."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from pathlib import Path

from dockerfile_parse import DockerfileParser

URL_PATH = re.compile(r"https?://[^/\s'\"]+(?P<path>/[^\s'\"\\)]*)")


@dataclass(frozen=True)
class ImageFacts:
    """What was found; None where the Dockerfile does not say it.

    Attributes:
        port: of EXPOSE.
        user: of USER, if it is a number.
        root: whether the image runs as root: it has no USER, or root's.
        health_path: of the URL in HEALTHCHECK.
    """

    port: int | None
    user: int | None
    root: bool
    health_path: str | None


def read_dockerfile(file: Path) -> ImageFacts:
    """Read the last stage of a Dockerfile.

    Raises:
        OSError: there is none.
    """
    parser = DockerfileParser(fileobj=io.BytesIO(file.read_bytes()), build_args={})
    last: dict[str, str] = {}
    for entry in parser.structure:
        if entry["instruction"] == "FROM":
            last = {}
        if entry["instruction"] != "EXPOSE" or "EXPOSE" not in last:  # the first port is the service's
            last[entry["instruction"]] = entry["value"]
    port = re.match(r"(\d+)", _without_variables(last.get("EXPOSE", ""), parser))
    user = _without_variables(last.get("USER", ""), parser).partition(":")[0]
    return ImageFacts(
        port=int(port[1]) if port else None,
        user=int(user) if user.isdigit() and int(user) else None,
        root=user in {"", "0", "root"},
        health_path=_health_path(last.get("HEALTHCHECK", "")),
    )


def _without_variables(text: str, parser: DockerfileParser) -> str:
    """The text with the values of ARG and ENV in the places of `$NAME` and `${NAME}`."""
    values = {**parser.args, **parser.envs}
    return re.sub(r"\$\{?(\w+)(?::-([^}]*))?\}?", lambda found: str(values.get(found[1], found[2] or "")), text)


def _health_path(check: str) -> str | None:
    words = check.partition("CMD")[2].strip()
    try:
        words = " ".join(json.loads(words)) if words.startswith("[") else words
    except ValueError:
        return None
    found = URL_PATH.search(words)
    return found["path"] if found else None
