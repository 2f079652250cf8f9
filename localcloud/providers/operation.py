"""The request that a thread works on: which resource it is about, and how to tell the user of it meanwhile."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import grpc
import psutil
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

LOG = logging.getLogger(__name__)
SECONDS = 5.0  # an engine that does not take a message by then does without


@dataclass(frozen=True)
class Operation:
    """A request.

    Attributes:
        engine: the gRPC address of the engine that sent it; empty in a test.
        urn: of the resource.
        folder: what relative paths of the program are relative to.
    """

    engine: str
    urn: str
    folder: Path = Path()


NONE = Operation("", "")
_CURRENT: ContextVar[Operation] = ContextVar("operation", default=NONE)


@contextmanager
def begin(engine: str, urn: str, folder: Path = Path()) -> Iterator[None]:
    """Have this thread work on a request."""
    token = _CURRENT.set(Operation(engine, urn, folder))
    try:
        yield
    finally:
        _CURRENT.reset(token)


def urn() -> str:
    """The URN of the resource that this thread works on; empty outside of a request."""
    return _CURRENT.get().urn


def folder() -> Path:
    """The folder of charts and build contexts that the program names by relative paths."""
    return _CURRENT.get().folder


def engine_folder(peer: str) -> Path:
    """The working folder of the engine at the other end of a connection, such as `ipv4:127.0.0.1:40001`.

    The engine starts an official plugin, which so works in its folder. An attached one serves several engines: one
    that runs an older release works in a checkout of that release, with its charts. Where the system does not say
    which folder it is, it is our own.
    """
    port = peer.rpartition(":")[2]
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and str(connection.laddr.port) == port and connection.pid:
                return Path(psutil.Process(connection.pid).cwd())
    except psutil.Error as error:
        LOG.info("the working folder of %s: %s", peer, error)
    return Path.cwd()


def resource_hash() -> str:
    """Eight digits that stand for the resource where its URN does not fit."""
    return hashlib.sha256(urn().encode()).hexdigest()[:8]


def progress(text: str) -> None:
    """Show what is going on beside the resource, until the next message."""
    _log(text, engine_pb2.INFO, ephemeral=True)


def note(text: str) -> None:
    """Say something that stays."""
    _log(text, engine_pb2.INFO)


def warn(text: str) -> None:
    """Say something that stays, and that the user should act on."""
    _log(text, engine_pb2.WARNING)


def _log(text: str, severity: engine_pb2.LogSeverity.ValueType, *, ephemeral: bool = False) -> None:
    current = _CURRENT.get()
    if not current.engine:
        return
    request = engine_pb2.LogRequest(message=text, severity=severity, urn=current.urn, ephemeral=ephemeral)
    try:
        _engine(current.engine).Log(request, timeout=SECONDS)
    except grpc.RpcError as error:  # a lost message is no reason to fail
        LOG.info("%s: %s (not delivered: %s)", current.urn, text, error)


@cache
def _engine(address: str) -> engine_pb2_grpc.EngineStub:
    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
