from __future__ import annotations

import json
from pathlib import Path

import pytest
from infra_stacks import services_of, settings_of

from tests.infra.recorder import PASSWORD, Recorder

MANAGED = ("staging", "prod")


def entry(stack, engine):
    (found,) = (each for each in settings_of(stack)["databases"] if each["engine"] == engine)
    return found


def clients(stack, engine):
    return [name for name, service in services_of(stack).items() if engine in service["databases"]]


def releases(recorder):
    return {each.name: each.inputs for each in recorder.of("v3:Release")}


def secrets(recorder):
    return {each.name: each.inputs["stringData"] for each in recorder.of("core/v1:Secret")}


def without(stack, engine):
    """The stack's services, none of which uses the engine."""
    used = {name: service["databases"] for name, service in services_of(stack).items()}
    return {
        name: {**entry, "databases": [each for each in used[name] if each != engine]}
        for name, entry in settings_of(stack)["services"].items()
    }


@pytest.mark.parametrize("stack", MANAGED)
@pytest.mark.parametrize(("engine", "slug"), [("postgresql", "pg"), ("valkey", "valkey")])
def test_a_managed_database_has_the_entrys_values_in_the_stacks_vpc(repository, stack, engine, slug):
    (cluster,) = (each for each in repository.deploy(stack).of("DatabaseCluster") if each.name == engine)
    wanted = entry(stack, engine)["managed"]
    window = {"day": wanted["maintenance"]["day"], "hour": wanted["maintenance"]["startTime"]}
    assert cluster.inputs == {
        "name": f"slipway-{stack}-{engine}",
        "engine": slug,
        "version": wanted["version"],
        "size": wanted["size"],
        "nodeCount": wanted["nodes"],
        "region": settings_of(stack)["region"],
        "privateNetworkUuid": "network-id",
        "maintenanceWindows": [window],
        "tags": ["slipway", f"slipway:{stack}", f"owner:{settings_of(stack)['owner']}"],
        **({"evictionPolicy": "volatile_ttl"} if engine == "valkey" else {}),
    }


def test_both_kinds_of_valkey_evict_alike(repository):
    clusters = {each.name: each.inputs for each in repository.deploy("staging").of("DatabaseCluster")}
    managed = clusters["valkey"]["evictionPolicy"]
    start = Path("helm/database/scripts/valkey-start.sh").read_text()
    assert f"--maxmemory-policy {managed.replace('_', '-')}" in start


@pytest.mark.parametrize("stack", MANAGED)
def test_a_managed_database_accepts_only_the_stacks_nodes_and_pods(repository, stack):
    recorder = repository.deploy(stack)
    closed = {each.inputs["clusterId"]: each.inputs["rules"] for each in recorder.of("DatabaseFirewall")}
    pods = settings_of(stack)["cluster"]["clusterSubnet"]
    rules = [{"type": "k8s", "value": "cluster-id"}, {"type": "ip_addr", "value": pods}]
    assert closed == {f"{each.name}-id": rules for each in recorder.of("DatabaseCluster")}
    assert set(closed) == {"postgresql-id", "valkey-id"}


@pytest.mark.parametrize("protect", [True, False])
def test_data_is_protected_as_the_stack_file_says(repository, protect):
    options = repository.deploy("staging", protect=protect).options
    held = {
        name: each.protect
        for (type_, name), each in options.items()
        if type_.endswith(("DatabaseCluster", "DatabaseDb"))
    }
    assert set(held) == {"postgresql", "valkey", *(f"postgresql-{name}" for name in clients("staging", "postgresql"))}
    assert set(held.values()) == {protect}


@pytest.mark.parametrize("stack", MANAGED)
def test_each_postgresql_client_has_its_own_database_user_and_pool(repository, stack):
    recorder = repository.deploy(stack)
    names = [(client, client.replace("-", "_")) for client in clients(stack, "postgresql")]
    own = {f"postgresql-{client}": {"clusterId": "postgresql-id", "name": name} for client, name in names}
    assert {each.name: each.inputs for each in recorder.of("DatabaseDb")} == own
    assert {each.name: each.inputs for each in recorder.of("DatabaseUser")} == own
    size = entry(stack, "postgresql")["managed"]["poolSize"]
    pools = {
        key: {**common, "mode": "transaction", "size": size, "dbName": common["name"], "user": common["name"]}
        for key, common in own.items()
    }
    assert {each.name: each.inputs for each in recorder.of("DatabaseConnectionPool")} == pools


@pytest.mark.parametrize("stack", MANAGED)
def test_clients_get_private_urls_that_verify_the_tls_certificate(repository, stack):
    """For PostgreSQL it is the URL of the client's own connection pool."""
    recorder = repository.deploy(stack)
    wanted = {f"{engine}-ca": {"ca.crt": f"the CA of {engine}-id"} for engine in ("postgresql", "valkey")}
    for client in clients(stack, "postgresql"):
        own = client.replace("-", "_")
        url = f"postgresql://{own}:{PASSWORD}@privateUri.example:25061/{own}"
        url += "?sslmode=verify-full&sslrootcert=/run/databases/postgresql/ca.crt"
        wanted[f"postgresql-{client}"] = {"DATABASE_URL": url}
    for client in clients(stack, "valkey"):
        query = (
            "ssl_cert_reqs=required&ssl_check_hostname=true&ssl_ca_certs=/run/databases/valkey/ca.crt"
            "&ssl_exclude_verify_flags=VERIFY_X509_STRICT"
        )
        wanted[f"valkey-{client}"] = {"REDIS_URL": f"valkey://doadmin:{PASSWORD}@privateUri.example?{query}"}
    assert wanted.items() <= secrets(recorder).items()


def test_the_administrators_access_is_what_libpq_reads(repository):
    admin = secrets(repository.deploy("staging"))["postgresql-admin"]
    assert admin == {
        "PGHOST": "postgresql.example",
        "PGPORT": "25060",
        "PGUSER": "doadmin",
        "PGPASSWORD": PASSWORD,
        "PGDATABASE": "defaultdb",
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": "/run/authority/ca.crt",
    }


def test_the_chart_of_managed_postgresql_only_grants_client_rights(repository):
    found = releases(repository.deploy("staging"))
    values = found["postgresql"]["values"]
    assert values["external"] == {"adminSecret": "postgresql-admin", "authoritySecret": "postgresql-ca"}
    assert values["clients"] == sorted(clients("staging", "postgresql"))
    assert not {"storage", "resources"} & set(values)
    assert "valkey" not in found


def test_a_changed_password_restarts_only_the_pods_that_use_it(repository):
    def checksums(password):
        found = releases(repository.deploy("staging", cloud=Recorder(password=password)))
        return {name: found[name]["values"]["secretChecksum"] for name in services_of("staging")}

    one, other = checksums("one"), checksums("other")
    assert {name for name in one if one[name] != other[name]} == {"backend", "chatbot-backend"}
    assert checksums("one") == one


@pytest.mark.parametrize("engine", ["postgresql", "valkey", "qdrant"])
def test_one_in_the_cluster_is_a_release_of_the_chart(repository, engine):
    release = releases(repository.deploy("local"))[engine]
    wanted = entry("local", engine)["inCluster"]
    assert release["chart"] == "helm/database"
    assert release["namespace"] == settings_of("local")["namespace"]
    assert 0 < release["timeout"] <= 600
    values = dict(release["values"])
    assert len(values.pop("chart")) == 12
    assert values == {
        "engine": engine,
        "clients": sorted(clients("local", engine)),
        "labels": {"slipway/stack": "local", "slipway/owner": "developer"},
        "storage": wanted["storage"],
        "resources": wanted["resources"],
    }


def test_one_in_the_cluster_runs_on_the_pool_that_it_names(repository):
    values = releases(repository.deploy("staging"))["qdrant"]["values"]
    assert entry("staging", "qdrant")["inCluster"]["pool"] == "apps"
    assert values["nodeSelector"] == {"slipway/pool": "apps"}


def test_a_changed_chart_is_a_changed_release(repository):
    before = releases(repository.deploy("local"))["qdrant"]["values"]["chart"]
    repository.write("helm/database/values.yaml", "{}")
    assert releases(repository.deploy("local"))["qdrant"]["values"]["chart"] != before


@pytest.mark.parametrize("stack", ["staging", "local"])
@pytest.mark.parametrize("engine", ["postgresql", "valkey", "qdrant"])
def test_of_an_engine_that_no_service_uses_there_is_nothing(repository, stack, engine):
    recorder = repository.deploy(stack, services=without(stack, engine))
    assert [each.name for each in recorder.resources if each.name.startswith(engine)] == []


@pytest.mark.parametrize("stack", ["staging", "prod", "local"])
def test_a_service_gets_its_databases_secrets_in_its_own_order(repository, stack):
    found = releases(repository.deploy(stack))
    for service in services_of(stack).values():
        names = [f"{engine}-{service['name']}" for engine in service["databases"]]
        assert found[service["name"]]["values"]["secretEnvironment"] == names


@pytest.mark.parametrize("stack", MANAGED)
def test_a_service_mounts_the_ca_of_each_managed_database(repository, stack):
    """The path is the one in the database's URL."""
    recorder = repository.deploy(stack)
    for service in services_of(stack).values():
        engines = [engine for engine in service["databases"] if entry(stack, engine)["managed"]]
        files = [{"secret": f"{engine}-ca", "mountPath": f"/run/databases/{engine}"} for engine in engines]
        assert releases(recorder)[service["name"]]["values"].get("secretFiles", []) == files


def test_a_url_that_encrypts_already_says_so_once(repository):
    cloud = Recorder()
    cloud.pool_query = "?sslmode=require"
    url = secrets(repository.deploy("staging", cloud=cloud))["postgresql-backend"]["DATABASE_URL"]
    assert url.count("sslmode") == 1
    assert "sslmode=verify-full" in url


def test_the_program_sees_no_password_of_a_database_in_the_cluster(repository):
    recorder = repository.deploy("local")
    assert recorder.of("core/v1:Secret") == []
    assert not [each for each in recorder.resources if each.type.startswith("digitalocean:index/database")]
    assert "password" not in json.dumps([each.inputs for each in recorder.of("v3:Release")]).lower()


@pytest.mark.parametrize("stack", ["staging", "prod", "local"])
def test_a_services_release_waits_for_its_databases(repository, stack):
    """Its list of Secrets, a value of its own, is known once they answer."""
    options = repository.deploy(stack).options
    for service in services_of(stack).values():
        request = options["kubernetes:helm.sh/v3:Release", service["name"]]
        before = [urn.rpartition("::") for urn in request.propertyDependencies["values"].urns]
        waited = {(kind.rpartition(":")[2], name) for kind, _, name in before}
        for engine in service["databases"]:
            managed = entry(stack, engine)["managed"]
            assert not managed or ("Secret", f"{engine}-{service['name']}") in waited
            assert (managed and engine != "postgresql") or ("Release", engine) in waited


def test_a_service_that_uses_none_waits_for_none(repository):
    request = repository.deploy("local").options["kubernetes:helm.sh/v3:Release", "chatbot-frontend"]
    names = {urn.rpartition("::")[2] for urn in request.propertyDependencies["values"].urns}
    assert not names & {"postgresql", "valkey", "qdrant"}
