from __future__ import annotations

import copy
import ipaddress
import json

import pytest
import yaml

from .conftest import CHART, DIGEST, SUPPORTED, assert_restricted, main_pod, one, pods, policies, validate

EVERYTHING = {
    "replicas": 3,
    "imagePullSecrets": [{"name": "registry"}],
    "release": {"sha": "3f2a91c4d5e6", "stack": "staging", "owner": "platform", "chart": "abc"},
    "environment": {"LEVEL": "INFO", "FLAG": "true"},
    "secretEnvironment": ["postgresql-backend", "backend"],
    "secretFiles": [{"secret": "postgresql-ca", "mountPath": "/run/databases/postgresql"}],
    "secretChecksum": "0123",
    "route": {"host": "todo.example.com", "hsts": 300},
    "migration": {"enabled": True, "command": ["python", "-m", "app.migrate"]},
    "networkPolicy": {"allowFrom": [{"podSelector": {}}], "extraEgress": [{"ports": [{"port": 9000}]}]},
    "nodeSelector": {"a": "b"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "podAnnotations": {"c": "d"},
    "command": ["run"],
}
MATRIX = {
    "minimal": {},
    "everything": EVERYTHING,
    "scaled": {"autoscaling": {"enabled": True}},
    "one": {"replicas": 1},
    "stored": {"replicas": 1, "persistence": {"enabled": True, "storageClassName": "fast"}},
    "node port": {"service": {"type": "NodePort", "nodePort": 30080}},
}


def deployment(helm, **values):
    return one(helm.render(**values), "Deployment")["spec"]


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_the_chart_lints(helm, values):
    image = {"image": {"repository": "r/x", "digest": DIGEST}}
    done = helm.run("lint", "--strict", str(CHART), values={**image, **values})
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("version", SUPPORTED)
@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_every_object_is_one_that_kubernetes_knows(helm, values, version):
    validate(helm.render(**values), version)


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_no_pod_may_do_more_than_its_work(helm, values):
    for pod in pods(helm.render(**values)):
        assert_restricted(pod)
        for container in pod["containers"]:
            assert container["image"] == f"r.example/x/backend@{DIGEST}"


def test_a_new_pod_is_ready_before_an_old_one_goes(helm):
    spec = deployment(helm)
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    pod = spec["template"]["spec"]
    drain = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert 0 < drain < pod["terminationGracePeriodSeconds"] - 30  # the backend's own DRAIN_SECONDS


def test_a_volume_is_let_go_before_the_next_pod_wants_it(helm):
    strategy = deployment(helm, **MATRIX["stored"])["strategy"]
    assert strategy == {"type": "Recreate"}


@pytest.mark.parametrize("values", [{"replicas": 2}, {"replicas": 1, "autoscaling": {"enabled": True}}])
def test_a_volume_is_for_one_pod(helm, values):
    image = {"image": {"repository": "r/x", "digest": DIGEST}}
    done = helm.run("template", str(CHART), values={**image, **values, "persistence": {"enabled": True}})
    assert "set replicas to 1 and autoscaling.enabled to false" in done.stderr


def test_an_autoscaler_starts_with_at_least_its_minimum_of_pods(helm):
    """Where the cluster can be asked, it is as many as there are; see tests/cluster."""
    assert deployment(helm, autoscaling={"enabled": True, "minReplicas": 3})["replicas"] == 3
    assert deployment(helm)["replicas"] == 2


def test_every_pod_of_a_service_runs_where_its_pool_is(helm):
    values = {"migration": {"enabled": True, "command": ["x"]}}
    where = {"nodeSelector": {"slipway/pool": "apps"}, "tolerations": [{"key": "only", "operator": "Exists"}]}
    found = list(pods(helm.render(**values, **where)))
    assert len(found) == 3
    for pod in found:
        assert {key: pod[key] for key in where} == where
    assert not [pod for pod in pods(helm.render(**values)) if {"nodeSelector", "tolerations"} & set(pod)]


def test_a_rollout_has_time_for_a_new_node(helm):
    assert deployment(helm)["progressDeadlineSeconds"] >= 600
    assert deployment(helm, progressDeadlineSeconds=900)["progressDeadlineSeconds"] == 900


def test_a_single_pod_has_no_disruption_budget_that_blocks_a_drain(helm):
    assert not [each for each in helm.render(replicas=1) if each["kind"] == "PodDisruptionBudget"]
    assert one(helm.render(), "PodDisruptionBudget")["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def template(helm, **changes):
    values = copy.deepcopy(EVERYTHING)
    values["release"] |= changes.pop("release", {})
    return deployment(helm, **{**values, **changes})["template"]


def test_changed_settings_and_secrets_replace_the_pods(helm):
    assert template(helm) != template(helm, environment={"LEVEL": "DEBUG"})
    assert template(helm) != template(helm, secretChecksum="9")
    assert template(helm) != template(helm, release={"sha": "aaaaaaaaaaaa"})


def test_what_is_not_the_services_own_does_not_replace_the_pods(helm):
    assert template(helm) == template(helm, release={"chart": "def"})
    assert template(helm) == template(helm, replicas=5)


def test_pods_get_the_config_map_and_then_the_secrets_as_environment(helm):
    container = deployment(helm, **EVERYTHING)["template"]["spec"]["containers"][0]
    assert container["envFrom"] == [
        {"configMapRef": {"name": "backend"}},
        {"secretRef": {"name": "postgresql-backend"}},
        {"secretRef": {"name": "backend"}},
    ]
    assert deployment(helm)["template"]["spec"]["containers"][0]["envFrom"] == [{"configMapRef": {"name": "backend"}}]


def test_a_name_of_its_own_is_that_of_everything(helm):
    """So that one release may have several services, whose pods keep apart."""
    assert helm.render(name="backend", **EVERYTHING) == helm.render(**EVERYTHING)
    chat = helm.render(name="chat", **EVERYTHING)
    assert {each["metadata"]["name"] for each in chat} == {
        "chat",
        "chat-migrate",
        "chat-test",
        "chat-jobs",
        "chat-before",
    }
    selector = {"app.kubernetes.io/name": "chat", "app.kubernetes.io/instance": "chat"}
    assert one(chat, "Deployment")["spec"]["selector"]["matchLabels"] == selector
    assert one(chat, "Service")["spec"]["selector"] == selector
    assert main_pod(chat, "chat-test")["containers"][0]["args"] == ["http://chat:80/readyz"]


def test_the_names_that_a_parent_chart_sets_are_no_unknown_keys(helm):
    assert helm.render(enabled=True, **{"global": {"a": "b"}}) == helm.render()


def test_a_test_may_be_another_program_in_an_image_without_python(helm):
    container = main_pod(helm.render(test={"command": ["/bin/wget", "-q"]}), "backend-test")["containers"][0]
    assert (container["command"], container["args"]) == (["/bin/wget", "-q"], ["http://backend:80/readyz"])


def test_a_selector_never_changes(helm):
    selector = deployment(helm)["selector"]["matchLabels"]
    assert deployment(helm, **EVERYTHING)["selector"]["matchLabels"] == selector
    assert set(selector) == {"app.kubernetes.io/name", "app.kubernetes.io/instance"}


def test_everything_carries_stack_and_owner(helm):
    for each in helm.render(**EVERYTHING):
        if "helm.sh/hook" not in each["metadata"].get("annotations", {}):
            labels = each["metadata"]["labels"]
            assert (labels["slipway/stack"], labels["slipway/owner"]) == ("staging", "platform")
            assert labels["app.kubernetes.io/version"] == "3f2a91c4d5e6"


def test_a_migration_needs_no_config_map_and_no_service_account(helm):
    """It runs before the rollout that creates them."""
    (job,) = (each for each in helm.render(**EVERYTHING) if each["metadata"]["name"] == "backend-migrate")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    container = job["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "LEVEL", "value": "INFO"} in container["env"]
    assert container["envFrom"] == [{"secretRef": {"name": name}} for name in EVERYTHING["secretEnvironment"]]
    assert job["spec"]["template"]["spec"].get("serviceAccountName") is None


def test_seed_data_comes_after_the_migration_in_the_same_job(helm):
    values = {**EVERYTHING, "seed": {"enabled": True, "command": ["python", "-m", "app.seed"]}}
    (job,) = (each for each in helm.render(**values) if each["metadata"]["name"] == "backend-migrate")
    pod = job["spec"]["template"]["spec"]
    [migrate], [seed] = pod["initContainers"], pod["containers"]
    assert (migrate["name"], seed["name"]) == ("migrate", "seed")
    assert seed["command"] == ["python", "-m", "app.seed"]
    assert {**migrate, "name": "", "command": []} == {**seed, "name": "", "command": []}


def test_seed_data_needs_no_migration(helm):
    objects = helm.render(seed={"enabled": True, "command": ["seed"]})
    (job,) = (each for each in objects if each["metadata"]["name"] == "backend-migrate")
    assert [each["name"] for each in job["spec"]["template"]["spec"]["containers"]] == ["seed"]
    assert "backend-before" in policies(objects)


def test_only_neighbours_reach_a_service_and_nothing_its_jobs(helm):
    found = policies(helm.render())
    for policy in found.values():
        assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert found["backend"]["ingress"] == [{"from": [{"podSelector": {}}], "ports": [{"port": "http"}]}]
    assert found["backend-jobs"]["ingress"] == []


def test_databases_are_reached_by_private_addresses_only(helm):
    extra = {"ports": [{"port": 9000}]}
    for policy in policies(helm.render(networkPolicy={"extraEgress": [extra]})).values():
        *_, databases, last = policy["egress"]
        assert databases["ports"] == [{"port": 25060}, {"port": 25061}]
        ranges = [ipaddress.ip_network(to["ipBlock"]["cidr"]) for to in databases["to"]]
        assert ranges
        assert all(each.is_private for each in ranges)
        assert last == extra


def test_data_outlives_an_uninstalled_service(helm):
    claim = one(helm.render(**MATRIX["stored"]), "PersistentVolumeClaim")
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_rendering_twice_gives_the_same(helm):
    words = ("template", "backend", str(CHART))
    values = {"image": {"repository": "r/x", "digest": DIGEST}, **EVERYTHING}
    assert helm.run(*words, values=values).stdout == helm.run(*words, values=values).stdout


BAD = {
    "no image": ({"image": None}, "image"),
    "a tag for a digest": ({"image": {"repository": "r/x", "digest": "latest"}}, "/image/digest"),
    "an unknown key": ({"replica": 2}, "replica"),
    "no replicas": ({"replicas": 0}, "/replicas"),
    "a privileged port": ({"port": 80}, "/port"),
    "a lost slash": ({"health": {"liveness": "livez"}}, "/health/liveness"),
    "a number as text": ({"environment": {"A": 1}}, "/environment/A"),
    "an odd variable": ({"environment": {"a-b": "1"}}, "'a-b'"),
    "a Secret that is no list": ({"secretEnvironment": "backend"}, "/secretEnvironment"),
    "files of no place": ({"secretFiles": [{"secret": "a"}]}, "/secretFiles/0"),
    "a Secret twice": ({"secretEnvironment": ["a", "a"]}, "/secretEnvironment"),
    "an odd Secret": ({"secretEnvironment": ["A B"]}, "/secretEnvironment/0"),
    "an odd name": ({"name": "Back_end"}, "/name"),
    "an odd quantity": ({"resources": {"requests": {"cpu": "lots"}}}, "/resources/requests/cpu"),
    "a low node port": ({"service": {"nodePort": 80}}, "/service/nodePort"),
    "a URL for a host": ({"route": {"host": "https://a.example"}}, "/route/host"),
    "a number as text for HSTS": ({"route": {"hsts": "300"}}, "/route/hsts"),
    "root": ({"runAsUser": 0}, "/runAsUser"),
    "an odd access mode": ({"persistence": {"accessModes": ["Many"]}}, "/persistence/accessModes"),
}


@pytest.mark.parametrize(("values", "place"), BAD.values(), ids=BAD)
def test_values_that_cannot_be_are_refused_with_their_place(helm, values, place):
    image = {"image": {"repository": "r/x", "digest": DIGEST}}
    done = helm.run("template", "backend", str(CHART), values={**image, **values})
    assert done.returncode != 0
    assert place in done.stderr, done.stderr


def test_secrets_are_files_of_the_service_and_of_its_migration(helm):
    for name in ("backend", "backend-migrate"):
        spec = main_pod(helm.render(**EVERYTHING), name)
        mounts = {each["mountPath"]: each for each in spec["containers"][0]["volumeMounts"]}
        mount = mounts["/run/databases/postgresql"]
        (volume,) = (each for each in spec["volumes"] if each["name"] == mount["name"])
        assert mount["readOnly"]
        assert volume["secret"] == {"secretName": "postgresql-ca", "defaultMode": 0o440}


def test_a_slow_service_has_its_time_to_start(helm):
    container = deployment(helm, startupSeconds=300)["template"]["spec"]["containers"][0]
    probe = container["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] == 300


def test_the_user_and_the_writable_folders_are_the_services(helm):
    spec = deployment(helm, runAsUser=1000, writableDirectories=["/tmp", "/var/cache"])["template"]["spec"]
    assert {spec["securityContext"][key] for key in ("runAsUser", "runAsGroup", "fsGroup")} == {1000}
    mounts = {mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
    assert mounts == {"/tmp", "/var/cache"}


def test_the_values_and_their_schema_have_the_same_keys():
    """`enabled` and `global` are a parent chart's, and a CPU limit is one that we do not set."""

    def keys(schema, values, place=""):
        inner = schema.get("properties", {})
        said = set(inner) - ({"enabled", "global"} if not place else set())
        assert said == set(values), place
        for name in said:
            if inner[name].get("additionalProperties") is False and values[name] and name != "resources":
                keys(inner[name], values[name], f"{place}/{name}")

    keys(json.loads((CHART / "values.schema.json").read_text()), yaml.safe_load((CHART / "values.yaml").read_text()))


def test_a_preview_environment_reaches_public_addresses_alone(helm):
    for policy in policies(helm.render(networkPolicy={"publicOnly": True})).values():
        https = [rule for rule in policy["egress"] if {"port": 443} in rule.get("ports", [])]
        assert all("169.254.0.0/16" in block["except"] for block in [https[0]["to"][0]["ipBlock"]])
        assert all(rule.get("to") for rule in policy["egress"])
        assert "25060" not in str(policy["egress"])
