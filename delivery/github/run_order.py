"""Which of two runs speaks of a branch: events and second attempts arrive in any order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from delivery.github.answers import Branch, Issue, WorkflowRun
from delivery.github.ci_run import CiRun, order_of
from delivery.github.client import GitHubRepository
from delivery.github.report_text import read_order


@dataclass(frozen=True)
class RunOrder:
    """A finished run among the others of its workflow and branch."""

    repository: GitHubRepository
    run: CiRun

    @property
    def may_report(self) -> bool:
        """Whether the run may open an issue: no later one is over, or this one is of the branch's newest commit."""
        return not self._has_newer or self._is_head

    def may_change(self, issue: Issue) -> bool:
        """Whether an issue is not about a later run; one of an earlier version of Slipway names no run."""
        order = read_order(issue.body)
        return order is None or self.run.order >= order or self._is_head

    @cached_property
    def _is_head(self) -> bool:
        branch = self.repository.find(Branch, self.repository.rest.repos.get_branch, self.run.branch)
        return branch is not None and branch.commit.sha == self.run.sha  # None: a tag, or a branch that was removed

    @cached_property
    def _has_newer(self) -> bool:
        runs = self.repository.list_runs(f"{self.run.workflow}.yml", branch=self.run.branch, status="completed")
        return any(order_of(other) > self.run.order for other in runs if _speaks_of_branch(other))


def _speaks_of_branch(run: WorkflowRun) -> bool:
    return run.event not in {"pull_request", "merge_group"} and run.conclusion not in {"cancelled", "skipped"}
