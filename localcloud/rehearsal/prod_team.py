"""The team in prod's environment: the same clone and bucket, another account, another passphrase."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from localcloud.rehearsal.account import Account
from localcloud.rehearsal.client import ApiClient
from localcloud.rehearsal.team import Team

SOURCE_SCOPES = ("registry:read",)  # docs/production.md, column `promotion`


@contextmanager
def prod_team(prod: Account, staging: ApiClient, team: Team) -> Iterator[Team]:
    """Give the team prod's token, and of staging's account one that reads the registry.

    Args:
        prod: its account.
        staging: the API of staging's account, as its owner.
        team: in staging's environment.
    """
    _, reader = staging.create_token(SOURCE_SCOPES)
    bucket = {"PULUMI_BACKEND_URL": team.environment["PULUMI_BACKEND_URL"]}
    with prod.workspace.session(bucket) as session:
        own = {
            "DIGITALOCEAN_API_URL": f"http://127.0.0.1:{prod.instance.api_port}",
            "STAGING_REGISTRY_TOKEN": reader,
        }
        yield replace(team, environment={**team.environment, **session.environment, **own})
