"""Records as DigitalOcean's API keeps them, and as DNS has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass

TEXT_BYTES = 255  # of one string of a TXT record
NAME_SERVERS = ("ns1.digitalocean.com.", "ns2.digitalocean.com.", "ns3.digitalocean.com.")
# Those of DigitalOcean's own SOA records: refresh, retry, expire, and how long an absence may be remembered.
SOA_SECONDS = "10800 3600 604800 1800"
DEFAULT_TTL = 1_800


class RecordError(ValueError):
    """A record holds what DNS has no form for; the text says which."""


def read_record(record: Mapping[str, Any], origin: dns.name.Name) -> dns.rdata.Rdata | None:
    """One record of a zone; None for SOA, which the server makes itself.

    Args:
        record: the fields of DnsRecord.
        origin: the zone's name.

    Raises:
        RecordError: its data does not fit its type.
    """
    kind = str(record["type"]).upper()
    if kind == "SOA":
        return None
    if kind not in _TEXTS:
        raise RecordError(f"record {record['name']} of {origin}: no type {kind}; write one of {', '.join(_TEXTS)}")
    try:
        return parse(kind, _TEXTS[kind](record, origin))
    except (dns.exception.DNSException, ValueError) as error:
        raise RecordError(f"record {record['name']} of {origin}, type {kind}: {record['data']!r}: {error}") from error


def parse(kind: str, text: str) -> dns.rdata.Rdata:
    """A record's data from its form in a zone file, with absolute names.

    Raises:
        dns.exception.DNSException: it has not that form.
    """
    return dns.rdata.from_text(dns.rdataclass.IN, kind, text, origin=dns.name.root, relativize=False)


def soa(origin: dns.name.Name, serial: int) -> dns.rdata.Rdata:
    """The zone's SOA."""
    return parse("SOA", f"{NAME_SERVERS[0]} hostmaster.{origin} {serial} {SOA_SECONDS}")


def address(text: str) -> dns.rdata.Rdata:
    """An A record, or an AAAA record, by the form of the address."""
    return parse("AAAA" if ":" in text else "A", text)


def _data(record: Mapping[str, Any], _: dns.name.Name) -> str:
    return str(record["data"])


def _host(record: Mapping[str, Any], origin: dns.name.Name) -> str:
    """A host name, which DigitalOcean keeps whole and without the last dot."""
    data = str(record["data"])
    return str(origin) if data == "@" else f"{data.removesuffix('.')}."


def _numbers(record: Mapping[str, Any], *keys: str) -> str:
    return " ".join(str(record.get(key) or 0) for key in keys)


def _strings(record: Mapping[str, Any], _: dns.name.Name) -> str:
    content = str(record["data"]).encode()
    parts = [content[at : at + TEXT_BYTES] for at in range(0, len(content), TEXT_BYTES)] or [b""]
    return " ".join(_quote(part) for part in parts)


def _quote(content: bytes) -> str:
    """Any bytes as a string of a zone file."""
    return (
        '"' + "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"\\{byte:03}" for byte in content) + '"'
    )


def _authorization(record: Mapping[str, Any], _: dns.name.Name) -> str:
    return f"{_numbers(record, 'flags')} {record.get('tag') or 'issue'} {_quote(str(record['data']).encode())}"


# By type, what stands for the data in a zone file.
_TEXTS: dict[str, Callable[[Mapping[str, Any], dns.name.Name], str]] = {
    "A": _data,
    "AAAA": _data,
    "CAA": _authorization,
    "CNAME": _host,
    "MX": lambda record, origin: f"{_numbers(record, 'priority')} {_host(record, origin)}",
    "NS": _host,
    "SRV": lambda record, origin: f"{_numbers(record, 'priority', 'weight', 'port')} {_host(record, origin)}",
    "TXT": _strings,
}
