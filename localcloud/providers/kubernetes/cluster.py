"""The cluster of a kubeconfig: a client for it, and the helm program."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx2  # what lightkube speaks HTTP with
import yaml
from lightkube import ApiError, KubeConfig
from lightkube.core.exceptions import ConfigError

from infra.rollouts import cluster_access
from localcloud.machine.command import CancelledError, CommandError, Commands
from localcloud.providers import operation
from localcloud.providers.errors import ProviderError

HELM_VARIABLE = "SLIPWAY_HELM"
NO_LOG = Path(os.devnull)  # the engine has each failure's last lines, and the user sees those
NOT_FOUND, CONFLICT = 404, 409


class HelmError(ProviderError):
    """helm failed; the text is what it said last."""


class UnreachableError(ProviderError):
    """The cluster does not answer."""


class InterruptedHelmError(ProviderError):
    """The user asked to stop while helm was at work: a release may be in any state."""


@dataclass
class Cluster:
    """The cluster that a kubeconfig leads to.

    Attributes:
        kubeconfig: a kubeconfig's text.
        namespace: for objects and releases that name none.
        commands: runs helm, and ends it when the user asks to stop.
        secrets_change_in_place: else a Secret with new content is made anew, as the official provider does.
        takes_over: whether an object that is there already may be created.
        forces: whether fields that others set are taken from them.
        deletes_unreachable: whether what is in a cluster that does not answer counts as deleted.
    """

    kubeconfig: str
    namespace: str = "default"
    commands: Commands = field(default_factory=Commands)
    secrets_change_in_place: bool = False
    takes_over: bool = False
    forces: bool = False
    deletes_unreachable: bool = False

    @cached_property
    def client(self) -> Any:
        """A lightkube client for the Kubernetes API; `Any`, as its overloads take no type that is a variable.

        Raises:
            ProviderError: the kubeconfig cannot be used.
        """
        try:
            return cluster_access.client(self.kubeconfig)
        except (ConfigError, KeyError, OSError, ValueError) as error:
            raise ProviderError(f"the kubeconfig cannot be used: {error}") from error

    @contextmanager
    def explain_errors(self, subject: str) -> Iterator[None]:
        """Have what the API refuses, or a cluster that does not answer, as an error with the subject's name.

        Raises:
            UnreachableError, ProviderError: as said.
        """
        try:
            yield
        except ApiError as error:
            raise ProviderError(f"{subject}: {error.status.message}") from error
        except httpx2.HTTPError as error:
            server = self.client.config.cluster.server
            raise UnreachableError(f"{subject}: the cluster at {server} does not answer: {error}") from error

    def counts_as_deleted(self, error: ProviderError) -> bool:
        """Whether what an operation failed on counts as deleted, as the cluster does not answer."""
        silent = isinstance(error, UnreachableError) or "cluster unreachable" in str(error)  # helm's words
        return self.deletes_unreachable and silent

    def helm(self, *words: str, stdin: str | None = None) -> str:
        """Run helm on this cluster and return its output.

        Raises:
            HelmError: helm failed.
            InterruptedHelmError: the user asked to stop.
        """
        helm = os.environ.get(HELM_VARIABLE) or "helm"
        with self._kubeconfig_file() as file:
            command = [helm, f"--kubeconfig={file}", *words]
            try:
                return self.commands.run(command, log=NO_LOG, stdin=stdin, folder=operation.folder())
            except CommandError as error:
                raise HelmError(_last_lines(error)) from error
            except CancelledError as error:
                raise InterruptedHelmError("cancelled while helm was at work") from error

    @contextmanager
    def _kubeconfig_file(self) -> Iterator[Path]:
        """The kubeconfig as a file that only we can read: on a command line every user would see its keys."""
        with tempfile.TemporaryDirectory(prefix="slipway-") as folder:  # mode 0700
            file = Path(folder) / "kubeconfig"
            file.touch(mode=0o600)
            file.write_text(self.kubeconfig)
            yield file


def load_kubeconfig(content_or_path: str, context: str | None) -> str:
    """The text of a kubeconfig that is given as its text or as a path, with `context` as its current one.

    Raises:
        ProviderError: it cannot be read, is not a kubeconfig, or does not have the context.
    """
    text, folder = content_or_path, Path()
    if "\n" not in text and not text.lstrip().startswith("{"):
        path = operation.folder() / Path(text).expanduser()
        folder = path.parent
        try:
            text = path.read_text()
        except OSError as error:
            raise ProviderError(f"cannot read the kubeconfig {path}: {error.strerror}") from error
    try:
        content: dict[str, Any] = yaml.safe_load(text)
        if context:
            content["current-context"] = context
        _make_paths_absolute(content, folder)
        KubeConfig.from_dict(content).get()
    except (ConfigError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise ProviderError(f"the kubeconfig cannot be used: {error}") from error
    return yaml.safe_dump(content)


def _make_paths_absolute(content: dict[str, Any], folder: Path) -> None:
    """A kubeconfig's paths are relative to its file, and helm gets it as another one."""
    for entries, kind in (("clusters", "cluster"), ("users", "user")):
        for entry in content.get(entries) or []:
            settings = entry[kind]
            for key in ("certificate-authority", "client-certificate", "client-key", "tokenFile"):
                if key in settings:
                    settings[key] = str((folder / settings[key]).resolve())


def _last_lines(error: CommandError) -> str:
    """What the program said, without the line about the program itself unless there is nothing else."""
    first, _, output = str(error).partition("\n")
    return "\n".join(line.removeprefix("    ") for line in output.splitlines()) or first
