from __future__ import annotations

import pytest

from delivery.outcome import RefusedError
from operations.environment import read_environment

CONTAINER = {
    "env": [{"name": "PORT", "value": "8000"}, {"name": "LOG_LEVEL", "value": "DEBUG"}],
    "envFrom": [{"configMapRef": {"name": "backend"}}, {"secretRef": {"name": "backend-database"}}],
}


@pytest.fixture
def deployed(fake, cluster):
    fake.add_deployment(container=CONTAINER)
    fake.add("configmaps", "backend", data={"LOG_LEVEL": "INFO", "ORIGIN": "https://todo.example.com"})
    fake.add("secrets", "backend-database", data={"DATABASE_URL": "c2VjcmV0"})
    return cluster


def test_every_variable_has_its_origin_and_no_secret_its_value(deployed):
    assert [each.describe() for each in read_environment(deployed, "backend")] == [
        "DATABASE_URL  (Secret backend-database)",
        "LOG_LEVEL=DEBUG  (the chart)",  # as Kubernetes does: `env` counts before `envFrom`
        "ORIGIN=https://todo.example.com  (ConfigMap backend)",
        "PORT=8000  (the chart)",
    ]


def test_an_unknown_service_is_refused(deployed):
    with pytest.raises(RefusedError, match="local has no service 'chat'; it has backend"):
        read_environment(deployed, "chat")
