"""A clone of the repository in which one-line changes are committed."""

from __future__ import annotations

import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.config.stack_file import load_stack_file, write_stack_file
from perf.command import run

CHANGED = "backend/app/main.py"
STACK_FILE = "Pulumi.local.yaml"
SERVICES = "slipway:services"
FOLDER = "backend"


@dataclass(frozen=True)
class Clone:
    """A clone in `folder`; it runs in the virtual environment that this process runs in."""

    folder: Path

    @classmethod
    def of(cls, checkout: Path, folder: Path) -> Clone:
        run(["git", "clone", "--quiet", checkout, folder], checkout)
        return cls(folder)

    def commit_change(self) -> None:
        """Add a line, which no build has seen before, to a service and commit it."""
        file = self.folder / CHANGED
        file.write_text(f"{file.read_text()}# {uuid.uuid4().hex}\n")
        identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
        run(["git", *identity, "commit", "--quiet", "--all", "--message", "change a line"], self.folder)

    def add_services(self, count: int) -> None:
        """Give the stack file this many more services."""
        file = self.folder / STACK_FILE
        content = load_stack_file(file)
        content["config"]["slipway:registry"]["tier"] = "professional"  # a smaller one holds five repositories
        content["config"][SERVICES].update(small_services(FOLDER, count))
        file.write_text(write_stack_file(content))

    def make(self, *words: str) -> str:
        """Run a target of its Makefile."""
        return run(["make", *words], self.folder, {"UV_PROJECT_ENVIRONMENT": sys.prefix})


def small_services(folder: str, count: int) -> dict[str, dict[str, Any]]:
    """Services of a folder, without a database and a port of their own."""
    entry: dict[str, Any] = {"folder": folder, "databases": [], "migrate": None, "replicas": {"min": 1, "max": 1}}
    return {f"small-{number}": {**entry} for number in range(1, count + 1)}
