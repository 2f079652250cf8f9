"""The scopes of the DigitalOcean token that each environment needs, from the resources that the program declares.

Names and meaning: docs.digitalocean.com/reference/api/scopes. Which route asks for which scope: the `security`
entries of DigitalOcean's OpenAPI document (github.com/digitalocean/openapi, 21c159c). Which read scopes a scope
brings along: the page of each scope. docs/production.md has the same table for people; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass

READ, CREATE, UPDATE, DELETE = "read", "create", "update", "delete"
CHANGE = (CREATE, UPDATE, DELETE)

# By resource type of `pulumi_digitalocean`: what creating, changing and deleting one asks for, reading aside.
RESOURCE_SCOPES: dict[str, tuple[str, ...]] = {
    "Vpc": ("vpc:create", "vpc:update", "vpc:delete"),
    "KubernetesCluster": (
        "kubernetes:create",
        "kubernetes:update",
        "kubernetes:delete",
        "kubernetes:access_cluster",  # the kubeconfig, and what doctl gives to Helm and kubectl
        "tag:create",
    ),
    "KubernetesNodePool": ("kubernetes:update", "tag:create"),
    # The login that may push asks for registry:create and registry:update (github.com/digitalocean/action-doctl,
    # issue 83).
    "ContainerRegistry": ("registry:create", "registry:update", "registry:delete"),
    "DatabaseCluster": (
        "database:create",
        "database:update",
        "database:delete",
        "database:view_credentials",  # without it users and passwords come back empty
        "tag:create",
    ),
    "DatabaseConnectionPool": ("database:create", "database:update", "database:delete"),
    "DatabaseDb": ("database:create", "database:delete"),
    "DatabaseFirewall": ("database:update",),
    "DatabaseLogsinkRsyslog": ("database:create", "database:update", "database:delete"),
    "DatabaseUser": ("database:create", "database:update", "database:delete", "database:view_credentials"),
    "LoadBalancer": ("load_balancer:create", "load_balancer:update", "load_balancer:delete"),
    # Let's Encrypt's proof is a record that DigitalOcean writes into the zone.
    "Certificate": ("certificate:create", "certificate:delete", "domain:update"),
    "Domain": ("domain:create", "domain:delete"),
    "DnsRecord": ("domain:create", "domain:update", "domain:delete"),
    "UptimeCheck": ("uptime:create", "uptime:update", "uptime:delete"),
    "UptimeAlert": ("uptime:create", "uptime:update", "uptime:delete"),
    "MonitorAlert": ("monitoring:create", "monitoring:update", "monitoring:delete"),
}
# The control panel adds these to every token that may do anything with a load balancer; most other nouns need fewer.
COMMON_READS = (
    "account:read",
    "actions:read",
    "droplet:read",
    "image:read",
    "regions:read",
    "sizes:read",
    "tag:read",
)
CREDENTIALS = ("kubernetes:access_cluster", "database:view_credentials")


@dataclass(frozen=True)
class TokenEnvironment:
    """One token: where it is used and what it may do.

    Attributes:
        name: the column of the table; `prod` is GitHub's environment `production`.
        scopes: all that it needs.
        forbidden: what it must not be able to do, although others are.
    """

    name: str
    scopes: frozenset[str]
    forbidden: frozenset[str]


def _reads() -> frozenset[str]:
    nouns = {scope.partition(":")[0] for scopes in RESOURCE_SCOPES.values() for scope in scopes}
    return frozenset({f"{noun}:{READ}" for noun in nouns} | set(COMMON_READS))


READS = _reads()
CHANGES = frozenset(scope for scopes in RESOURCE_SCOPES.values() for scope in scopes)
ALL = READS | CHANGES
PROMOTION = frozenset({"registry:read"})
CLEANUP = frozenset({"registry:read", "registry:update", "registry:delete"})
# It pushes, which asks for registry:create, and deletes images of closed pull requests.
PREVIEW_ENVIRONMENTS = frozenset({"registry:read", "registry:create", "registry:update", "registry:delete"})
ENVIRONMENTS = {
    environment.name: environment
    for environment in (
        TokenEnvironment("staging", ALL, frozenset()),
        TokenEnvironment("prod", ALL, frozenset()),
        TokenEnvironment("preview-staging", READS, ALL - READS),
        TokenEnvironment("preview-prod", READS, ALL - READS),
        # A refresh reads the kubeconfig and the databases' passwords; reviewed code alone may do that.
        TokenEnvironment("drift", READS | set(CREDENTIALS), ALL - READS - set(CREDENTIALS)),
        TokenEnvironment("cleanup", CLEANUP, ALL - READS - CLEANUP),
        TokenEnvironment("preview-environments", PREVIEW_ENVIRONMENTS, ALL - READS - PREVIEW_ENVIRONMENTS),
        # Of staging's account, used in prod's environment: a promotion reads the images that staging tested.
        TokenEnvironment("promotion", PROMOTION, ALL - READS),
    )
}


def table() -> str:
    """The table of docs/production.md: a row for each noun, a column for each environment."""
    names = list(ENVIRONMENTS)
    lines = [f"| | {' | '.join(f'`{name}`' for name in names)} |", "|---" * (len(names) + 1) + "|"]
    for noun in sorted({scope.partition(":")[0] for scope in ALL}):
        cells = [_verbs(noun, environment.scopes) for environment in ENVIRONMENTS.values()]
        lines.append(f"| `{noun}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def _verbs(noun: str, scopes: frozenset[str]) -> str:
    """The verbs of a noun, in the order of the control panel: `read, create, update`."""
    order = (READ, *CHANGE)
    verbs = [scope.partition(":")[2] for scope in scopes if scope.startswith(f"{noun}:")]
    verbs.sort(key=lambda verb: (order.index(verb) if verb in order else len(order), verb))
    return ", ".join(verbs) or "-"
