"""Write the stack files of a new project, and remove the example's services."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

from slipway.scaffold.file_change import FileChange

NAME = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
# Of the example: its services, what they share, and what runs them in other ways.
EXAMPLE = (
    "backend",
    "chatbot_backend",
    "chatbot_frontend",
    "chassis",
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
        ingress = Template(INGRESS).substitute(zone=zone) if zone else ""
        values = {"stack": stack, "vpc": vpc, "pods": pods, "services": services, "ingress": ingress}
        text = Template((TEMPLATES / name).read_text(encoding="utf-8")).substitute(vars(answers) | values)
        changes.append(FileChange(Path(name), text))
    return changes


def find_example(checkout: Path) -> list[Path]:
    """Return what of the example is in a checkout: files and folders."""
    return [Path(name) for name in EXAMPLE if (checkout / name).exists()]
