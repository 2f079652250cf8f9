"""A real server, asked by UDP and TCP, with another real server as its upstream."""

from __future__ import annotations

import socket
import time

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from localcloud.api.backends import BackendError, DnsRecord
from localcloud.backends.name_server import LocalNameServer
from localcloud.backends.place import BackendPlace

ADDRESSES = ["127.80.99.53", "10.253.199.1"]  # the second is nobody's: a cluster that is not there yet


def record(kind, name, data, ttl=300, **more):
    return DnsRecord(type=kind, name=name, data=data, ttl=ttl, **more)


ZONES = {
    "example.com": [
        record("A", "@", "127.80.0.10"),
        record("A", "@", "127.80.0.11"),
        record("AAAA", "six", "2001:db8::1"),
        record("CNAME", "www", "@"),
        record("CNAME", "chain", "www.example.com"),
        record("CNAME", "abroad", "host.elsewhere.test"),
        record("CNAME", "round", "round.example.com"),
        record("A", "*", "127.80.0.12"),
        record("A", "deep.below", "127.80.0.13"),
        record("MX", "@", "mail.example.com", priority=10),
        record("TXT", "@", 'v=spf1 "quoted" -all'),
        record("TXT", "long", "x" * 600),
        record("CAA", "@", "letsencrypt.org", flags=0, tag="issue"),
        record("SRV", "_sip._tcp", "sip.example.com", priority=1, weight=2, port=5060),
        record("SOA", "@", "1800"),
    ],
    "inner.example.com": [record("A", "@", "127.80.0.20", ttl=30)],
}


@pytest.fixture(scope="module")
def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    """Another of our servers, at port 53 of a loopback address of its own."""
    folder = tmp_path_factory.mktemp("upstream")
    made = LocalNameServer(BackendPlace(home=folder / "home", run=folder / "r"), ["127.80.99.54"], [])
    try:
        made.apply({"elsewhere.test": [record("A", "host", "192.0.2.1")]})
        yield "127.80.99.54"
    finally:
        made.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory, upstream, free_port):
    folder = tmp_path_factory.mktemp("dns")
    made = LocalNameServer(BackendPlace(home=folder / "home", run=folder / "r"), ADDRESSES, [upstream], free_port)
    try:
        made.apply(ZONES)
        made.apply_names({"db-do-user-0-0.db.slipway.internal": "10.252.9.1"})
        yield made
    finally:
        made.stop()


@pytest.fixture
def ask(server, free_port):
    def send(name, kind="A", *, how=dns.query.udp, **options):
        query = dns.message.make_query(name, kind, **options)
        return how(query, ADDRESSES[0], port=free_port, timeout=5)

    return send


def texts(reply):
    return sorted(data.to_text() for rrset in reply.answer for data in rrset)


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("example.com", "A", ["127.80.0.10", "127.80.0.11"]),
        ("EXAMPLE.com", "A", ["127.80.0.10", "127.80.0.11"]),
        ("six.example.com", "AAAA", ["2001:db8::1"]),
        ("www.example.com", "A", ["127.80.0.10", "127.80.0.11", "example.com."]),
        ("chain.example.com", "A", ["127.80.0.10", "127.80.0.11", "example.com.", "www.example.com."]),
        ("www.example.com", "CNAME", ["example.com."]),
        ("abroad.example.com", "A", ["192.0.2.1", "host.elsewhere.test."]),
        ("any.thing.example.com", "A", ["127.80.0.12"]),
        ("other.below.example.com", "A", []),
        ("deep.below.example.com", "A", ["127.80.0.13"]),
        ("example.com", "MX", ["10 mail.example.com."]),
        ("example.com", "TXT", ['"v=spf1 \\"quoted\\" -all"']),
        ("example.com", "CAA", ['0 issue "letsencrypt.org"']),
        ("_sip._tcp.example.com", "SRV", ["1 2 5060 sip.example.com."]),
        ("example.com", "NS", ["ns1.digitalocean.com.", "ns2.digitalocean.com.", "ns3.digitalocean.com."]),
        ("inner.example.com", "A", ["127.80.0.20"]),
        ("host.elsewhere.test", "A", ["192.0.2.1"]),
        ("db-do-user-0-0.db.slipway.internal", "A", ["10.252.9.1"]),
    ],
)
def test_answer(ask, name, kind, expected):
    assert texts(ask(name, kind)) == expected
    assert texts(ask(name, kind, how=dns.query.tcp)) == expected


def test_ttl_is_the_records(ask):
    assert ask("inner.example.com").answer[0].ttl == 30


def test_unknown_name_is_said_not_to_exist(ask):
    reply = ask("nobody.inner.example.com")
    assert reply.rcode() == dns.rcode.NXDOMAIN
    assert reply.flags & dns.flags.AA
    assert reply.authority[0].to_text().startswith("inner.example.com. 1800 IN SOA ns1.digitalocean.com. hostmaster")


def test_name_without_the_type_exists(ask):
    reply = ask("six.example.com", "A")
    assert (reply.rcode(), reply.answer, len(reply.authority)) == (dns.rcode.NOERROR, [], 1)


def test_name_above_a_record_exists_and_is_not_the_wildcards(ask):
    assert (ask("below.example.com").rcode(), ask("below.example.com").answer) == (dns.rcode.NOERROR, [])


def test_alias_of_itself_is_a_failure(ask):
    assert ask("round.example.com").rcode() == dns.rcode.SERVFAIL


def test_large_answer_comes_by_tcp(ask):
    assert ask("long.example.com", "TXT", use_edns=False).flags & dns.flags.TC
    reply = ask("long.example.com", "TXT", how=dns.query.tcp)
    assert sum(len(part) for part in reply.answer[0][0].strings) == 600


def test_name_nobody_knows_comes_from_upstream(ask):
    assert ask("nobody.elsewhere.test").rcode() == dns.rcode.NXDOMAIN
    assert ask("example.net").rcode() == dns.rcode.SERVFAIL  # the upstream has no upstream


def test_garbage_is_not_answered_and_does_no_harm(ask, free_port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"garbage", (ADDRESSES[0], free_port))
    assert ask("example.com").answer


def test_change_is_served_at_once_with_a_new_serial(server, ask):
    def serial():
        return ask("example.com", "SOA").answer[0][0].serial

    before, state = serial(), server.supervisor._call("supervisor.getProcessInfo", "name-server")["pid"]
    server.apply({**ZONES, "new.test": [record("A", "@", "127.0.0.9")]})
    assert texts(ask("new.test")) == ["127.0.0.9"]
    server.apply(ZONES)
    assert texts(ask("new.test")) == []
    assert serial() == before + 2
    server.apply(ZONES)
    assert serial() == before + 2
    assert server.supervisor._call("supervisor.getProcessInfo", "name-server")["pid"] == state
    assert texts(ask("db-do-user-0-0.db.slipway.internal")) == ["10.252.9.1"]


def test_record_that_does_not_fit_changes_nothing(server, ask):
    with pytest.raises(BackendError, match=r"record bad of example\.com\., type A: 'no address'"):
        server.apply({"example.com": [record("A", "bad", "no address")]})
    with pytest.raises(BackendError, match="no type HINFO; write one of A, AAAA"):
        server.apply({"example.com": [record("HINFO", "bad", "x")]})
    assert ask("example.com").answer


def test_taken_port_is_named(tmp_path, free_port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.80.99.55", free_port))
        made = LocalNameServer(BackendPlace(home=tmp_path / "h", run=tmp_path / "r"), ["127.80.99.55"], [], free_port)
        made_error = pytest.raises(BackendError, match=r"the name server: (.|\n)*Address already in use")
        try:
            with made_error:
                made.apply({})
        finally:
            made.stop()


def test_half_written_file_leaves_the_zones(server, ask):
    file = server.place.home / "zones.json"
    text = file.read_text()
    file.write_text(text[:50])
    time.sleep(0.5)
    assert ask("example.com").answer
    file.write_text(text)
