"""A proxy in front of a service, which does to one request what networks and load balancers do.

It speaks HTTP request by request, each on a connection of its own, and lets SMTP through line by line.
"""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import struct
import threading
from dataclasses import dataclass

DELAY_SECONDS = 0.6  # longer than any client waits here
SECONDS = 10  # after which a test has lost patience
WRITES_ONCE = ("POST",)  # nothing repeats these by itself, and a server may count them twice
BAD_GATEWAY = (
    b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>"
)
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
HTTP_FAULTS = (
    "drop before",  # the connection is reset, and the server knows nothing of the request
    "drop after",  # the connection is reset, and the server did what it was asked
    "delay",  # the answer comes when nobody waits for it any more
    "repeat",  # the server gets the request twice
    "truncate",  # the connection ends in the middle of the answer
    "half",  # half of the answer looks like the whole
    "null",  # the answer is null
    "502 after",  # a gateway lost the answer
    "503 before",  # the server is busy
)
LINE_FAULTS = ("drop before", "drop after", "delay", "repeat", "truncate", "null")


@dataclass
class Fault:
    """What goes wrong.

    Attributes:
        at: with which request, counted from 1.
        lasting: with every later one, too.
    """

    kind: str
    at: int
    lasting: bool = False

    def __str__(self):
        return f"{self.kind} at {self.at}{' and after' if self.lasting else ''}"


class Proxy(socketserver.ThreadingTCPServer):
    """Listens on a port of its own.

    Attributes:
        count: requests, or lines of a server that speaks in lines, since `plan` was called.
        met: how often the fault happened.
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 50

    def __init__(self, port, *, speaks="http"):
        super().__init__(("127.0.0.1", 0), _Lines if speaks == "lines" else _Http)
        self.upstream, self.counting = ("127.0.0.1", port), threading.Lock()
        self.faults = LINE_FAULTS if speaks == "lines" else HTTP_FAULTS
        self.plan(None)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def plan(self, fault):
        self.fault, self.count, self.met = fault, 0, 0

    def next_fault(self, method=""):
        """What is to go wrong with this request; None: nothing."""
        with self.counting:
            self.count += 1
            fault = self.fault
            due = fault and (self.count == fault.at or (fault.lasting and self.count > fault.at))
            if not due or (fault.kind == "repeat" and method in WRITES_ONCE):
                return None
            self.met += 1
            return fault.kind

    def end(self):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A client that left, or a server: what the test is about."""


class _Http(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(SECONDS)
        request = _read_request(self.request)
        if not request:
            return None
        kind = self.server.next_fault(request.split(b" ", 1)[0].decode())
        if kind == "drop before":
            return _reset(self.request)
        if kind == "503 before":
            return self._send(BUSY)
        answer = self._forward(request)
        if kind == "repeat":
            answer = self._forward(request)
        if kind == "drop after":
            return _reset(self.request)
        if kind == "delay":
            threading.Event().wait(DELAY_SECONDS)
        self._send(_change(answer, kind))
        return None

    def _forward(self, request):
        head, separator, body = request.partition(b"\r\n\r\n")
        head = re.sub(rb"(?im)^connection:.*\r\n", b"", head + b"\r\n") + b"connection: close"
        with socket.create_connection(self.server.upstream, SECONDS) as server:
            server.sendall(head + separator + body)
            return b"".join(iter(lambda: server.recv(65536), b""))

    def _send(self, answer):
        with contextlib.suppress(OSError):  # nobody waits any more
            self.request.sendall(answer)


class _Lines(socketserver.BaseRequestHandler):
    """For SMTP: what the client says goes on as it is, and the server's lines one by one."""

    def handle(self):
        with socket.create_connection(self.server.upstream, SECONDS) as server:
            threading.Thread(target=_pump, args=(self.request, server), daemon=True).start()
            for line in server.makefile("rb"):
                kind = self.server.next_fault()
                if kind in {"drop before", "drop after"}:
                    return _reset(self.request)
                if kind == "delay":
                    threading.Event().wait(DELAY_SECONDS)
                if kind == "truncate":
                    self.request.sendall(line[: len(line) // 2])
                    return None
                self.request.sendall({"repeat": line * 2, "null": b"null\r\n"}.get(kind, line))
        return None


def _pump(source, target):
    with contextlib.suppress(OSError):
        for piece in iter(lambda: source.recv(65536), b""):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


def _read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?im)^content-length: *(\d+)", head)
    while length and len(body) < int(length[1]):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def _change(answer, kind):
    head, separator, body = answer.partition(b"\r\n\r\n")
    if kind == "502 after":
        return BAD_GATEWAY
    if kind == "truncate":
        return head + separator + body[: len(body) // 2] if body else head[: len(head) // 2]
    if kind in {"half", "null"}:
        body = body[: len(body) // 2] if kind == "half" else b"null"
        length = f"content-length: {len(body)}\r\n".encode()
        head = re.sub(rb"(?im)^(content-length|transfer-encoding):.*\r\n", b"", head + b"\r\n") + length
        head = head.removesuffix(b"\r\n")
    return head + separator + body


def _reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
