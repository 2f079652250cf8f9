"""Each row changes a domain or a DNS record."""

from __future__ import annotations

from .resource_types import DOMAIN, RECORD
from .row import Table


def add_domains(table: Table) -> None:
    table.add("domain name", DOMAIN, {}, {"name": "domain-by-another-name.example.com"}, "replace")
    # The new one would come first, and could not have the same name; so it is with the official provider.
    table.add("domain ipAddress", DOMAIN, {}, {"ipAddress": "192.0.2.1"}, "replace", applied=False)
    table.add("domain deleted by hand", DOMAIN, {}, {}, "same", hand=("DELETE", "/v2/domains/{id}", None),
              drift="create")  # fmt: skip
    for name, value in {"name": "record-by-another-name", "value": "192.0.2.2", "ttl": 600}.items():
        table.add(f"record {name}", RECORD, {}, {name: value}, "update")
    table.add("record ttl left to the cloud", RECORD, {}, {"ttl": None}, "same")
    table.add("record type", RECORD, {}, {"type": "TXT"}, "replace")
    table.add("record domain", RECORD, {}, {"domain": {"$id": "other-zone"}}, "replace")
    alias = {"type": "CNAME", "value": "target.example.org."}
    table.add("record alias with a dot", RECORD, alias, {}, "same")
    table.add("record alias elsewhere", RECORD, alias, {"value": "other.example.org."}, "update")
    table.add("record mail", RECORD, {**alias, "type": "MX", "priority": 10}, {"priority": 20}, "update")
    service = {**alias, "type": "SRV", "priority": 1, "weight": 1, "port": 443}
    for name in ("weight", "port"):
        table.add(f"record {name}", RECORD, service, {name: 8}, "update")
    authority = {"type": "CAA", "value": "letsencrypt.org.", "flags": 0, "tag": "issue"}
    table.add("record authority", RECORD, authority, {"tag": "issuewild", "flags": 128}, "update")
    path = "/v2/domains/zone.example.com/records/{id}"
    table.add("record changed by hand", RECORD, {}, {}, "same", hand=("PUT", path, {"type": "A", "data": "203.0.113.1"}),
              drift="update", changed=("value",))  # fmt: skip
    table.add("record deleted by hand", RECORD, {}, {}, "same", hand=("DELETE", path, None), drift="create")
