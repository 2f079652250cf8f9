from __future__ import annotations

from datetime import UTC, datetime

from operations.maintenance import find_maintenance

NOW = datetime(2026, 11, 26, 10, 5, tzinfo=UTC)


def test_a_service_in_maintenance_is_found_by_its_page(fake, cluster):
    fake.add_maintenance("backend", "Back at 14:00.")
    [page] = find_maintenance(cluster)
    assert page.describe(NOW) == "backend shows a maintenance page, for 5 min: Back at 14:00."
    assert page.facts() == {
        "service": "backend",
        "since": "2026-11-26T10:00:00+00:00",
        "message": "Back at 14:00.",
    }
