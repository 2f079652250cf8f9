"""Each row changes a project or the resources in one."""

from __future__ import annotations

from .inputs import URN
from .resource_types import PROJECT, PROJECT_RESOURCES
from .row import Table


def add_projects(table: Table) -> None:
    update = {
        "name": "project-by-another-name",
        "description": "x",
        "purpose": "Service",
        "environment": "Production",
    }
    for name, value in update.items():
        table.add(f"project {name}", PROJECT, {}, {name: value}, "update")
    table.add("project environment in lower case", PROJECT, {}, {"environment": "staging"}, "same")
    table.add("project resources", PROJECT, {}, {"resources": [URN.format("p")]}, "update",
              changed=("resources[0]",))  # fmt: skip
    table.add("project described by hand", PROJECT, {}, {}, "same", drift="update", changed=("description",),
              hand=("PATCH", "/v2/projects/{id}", {"description": "hand"}))  # fmt: skip
    table.add("project deleted by hand", PROJECT, {}, {}, "same", hand=("DELETE", "/v2/projects/{id}", None),
              drift="create")  # fmt: skip
    table.add("grouped resources", PROJECT_RESOURCES, {}, {"resources": [URN.format("q")]}, "update",
              changed=("resources[0]",))  # fmt: skip
    # The end of the old one then moves them on to the default project; so it is with the official provider.
    table.add("grouped project", PROJECT_RESOURCES, {}, {"project": {"$id": "other-group"}}, "replace", applied=False)
    table.add("grouped moved by hand", PROJECT_RESOURCES, {"resources": [URN.format("m")]}, {}, "same", drift="update",
              changed=("resources[0]",),
              hand=("POST", "/v2/projects/default/resources", {"resources": [URN.format("m")]}))  # fmt: skip
