"""A world in which one service fails while a command asks it."""

from __future__ import annotations

import copy
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from tests.delivery.conftest import FAKE_PULUMI
from tests.delivery.faults.proxy import Fault

PULUMI_FAULTS = ("drop before", "drop after", "delay", "repeat", "truncate", "null", "words before", "killed")


@dataclass
class FaultyWorld:
    """Everything that a command may ask or change, and a copy of its state before the command.

    Attributes:
        pulumi: the file that says how the fake Pulumi fails, and how often it was asked.
        names: values for the placeholders in the words of a scenario.
    """

    world: object
    github: object
    account: object
    slack: object
    mail: object
    storage: object
    cluster: object
    folder: Path
    pulumi: Path
    proxies: dict
    names: dict
    saved: dict = field(default_factory=dict)

    def save(self):
        self.saved = {
            "world": self.world.file.read_text(),
            "runs": self.world.service.file.read_text(),
            "storage": copy.deepcopy(vars(self.storage)),
            "cluster": copy.deepcopy(self.cluster.objects),
            "manifests": dict(self.world.registry.manifests),
            "github": copy.deepcopy(vars(self.github)),
            "files": {file: file.read_bytes() for file in self.folder.rglob("*") if file.is_file()},
        }

    def restore(self):
        """Restore the state that `save` copied, and let no service fail."""
        self.world.file.write_text(self.saved["world"])
        self.world.service.file.write_text(self.saved["runs"])
        self.world.registry.manifests.clear()
        self.world.registry.manifests.update(self.saved["manifests"])
        vars(self.github).update(copy.deepcopy(self.saved["github"]))
        vars(self.storage).update(copy.deepcopy(self.saved["storage"]))
        self.cluster.objects = copy.deepcopy(self.saved["cluster"])
        self.account.deleted.clear()
        self.account.collections = self.account.asked = 0
        self.slack.sent.clear()
        self.mail.messages.clear()
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        for file, content in self.saved["files"].items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        self.world.checkout.git("worktree", "prune")
        self.plan(None, None)

    def plan(self, service, fault):
        """Let one service fail; None: no service."""
        for name, proxy in self.proxies.items():
            proxy.plan(fault if name == service else None)
        due = fault if service == "pulumi" else Fault("", 0)
        facts = (
            {"kind": due.kind, "at": due.at, "lasting": due.lasting}
            if due
            else {"kind": "", "at": 0, "lasting": False}
        )
        self.pulumi.write_text(json.dumps({**facts, "count": 0, "met": 0, "fake": str(FAKE_PULUMI)}))

    def count(self, service, what="count"):
        """How often a service was asked since `plan`; `met`: how often it failed."""
        if service == "pulumi":
            return json.loads(self.pulumi.read_text())[what]
        return getattr(self.proxies[service], what)

    def faults(self, service):
        return PULUMI_FAULTS if service == "pulumi" else self.proxies[service].faults
