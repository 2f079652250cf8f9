"""What is said of the example in more than one place: the program, the umbrella chart, docker compose, images."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from infra_stacks import EXAMPLE, services_of

from localcloud import versions

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
UMBRELLA = yaml.safe_load((ROOT / "helm/todo-app-stack/values.yaml").read_text())
SERVICES = {name: service for name, service in services_of("staging").items() if name in EXAMPLE}
ENGINES = {file.stem: yaml.safe_load(file.read_text()) for file in (ROOT / "helm/database/engines").glob("*.yaml")}
# What differs on purpose: where others answer, and what only one machine's developer wants.
OF_COMPOSE = {"BACKEND_URL", "CHATBOT_BACKEND_URL", "CHAT_LIMIT", "LOG_LEVEL", "MIGRATE_ON_START", "ASSISTANT"}


def dockerfile(service):
    return (ROOT / service["folder"] / "Dockerfile").read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_the_umbrella_gives_each_service_what_the_program_does(repository, name):
    release = next(each for each in repository.deploy("staging").of("v3:Release") if each.name == name)
    theirs, ours = UMBRELLA[name], release.inputs["values"]
    assert theirs.pop("enabled") is True
    assert theirs.pop("name") == name
    assert theirs["image"]["repository"] == ours["image"]["repository"]
    for key in set(theirs) - {"image"}:
        assert theirs[key] == ours[key], key
    chart = yaml.safe_load((ROOT / "helm/service/values.yaml").read_text())
    said = {key for key, value in ours.items() if value not in ({}, {"enabled": False}, chart[key])}
    # What plain Helm's users have none of, or set for themselves.
    of_the_program = {"release", "imagePullSecrets", "autoscaling", "secretChecksum", "secretFiles", "route"}
    of_the_program |= {"nodeSelector", "tolerations", "progressDeadlineSeconds"}
    defaults = yaml.safe_load((ROOT / "helm/service/values.yaml").read_text())
    of_the_program |= {key for key, value in ours.items() if value == defaults.get(key)}
    assert said - of_the_program <= set(theirs)


def test_the_umbrella_has_the_services_of_the_program_and_no_other():
    chart = yaml.safe_load((ROOT / "helm/todo-app-stack/Chart.yaml").read_text())
    assert [dependency["alias"] for dependency in chart["dependencies"]] == list(SERVICES) == list(UMBRELLA)
    of_service = yaml.safe_load((ROOT / "helm/service/Chart.yaml").read_text())
    assert {dependency["version"] for dependency in chart["dependencies"]} == {of_service["version"]}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_built_and_reached_in_compose_as_by_the_program(name):
    service, compose = SERVICES[name], COMPOSE["services"][name]
    build = compose["build"]
    assert Path(build["context"], build.get("dockerfile", "Dockerfile")) == Path(service["folder"], "Dockerfile")
    assert Path(build["context"]) == Path("." if service["shares"] else service["folder"])
    assert compose["ports"][0].endswith(f":{service['port']}")
    mounted = {volume.split(":")[0] for volume in compose["volumes"]}
    for folder in (service["folder"], *service["shares"]):
        assert any(path.startswith(f"./{folder}") for path in mounted), folder
    assert set(service["environment"]) - OF_COMPOSE <= set(compose["environment"])
    for engine in service["databases"]:
        assert set(ENGINES[engine]["secrets"]) <= set(compose["environment"])


def test_only_the_chatbot_backend_shares_the_backends_chassis():
    """So only its image is built from the root of the repository."""
    assert {name: service["shares"] for name, service in SERVICES.items()} == {
        "backend": [],
        "chatbot-backend": ["backend/chassis"],
        "chatbot-frontend": [],
    }


@pytest.mark.parametrize("name", SERVICES)
def test_a_dockerfile_copies_only_files_of_its_build_context(name):
    service = SERVICES[name]
    root = ROOT if service["shares"] else ROOT / service["folder"]
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile(service), re.MULTILINE)
    paths = [path for line in copied for path in line.split()]
    assert paths
    assert [path for path in paths if not (root / path).exists()] == []
    if root != ROOT:  # where all but some names is ignored
        sent = (root / ".dockerignore").read_text().split()
        assert [path for path in paths if f"!{path}" not in sent] == []


@pytest.mark.parametrize("engine", ENGINES)
def test_a_database_is_the_same_in_compose_and_in_the_cluster(engine):
    compose, chart = COMPOSE["services"][engine], ENGINES[engine]
    assert compose["image"] == chart["image"]
    assert compose["command"] == ["sh", f"/scripts/{engine}-start.sh"]
    assert f"{engine}:{chart['mountPath']}" in compose["volumes"]
    if "exec" in chart["probe"]:
        probe = ["CMD", *chart["probe"]["exec"]["command"]]
        assert [word.replace("$$", "$") for word in compose["healthcheck"]["test"]] == probe


def test_compose_gives_every_client_of_postgresql_its_database():
    clients = [name for name, service in SERVICES.items() if "postgresql" in service["databases"]]
    access = COMPOSE["services"]["postgresql-access"]
    assert access["environment"]["CLIENTS"].split() == clients
    assert access["environment"]["PASSWORD_FILES"].split() == [f"client.{name}" for name in clients]


@pytest.mark.parametrize("name", [*ENGINES, "postgresql-access"])
def test_compose_writes_the_password_where_the_database_reads_it(name, tmp_path):
    service = COMPOSE["services"][name]
    words = [word.replace("$$", "$").replace("/run/database", str(tmp_path)) for word in service["entrypoint"]]
    environment = {**os.environ, **service["environment"], "DATABASE_PASSWORD": "se cret"}
    done = subprocess.run(
        [*words, "echo", "started  as is"], env=environment, check=True, capture_output=True, text=True
    )
    assert done.stdout == "started  as is\n"
    files = service["environment"]["PASSWORD_FILES"].split()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(files, "se cret")
    assert service["tmpfs"] == ["/run/database:mode=1777"]  # the image's user may write there


@pytest.mark.parametrize("name", SERVICES)
def test_live_reload_polls_the_files_for_changes(name):
    """Events of files do not reach every virtual machine."""
    service = COMPOSE["services"][name]
    variable = "WATCHFILES_FORCE_POLLING" if "watchfiles" in service["command"] else "CHOKIDAR_USEPOLLING"
    assert service["environment"][variable] == "true"


def test_compose_runs_on_every_platform_and_needs_no_new_release():
    assert not [name for name, service in COMPOSE["services"].items() if "platform" in service]
    assert not {"configs", "secrets"} & set(COMPOSE)


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_only_the_web_app_has_a_host(stack):
    """So a session is a cookie of that host and of no other."""
    services = services_of(stack)
    assert [name for name in EXAMPLE if services[name]["host"]] == ["chatbot-frontend"]


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_listens_where_the_program_asks_it(name):
    service = SERVICES[name]
    assert f"EXPOSE {service['port']}\n" in dockerfile(service)
    assert f"{service['port']}" in re.search(r"HEALTHCHECK.*\n.*", dockerfile(service))[0]
    assert service["health"]["liveness"]["http"] in re.search(r"HEALTHCHECK.*\n.*", dockerfile(service))[0]


@pytest.mark.parametrize(
    "name", [name for name, service in SERVICES.items() if (ROOT / service["folder"] / "pyproject.toml").exists()]
)
def test_python_services_use_the_base_image_of_the_local_cloud(name):
    assert f"ARG PYTHON_IMAGE={versions.PYTHON_BASE_IMAGE}\n" in dockerfile(SERVICES[name])


def test_every_variable_of_the_example_is_one_that_compose_reads():
    example = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert example == set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))


def test_the_client_of_qdrant_is_of_its_servers_minor_version():
    server = re.search(r":v(\d+\.\d+)\.", ENGINES["qdrant"]["image"])[1]
    assert f'"qdrant-client=={server}.' in (ROOT / "chatbot_backend/pyproject.toml").read_text()
