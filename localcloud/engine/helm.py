"""Helm releases and the plain Kubernetes objects around them, through helm and kubectl."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from localcloud.engine.change import Change, Outcome
from localcloud.machine.command import CommandError, Commands

MANAGER = "slipway"  # the field manager that owns what we apply


@dataclass(frozen=True)
class Cluster:
    """The cluster that a kubeconfig file leads to; with `dry_run` nothing is changed.

    Attributes:
        helm, kubectl: the programs.
        kubeconfig: a file, as a kubeconfig on a command line would show its keys to every user.
    """

    helm: Path
    kubectl: Path
    kubeconfig: Path
    commands: Commands
    log: Path
    dry_run: bool

    def release(self, inputs: dict[str, Any]) -> Outcome:
        """Have `kubernetes:helm.sh/v3:Release`: installed or upgraded, unless it runs exactly this already.

        Raises:
            CommandError: helm failed; it has returned to the last good revision then.
        """
        name, namespace = str(inputs["name"]), str(inputs["namespace"])
        values = yaml.safe_dump(inputs.get("values") or {}, sort_keys=True)
        fingerprint = f"slipway {_fingerprint(Path(inputs['chart']), values)}"
        last = self._last_revision(name, namespace)
        outputs = {**inputs, "status": {"name": name, "namespace": namespace, "status": "deployed"}}
        if last and last["status"] == "deployed" and last["description"] == fingerprint:
            return Outcome(f"{namespace}/{name}", outputs, Change.SAME)
        change = Change.UPDATE if last else Change.CREATE
        if not self.dry_run:
            self._helm(self._upgrade(inputs, fingerprint), stdin=values)
        return Outcome(f"{namespace}/{name}", outputs, change)

    def remove_other_releases(self, namespace: str, charts: Sequence[str], kept: Sequence[str]) -> list[str]:
        """Uninstall releases of our charts that the program no longer declares; their names.

        The real engine finds them in its state.
        """
        listed = json.loads(self._helm(["list", "--namespace", namespace, "--output", "json"]))
        gone = [
            entry["name"]
            for entry in listed
            if entry["chart"].rpartition("-")[0] in charts and entry["name"] not in kept
        ]
        for name in gone if not self.dry_run else []:
            self._helm(["uninstall", name, "--namespace", namespace, "--wait"])
        return gone

    def object(self, api_version: str, kind: str, inputs: dict[str, Any]) -> Outcome:
        """Have one object, by server-side apply.

        Raises:
            CommandError: the API server refused it.
        """
        manifest = {**inputs, "apiVersion": api_version, "kind": kind}
        metadata = manifest["metadata"]
        identity = "/".join(part for part in (metadata.get("namespace"), metadata["name"]) if part)
        text = json.dumps(manifest)
        change = self._difference(text)
        if change is not Change.SAME and not self.dry_run:
            self._kubectl(["apply", "--server-side", f"--field-manager={MANAGER}", "-f", "-"], stdin=text)
        return Outcome(identity, manifest, change)

    def _difference(self, manifest: str) -> Change:
        found = self._kubectl(["get", "--ignore-not-found", "--output=name", "-f", "-"], stdin=manifest)
        if not found.strip():
            return Change.CREATE
        try:
            self._kubectl(["diff", "--server-side", f"--field-manager={MANAGER}", "-f", "-"], stdin=manifest)
        except CommandError:
            return Change.UPDATE
        return Change.SAME

    def _upgrade(self, inputs: dict[str, Any], fingerprint: str) -> list[str]:
        command = ["upgrade", "--install", str(inputs["name"]), str(inputs["chart"]), "--values", "-"]
        command += ["--namespace", str(inputs["namespace"]), "--description", fingerprint]
        if inputs.get("repositoryOpts"):
            command += ["--repo", inputs["repositoryOpts"]["repo"], "--version", inputs["version"]]
        if inputs.get("atomic"):
            command += ["--rollback-on-failure", "--wait"]
        for key, flag in (
            ("waitForJobs", "--wait-for-jobs"),
            ("cleanupOnFail", "--cleanup-on-fail"),
            ("createNamespace", "--create-namespace"),
        ):
            command += [flag] if inputs.get(key) else []
        for key, flag, unit in (("timeout", "--timeout", "s"), ("maxHistory", "--history-max", "")):
            command += [f"{flag}={inputs[key]}{unit}"] if inputs.get(key) else []
        return command

    def _last_revision(self, name: str, namespace: str) -> dict[str, Any] | None:
        command = ["history", name, "--namespace", namespace, "--max", "1", "--output", "json"]
        try:
            revisions: list[dict[str, Any]] = json.loads(self._helm(command))
        except CommandError as error:
            if "not found" in str(error):
                return None
            raise
        return revisions[-1] if revisions else None

    def _helm(self, command: list[str], stdin: str | None = None) -> str:
        return self.commands.run([self.helm, f"--kubeconfig={self.kubeconfig}", *command], log=self.log, stdin=stdin)

    def _kubectl(self, command: list[str], stdin: str | None = None) -> str:
        return self.commands.run(
            [self.kubectl, f"--kubeconfig={self.kubeconfig}", *command], log=self.log, stdin=stdin
        )


def _fingerprint(chart: Path, values: str) -> str:
    """A hash of all that a release is made from: two releases with the same one are the same."""
    digest = hashlib.sha256(values.encode())
    for path in sorted(chart.rglob("*")) if chart.is_dir() else ():
        if path.is_file():
            digest.update(path.relative_to(chart).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
