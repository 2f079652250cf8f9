"""Write the stack files of a new project, and remove the example's services."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from infra.source.git import GitError, git
from slipway.scaffold.file_change import FileChange

SECRET = re.compile(r"^encryptionsalt:|^  slipway:secrets\.", re.MULTILINE)
BUILT = re.compile(
    r"__pycache__/|\.egg-info/|node_modules/|\.venv/|_cache/|/(build|dist)/$"
)  # made anew from the rest
NAME = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
PLAIN = re.compile(r"[a-z][a-z0-9.-]*[a-z0-9]")
# Of the example: its services, and what runs them in other ways. copier.yml has the same list.
EXAMPLE = (
    "backend",
    "chatbot_backend",
    "chatbot_frontend",
    "docker-compose.yml",
    ".env.example",
    "helm/todo-app-stack",
)
TEMPLATES = Path(__file__).parent / "templates"
INGRESS = """\
  slipway:ingress: {zone: ${zone}}
"""
RANGES = {
    "staging": ("10.130.0.0/20", "10.140.0.0/16", "10.141.0.0/19"),
    "prod": ("10.150.0.0/20", "10.160.0.0/16", "10.161.0.0/19"),
    "local": ("10.30.0.0/20", "10.120.0.0/16", "10.121.0.0/19"),
}


class ProjectError(ValueError):
    """An answer is not usable; the text says what to write."""


@dataclass(frozen=True)
class Answers:
    """What a new project is.

    Attributes:
        name: of the namespace, and in names.
        owner: the team to ask.
        region: DigitalOcean's, such as fra1.
        registry: the registry's name, unique among all of DigitalOcean; prod's has `-prod` after it.
        zone: the DNS zone of prod; staging's is `staging.` below it. None: services have no host names yet.
    """

    name: str
    owner: str
    region: str
    registry: str
    zone: str | None = None


def refuse_loss(checkout: Path, files: Sequence[Path]) -> None:
    """Refuse to write over, or remove, what is not committed or is encrypted.

    Args:
        files: files and folders, from the root of the checkout.

    Raises:
        ProjectError: this is no checkout of Slipway, or something would be lost.
    """
    if not (checkout / "infra/program.py").is_file():
        raise ProjectError("this is not the root of a checkout of Slipway; go there first")
    present = [str(path) for path in files if (checkout / path).exists()]
    for path in present:
        text = (checkout / path).read_text(errors="replace") if (checkout / path).is_file() else ""
        if SECRET.search(text):
            raise ProjectError(f"{path} has secrets of a stack that exists; edit it, or remove it first")
    try:
        changed = git(checkout, "status", "--porcelain", "--ignored", "--", *present).splitlines() if present else []
    except GitError as error:
        raise ProjectError(f"git cannot say what is committed here: {error}") from error
    if lost := [line[3:] for line in changed if not BUILT.search(line)]:
        raise ProjectError(f"{lost[0]} is not committed, and would be lost; commit it, or remove it first")


def plan_stack_files(answers: Answers) -> list[FileChange]:
    """Return the three stack files of a project, without services yet.

    Raises:
        ProjectError: the name is not usable.
    """
    if not NAME.fullmatch(answers.name):
        raise ProjectError(
            f"the name is {answers.name!r}; write at most 40 lower-case letters, digits and dashes, a letter first"
        )
    zones = {"prod": answers.zone, "staging": answers.zone and f"staging.{answers.zone}", "local": None}
    changes = []
    for stack, (vpc, pods, services) in RANGES.items():
        name, zone = f"Pulumi.{stack}.yaml", zones[stack]
        ingress = Template(INGRESS).substitute(zone=_quote(zone)) if zone else ""
        values = {key: _quote(value) for key, value in vars(answers).items()}
        values |= {"stack": stack, "vpc": vpc, "pods": pods, "services": services, "ingress": ingress}
        values["prod_registry"] = _quote(f"{answers.registry}-prod")
        values["local_host"] = json.dumps(f"127.0.0.1:5500/{answers.registry}")
        text = Template((TEMPLATES / name).read_text(encoding="utf-8")).substitute(values)
        changes.append(FileChange(Path(name), text))
    return changes


def find_example(checkout: Path) -> list[Path]:
    """Return what of the example is in a checkout: files and folders."""
    return [Path(name) for name in EXAMPLE if (checkout / name).exists()]


def _quote(value: str | None) -> str:
    """A text as YAML has it: in quotes where it is no plain word."""
    return str(value) if PLAIN.fullmatch(str(value)) else json.dumps(value)
