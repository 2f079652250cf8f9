"""What belongs to a project: resources by their URNs, which are always in exactly one project."""

from __future__ import annotations

from collections.abc import Iterable

from localcloud.providers.digitalocean.client import Client

PAGE = 200


def urns(client: Client, project: str) -> list[str]:
    """Those of a project."""
    found: list[str] = []
    page = 1
    while True:
        reply = client.call(client.pydo.projects.list_resources, project, per_page=PAGE, page=page)
        found += [str(one["urn"]) for one in reply.get("resources") or []]
        if not ((reply.get("links") or {}).get("pages") or {}).get("next"):
            return found
        page += 1


def assign(client: Client, project: str, added: Iterable[str]) -> None:
    """Move resources into a project."""
    wanted = [urn for urn in added if urn]
    if wanted:
        client.call(client.pydo.projects.assign_resources, project, {"resources": wanted})


def assign_to_default(client: Client, removed: Iterable[str]) -> None:
    """Move resources into the account's default project: none is ever without one."""
    wanted = [urn for urn in removed if urn]
    if wanted:
        client.call(client.pydo.projects.assign_resources_default, {"resources": wanted})


def move(client: Client, project: str, old: Iterable[str], new: Iterable[str]) -> None:
    """Have a project hold the new resources, of which it held the old ones."""
    before, after = set(old), set(new)
    assign_to_default(client, sorted(before - after))
    assign(client, project, sorted(after - before))
