"""What follows the droplets: load balancers with targets among them, and databases that trust them."""

from __future__ import annotations

from localcloud.api import load_balancers
from localcloud.api.account import Account
from localcloud.api.store import Document

DROPLET_RULES = {"k8s", "droplet", "tag"}


def follow_droplets(account: Account) -> None:
    """Have everything match the droplets that there are now."""
    present = {droplet["id"] for droplet in account.store.all("droplet")}
    with account.store.lock():
        for balancer in account.store.all(load_balancers.KIND):
            left = [identity for identity in balancer["droplet_ids"] if identity in present]
            if left != balancer["droplet_ids"]:
                account.store.put(load_balancers.KIND, balancer["id"], {**balancer, "droplet_ids": left})
    if account.backends.load_balancers is not None:
        for balancer in account.store.all(load_balancers.KIND):
            account.jobs.request(load_balancers.KIND, balancer["id"], at_once=True)
    if account.backends.databases is not None:
        for database in account.store.all("database"):
            if any(rule["type"] in DROPLET_RULES for rule in rules(account, database["id"])):
                account.jobs.request("database", database["id"], at_once=True)


def rules(account: Account, database: str) -> list[Document]:
    """The trusted sources of a database."""
    held = account.store.get("database_firewall", database)
    return list(held["rules"]) if held else []
