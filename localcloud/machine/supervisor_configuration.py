"""supervisord's configuration file: the programs that it may start."""

from __future__ import annotations

import configparser
import resource
import shlex
from collections.abc import Sequence
from pathlib import Path

from localcloud.machine.daemons import Daemon, Place

LOG_BYTES = "10MB"  # per program, with one older file kept beside it
OPEN_FILES = 65_536  # etcd's and containerd's units on Debian ask for as many


def write_configuration(file: Path, place: Place, socket: Path, daemons: Sequence[Daemon]) -> None:
    """Write the file, and make the folders that it names.

    Args:
        file: where.
        socket: at which supervisord is to answer.
        daemons: in the order in which they start; they stop in its reverse.
    """
    place.create_folders()
    place.run.mkdir(parents=True, exist_ok=True, mode=0o700)
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    parser = configparser.RawConfigParser()
    parser["unix_http_server"] = {"file": str(socket), "chmod": "0600"}
    parser["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    parser["supervisord"] = {
        "logfile": str(place.logs / "supervisord.log"),
        "pidfile": str(place.run / "supervisord.pid"),
        "user": "root",
        "minfds": str(min(hard_limit - 1, OPEN_FILES)),
    }
    for priority, daemon in enumerate(daemons, start=1):
        parser[f"program:{daemon.name}"] = _describe_program(daemon, priority, place.logs)
    for section in parser.values():
        for key, value in section.items():
            section[key] = value.replace("%", "%%")  # `%(name)s` is expanded in every value
    partial = file.with_suffix(".partial")
    partial.touch(mode=0o600)  # environments hold the emulator's token
    with partial.open("w", encoding="utf-8") as out:
        parser.write(out)
    partial.replace(file)


def _describe_program(daemon: Daemon, priority: int, logs: Path) -> dict[str, str]:
    environment = ",".join(f'{key}="{value}"' for key, value in sorted(daemon.environment.items()))
    return {
        "command": " ".join(_quote(str(word)) for word in daemon.command),
        "environment": environment,
        "autostart": "false",
        "autorestart": "true",
        "startsecs": "1",
        "startretries": "10",
        "stopwaitsecs": str(daemon.stop_seconds),
        "stopsignal": daemon.stop_signal,
        "priority": str(daemon.priority or priority),
        "redirect_stderr": "true",
        "stdout_logfile": str(logs / f"{daemon.name}.log"),
        "stdout_logfile_maxbytes": LOG_BYTES,
        "stdout_logfile_backups": "1",
    }


def _quote(word: str) -> str:
    """A word as supervisord reads it: by shlex, after it cut what follows ` ;` or ` #` as a comment."""
    return shlex.quote(word).replace(" ;", " '';").replace(" #", " ''#")
