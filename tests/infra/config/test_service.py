"""The stack file's services are checked: what differs in a stack from the service file."""

from __future__ import annotations

import pytest
from infra_stacks import EXAMPLE, settings_of

from infra.config.settings import SettingsError, validate_settings

from .staging_file import assert_refused

pytestmark = pytest.mark.usefixtures("repository")

INVALID = [
    (("services", "backend", "drainSeconds"), 45, "slipway:services.backend.drainSeconds is 45, and a pod has stopSeconds 45 in all; write less"),
    (("services", "backend", "drainSeconds"), 61, "slipway:services.backend.drainSeconds is 61; write seconds from 0 to 60"),
    (("services", "backend", "health", "startupSeconds"), 600, "slipway:services.backend.health.startupSeconds is 600, and a whole rollout has slipway:rolloutSeconds 600; write less"),
    (("services", "backend", "egress"), [0], "slipway:services.backend.egress[0] is 0; write a port from 1 to 65535"),
    (("services", "backend", "user"), 0, "slipway:services.backend.user is 0; write the number of a user from 1 to 2147483647"),
    (("services", "backend", "writable"), ["/tmp", "/cache", "/tmp"], "slipway:services.backend.writable has /tmp 2 times; write it once"),
    (("services", "backend", "writable"), ["tmp"], 'slipway:services.backend.writable[0] is "tmp"; write an absolute folder such as /data'),
    (("services", "backend", "environment"), {"PORT": "9000"}, "slipway:services.backend sets PORT, which every container has from slipway:services.backend.port; remove it"),
    (("services", "backend", "secrets"), ["RELEASE_SHA"], "slipway:services.backend sets RELEASE_SHA, which every container has from slipway:release; remove it"),
    *[(("services", "backend", "resources", "limits", "memory"), value, f'slipway:services.backend.resources.limits.memory is "{value}"; write an amount of memory such as 128Mi') for value in ("256m", "0", "2Mi", "1e9", "lots", "-1Gi")],
    *[(("services", "backend", "resources", "requests", "cpu"), value, f'slipway:services.backend.resources.requests.cpu is "{value}"; write a number of CPUs') for value in ("128Mi", "0", "0m", "1.2345", "1k")],
    (("services", "backend", "resources", "requests", "memory"), "1Gi", "slipway:services.backend.resources.requests.memory is 1Gi, above limits.memory 256Mi, and Kubernetes refuses such a pod; write at most 256Mi"),
    (("services", "backend", "storage"), {"size": "1000", "mountPath": "/data"}, 'slipway:services.backend.storage.size is "1000"; write a volume\'s size such as 5Gi'),
    (("services", "backend", "pool"), "big", "slipway:services.backend.pool is 'big', which slipway:cluster.workloadPools lacks (it has apps); write one, or null"),
    (("services", "backend", "storage"), {"size": "1Gi", "mountPath": "/data"}, "slipway:services.backend.replicas.max is 4 and the service has storage, a volume that one pod can have at a time; write min and max 1"),
    (("services", "backend", "foldr"), "x", "slipway:services.backend.foldr is not a key of a service; did you mean `folder`?"),
    (("services", "backend", "context"), "backend", "slipway:services.backend.context is not a key of a service; it is called `folder` now: run `slipway config upgrade`"),
    (("services", "backend", "folder"), "frontend", "slipway:services.backend: there is no frontend/service.yaml; write `folder:` of backend, or remove the service here"),
    (("services", "backend", "folder"), "./backend", 'slipway:services.backend.folder is "./backend"; write a folder of this'),
    (("services", "backend", "host"), "https://x.example", 'slipway:services.backend.host is "https://x.example"; write a host name'),
    (("services", "backend", "port"), 80, "slipway:services.backend.port is 80; write a number from 1024 to 65535"),
    (("services", "backend", "replicas"), {"min": 5, "max": 2}, "slipway:services.backend.replicas.min is 5, above max 2"),
    (("services", "backend", "resources", "requests", "cpu"), "lots", 'slipway:services.backend.resources.requests.cpu is "lots"; write a'),
    (("services", "backend", "secrets"), ["LOG_LEVEL"], "backend/service.yaml:8: environment.LOG_LEVEL is also in secrets"),
    (("services", "backend", "environment"), {"DATABASE_URL": "x"}, "slipway:services.backend sets DATABASE_URL, which comes with the database postgresql; write it in one of the two"),
    (("services", "chatbot-backend", "secrets"), ["QDRANT_API_KEY"], "slipway:services.chatbot-backend sets QDRANT_API_KEY, which comes with the database qdrant"),
    (("services", "backend", "databases"), ["mysql"], "slipway:services.backend.databases[0] is \"mysql\"; write one of 'postgresql', 'valkey' or 'qdrant'"),
    (("services", "chatbot-frontend", "test"), [], "slipway:services.chatbot-frontend.test is []; write at least one entry"),
    (("services", "chatbot-backend", "databases"), ["qdrant", "qdrant"], "slipway:services.chatbot-backend: 2 entries have databases 'qdrant'; give each its own"),
    (("services", "backend", "environment"), {"LEVEL": 1}, "slipway:services.backend.environment.LEVEL is 1; write text, in quotes"),
    (("services", "backend", "nodePort"), 80, "slipway:services.backend.nodePort is 80; write a number from 30000 to 32767"),
    (("services",), {}, "slipway:services is {}; write at least one entry"),
    (("services",), [{"name": "backend"}], "slipway:services is a list, as in older stack files; it is a mapping now"),
    (("services",), None, "slipway:services is not a mapping; write each service by its name"),
    (("services",), ..., "slipway:services is missing; add each service by its name"),
    (("services", "backend"), "x", "slipway:services.backend is not a mapping; write what differs in this stack, or {}"),
    (("services", "backend", "shares"), [], "slipway:services.backend.shares is not a key of stack files; write it in its service.yaml"),
    (("services", "backend", "host"), "api.example.com", "slipway:services.backend.host is 'api.example.com', which the certificate of slipway:ingress.zone does not cover: it is for todo.staging.example.com and *.todo.staging.example.com; write one of these, such as backend.todo.staging.example.com"),
    (("services", "backend", "host"), "v1.api.todo.staging.example.com", "slipway:services.backend.host is 'v1.api.todo.staging.example.com', which the certificate"),
    (("services", "backend", "host"), "othertodo.staging.example.com", "slipway:services.backend.host is 'othertodo.staging.example.com', which the certificate"),
    (("services", "backend", "environment"), {"LOG-LEVEL": "x"}, "slipway:services.backend.environment.LOG-LEVEL; write the name of a variable"),
    (("services", "backend", "environment"), [], "slipway:services.backend.environment is []; write a mapping"),
    (("services", "backend", "storage"), {"size": "1Gi", "mount": "/data"}, "slipway:services.backend.storage.mount is not a key of a service; did you mean `mountPath`?"),
    (("services", "backend", "resources", "limits", "cpu"), "1", "slipway:services.backend.resources.limits.cpu is not a key of a service; known keys here: memory"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "message"), INVALID, ids=[".".join(map(str, case[0])) for case in INVALID])
def test_an_invalid_service_is_refused_with_key_value_and_fix(path, value, message):
    assert_refused(path, value, message)


def test_two_services_may_not_share_a_host():
    settings = settings_of("staging")
    settings["services"]["backend"]["host"] = settings["services"]["chatbot-frontend"]["host"]
    with pytest.raises(SettingsError, match="2 entries have host 'todo.staging.example.com'; give each its own"):
        validate_settings(settings)


@pytest.mark.parametrize("host", ["todo.staging.example.com", "api.todo.staging.example.com"])
def test_a_host_is_the_zone_itself_or_one_name_below_it(host):
    settings = settings_of("staging")
    settings["services"]["chatbot-frontend"]["host"] = None
    settings["services"]["backend"]["host"] = host
    assert validate_settings(settings).hosts == [host]


def test_a_services_folders_are_its_own_and_those_it_shares():
    services = validate_settings(settings_of("staging")).services
    assert {name: services[name].folders for name in EXAMPLE} == {
        "backend": ["backend"],
        "chatbot-backend": ["chatbot_backend", "backend/chassis"],
        "chatbot-frontend": ["chatbot_frontend"],
    }


def test_more_services_than_the_registry_holds_are_refused():
    settings = settings_of("local")
    settings["registry"]["tier"] = "starter"
    with pytest.raises(
        SettingsError,
        match=f"holds 1 repositories, and there are {len(settings['services'])} services; write a larger tier",
    ):
        validate_settings(settings)
