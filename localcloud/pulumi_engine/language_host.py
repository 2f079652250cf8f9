"""`pulumi-language-python` for a CLI that was built from its Go module, which does not bring one.

The Pulumi SDK has the server, for its Automation API; this runs a project's `__main__.py` with it. The CLI starts it
with the engine's address as the last argument, and reads its port from the first line of output.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

WORKERS = 4


class LanguageHost(LanguageServer):
    """Runs the program of the project that the engine names.

    Attributes:
        engine: the engine's gRPC address; empty where there is none, as for `pulumi about`.
    """

    def __init__(self, engine: str) -> None:
        super().__init__(program=lambda: None)
        self.engine = engine

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> language_pb2.LanguageHandshakeResponse:
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version="0.0.0")

    def Run(self, request: Any, context: grpc.ServicerContext) -> language_pb2.RunResponse:
        folder = Path(request.info.program_directory)
        entry = folder / request.info.entry_point
        main = entry / "__main__.py" if entry.is_dir() else entry

        def program() -> None:
            os.chdir(request.pwd)
            sys.path.insert(0, str(folder))
            runpy.run_path(str(main), run_name="__main__")

        self.program = program
        request.args[:] = [self.engine]
        response: language_pb2.RunResponse = super().Run(request, context)  # type: ignore[no-untyped-call]
        return response


def main(arguments: list[str]) -> int:
    """Serve until the CLI interrupts us, as it does at its end."""
    parent = os.getppid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    server = grpc.server(ThreadPoolExecutor(WORKERS))
    address = arguments[-1] if arguments and not arguments[-1].startswith("-") else ""
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(address), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    while server.wait_for_termination(timeout=1.0) and os.getppid() == parent:
        pass  # a CLI that was killed interrupts nobody
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
