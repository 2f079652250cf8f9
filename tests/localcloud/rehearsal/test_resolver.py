"""Commands of the team see another name server and further authorities."""

from __future__ import annotations

import os
import subprocess

import pytest

from localcloud.rehearsal import resolver


def test_bundle_has_the_machines_authorities_and_every_accounts(tmp_path, monkeypatch):
    system, own, other = (tmp_path / f"{name}.pem" for name in ("system", "own", "other"))
    system.write_text("one\n")
    own.write_text("two\n")
    other.write_text("three\n")
    monkeypatch.setattr(resolver, "TRUSTED", system)
    assert resolver.write_trust_bundle([own, other], tmp_path).read_text() == "one\ntwo\nthree\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace needs root")
def test_commands_see_the_name_server_and_the_machine_does_not(tmp_path):
    before = resolver.RESOLVER_FILE.read_text()
    command = [*resolver.enter("127.80.9.53", tmp_path), "cat", str(resolver.RESOLVER_FILE)]
    seen = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert seen.startswith("nameserver 127.80.9.53\n")
    assert resolver.RESOLVER_FILE.read_text() == before
