"""The services that have an image."""

from __future__ import annotations

import json

from delivery.github import workflow_run
from delivery.outcome import Report
from delivery.stack.configuration import read_configuration


def services() -> Report:
    """Print name and folder of each service that has an image."""
    entries = read_configuration("staging")["slipway:services"]
    found = [{"name": name, "context": entry["folder"]} for name, entry in entries.items()]
    print(json.dumps(found))
    workflow_run.output("services", json.dumps(found))
    return Report(facts={"services": found})
