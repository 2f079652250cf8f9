"""Each row changes an uptime check, an alert of one, or a monitor alert."""

from __future__ import annotations

from .inputs import MAIL, OTHER_MAIL, SLACK
from .resource_types import CHECK, MONITOR_ALERT, UPTIME_ALERT
from .row import Table


def add_uptime_checks(table: Table) -> None:
    update = {
        "name": "check-by-another-name", "target": "https://www.example.com", "type": "http", "enabled": False,
        "regions": ["eu_west"],
    }  # fmt: skip
    for name, value in update.items():
        changed = ("regions[1]",) if name == "regions" else (name,)
        table.add(f"check {name}", CHECK, {}, {name: value}, "update", changed=changed)
    table.add("check regions in another order", CHECK, {}, {"regions": ["us_east", "eu_west"]}, "same")
    table.add("check defaults spelled out", CHECK, {}, {"type": "https", "enabled": True}, "same")
    table.add("check disabled by hand", CHECK, {}, {}, "same", drift="update", changed=("enabled",),
              hand=("PUT", "/v2/uptime/checks/{id}", {"name": "n", "enabled": False}))  # fmt: skip
    table.add("check deleted by hand", CHECK, {}, {}, "same", hand=("DELETE", "/v2/uptime/checks/{id}", None),
              drift="create")  # fmt: skip
    update = {"name": "alert-by-another-name", "type": "down", "period": "5m"}
    for name, value in update.items():
        table.add(f"alert {name}", UPTIME_ALERT, {}, {name: value}, "update")
    latency = {"type": "latency", "comparison": "greater_than", "threshold": 500}
    for name, value in {"threshold": 900, "comparison": "less_than"}.items():
        table.add(f"alert {name}", UPTIME_ALERT, latency, {name: value}, "update")
    table.add("alert receivers", UPTIME_ALERT, {}, {"notifications": [OTHER_MAIL]}, "update",
              changed=("notifications[0].emails[1]",))  # fmt: skip
    table.add("alert to slack", UPTIME_ALERT, {}, {"notifications": [{**MAIL, **SLACK}]}, "update",
              changed=("notifications[0].slacks",))  # fmt: skip
    path = "/v2/uptime/checks/{probe}/alerts/{id}"
    table.add("alert changed by hand", UPTIME_ALERT, {}, {}, "same", drift="update", changed=("period",),
              hand=("PUT", path, {"period": "1h"}))  # fmt: skip
    table.add("alert deleted by hand", UPTIME_ALERT, {}, {}, "same", hand=("DELETE", path, None), drift="create")
    add_monitor_alerts(table)


def add_monitor_alerts(table: Table) -> None:
    update = {
        "type": "v1/dbaas/alerts/cpu_alerts", "compare": "LessThan", "value": 90.5, "window": "10m",
        "description": "another", "enabled": False, "tags": ["x"], "alerts": SLACK,
    }  # fmt: skip
    for name, value in update.items():
        changed = ("alerts.emails", "alerts.slacks") if name == "alerts" else (name,)
        table.add(f"monitor {name}", MONITOR_ALERT, {}, {name: value}, "update", changed=changed)
    table.add("monitor entities", MONITOR_ALERT, {}, {"entities": ["1f2f5f9c-0000-4000-8000-000000000000"]}, "update",
              changed=("entities[0]",))  # fmt: skip
    table.add("monitor enabled spelled out", MONITOR_ALERT, {}, {"enabled": True, "tags": []}, "same")
    path = "/v2/monitoring/alerts/{id}"
    by_hand = {
        "type": "v1/insights/lbaas/avg_cpu_utilization_percent", "compare": "GreaterThan", "value": 1, "window": "5m",
        "description": "monitor-changed-by-hand", "entities": ["8f2f5f9c-0000-4000-8000-000000000000"], "tags": [],
        "alerts": {"email": ["ops@example.com"], "slack": []}, "enabled": True,
    }  # fmt: skip
    table.add("monitor changed by hand", MONITOR_ALERT, {}, {}, "same", hand=("PUT", path, by_hand),
              drift="update", changed=("value",))  # fmt: skip
    table.add("monitor deleted by hand", MONITOR_ALERT, {}, {}, "same", hand=("DELETE", path, None), drift="create")
