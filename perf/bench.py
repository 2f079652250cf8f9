"""Compare `make up` and `make preview` with doing the same by hand, and with a program of one resource.

Every figure is a median of runs in turn on the cloud that `make up` left running. SLIPWAY_INSTANCE chooses it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from localcloud.cloud import LocalCloud
from localcloud.instance import Instance
from localcloud.machine.docker import build_command
from localcloud.stack import PROJECT, Stack, checkout
from perf import table
from perf.clone import Clone
from perf.command import RunError
from perf.manual_release import ManualRelease
from perf.pair import Pair, Way
from perf.past_updates import PastUpdates
from perf.small_program import SmallProgram

RUNS = 5
MORE_SERVICES = (1, 10, 50)
UPDATES = (10, 100, 1000)
BY_HAND_GOAL = 1.25
ONE_RESOURCE_GOAL = 1.5
HISTORY_GOAL = 1.5


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; the exit status is 0, or 1 if a run failed. A missed goal is no failure."""
    options = parse(arguments)
    try:
        with _pairs() as pairs:
            before = os.getloadavg()[0]
            results = [pair.measure(options.runs, _progress) for pair in pairs]
            after = os.getloadavg()[0]
    except RunError as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        print(table.as_json(results, (before, after)))
    else:
        print(table.as_table(results))
        print(f"medians of {options.runs} runs each, in turn; load average {before:.1f} before, {after:.1f} after")
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m perf.bench", description=__doc__)
    parser.add_argument("--runs", type=_count, default=RUNS, help=f"measured runs of each way ({RUNS})")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError
    return count


@contextmanager
def _pairs() -> Iterator[list[Pair]]:
    """What is compared. Whatever was made for it is removed at the end, and HEAD runs again."""
    instance = Instance.from_environment()
    cloud = LocalCloud(instance, Stack(instance, checkout(), {}))
    here = Clone(checkout())
    here.make("up")
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="slipway-bench-")))
        small = SmallProgram.of(cloud, folder / "small")
        ends.callback(small.remove)
        small.up()
        ends.callback(here.make, "up")
        one_up = Way("`up` of one resource", small.up)
        yield [
            Pair(Way("`make up`, nothing changed", lambda: here.make("up")), one_up, ONE_RESOURCE_GOAL),
            *_previews(here, folder, small, len(cloud.stack.services())),
            _release(cloud, folder, ends),
            *_histories(cloud, here, ends),
        ]


def _previews(here: Clone, folder: Path, small: SmallProgram, services: int) -> Iterator[Pair]:
    """Previews of stacks with more and more services, against one of one resource."""
    reference = Way("preview of one resource", small.preview)
    yield Pair(Way(_preview(services), lambda: here.make("preview")), reference, ONE_RESOURCE_GOAL)
    for count in MORE_SERVICES:
        larger = Clone.of(checkout(), folder / f"more-{count}")
        larger.add_services(count)
        yield Pair(Way(_preview(services + count), partial(larger.make, "preview")), reference, ONE_RESOURCE_GOAL)


def _preview(services: int) -> str:
    return f"`make preview`, {services} services"


def _release(cloud: LocalCloud, folder: Path, ends: ExitStack) -> Pair:
    """One changed line, released by Slipway and by hand."""
    ours, by_hand = (Clone.of(checkout(), folder / name) for name in ("ours", "by-hand"))
    build = build_command(cloud.commands, folder / "docker.log")
    manual = ManualRelease(cloud, by_hand, cloud.engine.environment, build)
    ends.callback(manual.remove)
    return Pair(
        Way("`make up`, a changed commit", lambda: ours.make("up"), ours.commit_change),
        Way("docker build, docker push, helm upgrade", manual.deploy, by_hand.commit_change),
        BY_HAND_GOAL,
    )


def _histories(cloud: LocalCloud, here: Clone, ends: ExitStack) -> Iterator[Pair]:
    """The list of releases as the history grows, against Pulumi's own list of the ten newest updates."""
    updates = PastUpdates(cloud.workspace.state / f".pulumi/history/{PROJECT}/{cloud.stack.name}")
    ends.callback(updates.remove)
    session = ends.enter_context(cloud.workspace.session())
    reference = Way("`pulumi stack history`", lambda: session.run("stack", "history", "--page-size", "10"))
    for count in UPDATES:
        name = f"`make history`, {count} updates"
        yield Pair(Way(name, lambda: here.make("history"), partial(updates.grow_to, count)), reference, HISTORY_GOAL)


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
