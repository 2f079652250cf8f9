"""How this repository is set up on GitHub: environments, rules for branches and tags, names of secrets.

docs/CICD.md has the same table for people; a test holds the two together, and the workflows to both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from delivery.account.connection import SOURCE_TOKEN
from delivery.github.branches import Branches
from infra.rollouts.kubeconfig import VIEW_TOKEN

# The last job of ci, preview and rehearse: each fails when any other job of its workflow does.
REQUIRED_CHECKS = ("required-checks", "preview-checks", "rehearsal-checks")
VERSION_TAGS = "v*"
MAINTAIN_ROLE = 2  # GitHub's ids of repository roles: 1 read… 2 maintain, 4 write, 5 admin
PULUMI_SECRETS = ("DIGITALOCEAN_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
PULUMI_VARIABLES = ("PULUMI_BACKEND_URL",)
# Any branch may use a preview's environment: its token of the cluster may only read, and is not doctl's.
PREVIEW_SECRETS = (*PULUMI_SECRETS, VIEW_TOKEN)
ENVIRONMENTS_KUBECONFIG = "PREVIEW_ENVIRONMENTS_KUBECONFIG"
NOTIFICATION_SECRETS = (
    "SLACK_WEBHOOK_URL",
    "SMTP_HOST",
    "SMTP_PORT",
    "SMTP_FROM",
    "SMTP_TO",
    "SMTP_USERNAME",
    "SMTP_PASSWORD",
    "NOTIFICATION_WEBHOOK_URL",
)


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A GitHub environment.

    Attributes:
        reviewed: whether a person must approve.
        self_review: whether that may be the one who started the run.
        refs: `(kind, pattern)` of what may use it; empty for every branch of this repository.
        secrets, variables: names that must be set.
        optional: names of secrets that may be set.
    """

    name: str
    reviewed: bool = False
    self_review: bool = False
    refs: tuple[tuple[str, str], ...] = ()
    secrets: tuple[str, ...] = PULUMI_SECRETS
    variables: tuple[str, ...] = PULUMI_VARIABLES
    optional: tuple[str, ...] = ()


def list_environments(branches: Branches) -> tuple[Environment, ...]:
    """The environments of a repository with these branches."""
    return (
        Environment(name="preview-staging", secrets=PREVIEW_SECRETS),
        # Whoever may push a branch can run its code here, with what reads prod's state: a person looks at it first.
        Environment(name="preview-prod", reviewed=True, self_review=True, secrets=PREVIEW_SECRETS),
        # A refresh reads credentials of the cluster and the databases: for code that was reviewed.
        Environment(name="drift-staging", refs=branches.refs),
        Environment(name="drift-prod", refs=branches.refs),
        Environment(name="staging", refs=branches.refs),
        # No tag: a release is deployed by the workflow of the branch, and never by its own.
        Environment(
            name="production",
            reviewed=True,
            refs=(("branch", branches.production),),
            secrets=(*PULUMI_SECRETS, SOURCE_TOKEN),
        ),
        # Read the state and remove images: deployments of their own, so that a cleanup is not recorded as a deploy.
        Environment(name="cleanup-staging", refs=(("branch", branches.production),)),
        Environment(name="cleanup-prod", reviewed=True, refs=(("branch", branches.production),)),
        # Of namespaces `pr-<number>` alone; state, passphrase and tokens of its own, and nothing of staging's.
        Environment(
            name="preview-environments",
            refs=branches.refs,
            secrets=(*PULUMI_SECRETS, ENVIRONMENTS_KUBECONFIG),
        ),
        Environment(
            name="notifications", refs=branches.refs, secrets=(), variables=(), optional=NOTIFICATION_SECRETS
        ),
    )


# Earlier versions of Slipway let these use an environment; they are taken away.
FORMER_REFS = {"production": (("tag", VERSION_TAGS),), "notifications": (("tag", VERSION_TAGS),)}
ENVIRONMENTS = list_environments(Branches())


def list_rulesets(branches: Branches, actions_id: int | None, *, merge_queue: bool) -> tuple[dict[str, Any], ...]:
    """The rulesets of a repository, as GitHub's API takes them.

    Args:
        branches: which are protected.
        actions_id: id of the app GitHub Actions, which alone may say that a check passed; None: any app may.
        merge_queue: whether pull requests are merged by a queue.
    """
    rules = (_branch_rules(branches, actions_id), _tag_rules(), _tag_creation_rules())
    return (*rules, _queue_rules(branches)) if merge_queue else rules


def _branch_rules(branches: Branches, actions_id: int | None) -> dict[str, Any]:
    app = {} if actions_id is None else {"integration_id": actions_id}
    return {
        **_ruleset("Protected branches", "branch", [f"refs/heads/{branch}" for branch in branches.names]),
        "rules": [
            {"type": "deletion"},
            {"type": "non_fast_forward"},
            {
                "type": "pull_request",
                "parameters": {
                    "required_approving_review_count": 1,
                    "dismiss_stale_reviews_on_push": True,
                    "require_code_owner_review": True,
                    "require_last_push_approval": True,
                    "required_review_thread_resolution": True,
                },
            },
            {
                "type": "required_status_checks",
                "parameters": {
                    "strict_required_status_checks_policy": True,
                    "required_status_checks": [{"context": name, **app} for name in REQUIRED_CHECKS],
                },
            },
        ],
    }


def _tag_rules() -> dict[str, Any]:
    """A version is never moved and never removed: by nobody, so this ruleset has no bypass."""
    return {
        **_ruleset("Version tags", "tag", [f"refs/tags/{VERSION_TAGS}"]),
        "rules": [{"type": "update"}, {"type": "deletion"}],
    }


def _tag_creation_rules() -> dict[str, Any]:
    """Who may release: everyone else can make no version."""
    return {
        **_ruleset("Version tags: who may create one", "tag", [f"refs/tags/{VERSION_TAGS}"]),
        "bypass_actors": [{"actor_id": MAINTAIN_ROLE, "actor_type": "RepositoryRole", "bypass_mode": "always"}],
        "rules": [{"type": "creation"}],
    }


def _queue_rules(branches: Branches) -> dict[str, Any]:
    """A ruleset of its own: a plan without merge queues refuses the whole ruleset that has one."""
    return {
        **_ruleset("Merge queue", "branch", [f"refs/heads/{branch}" for branch in branches.names]),
        "rules": [
            {
                "type": "merge_queue",
                "parameters": {
                    "check_response_timeout_minutes": 120,  # a rehearsal takes about an hour
                    "grouping_strategy": "ALLGREEN",
                    "max_entries_to_build": 5,
                    "max_entries_to_merge": 5,
                    "merge_method": "MERGE",
                    "min_entries_to_merge": 1,
                    "min_entries_to_merge_wait_minutes": 0,
                },
            }
        ],
    }


def _ruleset(name: str, target: str, refs: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "target": target,
        "enforcement": "active",
        "bypass_actors": [],
        "conditions": {"ref_name": {"include": refs, "exclude": []}},
    }
