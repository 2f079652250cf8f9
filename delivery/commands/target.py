"""The stack that a command changes, and what is said of the change: outputs, a summary, evidence."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from delivery.cluster import StackCluster, request_cluster
from delivery.deploy import Deployment
from delivery.github import workflow_run
from delivery.github.answers import WorkflowRun
from delivery.github.client import GitHubRepository
from delivery.github.markdown import code, escape, fence, flatten
from delivery.images import release_images
from delivery.outcome import DeliveryError, MissingError, Report, RolledBackError
from delivery.provenance.evidence import describe_release, write_evidence
from delivery.stack.history import find_version
from delivery.stack.hold import HeldError
from delivery.stack.outputs import Outputs
from delivery.stack.pulumi_stack import PulumiStack
from delivery.stack.unstick import unstick
from delivery.verification.behaviour_gate import BehaviourGate
from delivery.verification.healthy import TIMEOUT_SECONDS
from delivery.verification.verification import Verification

# Workflows whose runs change a stack, and so may hold its lock.
DEPLOYING = frozenset({"deploy.yml", "rollback.yml"})
WATCH_SECONDS = 3600  # a release's requests are watched for half an hour at most, and its journeys are run
Act = Callable[[], Outputs | None]


@dataclass(frozen=True, kw_only=True)
class Target:
    """The stack that a command changes, and how its release is verified.

    Attributes:
        urls: where services answer, by name, if not as the stack exports.
        timeout: seconds to become healthy in.
        evidence: the folder that gets facts of what runs, for those who ask later.
        repository: `owner/name`; None: that of the workflow's run.
        open_cluster: the stack's cluster, if not by DigitalOcean's API.
        figures: what was seen of a release's requests, filled while it is judged.
    """

    stack: PulumiStack
    urls: Mapping[str, str] = field(default_factory=dict)
    timeout: float = TIMEOUT_SECONDS
    evidence: Path | None = None
    repository: str | None = None
    open_cluster: Callable[[], StackCluster] | None = None
    figures: list[str] = field(default_factory=list)

    def deployment(self, *, automatic: bool = False, allow_unmerged: bool = False) -> Deployment:
        """How this stack is deployed to; see `Deployment`."""

        def unlock() -> bool:
            return unstick(self.stack, self.find_working_runs(), workflow_run.run_id(), apply=True, say=print)

        open_cluster = self.open_cluster or self._request_cluster
        gate = BehaviourGate(open_cluster, figures=self.figures)
        verify = Verification(
            self.stack, open_cluster, automatic=automatic, timeout=self.timeout, urls=self.urls, gate=gate
        )
        return Deployment(
            stack=self.stack,
            verify=verify,
            judge=verify.judge,
            takes_canary=verify.takes_canary,
            judge_canary=lambda step: verify.judge_canary(step.limits),
            refuse=verify.refuse,
            unlock=unlock,
            automatic=automatic,
            allow_unmerged=allow_unmerged,
        )

    def _request_cluster(self) -> StackCluster:
        return request_cluster(self.stack.name, self.stack.configuration("HEAD"), WATCH_SECONDS)

    def find_working_runs(self) -> list[WorkflowRun] | None:
        """The runs that may hold a lock; None where GitHub cannot be asked."""
        try:
            return GitHubRepository.from_environment(self.repository).list_active_runs(DEPLOYING)
        except MissingError:
            return None

    def write_evidence(self, outputs: Outputs, version: str | None) -> None:
        """Write evidence of what runs, where that was asked for.

        Raises:
            DeliveryError: it could not be written. The release runs, verified, by then.
        """
        if self.evidence is None:
            return
        try:
            facts = describe_release(outputs, self.stack.name, version, workflow_run.url(), checked=True)
            login = release_images.login(self.stack, outputs.release)
            for file in write_evidence(self.evidence, facts, login):
                print(f"evidence: {file}")
        except Exception as error:
            raise DeliveryError(
                f"{self.stack.name} runs {outputs.release[:12]}, verified, and evidence of it could not be written: "
                f"{error}; the same command again writes it"
            ) from error


def run_change(target: Target, act: Act, version: str | None = None) -> Report:
    """Change the stack, then set the step's outputs, and say in the run's summary what became of it.

    The outputs `released`, `rolled-back` and `held` are `true` or `false` however it ends; `behaviour` has what was
    seen of the release's requests, for who is notified.

    Args:
        target: what is changed.
        act: changes it; returns what runs then, or None where nothing was to be done.
        version: of the release; None: its own tag.
    """
    stack, ends = target.stack.name, {"released": False, "rolled-back": False, "held": False}
    try:
        outputs = act()
        ends["released"] = outputs is not None
    except RolledBackError as error:
        ends["rolled-back"] = True
        _summarize_failure(f"### ↩️ {code(stack)} was rolled back automatically", error)
        _write_evidence_after_rollback(target)
        raise
    except HeldError as error:
        ends["held"] = True
        _summarize_failure(f"### ⏸️ {code(stack)} takes no deploys now", error)
        raise
    except DeliveryError as error:
        _summarize_failure(f"### ❌ {code(stack)}", error)
        raise
    finally:
        for name, value in ends.items():
            workflow_run.output(name, str(value).lower())
        if target.figures:
            workflow_run.output("behaviour", flatten("; ".join(target.figures)))
    if outputs is None:
        workflow_run.summarize(f"### {stack} runs a newer release: nothing to do")
        return Report(facts={"stack": stack, "released": False})
    version = version or find_version(outputs.release)
    workflow_run.summarize(_summarize_release(stack, outputs, version, target.figures))
    target.write_evidence(outputs, version)
    facts = {"stack": stack, "released": True, **describe_outputs(outputs), "version": version}
    return Report(facts={**facts, "behaviour": target.figures} if target.figures else facts)


def describe_outputs(outputs: Outputs) -> dict[str, Any]:
    """What `--json` prints of what runs."""
    services = {name: facts.model_dump() for name, facts in outputs.services.items()}
    facts = {"release": outputs.release, "version": find_version(outputs.release), "services": services}
    canaries = {name: canary.model_dump() for name, canary in outputs.canary.items()}
    return {**facts, "canary": canaries} if canaries else facts


def _summarize_failure(title: str, error: DeliveryError) -> None:
    """Say it in the run's summary; on a terminal the error itself follows."""
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        workflow_run.summarize(f"{title}\n\n{fence(str(error))}")


def _summarize_release(stack: str, outputs: Outputs, version: str | None, figures: Sequence[str]) -> str:
    lines = [f"### ✅ {stack} runs `{outputs.release[:12]}` {version or ''}", ""]
    lines += [
        f"- {code(service)} {code(facts.tag)} {code(facts.digest)} {facts.url or ''}"
        for service, facts in outputs.services.items()
    ]
    lines += ["", *(f"- {escape(figure)}" for figure in figures)] if figures else []
    return "\n".join(lines)


def _write_evidence_after_rollback(target: Target) -> None:
    """Evidence of what runs again. Without it the command fails no other way than it does."""
    try:
        if target.evidence and (live := target.stack.outputs()):
            target.write_evidence(live, find_version(live.release))
    except DeliveryError as error:
        print(f"warning: {error}")
