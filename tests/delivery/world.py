"""The fake Pulumi stores its stacks and the commands that it ran in one file, the world."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from delivery.stack.pulumi_stack import PulumiStack
from tests.delivery.backend_service import Service
from tests.delivery.checkout import Checkout
from tests.delivery.registry_server import Registry


@dataclass
class World:
    """What the fake Pulumi knows and did."""

    file: Path
    checkout: Checkout
    registry: Registry
    service: Service

    def __getitem__(self, key):
        return json.loads(self.file.read_text())[key]

    def change(self, **values):
        self.file.write_text(json.dumps({**json.loads(self.file.read_text()), **values}))

    def stack(self, name):
        with (self.file.parent / "log").open("a") as log:
            return PulumiStack(name, self.checkout.folder, log=_Log(log.name))

    @property
    def log(self):
        return (self.file.parent / "log").read_text()

    def commands(self):
        return [" ".join(words[:2]) if words[0] == "stack" else words[0] for words in self["calls"]]

    def outputs(self, sha):
        """What a stack exports at a release whose image is pushed."""
        tag = sha[:12]
        digest = self.registry.push("acme/backend", tag)
        repository = f"{self.registry.host}/acme/backend"
        facts = {"sha": sha, "tag": tag, "digest": digest, "image": f"{repository}@{digest}", "url": self.service.url}
        return {
            "release": sha,
            "namespace": "todo-app",
            "registry": f"{self.registry.host}/acme",
            "services": {"backend": {**facts, "release": "backend"}},
            "cluster": {"id": "1", "name": "slipway", "endpoint": "https://example.com"},
        }

    def run(self, stack, *numbers):
        """Have a stack run these releases, by number, one after another."""
        for number in numbers:
            sha = self.checkout.releases[number - 1]
            self.stack(stack).up(sha, f"deploy {sha[:12]}")
        self.change(calls=[])


class _Log:
    """A text file opened for each line: nothing is left open when a test ends."""

    def __init__(self, name):
        self.name = name

    def write(self, text):
        with Path(self.name).open("a") as file:
            return file.write(text)

    def flush(self):
        pass
