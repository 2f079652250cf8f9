"""`python -m localcloud.rehearsal`: rehearse staging and production in an emulated account; needs root.

Two processes: one starts the account; the other is the team that uses it, in a mount namespace whose resolver knows
the account's zones.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

from rich.console import Console

from localcloud.__main__ import interruptible
from localcloud.cloud import checkout
from localcloud.error_log import record_error
from localcloud.instance import Instance, InstanceError
from localcloud.machine.command import CancelledError, CommandError
from localcloud.machine.locks import exclusive_or_refuse
from localcloud.rehearsal import resolver
from localcloud.rehearsal.account import Account
from localcloud.rehearsal.backends import create_certificates, name_server_address
from localcloud.rehearsal.stack_file import RehearsedStack
from localcloud.screen import Screen, duration
from localcloud.steps import Graph

FAILED, INTERRUPTED = 1, 130
INSIDE = "SLIPWAY_REHEARSAL_INSIDE"  # set in the second process


def main(arguments: list[str] | None = None) -> int:
    """Run the rehearsal; returns the exit status: 0, 1 failed, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.rehearsal", description=__doc__)
    parser.add_argument("--from", dest="first", metavar="STEP", help="begin here, on what an earlier run left")
    parser.add_argument("--until", dest="last", metavar="STEP", help="end after this step")
    parser.add_argument("--failures", action="store_true", help="the failures that users meet, on staging alone")
    options = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    try:
        instance = Instance.from_environment()
    except InstanceError as error:
        console.print(f"error: {error}", markup=False)
        return FAILED
    account = Account(instance, RehearsedStack(instance, checkout(), {}, "staging"))
    try:
        if INSIDE in os.environ:
            return _use(account, options, console)
        with exclusive_or_refuse(instance.lock, instance.name):
            started = time.monotonic()
            _start(account, console)
            console.print(f"the account is up in {duration(time.monotonic() - started)}")
            return _enter(account)
    except (CancelledError, KeyboardInterrupt):
        console.print("stopped")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, the user reads a sentence and the log has the rest
        log = record_error(instance, error)
        console.print(f"error: {error}" + (f"\nthe traceback is in {log}" if log else ""), markup=False)
        return FAILED


def _start(account: Account, console: Console) -> None:
    account.instance.create_folders()
    with interruptible(account.commands), Screen(console) as screen:
        account.supervisor.end_runs()
        Graph(account.steps(), account.instance.home / "rehearsal-durations.json").run(screen)


def _enter(account: Account) -> int:
    """Run this program again as the team's machine would run it."""
    instance = account.instance
    trusted = resolver.write_trust_bundle(create_certificates(instance).root_file, instance.home)
    words = resolver.enter(name_server_address(instance), instance.home)
    environment = {**os.environ, INSIDE: "1", "SSL_CERT_FILE": str(trusted)}
    command = [*words, sys.executable, "-m", "localcloud.rehearsal", *sys.argv[1:]]
    return subprocess.run(command, env=environment, check=False).returncode


def _use(account: Account, options: argparse.Namespace, console: Console) -> int:
    from localcloud.rehearsal.failures import Failures
    from localcloud.rehearsal.steps import Rehearsal

    with interruptible(account.commands):
        try:
            rehearsed = Failures if options.failures else Rehearsal
            rehearsed(account, console).run(options.first, options.last)
        except CommandError as error:
            console.print(str(error), markup=False)
            return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
