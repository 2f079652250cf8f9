"""What the account's zones say about a name: by the rules of RFC 1034, wildcards by those of RFC 4592."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset

from localcloud.name_server import records

LONGEST_CHAIN = 8  # of CNAMEs
NAMES_TTL = 60

Node = dict[dns.rdatatype.RdataType, dns.rdataset.Rdataset]


@dataclass
class Zone:
    """One zone, its nodes by absolute name."""

    origin: dns.name.Name
    nodes: dict[dns.name.Name, Node] = field(default_factory=dict)

    @classmethod
    def read(cls, name: str, entries: Sequence[Mapping[str, Any]], serial: int) -> Zone:
        """A zone from its records.

        Raises:
            RecordError: one of them does not fit its type.
        """
        zone = cls(dns.name.from_text(name))
        for entry in entries:
            data = records.read_record(entry, zone.origin)
            if data is not None:
                relative = str(entry["name"])
                at = zone.origin if relative in {"", "@"} else dns.name.from_text(relative, zone.origin)
                zone.add(at, data, int(entry["ttl"]))
        zone.add(zone.origin, records.soa(zone.origin, serial), records.DEFAULT_TTL)
        if dns.rdatatype.NS not in zone.nodes[zone.origin]:
            for host in records.NAME_SERVERS:
                zone.add(zone.origin, records.parse("NS", host), records.DEFAULT_TTL)
        return zone

    def add(self, name: dns.name.Name, data: dns.rdata.Rdata, ttl: int) -> None:
        node = self.nodes.setdefault(name, {})
        if data.rdtype not in node:
            node[data.rdtype] = dns.rdataset.Rdataset(dns.rdataclass.IN, data.rdtype, ttl=ttl)
        node[data.rdtype].add(data, ttl)

    def find(self, name: dns.name.Name) -> Node | None:
        """The records at a name, a wildcard's where it has none of its own; None where it does not exist."""
        if name in self.nodes:
            return self.nodes[name]
        if self._has_below(name):
            return {}
        encloser = name.parent()
        while encloser not in self.nodes and not self._has_below(encloser):
            encloser = encloser.parent()
        return self.nodes.get(dns.name.from_text("*", encloser))

    def _has_below(self, name: dns.name.Name) -> bool:
        return any(other != name and other.is_subdomain(name) for other in self.nodes)


@dataclass
class Zones:
    """All zones of the account, and names of its services that are in none of them."""

    zones: list[Zone]
    names: dict[dns.name.Name, str]

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Zones:
        """The content of the zones file.

        Raises:
            RecordError: a record does not fit its type.
        """
        serial = int(content.get("serial", 1))
        zones = [Zone.read(name, entries, serial) for name, entries in content["zones"].items()]
        names = {dns.name.from_text(name): address for name, address in content.get("names", {}).items()}
        return cls(sorted(zones, key=lambda zone: -len(zone.origin.labels)), names)

    def answer(self, query: dns.message.Message) -> tuple[dns.message.Message, dns.name.Name | None] | None:
        """The answer, and the name outside of the zones where a chain of CNAMEs leads; None: another has the name."""
        question = query.question[0]
        if self._zone(question.name) is None and question.name not in self.names:
            return None
        reply = dns.message.make_response(query, recursion_available=True)
        reply.flags |= dns.flags.AA
        name = question.name
        for _ in range(LONGEST_CHAIN):
            zone = self._zone(name)
            node = self._service(name) if zone is None else zone.find(name)
            if zone is None and node is None:
                return reply, name
            following = self._add(reply, name, node, question.rdtype)
            if following is None:
                self._conclude(reply, zone, node, question.rdtype)
                return reply, None
            name = following
        reply.set_rcode(dns.rcode.SERVFAIL)
        return reply, None

    def _add(
        self, reply: dns.message.Message, name: dns.name.Name, node: Node | None, kind: dns.rdatatype.RdataType
    ) -> dns.name.Name | None:
        """Add what a node has of a type; returns the name to go on with, if it is an alias."""
        if node is None:
            return None
        if dns.rdatatype.CNAME in node and kind not in {dns.rdatatype.CNAME, dns.rdatatype.ANY}:
            alias = node[dns.rdatatype.CNAME]
            reply.answer.append(dns.rrset.from_rdata_list(name, alias.ttl, list(alias)))
            return dns.name.from_text(alias[0].to_text())
        for found, data in node.items():
            if kind in {found, dns.rdatatype.ANY}:
                reply.answer.append(dns.rrset.from_rdata_list(name, data.ttl, list(data)))
        return None

    def _conclude(
        self, reply: dns.message.Message, zone: Zone | None, node: Node | None, kind: dns.rdatatype.RdataType
    ) -> None:
        """Say that the name does not exist, or has nothing of this type, with the zone's SOA."""
        if node is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        if zone is not None and not (node and kind in {*node, dns.rdatatype.ANY}):
            authority = zone.nodes[zone.origin][dns.rdatatype.SOA]
            reply.authority.append(dns.rrset.from_rdata_list(zone.origin, authority.ttl, list(authority)))

    def _zone(self, name: dns.name.Name) -> Zone | None:
        return next((zone for zone in self.zones if name.is_subdomain(zone.origin)), None)

    def _service(self, name: dns.name.Name) -> Node | None:
        if name not in self.names:
            return None
        data = records.address(self.names[name])
        return {data.rdtype: dns.rdataset.from_rdata(NAMES_TTL, data)}
