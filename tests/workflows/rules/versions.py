"""Every action and image of a workflow has one pinned version."""

from __future__ import annotations

import re

from tests.workflows.workflows import OURS

PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def actions_are_pinned(workflows):
    for path, text in workflows.texts.items():
        for use in re.findall(r"uses: (.+)", text):
            if not use.startswith(OURS) and not PINNED.fullmatch(use):
                yield f"{path}: {use}"


def an_action_has_one_version(workflows):
    uses = {use for text in workflows.texts.values() for use in re.findall(r"uses: (\S+@\S+)", text)}
    names = [use.partition("@")[0] for use in uses]
    yield from (f"{name} has two versions" for name in set(names) if names.count(name) > 1)


def images_are_pinned(workflows):
    for job in workflows.jobs:
        for service in job.content.get("services", {}).values():
            if not re.search(r"@sha256:[0-9a-f]{64}$", service["image"]):
                yield f"{job}: {service['image']}"
