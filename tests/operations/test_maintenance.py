from __future__ import annotations

from datetime import UTC, datetime

from operations.maintenance import find_maintenance
from operations.maintenance_objects import COMPONENT

NOW = datetime(2026, 11, 26, 10, 5, tzinfo=UTC)


def test_a_service_in_maintenance_is_found_by_its_page(fake, cluster):
    metadata = {
        "name": "backend-maintenance",
        "labels": COMPONENT,
        "annotations": {"slipway/message": "Back at 14:00."},
        "creationTimestamp": "2026-11-26T10:00:00Z",
    }
    fake.objects["configmaps"].append({"metadata": metadata})
    [page] = find_maintenance(cluster)
    assert page.describe(NOW) == "backend shows a maintenance page, for 5 min: Back at 14:00."
