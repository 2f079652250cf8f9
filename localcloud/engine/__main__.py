"""`python -m localcloud.engine up|preview`: the program, run whole in this process.

Options come as one JSON object on standard input, once the cluster is up: the imports, which take seconds,
are done by then.
"""

from __future__ import annotations

import asyncio
import json
import logging
import runpy
import sys
from pathlib import Path
from typing import Any

import httpx
import pulumi
from pulumi.runtime import set_all_config, set_mocks
from pulumi.runtime.settings import get_root_resource
from pulumi.runtime.stack import run_pulumi_func

from localcloud.api.access_token import token
from localcloud.engine.change import Change, EngineError
from localcloud.engine.machine import Machine
from localcloud.instance import Instance
from localcloud.machine import docker
from localcloud.machine.command import Commands
from localcloud.machine.toolbox import Toolbox
from localcloud.stack import PROJECT, STACK, Stack

API_SECONDS = 30.0
FAILED = 1


def main(arguments: list[str]) -> int:
    """Run the program; returns the exit status."""
    dry_run = arguments == ["preview"]
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stdout)
    for chatty in ("httpx", "httpx2"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    options = json.loads(sys.stdin.read() or "{}")
    instance = Instance.from_environment()
    commands = Commands()
    stack = Stack(instance, Path(options["checkout"]), options.get("overrides", {}))
    host = docker.address()
    if host is None:
        raise EngineError("no Docker Engine answers: run `make up`")
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{instance.api_port}",
        headers={"Authorization": f"Bearer {token(instance)}"},
        timeout=API_SECONDS,
    )
    machine = Machine(
        instance=instance,
        toolbox=Toolbox(instance.tools, instance.logs, commands),
        commands=commands,
        client=client,
        docker=docker.Engine(host, commands, instance.logs / "docker.log"),
        dry_run=dry_run,
    )
    try:
        with client:
            outputs = asyncio.run(_run(machine, stack))
    except Exception as error:  # noqa: BLE001 - whatever the program raised is the user's to read, without our stack
        commands.cancel()
        print(f"error: {error}", flush=True)
        return FAILED
    _report(machine, outputs)
    return 0


async def _run(machine: Machine, stack: Stack) -> dict[str, Any]:
    # One failed resource fails those that wait for it: the first is raised below, the rest say nothing new.
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    set_all_config(stack.texts())
    set_mocks(machine, project=PROJECT, stack=STACK, preview=machine.dry_run)
    await run_pulumi_func(lambda: _program(stack.checkout))
    machine.prune()
    root = get_root_resource()
    exports: dict[str, pulumi.Output[Any]] = getattr(root, "outputs", {})
    return {name: await pulumi.Output.from_input(value).future() for name, value in exports.items()}


def _program(checkout: Path) -> None:
    sys.path.insert(0, str(checkout))
    runpy.run_path(str(checkout / "__main__.py"), run_name="__main__")


def _report(machine: Machine, outputs: dict[str, Any]) -> None:
    """The changes as lines a reader can scan, and the outputs as one line of JSON for who started us."""
    for kind, name, change in machine.changes:
        if change not in {Change.SAME, Change.READ}:
            print(f" {change.sign} {kind} {name}: {change.value}")
    same = sum(change in {Change.SAME, Change.READ} for *_, change in machine.changes)
    print(f"{len(machine.changes) - same} changed, {same} unchanged")
    print(f"outputs: {json.dumps(outputs)}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
