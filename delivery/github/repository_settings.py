"""How this repository is set up on GitHub: environments, rules for branches and tags, names of secrets.

docs/CICD.md has the same table for people; a test holds the two together, and the workflows to both.
"""

from __future__ import annotations

from dataclasses import dataclass

from delivery.images.stack_registry import SOURCE_TOKEN
from infra.rollouts.kubeconfig import VIEW_TOKEN

REQUIRED_CHECK = "required-checks"
BRANCHES = ("main", "develop")
VERSION_TAGS = "v*"
MAINTAIN_ROLE = 2  # GitHub's ids of repository roles: 1 read… 2 maintain, 4 write, 5 admin
PULUMI_SECRETS = ("DIGITALOCEAN_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
PULUMI_VARIABLES = ("PULUMI_BACKEND_URL",)
# Any branch may use a preview's environment: its token of the cluster may only read, and is not doctl's.
PREVIEW_SECRETS = (*PULUMI_SECRETS, VIEW_TOKEN)
REVIEWED_BRANCHES = (("branch", "develop"), ("branch", "main"))


@dataclass(frozen=True)
class Environment:
    """A GitHub environment.

    Attributes:
        reviewed: whether a person must approve, and not the one who started the run.
        refs: `(kind, pattern)` of what may use it; empty for every branch of this repository.
        secrets, variables: names that must be set.
        optional: names of secrets that may be set.
    """

    name: str
    reviewed: bool
    refs: tuple[tuple[str, str], ...]
    secrets: tuple[str, ...]
    variables: tuple[str, ...]
    optional: tuple[str, ...] = ()


ENVIRONMENTS = (
    Environment("preview-staging", reviewed=False, refs=(), secrets=PREVIEW_SECRETS, variables=PULUMI_VARIABLES),
    Environment("preview-prod", reviewed=False, refs=(), secrets=PREVIEW_SECRETS, variables=PULUMI_VARIABLES),
    # A refresh reads credentials of the cluster and the databases: for code that was reviewed.
    Environment(
        "drift-staging",
        reviewed=False,
        refs=REVIEWED_BRANCHES,
        secrets=PULUMI_SECRETS,
        variables=PULUMI_VARIABLES,
    ),
    Environment(
        "drift-prod",
        reviewed=False,
        refs=REVIEWED_BRANCHES,
        secrets=PULUMI_SECRETS,
        variables=PULUMI_VARIABLES,
    ),
    Environment(
        "staging",
        reviewed=False,
        refs=REVIEWED_BRANCHES,
        secrets=PULUMI_SECRETS,
        variables=PULUMI_VARIABLES,
    ),
    Environment(
        "production",
        reviewed=True,
        refs=(("branch", "main"), ("tag", VERSION_TAGS)),
        secrets=(*PULUMI_SECRETS, SOURCE_TOKEN),
        variables=PULUMI_VARIABLES,
    ),
    Environment(
        "notifications",
        reviewed=False,
        refs=(*REVIEWED_BRANCHES, ("tag", VERSION_TAGS)),
        secrets=(),
        variables=(),
        optional=(
            "SLACK_WEBHOOK_URL",
            "SMTP_HOST",
            "SMTP_PORT",
            "SMTP_FROM",
            "SMTP_TO",
            "SMTP_USERNAME",
            "SMTP_PASSWORD",
        ),
    ),
)
BRANCH_RULES = {
    "name": "Protected branches",
    "target": "branch",
    "enforcement": "active",
    "bypass_actors": [],
    "conditions": {"ref_name": {"include": [f"refs/heads/{branch}" for branch in BRANCHES], "exclude": []}},
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
                "required_status_checks": [{"context": REQUIRED_CHECK}],
            },
        },
    ],
}
TAG_RULES = {
    "name": "Version tags",
    "target": "tag",
    "enforcement": "active",
    # Who may release: everyone else can neither make nor move a version.
    "bypass_actors": [{"actor_id": MAINTAIN_ROLE, "actor_type": "RepositoryRole", "bypass_mode": "always"}],
    "conditions": {"ref_name": {"include": [f"refs/tags/{VERSION_TAGS}"], "exclude": []}},
    "rules": [{"type": "creation"}, {"type": "update"}, {"type": "deletion"}],
}
RULESETS = (BRANCH_RULES, TAG_RULES)
