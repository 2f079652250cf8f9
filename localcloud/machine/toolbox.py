"""The programs the local cloud runs and where they come from: Go modules and Debian packages.

Each is made once, under a folder named after what it was made from, and is whole or absent.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from localcloud import versions
from localcloud.machine import packages
from localcloud.machine.command import Commands
from localcloud.machine.go_build import GoBuild, GoFiles, build_cache
from localcloud.machine.locks import exclusive
from localcloud.steps import Report

SOURCES = Path(__file__).parent.parent / "binaries"


def _stamps(version: str) -> dict[str, str]:
    """Where Kubernetes' programs read their version: without it clients see v0.0.0."""
    major, minor, _ = version.split(".")
    values = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor}
    return {
        f"{package}.{name}": value
        for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
        for name, value in values.items()
    }


def _helm_stamps(kubernetes: str) -> dict[str, str]:
    """As Helm's own Makefile sets them: without the cluster's version `helm template` takes 1.20 for it."""
    major, minor, _ = kubernetes.split(".")
    packages = ("pkg/chart/common", "pkg/chart/v2/lint/rules", "internal/chart/v3/lint/rules")
    return {
        "helm.sh/helm/v4/internal/version.version": f"v{versions.HELM}",
        **{f"helm.sh/helm/v4/{package}.k8sVersionMajor": major for package in packages},
        **{f"helm.sh/helm/v4/{package}.k8sVersionMinor": minor for package in packages},
    }


KUBERNETES = GoBuild(
    name=f"kubernetes-{versions.KUBERNETES}",
    module=SOURCES,
    packages=("./...",),
    stamps=_stamps(versions.KUBERNETES),
    package_count=1990,
)
NEWER_KUBERNETES = GoBuild(
    name=f"kubernetes-{versions.NEWER_KUBERNETES}",
    module=SOURCES / "kubernetes-1.35",
    packages=(".",),
    stamps=_stamps(versions.NEWER_KUBERNETES),
    package_count=2450,
)
KUBERNETES_VERSIONS = {versions.KUBERNETES: KUBERNETES, versions.NEWER_KUBERNETES: NEWER_KUBERNETES}
CLIENTS = GoBuild(
    name=f"clients-{versions.KUBERNETES}",
    module=SOURCES,
    packages=("helm.sh/helm/v4/cmd/helm", "k8s.io/kubernetes/cmd/kubectl"),
    stamps={**_stamps(versions.KUBERNETES), **_helm_stamps(versions.KUBERNETES)},
    package_count=1168,
)
PULUMI = GoBuild(
    name=f"pulumi-{versions.PULUMI}",
    module=SOURCES / "pulumi",
    packages=("github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",),
    # The version it reports; with none it would ask for the newest one.
    stamps={"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": f"v{versions.PULUMI}"},
    package_count=1700,
)
# The CRDs that a managed cluster has from the start, in the version that Traefik 3.7 is compiled with.
GATEWAY_API = GoFiles(
    name="gateway-api",
    module=SOURCES / "gateway-api",
    path="sigs.k8s.io/gateway-api",
    pattern="config/crd/standard/*.yaml",
)
BUILDS = (KUBERNETES, NEWER_KUBERNETES, CLIENTS, PULUMI)


@dataclass(frozen=True)
class Toolbox:
    """Finds or makes every tool below `folder`; commands are logged in `logs`."""

    folder: Path
    logs: Path
    commands: Commands

    @property
    def binaries(self) -> Path:
        """The folder of `kubernetes`, `coredns` and `pause`."""
        return KUBERNETES.folder(self.folder)

    def kubernetes(self, version: str = versions.KUBERNETES) -> Path:
        """The program that is every Kubernetes component of a version such as `1.34.4`.

        Raises:
            KeyError: nothing here builds that version.
        """
        return KUBERNETES_VERSIONS[version].folder(self.folder) / "kubernetes"

    @property
    def gateway_api(self) -> Path:
        """The folder of the Gateway API's CRDs, as YAML files."""
        return GATEWAY_API.folder(self.folder)

    @property
    def helm(self) -> Path:
        return CLIENTS.folder(self.folder) / "helm"

    @property
    def kubectl(self) -> Path:
        return CLIENTS.folder(self.folder) / "kubectl"

    def debian(self, package: str) -> Path:
        """The unpacked program of a Debian package; see `packages.UNPACKED`."""
        return self.folder / "debian" / package / packages.UNPACKED[package]

    def fetch_debian(self, _: Report) -> None:
        """Unpack the Debian packages whose installation would start services."""
        for package in packages.UNPACKED:
            packages.unpack(self.commands, package, self.folder / "debian", self.logs / "packages.log")

    def build_kubernetes(self, report: Report, version: str = versions.KUBERNETES) -> None:
        """Compile the cluster's programs; of another version than the pinned one without CoreDNS and pause.

        Raises:
            CommandError: the compiler failed.
        """
        self.build(KUBERNETES_VERSIONS[version], report)

    def fetch_gateway_api(self, _: Report) -> None:
        """Download the Gateway API's CRDs.

        Raises:
            CommandError: they could not be downloaded.
        """
        GATEWAY_API.fetch(self.folder, self.commands, self.logs / f"{GATEWAY_API.name}.log")

    def build_clients(self, report: Report) -> None:
        """Compile Helm and kubectl.

        Raises:
            CommandError: the compiler failed.
        """
        self.build(CLIENTS, report)

    def build_pulumi(self, report: Report) -> Path:
        """Compile the Pulumi CLI; returns the program.

        Raises:
            CommandError: the compiler failed.
        """
        return self.build(PULUMI, report) / "pulumi"

    def build(self, build: GoBuild, report: Report) -> Path:
        return build.build(self.folder, self.commands, self.logs / f"{build.name}.log", report)

    def remove_build_cache(self) -> None:
        """Free what only the builds needed."""
        with ExitStack() as locks:
            for build in (*BUILDS, GATEWAY_API):  # another checkout may be compiling
                locks.enter_context(exclusive(build.lock(self.folder)))
            shutil.rmtree(build_cache(self.folder), ignore_errors=True)
