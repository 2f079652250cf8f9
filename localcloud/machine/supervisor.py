"""supervisord, which keeps an instance's programs alive and is stopped with them.

It (the PyPI package) restarts what crashes, rotates logs and stops in order; looked at beside it: systemd user units
(absent in containers and on many build machines) and pid files of our own.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy  # our own supervisor, by its socket  # nosec B411

import psutil
from supervisor.xmlrpc import SupervisorTransport

from localcloud.machine.command import CancelledError, open_log
from localcloud.machine.daemons import Daemon, DaemonError, Place
from localcloud.machine.marked_processes import MARK, RUN_MARK, SHIM, end_processes, find_marked
from localcloud.machine.supervisor_configuration import write_configuration

START_SECONDS = 30.0  # of a machine that compiles meanwhile
STOP_SECONDS = 60.0


class Supervisor:
    """The supervisord of one instance, or of another place with folders of its own.

    Args:
        cancelled: ends every wait when set; they then raise CancelledError.
    """

    def __init__(self, instance: Place, cancelled: threading.Event | None = None) -> None:
        self.instance = instance
        self._cancelled = cancelled or threading.Event()
        self.socket = instance.run / "supervisor.sock"
        self._configuration = instance.home / "supervisord.conf"

    @property
    def running(self) -> bool:
        """Whether supervisord answers, be it only to say that it is on its way down."""
        return self._condition() != "gone"

    @property
    def stopping(self) -> bool:
        return self._condition() == "stopping"

    def _condition(self) -> str:
        try:
            self._call("supervisor.getState")
        except (OSError, http.client.HTTPException):
            return "gone"
        except Fault:
            return "stopping"
        return "up"

    def start(self, daemons: Sequence[Daemon]) -> None:
        """Bring supervisord up with these programs known, and none of them started.

        Programs that are already up stay up, unless their command changed: those are restarted on `ensure`.

        Raises:
            DaemonError: supervisord did not answer within START_SECONDS.
            CancelledError: the user asked to stop.
        """
        write_configuration(self._configuration, self.instance, self.socket, daemons)
        self._until(lambda: not self.stopping, STOP_SECONDS)
        if self.running:
            self._reload({daemon.name for daemon in daemons if daemon.shared})
            return
        self.end_leftovers()
        self.socket.unlink(missing_ok=True)
        environment = {key: value for key, value in os.environ.items() if key != RUN_MARK}
        environment[MARK] = str(self.instance.run)
        program = Path(sys.executable).with_name("supervisord")
        with open_log(self.instance.logs / "supervisord.out") as out:
            subprocess.run(  # it goes to the background by itself, after it has said what is wrong
                [program, "--configuration", self._configuration],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=environment,
                check=False,
                start_new_session=True,
            )
        if not self._until(lambda: self.running, START_SECONDS):
            raise DaemonError(_tail("supervisord", self.instance.logs / "supervisord.out"))

    def ensure(self, name: str, ready: Callable[[], bool], seconds: float) -> None:
        """Start a program unless it runs, and wait until `ready`.

        Raises:
            DaemonError: it gave up, or was not ready within `seconds`.
            CancelledError: the user asked to stop.
        """
        if self.state(name) not in {"RUNNING", "STARTING", "BACKOFF"}:
            try:
                self._call("supervisor.startProcess", name, False)
            except Fault as fault:
                if "ALREADY_STARTED" not in fault.faultString:
                    raise DaemonError(f"{name}: {fault.faultString}") from fault
        log = self.instance.logs / f"{name}.log"
        if not self._until(lambda: ready() or self.state(name) == "FATAL", seconds) or self.state(name) == "FATAL":
            raise DaemonError(_tail(name, log))

    def state(self, name: str) -> str:
        """What supervisord calls for the program's state: RUNNING, STOPPED, FATAL and so on."""
        return str(self._call("supervisor.getProcessInfo", name)["statename"])

    def states(self) -> dict[str, str]:
        """State by name, of every program; empty when supervisord is not up."""
        if not self.running or self.stopping:
            return {}
        return {entry["name"]: entry["statename"] for entry in self._call("supervisor.getAllProcessInfo")}

    def stop_program(self, name: str) -> None:
        """Stop one program, if it runs."""
        if self.state(name) in {"RUNNING", "STARTING", "BACKOFF"}:
            self._call("supervisor.stopProcess", name)

    def signal(self, name: str, signal: str) -> None:
        """Send a running program a signal, by its name without SIG.

        Raises:
            DaemonError: it does not run.
        """
        try:
            self._call("supervisor.signalProcess", name, signal)
        except Fault as fault:
            raise DaemonError(f"{name}: {fault.faultString}") from fault

    def stop(self) -> None:
        """End supervisord and everything it started, then whatever is left of both."""
        if self.running:
            if not self.stopping:
                self._call("supervisor.shutdown")
            self._until(lambda: not self.running and not self._leftovers(), STOP_SECONDS)
        self.end_leftovers()

    def end_leftovers(self) -> None:
        """End processes of this instance whose supervisord is gone (killed, out of memory)."""
        end_processes(self._leftovers())

    def end_runs(self) -> None:
        """End programs that an earlier `up` of this instance started and did not live to end.

        Only for the holder of the instance's lock: a run that still lives would be ended, too.
        """
        end_processes(find_marked(RUN_MARK, self.instance))

    def _until(self, done: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if done():
                return True
            if self._cancelled.wait(0.1):
                raise CancelledError
        return done()

    def _leftovers(self) -> list[psutil.Process]:
        return [process for process in find_marked(MARK, self.instance) if not process.name().startswith(SHIM)]

    def _reload(self, shared: set[str]) -> None:
        added, changed, removed = self._call("supervisor.reloadConfig")[0]
        busy = {name for name in shared & set(changed) if self.state(name) in {"RUNNING", "STARTING"}}
        changed = [name for name in changed if name not in busy]
        for name in [*changed, *removed]:
            self._call("supervisor.stopProcessGroup", name)
            self._call("supervisor.removeProcessGroup", name)
        for name in [*added, *changed]:
            self._call("supervisor.addProcessGroup", name)

    def _call(self, method: str, *arguments: object) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self.socket}")
        function: Any = ServerProxy("http://localhost", transport=transport)
        for part in method.split("."):
            function = getattr(function, part)
        try:
            return function(*arguments)
        finally:
            transport.close()


def _tail(name: str, log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()[-15:]
    except OSError:
        lines = []
    text = "\n".join(f"    {line}" for line in lines)
    return f"{name} did not come up; the whole log is {log}\n{text}"
