"""Every workflow and composite action, read as YAML."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github/actions").glob("*/action.yml"))


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
        return yaml.safe_dump(self.content)


def loaded(file):
    content = yaml.safe_load(file.read_text())
    content["on"] = content.pop(True, content.get("on"))  # YAML 1.1 reads the key `on` as a truth value
    return content


WORKFLOWS = {file.stem: loaded(file) for file in FILES}
JOBS = [Job(name, job, content) for name, workflow in WORKFLOWS.items() for job, content in workflow["jobs"].items()]


@pytest.fixture(params=WORKFLOWS.items(), ids=lambda item: item[0])
def workflow(request):
    return request.param


@pytest.fixture(params=JOBS, ids=str)
def job(request):
    return request.param


def job_of(workflow, name):
    return next(job for job in JOBS if (job.workflow, job.name) == (workflow, name))
