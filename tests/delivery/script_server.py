"""Runs the scripts that are programs in tests, each in a process of its own, without starting Python for each.

A start of Python with the modules that scripts need takes longer than most of them run. This process has them, and forks.
"""

from __future__ import annotations

import datetime  # noqa: F401, ICN001 - like those below, for scripts
import gc
import json  # noqa: F401
import os
import pkgutil
import select
import shlex
import socketserver
import subprocess
import sys
import traceback
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.machinery import SourceFileLoader
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile

import yaml  # noqa: F401

# A request is the script, the folder, how many words there are, the words, and the environment, each ended by a NUL.
# The answer is what the shell is to do; there is none where the script was killed.
PROGRAM = """#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/{port}
{{ printf '%s\\0' {script} "$PWD" "$#" "$@"; env -0; printf '\\0'; }} >&3
answer=$(cat <&3)
[ -n "$answer" ] || kill -KILL $$
eval "$answer"
"""


def write_script(program: Path, script: Path, *packages: str) -> None:
    """Write a program that runs a Python script, as `python SCRIPT` does, with every module of packages in place."""
    program.write_text(PROGRAM.format(port=_start(packages), script=shlex.quote(str(script))))
    program.chmod(0o755)


def end() -> None:
    """End the servers."""
    while _running:
        _running.pop().communicate()
    _start.cache_clear()


_running: list[subprocess.Popen[str]] = []


@cache
def _start(packages: tuple[str, ...]) -> int:
    command = [sys.executable, __file__, *packages]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    _running.append(server)
    return int(server.stdout.readline())


class _Request(socketserver.BaseRequestHandler):
    """Handled in a process of its own."""

    def handle(self) -> None:
        fields = self._fields()
        script, folder, count = islice(fields, 3)
        sys.argv = [script, *islice(fields, int(count))]
        os.environ.clear()
        os.environ.update(each.split("=", 1) for each in iter(lambda: next(fields), ""))
        os.chdir(folder)
        with TemporaryFile() as out, TemporaryFile() as error:
            os.dup2(out.fileno(), 1)
            os.dup2(error.fileno(), 2)
            status = _run(script)
            sys.stdout.flush()
            sys.stderr.flush()
            printed = [_read_all(each) for each in (out, error)]
        answer = f"printf %s {printed[0]}; printf %s {printed[1]} >&2; exit {status}"
        self.request.sendall(os.fsencode(answer))

    def _fields(self) -> Iterator[str]:
        rest = b""
        while True:
            *whole, rest = (rest + self.request.recv(65536)).split(b"\0")
            yield from map(os.fsdecode, whole)


def _run(script: str) -> int:
    code = SourceFileLoader("__main__", script).get_code("__main__")
    try:
        exec(code, {"__name__": "__main__", "__file__": script})
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0
    except Exception:  # noqa: BLE001 - as Python ends with whatever nobody caught
        traceback.print_exc()
        return 1
    return 0


def _read_all(file) -> str:
    file.seek(0)
    return shlex.quote(os.fsdecode(file.read()))


class _Server(socketserver.ForkingTCPServer):
    request_queue_size = 50

    def service_actions(self) -> None:
        super().service_actions()
        if select.select([0], [], [], 0)[0]:  # whoever started it has ended
            os._exit(0)


def _import_all(package: str) -> None:
    for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
        import_module(module.name)


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[2])
    for each in sys.argv[1:]:
        _import_all(each)
    with _Server(("127.0.0.1", 0), _Request) as started:
        print(started.server_address[1], flush=True)
        gc.freeze()  # what is shared with the processes below stays shared
        started.serve_forever()
