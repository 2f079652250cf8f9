"""Names are valid where they are used, whole, and no two things of one kind have the same."""

from __future__ import annotations

import pytest
from infra_stacks import settings_of

from infra.config.settings import SettingsError, read_settings

from ..recorder import run
from ..repository import stack_config
from .staging_file import find_problems

pytestmark = pytest.mark.usefixtures("repository")

NAMES = {
    "Backend_1": "slipway:services.Backend_1; write at most 53 lower-case",
    "pg-stats": "slipway:services.pg-stats: the service is called 'pg-stats', and PostgreSQL keeps role names that begin with pg_ for itself; write another name",
    "postgres": "slipway:services.postgres: the service is called 'postgres', which names a database or its administrator; write another name",
    "postgresql-chatbot-backend": "slipway:services.postgresql-chatbot-backend: the service is called 'postgresql-chatbot-backend', which chatbot-backend's access to postgresql has already; write another name",
    "postgresql-admin": "slipway:services.postgresql-admin: the service is called 'postgresql-admin', which the database postgresql has already",
    "valkey-chatbot-backend": "slipway:services.valkey-chatbot-backend: the service is called 'valkey-chatbot-backend', which chatbot-backend's access to valkey has already",
    "chatbot-backend-migrate": "slipway:services.chatbot-backend-migrate: the service is called 'chatbot-backend-migrate', which chatbot-backend's chart has already",
    **{
        f"chatbot-backend-{ending}": f"slipway:services.chatbot-backend-{ending}: the service is called 'chatbot-backend-{ending}', which `slipway {command}` of chatbot-backend has already; write another name"
        for ending, command in {"run": "run", "maintenance": "maintenance", "maintenance-origin": "maintenance"}.items()
    },
    "registry-slipway-example": "slipway:services.registry-slipway-example: the service is called 'registry-slipway-example', which the Secret that nodes pull with has already",
    **{name: f"slipway:services.{name}: the service is called {name!r}, which the stack itself uses" for name in ("alerts", "ingress", "gateway")},
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_something_else_has_is_refused(name):
    settings = settings_of("staging")
    settings["services"][name] = {**settings["services"].pop("backend"), "folder": "backend"}
    assert f"the configuration has 1 problem:\n  - {NAMES[name]}" in find_problems(settings)


@pytest.mark.parametrize("stack", ["My_Stack", "pr_7", "2024", "1.30", "-x", "x-", "Ünal"])
def test_a_stack_name_unfit_for_names_and_labels_is_refused_first(stack):
    with pytest.raises(
        SettingsError, match=f"the stack is called {stack!r}, which becomes a part of names and labels"
    ):
        run(read_settings, stack=stack, config=stack_config("staging"))


def test_names_composed_with_the_stacks_are_measured_whole():
    with pytest.raises(SettingsError) as caught:
        run(read_settings, stack="a" * 48, config=stack_config("staging"))
    pool = f"slipway-{'a' * 48}-apps-s-2vcpu-4gb"
    assert f"slipway:cluster.workloadPools[0] would be called {pool!r}, of {len(pool)} characters" in str(
        caught.value
    )
    assert "slipway:databases: postgresql would be called" in str(caught.value)
    run(read_settings, stack="pr-7", config=stack_config("staging"))
