from __future__ import annotations

import copy
import json

import pytest
import yaml
from infra_stacks import EXAMPLE, ROOT, STACKS, settings_of

from infra.config.settings import SettingsError, read_settings, validate_config, validate_settings
from infra.config.stack_file import load_config

from ..conftest import run, stack_config

OPAQUE = {"environment", "labels", "storage", "managed", "inCluster"}

pytestmark = pytest.mark.usefixtures("repository")


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_file_is_usable(stack):
    assert set(validate_settings(settings_of(stack)).services) >= set(EXAMPLE)


def test_stack_files_do_not_repeat_what_is_a_services_own():
    of_one_machine = {"environment", "migrate"}  # limits of clients that are all the same, and a demo user
    for stack in STACKS:
        for service in settings_of(stack)["services"].values():
            own = set(service) - (of_one_machine if stack == "local" else set())
            assert own <= {"replicas", "resources", "host", "nodePort", "pool"}


def test_the_three_files_have_the_same_databases_in_the_same_order():
    engines = [[database["engine"] for database in settings_of(stack)["databases"]] for stack in STACKS]
    assert engines[0] == engines[1] == engines[2]


def test_the_three_stack_files_have_fewer_than_170_lines():
    assert sum(len((ROOT / f"Pulumi.{stack}.yaml").read_text().splitlines()) for stack in STACKS) < 170


def change(path, value):
    """A staging file with one value changed; `...` takes the key away."""
    settings = copy.deepcopy(settings_of("staging"))
    *parents, last = path
    at = settings
    for part in parents:
        at = at.setdefault(part, {}) if isinstance(at, dict) else at[part]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return settings


DATABASES = settings_of("staging")["databases"]
IN_CLUSTER = DATABASES[2]["inCluster"]
MANAGED = DATABASES[1]["managed"]
TAINT = {"key": "only", "value": "gpu", "effect": "NoSchedule"}
TAINTED = {"name": "gpu", "size": "s-2vcpu-4gb", "minNodes": 0, "maxNodes": 1, "labels": {}, "taints": [TAINT]}
BAD = [
    (("services", "backend", "drainSeconds"), 45, "slipway:services.backend.drainSeconds is 45, and a pod has stopSeconds 45 in all; write less"),
    (("services", "backend", "drainSeconds"), 61, "slipway:services.backend.drainSeconds is 61; write seconds from 0 to 60"),
    (("services", "backend", "health", "startupSeconds"), 600, "slipway:services.backend.health.startupSeconds is 600, and a whole rollout has slipway:rolloutSeconds 600; write less"),
    (("services", "backend", "egress"), [0], "slipway:services.backend.egress[0] is 0; write a port from 1 to 65535"),
    (("services", "backend", "user"), 0, "slipway:services.backend.user is 0; write the number of a user from 1 to 2147483647"),
    (("services", "backend", "writable"), ["/tmp", "/cache", "/tmp"], "slipway:services.backend.writable has /tmp 2 times; write it once"),
    (("services", "backend", "writable"), ["tmp"], 'slipway:services.backend.writable[0] is "tmp"; write an absolute folder such as /data'),
    (("services", "backend", "environment"), {"PORT": "9000"}, "slipway:services.backend sets PORT, which every container has from slipway:services.backend.port; remove it"),
    (("services", "backend", "secrets"), ["RELEASE_SHA"], "slipway:services.backend sets RELEASE_SHA, which every container has from slipway:release; remove it"),
    (("cluster", "workloadPools"), [*settings_of("staging")["cluster"]["workloadPools"], {**TAINTED, "name": "default", "taints": []}], "slipway:cluster.workloadPools[1].name is 'default', which the default pool has; write another"),
    *[(("namespace",), name, f"slipway:namespace is {name!r}, which is Kubernetes' own; write another") for name in ("kube-system", "default", "kube-other")],
    *[(("services", "backend", "resources", "limits", "memory"), value, f'slipway:services.backend.resources.limits.memory is "{value}"; write an amount of memory such as 128Mi') for value in ("256m", "0", "2Mi", "1e9", "lots", "-1Gi")],
    *[(("services", "backend", "resources", "requests", "cpu"), value, f'slipway:services.backend.resources.requests.cpu is "{value}"; write a number of CPUs') for value in ("128Mi", "0", "0m", "1.2345", "1k")],
    (("services", "backend", "resources", "requests", "memory"), "1Gi", "slipway:services.backend.resources.requests.memory is 1Gi, above limits.memory 256Mi, and Kubernetes refuses such a pod; write at most 256Mi"),
    (("databases", 2, "inCluster", "resources", "requests", "memory"), "2G", "slipway:databases[2].inCluster.resources.requests.memory is 2G, above limits.memory 1Gi"),
    *[(("network", "ipRange"), value, f'slipway:network.ipRange is "{value}"; write a private network from /16 to /24') for value in ("10.10.0.0/30", "10.0.0.0/8", "127.0.0.0/16", "169.254.0.0/16", "192.0.2.0/24", "0.0.0.0/8", "100.64.0.0/16")],
    (("cluster", "clusterSubnet"), "127.0.0.0/16", 'slipway:cluster.clusterSubnet is "127.0.0.0/16"; write a private network'),
    (("services", "backend", "storage"), {"size": "1000", "mountPath": "/data"}, 'slipway:services.backend.storage.size is "1000"; write a volume\'s size such as 5Gi'),
    (("cluster", "version"), "latest", 'slipway:cluster.version is "latest"; write a minor version of Kubernetes such as "1.34", in quotes'),
    (("cluster", "version"), "1.34.4-do.0", 'slipway:cluster.version is "1.34.4-do.0"; write a minor version of Kubernetes such as "1.34", in quotes and without a patch'),
    (("cluster", "version"), 1.34, "slipway:cluster.version is 1.34; write text, in quotes"),
    (("services", "backend", "pool"), "big", "slipway:services.backend.pool is 'big', which slipway:cluster.workloadPools lacks (it has apps); write one, or null"),
    (("databases", 2, "inCluster", "pool"), "big", "slipway:databases[2].inCluster.pool is 'big', which slipway:cluster.workloadPools lacks"),
    (("cluster", "workloadPools"), [*settings_of("staging")["cluster"]["workloadPools"], TAINTED], "slipway:cluster.workloadPools[1].taints keep every pod away that does not name the pool, and none does; write pool: gpu in a service, or taints: []"),
    (("services", "backend", "storage"), {"size": "1Gi", "mountPath": "/data"}, "slipway:services.backend.replicas.max is 4 and the service has storage, a volume that one pod can have at a time; write min and max 1"),
    (("rolloutSeconds",), 30, "slipway:rolloutSeconds is 30; write seconds from 60 to 1800"),
    (("network", "ipRange"), "10.244.0.0/20", "slipway:network.ipRange is 10.244.0.0/20 and overlaps 10.244.0.0/16, which is DigitalOcean's own; write another range"),
    (("network", "ipRange"), "10.19.0.0/20", "slipway:network.ipRange is 10.19.0.0/20 and overlaps 10.19.0.0/16, which is DigitalOcean's own"),
    (("cluster", "clusterSubnet"), "10.228.0.0/15", "slipway:cluster.clusterSubnet is 10.228.0.0/15 and overlaps 10.229.0.0/16, which"),
    (("cluster", "serviceSubnet"), "10.246.0.0/24", "slipway:cluster.serviceSubnet is 10.246.0.0/24 and overlaps 10.246.0.0/24, which"),
    (("cluster", "defaultPool", "minNodes"), 9, "slipway:cluster.defaultPool.minNodes is 9, above its maxNodes 2; write"),
    (("cluster", "defaultPool", "minNodes"), 0, "slipway:cluster.defaultPool.minNodes is 0; write a number from 1 to 512"),
    (("cluster", "clusterSubnet"), "10.10.0.0/16", "slipway:network.ipRange is 10.10.0.0/20 and overlaps slipway:cluster"),
    (("cluster", "maintenance", "day"), "Sunday", "slipway:cluster.maintenance.day is \"Sunday\"; write one of 'any'"),
    (("cluster", "maintenance", "startTime"), "3:00", 'slipway:cluster.maintenance.startTime is "3:00"; write a time of'),
    (("cluster", "ha"), "yes", 'slipway:cluster.ha is "yes"; write true or false'),
    (("network", "ipRange"), "10.10.0.1/20", 'slipway:network.ipRange is "10.10.0.1/20"; write a private network from /16 to /24 such as'),
    (("region",), "Frankfurt", 'slipway:region is "Frankfurt"; write a region such as fra1'),
    (("images",), "lookup", 'slipway:images is "lookup"; write `build`, `registry`, `none`, or build:<service>,<service>'),
    (("images",), "build:frontend", "slipway:images builds frontend, which is no service; there are backend, chatbot-backend, chatbot-frontend"),
    (("owner",), ..., "slipway:owner is missing; add\n      slipway:owner: platform"),
    (("onwer",), "x", "slipway:onwer is not a key of a stack file; did you mean `owner`?"),
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
    (("databases",), [*DATABASES, {"engine": "valkey", "managed": None, "inCluster": IN_CLUSTER}], "slipway:databases: 2 entries have engine 'valkey'; give each its own"),
    (("databases", 2, "inCluster"), None, "slipway:databases[2]: qdrant must be one of managed and inCluster; write the other as null"),
    (("databases", 0, "inCluster"), IN_CLUSTER, "slipway:databases[0]: postgresql must be one of managed and inCluster; write the other as null"),
    (("databases", 2), {"engine": "qdrant", "managed": MANAGED, "inCluster": None}, "slipway:databases[2].managed: DigitalOcean offers no qdrant; write null, and inCluster"),
    (("databases", 0, "managed", "maintenance", "day"), "any", "slipway:databases[0].managed.maintenance.day is 'any', which only clusters know; write a day"),
    (("databases", 0, "managed", "poolSize"), None, "slipway:databases[0].managed.poolSize is null; write a number"),
    (("databases", 0, "managed", "poolSize"), 11, "slipway:databases[0].managed.poolSize is 11 for each of 2 services, and db-s-1vcpu-1gb takes 22 connections, one of them a release's; write at most 10, or a larger size"),
    (("databases", 1, "managed", "nodes"), 2, "slipway:databases[1].managed.nodes is 2: a size of 1 GB has no standby; write 1"),
    (("services", "chatbot-backend", "databases"), ["qdrant", "qdrant"], "slipway:services.chatbot-backend: 2 entries have databases 'qdrant'; give each its own"),
    (("databases", 2, "inCluster", "storage"), "500", 'slipway:databases[2].inCluster.storage is "500"; write a volume\'s size such as 5Gi'),
    (("databases", 1, "managed", "poolSize"), 5, "slipway:databases[1].managed.poolSize is 5; write null: only postgresql has a pool"),
    (("databases", 2), ..., "chatbot_backend/service.yaml:5: databases has qdrant, which slipway:databases lacks; add it there"),
    (("databases", 0, "engine"), "mysql", "slipway:databases[0].engine is \"mysql\"; write one of 'postgresql', 'valkey' or 'qdrant'"),
    (("databases", 0, "managed", "size"), "s-1vcpu-1gb", 'slipway:databases[0].managed.size is "s-1vcpu-1gb"; write a database size such as db-s-1vcpu-1gb'),
    (("databases", 0, "managed", "version"), 17, "slipway:databases[0].managed.version is 17; write text, in quotes"),
    (("databases", 0, "managed", "version"), "latest", 'slipway:databases[0].managed.version is "latest"; write a major version such as "17", in quotes'),
    (("databases", 0, "managed", "nodes"), 4, "slipway:databases[0].managed.nodes is 4; write a number from 1 to 3"),
    (("databases", 0, "managed", "poolSize"), 0, "slipway:databases[0].managed.poolSize is 0; write a number from 2 to 500"),
    (("databases", 0, "managed", "maintenance", "startTime"), "4", 'slipway:databases[0].managed.maintenance.startTime is "4"; write a time of day'),
    (("databases", 2, "inCluster", "replicas"), 2, "slipway:databases[2].inCluster.replicas is not a key of a stack file; known keys here: storage, pool, resources"),
    (("services", "backend", "environment"), {"LEVEL": 1}, "slipway:services.backend.environment.LEVEL is 1; write text, in quotes"),
    (("services", "backend", "nodePort"), 80, "slipway:services.backend.nodePort is 80; write a number from 30000 to 32767"),
    (("services",), {}, "slipway:services is {}; write at least one entry"),
    (("services",), [{"name": "backend"}], "slipway:services is a list, as in older stack files; it is a mapping now"),
    (("services",), None, "slipway:services is not a mapping; write each service by its name"),
    (("services",), ..., "slipway:services is missing; add each service by its name"),
    (("services", "backend"), "x", "slipway:services.backend is not a mapping; write what differs in this stack, or {}"),
    (("services", "backend", "shares"), [], "slipway:services.backend.shares is not a key of stack files; write it in its service.yaml"),
    (("ingress", "zone"), None, "slipway:ingress.zone is null and a service has the host todo.staging.example.com; write its zone, or host: null"),
    (("ingress", "zone"), "https://x.example", 'slipway:ingress.zone is "https://x.example"; write a host name such as'),
    (("ingress", "dns"), "route53", "slipway:ingress.dns is \"route53\"; write one of 'digitalocean' or 'elsewhere'"),
    (("ingress", "ttl"), 5, "slipway:ingress.ttl is 5; write seconds from 30, the least that DigitalOcean takes"),
    (("ingress", "loadBalancerNodes"), 0, "slipway:ingress.loadBalancerNodes is 0; write a number from 1 to 200"),
    (("ingress", "hsts"), -1, "slipway:ingress.hsts is -1; write seconds from 0 to 63072000, two years, or null"),
    (("services", "backend", "host"), "api.example.com", "slipway:services.backend.host is 'api.example.com', which the certificate of slipway:ingress.zone does not cover: it is for todo.staging.example.com and *.todo.staging.example.com; write one of these, such as backend.todo.staging.example.com"),
    (("services", "backend", "host"), "v1.api.todo.staging.example.com", "slipway:services.backend.host is 'v1.api.todo.staging.example.com', which the certificate"),
    (("services", "backend", "host"), "othertodo.staging.example.com", "slipway:services.backend.host is 'othertodo.staging.example.com', which the certificate"),
    (("alerts", "emails"), ["nobody"], 'slipway:alerts.emails[0] is "nobody"; write an e-mail address'),
    (("alerts", "slackChannel"), "alerts", 'slipway:alerts.slackChannel is "alerts"; write a channel such as "#alerts", in quotes'),
    (("addons", "metricsServer"), False, "slipway:addons.metricsServer is false and backend scales by its load; write"),
    (("registry", "tier"), "gold", "slipway:registry.tier is \"gold\"; write one of 'starter', 'basic' or"),
    (("registry", "host"), "registry.digitalocean.com/other", "slipway:registry.host is 'registry.digitalocean.com/other' and its name 'slipway-example'; write registry.digitalocean.com/slipway-example"),
    (("cluster", "version"), "1.29", "slipway:cluster.version is '1.29'; write 1.33 or newer"),
    (("cluster", "firewall"), {"enabled": True, "allowedAddresses": []}, "slipway:cluster.firewall.allowedAddresses is empty and the firewall enabled"),
    (("cluster", "firewall", "allowedAddresses"), ["1.2.3"], 'slipway:cluster.firewall.allowedAddresses[0] is "1.2.3"; write an IPv4 address'),
    (("cluster", "clusterSubnet"), "8.8.0.0/16", 'slipway:cluster.clusterSubnet is "8.8.0.0/16"; write a private network'),
    (("cluster", "defaultPool", "size"), "big", 'slipway:cluster.defaultPool.size is "big"; write a node size such as s-2vcpu-4gb'),
    (("cluster", "defaultPool", "minNodes"), "1", 'slipway:cluster.defaultPool.minNodes is "1"; write a whole number, without quotes'),
    (("cluster", "defaultPool"), "small", 'slipway:cluster.defaultPool is "small"; write a mapping with the keys size, minNodes, maxNodes'),
    (("cluster", "workloadPools"), {}, "slipway:cluster.workloadPools is {}; write a list"),
    (("services", "backend", "environment"), {"LOG-LEVEL": "x"}, "slipway:services.backend.environment.LOG-LEVEL; write the name of a variable"),
    (("services", "backend", "environment"), [], "slipway:services.backend.environment is []; write a mapping"),
    (("services", "backend", "storage"), {"size": "1Gi", "mount": "/data"}, "slipway:services.backend.storage.mount is not a key of a service; did you mean `mountPath`?"),
    (("services", "backend", "resources", "limits", "cpu"), "1", "slipway:services.backend.resources.limits.cpu is not a key of a service; known keys here: memory"),
    (("release",), "two words", 'slipway:release is "two words"; write a commit, a tag or HEAD'),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "message"), BAD, ids=[".".join(map(str, case[0])) for case in BAD])
def test_a_bad_value_is_refused_with_its_key_its_value_and_the_fix(path, value, message):
    with pytest.raises(SettingsError) as caught:
        validate_settings(change(path, value))
    assert f"  - {message}" in str(caught.value), str(caught.value)
    if "did you mean `mountPath`" not in message:  # and that one is then missing
        assert "1 problem:" in str(caught.value), str(caught.value)


REQUIRED = [
    ("owner",), ("region",), ("namespace",), ("network",), ("network", "ipRange"), ("cluster",), ("cluster", "version"),
    ("cluster", "clusterSubnet"), ("cluster", "serviceSubnet"), ("cluster", "defaultPool"),
    ("cluster", "defaultPool", "size"), ("cluster", "workloadPools", 0, "name"), ("cluster", "workloadPools", 0, "size"),
    ("registry",), ("registry", "name"), ("databases", 0, "engine"), ("databases", 0, "managed", "version"),
    ("databases", 0, "managed", "size"), ("databases", 2, "inCluster", "storage"),
]  # fmt: skip


def put(settings, added, path):
    """A stack file with an example put where it belongs; of a list the example has the one entry that it is about."""
    at = settings
    for part in path[:-1]:
        assert len(added) == 1
        at, added = at[part], added[0 if isinstance(part, int) else part]
    assert list(added) == [path[-1]]
    at[path[-1]] = added[path[-1]]
    return settings


@pytest.mark.parametrize("path", REQUIRED, ids=lambda path: ".".join(map(str, path)))
def test_what_a_missing_key_is_told_to_add_is_a_usable_stack_file(path):
    incomplete = change(path, ...)
    with pytest.raises(SettingsError) as caught:
        validate_settings(incomplete)
    _, _, advice = str(caught.value).partition("is missing; add\n")
    added = {key.removeprefix("slipway:"): value for key, value in yaml.safe_load(advice).items()}
    left = problems(put(incomplete, added, path))  # an example may miss keys: the error says so
    assert "is missing" not in left
    assert "not a key" not in left
    assert "; write one of" not in left


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
    assert f"the configuration has 1 problem:\n  - {NAMES[name]}" in problems(settings)


def problems(settings):
    try:
        validate_settings(settings)
    except SettingsError as error:
        return str(error)
    return ""


def test_everything_that_is_wrong_is_said_at_once():
    settings = change(("cluster", "version"), "latest")
    settings["region"] = "x"
    settings["services"]["backend"]["port"] = 1
    with pytest.raises(SettingsError, match="the configuration has 3 problems:"):
        validate_settings(settings)


def test_a_tainted_pool_in_use_and_a_pool_without_nodes_are_accepted():
    settings = settings_of("staging")
    settings["cluster"]["workloadPools"].append(TAINTED)
    settings["services"]["backend"]["pool"] = "gpu"
    assert validate_settings(settings).cluster.workload_pools[1].min_nodes == 0


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


def test_the_services_that_use_a_database_are_its_clients():
    settings = validate_settings(settings_of("staging"))
    found = {database.engine: settings.clients(database) for database in settings.databases}
    assert found == {
        "postgresql": ["backend", "chatbot-backend"],
        "valkey": ["backend", "chatbot-backend"],
        "qdrant": ["chatbot-backend"],
    }


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


def read(**changes):
    """The settings as Pulumi hands them over: every value a text."""
    settings = []
    config = {**stack_config("staging"), **{f"slipway:{key}": value for key, value in changes.items()}}
    run(lambda: settings.append(read_settings()), config=config)
    return settings[0]


@pytest.mark.parametrize(
    ("endpoint", "refused"),
    [
        ("", True),
        ("https://api.digitalocean.com", True),
        ("http://127.0.0.1:8088", False),
        ("http://localhost:1", False),
    ],
)
def test_the_examples_addresses_are_refused_in_a_real_account(endpoint, refused):
    config = {**stack_config("staging"), "digitalocean:apiEndpoint": endpoint}
    said = ""
    try:
        run(read_settings, config=config)
    except SettingsError as error:
        said = str(error)
    assert (
        "slipway:ingress.zone is 'todo.staging.example.com', which is an example's; write your own" in said
    ) is refused
    assert ("slipway:alerts.emails[0] is 'platform@example.com', which is an example's" in said) is refused


@pytest.mark.parametrize("release", ["1234567", "12345e78", "0123456", "null", "HEAD"])
def test_a_commit_is_text_whatever_its_digits(release):
    assert read(release=release).release == release


@pytest.mark.parametrize(("key", "value"), [("rolloutSeconds", 300), ("protect", False), ("allowDirty", True)])
def test_numbers_quoted_by_pulumi_stack_init_equal_plain_ones(key, value):
    config = load_config(ROOT / "Pulumi.staging.yaml")
    plain, quoted = ({**config, f"slipway:{key}": each} for each in (value, json.dumps(value)))
    assert validate_config(quoted, checkout=ROOT) == validate_config(plain, checkout=ROOT)


def test_a_key_that_nobody_knows_is_found_among_pulumis_own():
    with pytest.raises(SettingsError, match="slipway:colour is not a key of a stack file; known keys here: owner"):
        read(colour="red")


def test_a_key_that_only_the_environment_has_counts_too(monkeypatch):
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps({"slipway:onwer": "x", "aws:region": "y"}))
    with pytest.raises(SettingsError, match="slipway:onwer is not a key of a stack file; did you mean `owner`?"):
        read()


@pytest.mark.parametrize("host", ["xn--80ak6aa92e.com", "todo.xn--p1ai", "xn--bcher-kva.example.com"])
def test_an_international_host_name_is_usable(host):
    settings = change(("ingress", "zone"), host)
    for service in settings["services"].values():
        service["host"] = None
    assert validate_settings(settings).ingress.zone == host


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
