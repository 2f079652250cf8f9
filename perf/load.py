"""Put the load of load.js on the local cloud, on one user's 500,000 todos, and compare with the last good run.

SLIPWAY_INSTANCE chooses the cloud that `make up` left running. k6 is compiled from its Go module, once.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from delivery import performance
from delivery.performance import LoadTest
from localcloud.cloud import LocalCloud
from localcloud.instance import Instance
from localcloud.machine.command import CommandError
from localcloud.machine.go_build import GoBuild
from localcloud.stack import Stack, checkout
from perf.command import RunError, run

TODOS = 500_000
WEB = "chatbot-frontend"
K6_VERSION = "1.8.1"  # of k6/go.mod and of the workflow perf, which a test compares
K6 = GoBuild(
    name=f"k6-{K6_VERSION}",
    module=Path(__file__).parent / "k6",
    packages=("go.k6.io/k6",),
    stamps={},
    package_count=1100,
)
SCRIPT = Path(__file__).parent / "load.js"
REMOVAL_SECONDS = 120.0  # of an account with its todos
OBJECTIVE_MISSED = 99  # k6's exit status


def main(arguments: list[str] | None = None) -> int:
    """The exit status is 0; 1 when an objective is missed, or the run is slower than the last good one."""
    options = _parse(arguments)
    instance = Instance.from_environment()
    cloud = LocalCloud(instance, Stack(instance, checkout(), {}))
    url = f"http://127.0.0.1:{instance.service_port(cloud.stack.node_ports()[WEB])}"
    try:
        print("k6 is compiled where it is not there yet: that takes minutes", file=sys.stderr)
        k6 = cloud.toolbox.build(K6, lambda **_: None) / "k6"
        with tempfile.TemporaryDirectory() as folder, _user(url, options.todos) as account:
            summary = Path(folder) / "summary.json"
            missed = _run_k6(k6, url, account, summary)
            return _compare(summary, instance.home / "load-baseline.json", missed, accept=options.accept)
    except (CommandError, RunError, httpx.HTTPError) as error:
        print(error, file=sys.stderr)
        return 1


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m perf.load", description=__doc__)
    parser.add_argument("--todos", type=int, default=TODOS, help=f"how many the user has ({TODOS})")
    parser.add_argument("--accept", action="store_true", help="make this run the baseline, although it is slower")
    return parser.parse_args(arguments)


@contextmanager
def _user(url: str, todos: int) -> Iterator[dict[str, str]]:
    """A user with so many todos, until the end of the run; yields what signs in."""
    account = {"name": f"load-{secrets.token_hex(8)}", "password": secrets.token_urlsafe()}
    with httpx.Client(base_url=f"{url}/api", timeout=REMOVAL_SECONDS) as client:
        client.post("/users", json=account).raise_for_status()
        try:
            fill = ["python", "-m", "app.fill", "--name", account["name"], "--todos", str(todos)]
            run([sys.executable, "-m", "slipway", "run", "--service", "backend", "--", *fill], checkout())
            yield account
        finally:
            client.request("DELETE", "/user", json={"password": account["password"]}).raise_for_status()


def _run_k6(k6: Path, url: str, account: dict[str, str], summary: Path) -> bool:
    """Run the load; returns whether an objective was missed.

    Raises:
        RunError: k6 could not run it.
    """
    command: list[str | Path] = [k6, "run", "--quiet", "--summary-export", summary, SCRIPT]
    done = subprocess.run(command, env={**os.environ, "BASE_URL": url, "ACCOUNT": json.dumps(account)}, check=False)
    if done.returncode not in {0, OBJECTIVE_MISSED}:
        raise RunError(f"k6 ended with status {done.returncode}")
    return done.returncode == OBJECTIVE_MISSED


def _compare(summary: Path, good: Path, missed: bool, *, accept: bool) -> int:
    """Print the run beside the last good one, and keep it in its place if it is good; returns the exit status."""
    now, baseline = LoadTest.read(summary), LoadTest.read(good) if good.exists() else None
    print(performance.table(now, baseline))
    problems = [*performance.find_problems(now, baseline), *(["an objective of load.js is missed"] if missed else [])]
    for problem in problems:
        print(problem)
    if accept or not problems:
        good.write_bytes(summary.read_bytes())
    return int(bool(problems) and not accept)


if __name__ == "__main__":
    sys.exit(main())
