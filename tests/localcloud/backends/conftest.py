"""An account with real databases, on addresses of its own."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from bare.packages import PGBOUNCER, POSTGRESQL, REDIS, require

from localcloud.backends.databases import DatabaseServers
from localcloud.backends.place import BackendPlace
from localcloud.machine.command import Commands
from localcloud.machine.locks import exclusive

from .database_client import Client

NUMBER = 200  # of the account, whose addresses are 10.252.200.0/24; no instance has that one
LOCK = Path(tempfile.gettempdir()) / "slipway-test-databases.lock"  # of the machine: several suites may run on it


@pytest.fixture(scope="module")
def place():
    # Not below pytest's own folder, whose path is too long for the supervisor's socket.
    folder = Path(tempfile.mkdtemp(prefix="slipway-databases-"))
    yield BackendPlace(home=folder / "home", run=folder / "run")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def databases(place):
    """The account's databases, which tests share: `apply` makes of them what each needs."""
    if os.geteuid() != 0:
        pytest.skip("needs root, as the local cloud does")
    for package in (POSTGRESQL, PGBOUNCER, REDIS):
        require(package)
    with exclusive(LOCK):
        made = DatabaseServers(NUMBER, place, Commands())
        yield made
        for identity in list(made._records()):
            made.delete(identity)


@pytest.fixture
def client(databases, tmp_path):
    """Makes a client of the database that a specification becomes."""
    return lambda spec: Client(databases, databases.apply(spec), tmp_path)
