"""`slipway local rehearse`: rehearse staging and production in an emulated account; needs root.

Staging and prod have an account each, so a rehearsal takes two instances: SLIPWAY_INSTANCE and the next number. Two
processes: one starts the accounts; the other is the team that uses them, in a mount namespace whose resolver knows
their zones.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pkgutil import resolve_name

from rich.console import Console

from localcloud import second_instance
from localcloud.error_log import record_error
from localcloud.instance import Instance, InstanceError
from localcloud.interruption import interruptible
from localcloud.machine.command import CancelledError, CommandError
from localcloud.machine.locks import exclusive_or_refuse
from localcloud.rehearsal import resolver
from localcloud.rehearsal.account import Account
from localcloud.rehearsal.account_steps import list_steps
from localcloud.rehearsal.backends import create_certificates, name_server_address
from localcloud.rehearsal.runner import Runner
from localcloud.rehearsal.stack_file import RehearsedStack
from localcloud.screen import Screen, duration
from localcloud.stack import checkout
from localcloud.steps import Graph

FAILED, INTERRUPTED = 1, 130
# Lists of steps by name. Those of the workflows are tests, as they take the fake GitHub and act from there.
LISTS = {
    "cloud": "localcloud.rehearsal.steps:Rehearsal",
    "behaviour": "localcloud.rehearsal.behaviour:BehaviourRehearsal",
    "failures": "localcloud.rehearsal.failures:Failures",
    "workflows": "tests.delivery.act.rehearsal:Workflows",
}
ONE_ACCOUNT = {"behaviour", "failures"}
INSIDE = "SLIPWAY_REHEARSAL_INSIDE"  # set in the second process


def main(arguments: list[str] | None = None) -> int:
    """Run the rehearsal; returns the exit status: 0, 1 failed, 130 interrupted."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="python -m localcloud.rehearsal", description=__doc__)
    parser.add_argument("--from", dest="first", metavar="STEP", help="begin here, on what an earlier run left")
    parser.add_argument("--until", dest="last", metavar="STEP", help="end after this step")
    parser.add_argument("--steps", choices=LISTS, default="cloud", help="which steps")
    options = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    try:
        instance = Instance.from_environment()
    except InstanceError as error:
        console.print(f"error: {error}", markup=False)
        return FAILED
    account = Account(instance, RehearsedStack(instance, checkout(), {}, "staging"))
    try:
        prod = None if options.steps in ONE_ACCOUNT else _prod_account(account)
        if INSIDE in os.environ:
            return _use(account, prod, options, console)
        with ExitStack() as locks:
            accounts = [*([prod] if prod else []), account]
            for each in accounts:
                locks.enter_context(exclusive_or_refuse(each.instance.lock, each.instance.name))
            started = time.monotonic()
            for each in accounts:
                _start(each, console)
            console.print(f"{len(accounts)} accounts are up in {duration(time.monotonic() - started)}")
            return _enter(accounts, arguments)
    except (CancelledError, KeyboardInterrupt):
        console.print("stopped")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, the user reads a sentence and the log has the rest
        log = record_error(instance, error)
        console.print(f"error: {error}" + (f"\nthe traceback is in {log}" if log else ""), markup=False)
        return FAILED


def _prod_account(account: Account) -> Account:
    """Prod's account, whose names the name server of staging's knows, too."""
    account.instance.create_folders()
    instance = second_instance.claim(account.instance)
    account.name_servers = (name_server_address(instance),)
    return Account(instance, RehearsedStack(instance, checkout(), {}, "prod"))


def _start(account: Account, console: Console) -> None:
    account.instance.create_folders()
    with interruptible(account.commands), Screen(console) as screen:
        account.supervisor.end_runs()
        Graph(list_steps(account), account.instance.home / "rehearsal-durations.json").run(screen)


def _enter(accounts: Sequence[Account], arguments: Sequence[str]) -> int:
    """Run this program again as the team's machine would run it; the last account's name server knows all names."""
    instance = accounts[-1].instance
    authorities = [create_certificates(each.instance).root_file for each in accounts]
    trusted = resolver.write_trust_bundle(authorities, instance.home)
    words = resolver.enter(name_server_address(instance), instance.home)
    environment = {**os.environ, INSIDE: "1", "SSL_CERT_FILE": str(trusted)}
    command = [*words, sys.executable, "-m", "localcloud.rehearsal", *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


def _use(account: Account, prod: Account | None, options: argparse.Namespace, console: Console) -> int:
    runner: type[Runner] = resolve_name(LISTS[options.steps])
    with interruptible(account.commands):
        try:
            runner(account, console, prod).run(options.first, options.last)
        except CommandError as error:
            console.print(str(error), markup=False)
            return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
