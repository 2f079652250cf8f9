"""Workflows and composite actions as rules look at them: as YAML, job by job, and as text."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
SECRET = re.compile(r"secrets\.(\w+)")
OURS = "$/.github/actions/"  # how a workflow names the repository's own composite actions


@dataclass(frozen=True)
class Job:
    """A job and where it is."""

    workflow: str
    name: str
    content: dict

    def __str__(self):
        return f"{self.workflow}: {self.name}"

    @property
    def steps(self):
        return self.content.get("steps", [])

    @property
    def environment(self):
        found = self.content.get("environment")
        return found["name"] if isinstance(found, dict) else found

    @property
    def text(self):
        return yaml.safe_dump(self.content, width=1000)

    @property
    def runs(self):
        return [step["run"] for step in self.steps if "run" in step]

    def uses(self, action):
        """The steps that use an action, by the beginning of its name."""
        return [step for step in self.steps if str(step.get("uses", "")).startswith(action)]


@dataclass(frozen=True)
class Workflows:
    """Everything below `.github`.

    Attributes:
        files: the content of each workflow, by its name.
        actions: of each composite action, by its folder's name.
        texts: of each of those files, by its path below `.github`.
    """

    files: dict
    actions: dict
    texts: dict

    @property
    def jobs(self):
        return [
            Job(name, job, content)
            for name, workflow in self.files.items()
            for job, content in workflow["jobs"].items()
        ]

    def job(self, workflow, name):
        return Job(workflow, name, self.files[workflow]["jobs"][name])

    def edited(self, edit: Callable[[Workflows], None]) -> Workflows:
        """A copy in which `edit` has changed something; the texts follow."""
        made = copy.deepcopy(self)
        edit(made)
        for name, content in [*made.files.items(), *made.actions.items()]:
            path = f"workflows/{name}.yml" if name in made.files else f"actions/{name}/action.yml"
            before = self.files.get(name) or self.actions.get(name)
            if content != before:
                made.texts[path] = yaml.safe_dump(content, width=1000, sort_keys=False)
        return made


def _read(file):
    content = yaml.safe_load(file.read_text())
    if True in content:  # YAML 1.1 reads the key `on` as a truth value
        content["on"] = content.pop(True)
    return content


def read_workflows(folder: Path) -> Workflows:
    workflows = sorted((folder / "workflows").glob("*.yml"))
    actions = sorted((folder / "actions").glob("*/action.yml"))
    return Workflows(
        {file.stem: _read(file) for file in workflows},
        {file.parent.name: _read(file) for file in actions},
        {str(file.relative_to(folder)): file.read_text() for file in [*workflows, *actions]},
    )
