"""The request that a thread works on: which resource it is about, and how to tell the user of it meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

LOG = logging.getLogger(__name__)
SECONDS = 5.0  # an engine that does not take a message by then does without


@dataclass(frozen=True)
class Operation:
    """A request.

    Attributes:
        engine: the gRPC address of the engine that sent it; empty in a test.
        urn: of the resource.
    """

    engine: str
    urn: str


NONE = Operation("", "")
_CURRENT: ContextVar[Operation] = ContextVar("operation", default=NONE)


@contextmanager
def begin(engine: str, urn: str) -> Iterator[None]:
    """Have this thread work on a request."""
    token = _CURRENT.set(Operation(engine, urn))
    try:
        yield
    finally:
        _CURRENT.reset(token)


def urn() -> str:
    """The URN of the resource that this thread works on; empty outside of a request."""
    return _CURRENT.get().urn


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
