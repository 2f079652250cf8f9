"""GitHub's answers about how the repository is set up."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from delivery.github.answers import Answer, Text


class Reviewer(Answer):
    """Who may approve: a user has a login, a team a slug."""

    id: int
    login: Text = ""
    slug: Text = ""


class RequiredReviewer(Answer):
    """An entry of an environment's reviewers.

    Attributes:
        type: `User` or `Team`.
    """

    type: str
    reviewer: Reviewer


class ProtectionRule(Answer):
    """A rule of an environment.

    Attributes:
        type: `required_reviewers`, `wait_timer`, `branch_policy`, or the name of a custom rule.
        wait_timer: minutes.
    """

    type: Text = ""
    wait_timer: int = 0
    prevent_self_review: bool = False
    reviewers: list[RequiredReviewer] = Field(default_factory=list)


class BranchPolicy(Answer):
    """Which refs may use an environment at all."""

    protected_branches: bool
    custom_branch_policies: bool


class DeploymentEnvironment(Answer):
    """An environment.

    Attributes:
        can_admins_bypass: None where GitHub does not say.
    """

    name: Text = ""
    can_admins_bypass: bool | None = None
    deployment_branch_policy: BranchPolicy | None = None
    protection_rules: Annotated[list[ProtectionRule], BeforeValidator(lambda value: value or [])] = Field(
        default_factory=list
    )


class RefPolicy(Answer):
    """A pattern of refs that may use an environment."""

    id: int = 0
    name: str
    type: str = "branch"


class RulesetEntry(Answer):
    """A ruleset in a list.

    Attributes:
        source_type: `Repository`, or what a repository inherits from: `Organization`, `Enterprise`.
    """

    id: int
    name: Text = ""
    source_type: Text = ""


class Identity(Answer):
    """A user, a team or an app, as far as a request has to name it."""

    id: int


class WorkflowPermissions(Answer):
    """What a workflow may do that says nothing of it."""

    default_workflow_permissions: Text = ""
    can_approve_pull_request_reviews: bool = True


class Named(Answer):
    """A secret or a variable.

    Attributes:
        value: of a variable; GitHub never shows a secret's.
    """

    name: str
    value: Text = ""
