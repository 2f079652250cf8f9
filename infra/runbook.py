"""The entry of docs/runbook.md for a resource that could not be made, changed or deleted, named after the error."""

from __future__ import annotations

import re

import pulumi

HOOK = "runbook"
QUOTED = re.compile(r"\s+(event|log): ")
# entry: what errors of DigitalOcean, Docker, Helm and Kubernetes say; the first that fits is named.
ENTRIES = {
    entry: re.compile(pattern, re.IGNORECASE)
    for entry, pattern in {
        "Expired token": r"/v2/\S+: 401\b|unable to authenticate you",
        "Full registry": r"storage quota|registry contains \d+ repositories|maximum number of repositories",
        "Droplet quota": r"droplet limit",
        "Missing zone": r"domains?\b.* already exists|certificate \S+ (is in state error|was not issued)"
        r"|error waiting for certificate",
        "Already exists": r"already exists|already in use|already been taken",
        "Full disk": r"no space left on device",
        "Cluster deleted by hand": r"kubernetes/clusters/\S+: 404|cluster not found|cluster is unreachable",
        "API failure during `up`": r"/v2/\S+: (429|5\d\d)\b|does not answer|connection (reset|refused)|\bEOF\b"
        r"|i/o timeout",
    }.items()
}


def name_runbook_entries() -> None:
    """Have every failure of a resource that is declared from here on followed by the entry that it belongs to."""
    hook = pulumi.ErrorHook(HOOK, _name_entry)
    binding = pulumi.ResourceHookBinding(on_error=[hook])

    def bind(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
        options = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(hooks=binding))
        return pulumi.ResourceTransformationResult(args.props, options)

    pulumi.runtime.register_stack_transformation(bind)


def find_entry(error: str) -> str | None:
    """The runbook's entry for an error; None where it has none.

    What a report of a rollout quotes (`infra.rollouts.rollout.report`) is left out: the errors in a pod's log and
    events are the service's own.
    """
    own = "\n".join(line for line in error.splitlines() if not QUOTED.match(line))
    return next((entry for entry, pattern in ENTRIES.items() if pattern.search(own)), None)


def describe_entry(entry: str) -> str:
    """Where to read what to do."""
    return f"what to do: docs/runbook.md, '{entry}'"


def _name_entry(args: pulumi.ErrorHookArgs) -> bool:
    """Name the entry; returns that the operation is not to be tried again."""
    if args.errors and (entry := find_entry(args.errors[0])):
        pulumi.log.warn(f"{args.name}: {describe_entry(entry)}")
    return False
