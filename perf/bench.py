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
from pathlib import Path

from localcloud.cloud import LocalCloud
from localcloud.instance import Instance
from localcloud.machine.docker import build_command
from localcloud.stack import Stack, checkout
from perf import table
from perf.clone import Clone
from perf.command import RunError
from perf.manual_release import ManualRelease
from perf.pair import Pair, Way
from perf.small_program import SmallProgram

RUNS = 5
MORE_SERVICES = 50
BY_HAND_GOAL = 1.25
ONE_RESOURCE_GOAL = 1.5


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
        ours, by_hand, large = (Clone.of(checkout(), folder / name) for name in ("ours", "by-hand", "large"))
        large.add_services(MORE_SERVICES)
        small = SmallProgram.of(cloud, folder / "small")
        ends.callback(small.remove)
        small.up()
        manual = ManualRelease(
            cloud,
            by_hand,
            cloud.engine.environment,
            build_command(cloud.commands, folder / "docker.log"),
        )
        ends.callback(manual.remove)
        ends.callback(here.make, "up")
        one_up, one_preview = Way("`up` of one resource", small.up), Way("preview of one resource", small.preview)
        services = len(cloud.stack.services())
        yield [
            Pair(Way("`make up`, nothing changed", lambda: here.make("up")), one_up, ONE_RESOURCE_GOAL),
            Pair(
                Way(f"`make preview`, {services} services", lambda: here.make("preview")),
                one_preview,
                ONE_RESOURCE_GOAL,
            ),
            Pair(
                Way(f"`make preview`, {services + MORE_SERVICES} services", lambda: large.make("preview")),
                one_preview,
                ONE_RESOURCE_GOAL,
            ),
            Pair(
                Way("`make up`, a changed commit", lambda: ours.make("up"), ours.commit_change),
                Way("docker build, docker push, helm upgrade", manual.deploy, by_hand.commit_change),
                BY_HAND_GOAL,
            ),
        ]


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
