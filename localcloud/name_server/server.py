"""UDP and TCP on several addresses; the zones are read again when their file changes."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import socket
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from localcloud.name_server.records import RecordError
from localcloud.name_server.zones import Zones

RELOAD_SECONDS = 0.1
FORWARD_SECONDS = 3.0
TCP_SECONDS = 10.0
PLAIN_UDP_BYTES = 512  # without EDNS
LARGEST_UDP_BYTES = 1232  # https://www.dnsflagday.net/2020/
IP_FREEBIND = 15  # linux/in.h; Python's socket has no name for it
# Class CHAOS, as other servers tell their version: the hash of the file that is served.
STATE_NAME = dns.name.from_text("zones.slipway.")

log = logging.getLogger("name-server")


class NameServer:
    """Answers from the zones file, and asks `upstreams` for everything else.

    Args:
        file: JSON with `zones` and `names`; it is replaced as a whole.
        upstreams: addresses of name servers.
        upstream_port: their port.
    """

    def __init__(self, file: Path, upstreams: Sequence[str], upstream_port: int = 53) -> None:
        self._file = file
        self._upstreams = upstreams
        self._upstream_port = upstream_port
        self._zones = Zones([], {})
        self._digest = ""

    async def run(self, addresses: Sequence[str], port: int) -> None:
        """Serve until the task is cancelled. An address may come up later.

        Raises:
            OSError: another program has the port.
        """
        self._reload()
        loop = asyncio.get_running_loop()
        opened: list[asyncio.BaseTransport | asyncio.Server] = []
        try:
            for address in addresses:
                udp = _bind(address, port, socket.SOCK_DGRAM)
                opened.append((await loop.create_datagram_endpoint(lambda: _Udp(self), sock=udp))[0])
                opened.append(await asyncio.start_server(self._tcp, sock=_bind(address, port, socket.SOCK_STREAM)))
            while True:
                await asyncio.sleep(RELOAD_SECONDS)
                self._reload()
        finally:
            for each in opened:
                each.close()

    async def answer(self, wire: bytes, *, udp: bool) -> bytes | None:
        """The reply to a message; None for what is no query."""
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return None
        if query.flags & dns.flags.QR or not query.question:
            return None
        reply = await self._answer(query)
        size = min(max(query.payload or PLAIN_UDP_BYTES, PLAIN_UDP_BYTES), LARGEST_UDP_BYTES) if udp else 65_535
        return reply.to_wire(max_size=size, prefer_truncation=True)

    async def _answer(self, query: dns.message.Message) -> dns.message.Message:
        question = query.question[0]
        if query.opcode() != dns.opcode.QUERY:
            return _refuse(query, dns.rcode.NOTIMP)
        if question.rdclass == dns.rdataclass.CHAOS:
            return self._tell_state(query)
        found = self._zones.answer(query)
        if found is None:
            return await self._forward(query)
        reply, outside = found
        if outside is not None and query.flags & dns.flags.RD:
            rest = await self._forward(dns.message.make_query(outside, question.rdtype))
            reply.answer.extend(rest.answer)
            reply.set_rcode(rest.rcode())
        return reply

    async def _forward(self, query: dns.message.Message) -> dns.message.Message:
        for upstream in self._upstreams:
            try:
                reply, _ = await dns.asyncquery.udp_with_fallback(
                    query, upstream, timeout=FORWARD_SECONDS, port=self._upstream_port
                )
            except (dns.exception.DNSException, OSError, EOFError):
                continue
            return reply
        return _refuse(query, dns.rcode.SERVFAIL)

    def _tell_state(self, query: dns.message.Message) -> dns.message.Message:
        if query.question[0].name != STATE_NAME:
            return _refuse(query, dns.rcode.REFUSED)
        reply = dns.message.make_response(query)
        reply.answer.append(dns.rrset.from_text(STATE_NAME, 0, dns.rdataclass.CHAOS, dns.rdatatype.TXT, self._digest))
        return reply

    def _reload(self) -> None:
        """Read the file if it is another one; one that cannot be read leaves the zones as they are."""
        try:
            content = self._file.read_bytes()
        except FileNotFoundError:
            return
        digest = hashlib.sha256(content).hexdigest()
        if digest == self._digest:
            return
        self._digest = digest
        try:
            self._zones = Zones.read(json.loads(content))
        except (ValueError, KeyError, RecordError) as error:
            log.error("%s: %s", self._file, error)  # noqa: TRY400 - the text says it all
        else:
            log.info("serving %d zones", len(self._zones.zones))

    async def _tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                async with asyncio.timeout(TCP_SECONDS):
                    (size,) = struct.unpack("!H", await reader.readexactly(2))
                    wire = await reader.readexactly(size)
                reply = await self.answer(wire, udp=False)
                if reply is None:
                    break
                writer.write(struct.pack("!H", len(reply)) + reply)
                await writer.drain()
        except (asyncio.IncompleteReadError, TimeoutError, OSError):
            pass
        finally:
            writer.close()


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server = server
        self._tasks: set[asyncio.Task[None]] = set()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.create_task(self._reply(data, addr))
        self._tasks.add(task)  # or it may be collected before it is done
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = await self._server.answer(data, udp=True)
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)


def _bind(address: str, port: int, kind: socket.SocketKind) -> socket.socket:
    """A socket on an address that need not be there yet: those of a cluster's bridge come and go with it."""
    made = socket.socket(socket.AF_INET, kind)
    made.setsockopt(socket.SOL_IP, IP_FREEBIND, 1)
    if kind == socket.SOCK_STREAM:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, port))
    made.setblocking(False)
    return made


def _refuse(query: dns.message.Message, code: dns.rcode.Rcode) -> dns.message.Message:
    reply = dns.message.make_response(query, recursion_available=True)
    reply.set_rcode(code)
    return reply
