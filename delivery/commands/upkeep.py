"""Commands for what is around the releases: `cleanup` of images, `setup-github`."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from delivery import retention, setup_github, workflow_run
from delivery.commands import options as shared
from delivery.digitalocean import DigitalOcean
from delivery.github import Repository
from delivery.outcome import Status

MEBIBYTE = 2**20


def add(commands: Any) -> None:
    """Declare the commands."""
    parser = commands.add_parser("cleanup", help="remove images that no stack runs or could return to")
    parser.add_argument("--stack", action="append", help="every stack there is; default: staging and prod")
    parser.add_argument("--apply", action="store_true", help="do it; without this it is only told")
    parser.set_defaults(run=cleanup)

    parser = commands.add_parser("setup-github", help="environments, reviewers, rules and secrets of the repository")
    parser.add_argument("--reviewer", action="append", default=[], metavar="LOGIN", help="who approves production")
    parser.add_argument("--apply", action="store_true", help="do it; without this it is only told")
    shared.repository(parser)
    parser.set_defaults(run=set_up_github)


def cleanup(options: argparse.Namespace) -> Status:
    """Say which images may go, and remove them when told to."""
    with DigitalOcean() as account:
        needed = retention.kept(retention.checked_stacks(options.stack or ["staging", "prod"]))
        registry = yaml.safe_load(Path("Pulumi.staging.yaml").read_text())["config"]["slipway:registry"]["name"]
        gone = retention.removable(account.manifests(registry), needed, datetime.now(UTC))
        for image in gone:
            print(f"{image.repository}@{image.digest} {', '.join(image.tags) or '(no tag)'} {image.updated:%F}")
            if options.apply:
                account.delete_manifest(registry, image)
        if gone and options.apply:
            account.collect_garbage(registry)
    size = sum(image.size_bytes for image in gone) / MEBIBYTE
    verb = "removed" if options.apply else "could be removed; --apply does it"
    workflow_run.summarize(f"{len(gone)} images of {size:.0f} MiB {verb}; {len(needed.digests)} digests run.")
    return Status.OK


def set_up_github(options: argparse.Namespace) -> Status:
    """Say what is not as it should be, and change it when told to; status 1 when something is left for a person."""
    left = 0
    for step in setup_github.steps(Repository.from_environment(options.repo), options.reviewer):
        if options.apply:
            said = setup_github.run(step)
            left += not said.startswith("done")
            print(said)
        else:
            left += 1
            print(f"{'to do' if step.apply else 'for you'}: {step.title}")
    if left == 0:
        print("everything is as it should be")
    elif not options.apply:
        print("nothing was changed; --apply does it")
    return Status.FAILED if left else Status.OK
