from __future__ import annotations

import pytest

from localcloud.providers.digitalocean.client import Client
from localcloud.providers.digitalocean.dns_record import DnsRecord, fqdn
from localcloud.providers.errors import ProviderError

RECORD = DnsRecord(Client("http://127.0.0.1:9", "t", retries=0))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("@", "example.com"),
        ("www", "www.example.com"),
        ("*", "*.example.com"),
        ("www.example.com.", "www.example.com"),
    ],
)
def test_whole_name(name, expected):
    assert fqdn(name, "example.com") == expected


@pytest.mark.parametrize(
    ("kind", "names"),
    [("A", []), ("MX", ["priority"]), ("SRV", ["priority", "weight", "port"]), ("CAA", ["flags", "tag"])],
)
def test_types_need_more_inputs(kind, names):
    assert [name for name, _ in RECORD.check({"type": kind})] == names
    assert list(RECORD.check({"type": kind, **dict.fromkeys(names, 0)})) == []


@pytest.mark.parametrize(
    ("known", "live", "refreshed"),
    [("www.example.com.", "www", "www.example.com."), ("example.com.", "@", "example.com."), ("www", "api", "api")],
)
def test_whole_names_are_no_drift(known, live, refreshed):
    found = {"domain": "example.com", "name": live, "value": "192.0.2.1", "type": "A"}
    assert RECORD.refresh_inputs({**found, "name": known}, found)["name"] == refreshed


def test_import_needs_the_domain():
    with pytest.raises(ProviderError, match="give the domain and the record's id with a comma"):
        RECORD.read("17", {})
