"""A loopback port that accepts connections before the provider behind it is imported."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc

WORKERS = 64  # the engine's default parallelism is four times the cores; a Helm release waits for minutes
MESSAGE_BYTES = 400 * 1024 * 1024  # Pulumi's own limit: sdk/go/common/util/rpcutil/serve.go


@dataclass(frozen=True)
class Port:
    """A port whose requests wait until its server is started.

    Attributes:
        server: keep it referenced, or it ends.
    """

    number: int
    server: grpc.Server

    @classmethod
    def free(cls) -> Port:
        """A port that nobody else has."""
        options = [
            ("grpc.max_receive_message_length", MESSAGE_BYTES),
            ("grpc.max_send_message_length", MESSAGE_BYTES),
        ]
        server = grpc.server(ThreadPoolExecutor(WORKERS), options=options)
        return cls(server.add_insecure_port("127.0.0.1:0"), server)
