"""The command that installs or upgrades a Helm release."""

from __future__ import annotations

from localcloud.providers import operation
from localcloud.providers.resource_type import Properties

SWITCHES = {
    "cleanupOnFail": "--cleanup-on-fail",
    "createNamespace": "--create-namespace",
    "dependencyUpdate": "--dependency-update",
    "devel": "--devel",
    "disableOpenapiValidation": "--disable-openapi-validation",
    "disableWebhooks": "--no-hooks",
    "forceUpdate": "--force-replace",
    "renderSubchartNotes": "--render-subchart-notes",
    "resetValues": "--reset-values",
    "reuseValues": "--reuse-values",
    "skipCrds": "--skip-crds",
    "takeOwnership": "--take-ownership",
    "verify": "--verify",
}
OPTIONS = {"description": "--description", "keyring": "--keyring", "version": "--version"}
REPOSITORY = {"repo": "--repo", "caFile": "--ca-file", "certFile": "--cert-file", "keyFile": "--key-file"}
TIMEOUT_SECONDS = 300  # as the official provider's
OWNER_LABEL = "pulumi-resource"  # of Helm's record: which resource of which stack installed it


def upgrade_command(namespace: str, name: str, inputs: Properties) -> list[str]:
    words = ["upgrade", "--install", name, str(inputs["chart"]), f"--namespace={namespace}", "--values=-"]
    words += [*timeout_flags(inputs), f"--labels={OWNER_LABEL}={operation.resource_hash()}"]
    if not inputs.get("skipAwait") or inputs.get("atomic"):
        words.append("--wait")
        words += ["--wait-for-jobs"] if inputs.get("waitForJobs") else []
    words += ["--rollback-on-failure"] if inputs.get("atomic") else []
    # The official provider keeps every revision where nothing is said; helm's own default is 10.
    words.append(f"--history-max={inputs.get('maxHistory') or 0}")
    words += [flag for key, flag in SWITCHES.items() if inputs.get(key)]
    words += [f"{flag}={inputs[key]}" for key, flag in OPTIONS.items() if inputs.get(key)]
    repository = inputs.get("repositoryOpts") or {}
    return words + [f"{flag}={repository[key]}" for key, flag in REPOSITORY.items() if repository.get(key)]


def timeout_flags(inputs: Properties) -> list[str]:
    return [f"--timeout={inputs.get('timeout') or TIMEOUT_SECONDS}s"]
