"""The server in this process, asked over the network."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket

import dns.asyncquery
import dns.message
import dns.opcode
import dns.rcode
import dns.rdataclass
import pytest

from localcloud.name_server.server import STATE_NAME, NameServer

ADDRESS = "127.80.98.53"
RECORDS = [
    {"type": "A", "name": "@", "data": "127.0.0.7", "ttl": 60},
    {"type": "TXT", "name": "long", "data": "x" * 900, "ttl": 60},
    {"type": "CNAME", "name": "away", "data": "host.elsewhere.test", "ttl": 60},
]


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "zones.json"
    made.write_text(json.dumps({"zones": {"shop.test": RECORDS}, "names": {"db.internal": "10.0.0.1"}}))
    return made


@pytest.fixture
def port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((ADDRESS, 0))
        return probe.getsockname()[1]


def run(file, port, conversation, upstreams=()):
    """Serve the file while `conversation(ask)` continues."""

    async def ask(name, kind="A", *, how=dns.asyncquery.udp, message=None, **options):
        query = message or dns.message.make_query(name, kind, **options)
        return await how(query, ADDRESS, port=port, timeout=5)

    async def main():
        task = asyncio.create_task(NameServer(file, list(upstreams), port).run([ADDRESS], port))
        await asyncio.sleep(0.1)
        try:
            return await conversation(ask)
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    return asyncio.run(main())


def test_udp_and_tcp_answer_alike(file, port):
    async def talk(ask):
        return await ask("shop.test"), await ask("shop.test", how=dns.asyncquery.tcp), await ask("db.internal")

    first, second, third = run(file, port, talk)
    assert first.answer == second.answer
    assert third.answer[0][0].to_text() == "10.0.0.1"


def test_long_answer_is_cut_by_udp_alone(file, port):
    async def talk(ask):
        return await ask("long.shop.test", "TXT"), await ask("long.shop.test", "TXT", how=dns.asyncquery.tcp)

    cut, whole = run(file, port, talk)
    assert cut.flags & dns.flags.TC
    assert whole.answer


def test_changed_file_is_served_and_a_broken_one_is_not(file, port):
    async def talk(ask):
        file.write_text("{")
        await asyncio.sleep(0.3)
        before = await ask("shop.test")
        file.write_text(json.dumps({"zones": {"new.test": RECORDS[:1]}}))
        await asyncio.sleep(0.3)
        state = await ask(STATE_NAME, "TXT", rdclass=dns.rdataclass.CHAOS)
        return before, await ask("new.test"), state

    before, after, state = run(file, port, talk)
    assert before.answer
    assert after.answer
    assert len(state.answer[0][0].strings[0]) == 64


def test_what_is_outside_fails_without_an_upstream(file, port):
    async def talk(ask):
        return await ask("elsewhere.test"), await ask("away.shop.test")

    unknown, alias = run(file, port, talk, upstreams=["127.80.98.99"])  # nobody there
    assert unknown.rcode() == dns.rcode.SERVFAIL
    assert (alias.rcode(), len(alias.answer)) == (dns.rcode.SERVFAIL, 1)


def test_other_questions_are_refused(file, port):
    async def talk(ask):
        update = dns.message.make_query("shop.test", "A")
        update.set_opcode(dns.opcode.STATUS)
        chaos = await ask("version.bind", "TXT", rdclass=dns.rdataclass.CHAOS)
        return await ask("", message=update), chaos

    update, chaos = run(file, port, talk)
    assert update.rcode() == dns.rcode.NOTIMP
    assert chaos.rcode() == dns.rcode.REFUSED
