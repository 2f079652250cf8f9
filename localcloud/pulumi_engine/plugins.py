"""Providers of the program: the official plugins where they are installed or can be, else ours, attached."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from localcloud.machine.command import CommandError, Commands
from localcloud.pulumi_engine import release
from localcloud.pulumi_engine.cli import MEMORY, Cli
from localcloud.steps import Report

PACKAGES = ("digitalocean", "docker", "kubernetes")
USERS_HOME = ".pulumi"  # below the home folder: where the user's own CLI keeps plugins
END_SECONDS = 5.0
PACKAGES_FOLDER = Path(__file__).resolve().parents[2]  # of `localcloud`: our providers and language host


class PluginError(RuntimeError):
    """Our providers did not start."""


@dataclass(frozen=True)
class Plugin:
    """One provider of the program.

    Attributes:
        version: that of the SDK, which a plugin has to match.
        official: whether it is Pulumi's own plugin; else it is ours.
    """

    package: str
    version: str
    official: bool

    def __str__(self) -> str:
        return f"{self.package} {self.version} ({'official plugin' if self.official else 'Slipway'})"


@dataclass(frozen=True)
class Plugins:
    """The plugins of a Pulumi home of our own: the user's is only read.

    Attributes:
        home: what PULUMI_HOME is set to.
        tools: where it is remembered that Pulumi's host did not answer.
    """

    home: Path
    tools: Path

    def find(self) -> list[Plugin]:
        """Which providers would be used now."""
        return [Plugin(package, sdk_version(package), self._is_installed(package)) for package in PACKAGES]

    def install(self, cli: Cli, commands: Commands, log: Path, report: Report) -> None:
        """Have the official plugins: those of the user's own CLI by a link, others downloaded where that can be."""
        for package in PACKAGES:
            if not self._is_installed(package):
                self._link(package)
            if not self._is_installed(package) and release.is_reachable(self.tools / MEMORY):
                report(note=f"installing the {package} plugin")
                self._download(package, cli, commands, log)

    def _is_installed(self, package: str) -> bool:
        program = f"pulumi-resource-{package}"
        return (self._folder(self.home, package) / program).exists() or shutil.which(program) is not None

    def _link(self, package: str) -> None:
        users = self._folder(Path.home() / USERS_HOME, package)
        own = self._folder(self.home, package)
        if (users / f"pulumi-resource-{package}").exists() and not own.exists():
            own.parent.mkdir(parents=True, exist_ok=True)
            own.symlink_to(users)

    def _download(self, package: str, cli: Cli, commands: Commands, log: Path) -> None:
        words = ["plugin", "install", "resource", package, sdk_version(package)]
        try:
            commands.run([cli.program, *words], log=log, environment={"PULUMI_HOME": str(self.home)})
        except CommandError:
            (self.tools / MEMORY).touch()  # ours is used; asked again in a day

    @staticmethod
    def _folder(home: Path, package: str) -> Path:
        return home / "plugins" / f"resource-{package}-v{sdk_version(package)}"


def sdk_version(package: str) -> str:
    """The version of the SDK that the program uses, which its plugin has to match."""
    return version(f"pulumi-{package}")


@contextmanager
def attach(
    packages: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
) -> Iterator[dict[str, str]]:
    """Serve our providers for these packages while the body runs; gives what the engine needs in its environment.

    Args:
        environment: of the providers: the Docker Engine, the API's token, Helm.
        folder: the program's, as its charts and build contexts are relative to it.
        log: what they say.

    Raises:
        PluginError: they did not start, or ended by themselves and the body failed.
    """
    if not packages:
        yield {}
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "localcloud.providers", *packages],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=out,
            text=True,
            env={**os.environ, **environment, "PYTHONPATH": str(PACKAGES_FOLDER)},
            cwd=folder,
            start_new_session=True,  # Ctrl-C is the engine's: it asks us to cancel
        )
    try:
        addresses = process.stdout.readline().strip() if process.stdout else ""
        if not addresses:
            raise PluginError(f"our providers did not start; {log} says why")
        yield {"PULUMI_DEBUG_PROVIDERS": addresses}
    except CommandError as error:
        if process.poll() is None:
            raise
        raise PluginError(f"our providers ended; {log} says why") from error
    finally:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    """Ask by closing its input, then kill it."""
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
