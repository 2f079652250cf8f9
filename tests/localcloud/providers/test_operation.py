from __future__ import annotations

import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from localcloud.providers import operation


class Engine(engine_pb2_grpc.EngineServicer):
    def __init__(self):
        self.heard = []

    def Log(self, request, context):
        self.heard.append((request.urn, request.message, request.severity, request.ephemeral))
        return empty_pb2.Empty()


def test_messages_reach_the_engine_with_their_urn():
    engine = Engine()
    server = grpc.server(ThreadPoolExecutor(1))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with operation.begin(f"127.0.0.1:{port}", "urn:x"):
        assert operation.urn() == "urn:x"
        operation.progress("one")
        operation.note("two")
        operation.warn("three")
    assert operation.urn() == ""
    server.stop(None).wait()
    assert engine.heard == [
        ("urn:x", "one", engine_pb2.INFO, True),
        ("urn:x", "two", engine_pb2.INFO, False),
        ("urn:x", "three", engine_pb2.WARNING, False),
    ]


def test_missing_engine_is_no_failure():
    operation.note("nobody listens")
    with operation.begin("127.0.0.1:1", "urn:x"):
        operation.note("nobody listens")


CLIENT = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    print(connection.getsockname()[1], flush=True)
    sys.stdin.read()
"""


def test_paths_are_relative_to_the_folder_of_the_engine_that_asks(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-c", CLIENT, str(server.getsockname()[1])]
        with subprocess.Popen(
            command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as client:
            port = client.stdout.readline().strip()
            assert operation.engine_folder(f"ipv4:127.0.0.1:{port}") == tmp_path
            client.stdin.close()


def test_an_engine_that_cannot_be_found_works_where_we_do():
    assert operation.engine_folder("ipv4:127.0.0.1:1") == Path.cwd()
    with operation.begin("", "urn:x", Path("/elsewhere")):
        assert operation.folder() == Path("/elsewhere")
    assert operation.folder() == Path()
