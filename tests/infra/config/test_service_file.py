from __future__ import annotations

import pytest
from infra_stacks import settings_of

from infra.config.document import parse_document
from infra.config.service_file import combine_services, merge, read_from
from infra.config.settings import SettingsError, validate_config, validate_settings

pytestmark = pytest.mark.usefixtures("repository")


def files(**texts):
    return lambda path: texts.get(path.replace("/", "__").replace(".", "_"))


def problem(entries, read):
    (said,) = combine_services(entries, read).problems
    return said


def test_a_service_is_its_own_file_and_what_differs_in_the_stack():
    read = files(api__service_yaml="port: 8000\nenvironment: {A: one, B: two}\negress: [25, 587]\n")
    entries = {"api": {"environment": {"B": "three"}, "egress": [443], "host": "api.example.com"}}
    assert combine_services(entries, read).values["api"] == {
        "name": "api",
        "folder": "api",
        "port": 8000,
        "environment": {"A": "one", "B": "three"},
        "egress": [443],
        "host": "api.example.com",
    }


@pytest.mark.parametrize("entry", [None, {}])
def test_a_service_that_differs_in_nothing_is_its_name_alone(entry):
    assert combine_services({"api": entry}, files(api__service_yaml="port: 8000\n")).values["api"]["port"] == 8000


def test_a_null_takes_away_what_the_services_file_says():
    read = files(api__service_yaml="port: 8000\nmigrate: [migrate]\n")
    assert combine_services({"api": {"migrate": None}}, read).values["api"]["migrate"] is None


def test_a_probe_is_replaced_whole():
    assert merge(
        {"health": {"liveness": {"tcp": 1}, "startupSeconds": 5}}, {"health": {"liveness": {"http": "/x"}}}
    ) == {"health": {"liveness": {"http": "/x"}, "startupSeconds": 5}}


@pytest.mark.parametrize("folder", ["chat-bot", "chat_bot"])
def test_the_folder_has_the_services_name_with_dashes_or_underscores(folder):
    read = lambda path: "port: 8000\n" if path == f"{folder}/service.yaml" else None  # noqa: E731
    assert combine_services({"chat-bot": {}}, read).values["chat-bot"]["folder"] == folder


def test_another_folder_is_named_in_the_stack_file():
    read = files(services__api__service_yaml="port: 8000\n")
    assert combine_services({"api": {"folder": "services/api"}}, read).values["api"]["folder"] == "services/api"


@pytest.mark.parametrize(
    ("entries", "texts", "message"),
    [
        ({"api": {}}, {}, "slipway:services.api: there is no api/service.yaml; write `folder:` of api"),
        ({"api": {}}, {"api__Dockerfile": ""}, "api/ has a Dockerfile and no service.yaml; run `slipway add service api`"),
        ({"api": {"context": "x"}}, {}, "slipway:services.api.context is called `folder` now; run `slipway config upgrade`"),
        ({"api": {}}, {"api__service_yaml": "- port"}, "api/service.yaml is not a mapping; write keys such as `port: 8000`"),
        ({"api": {}}, {"api__service_yaml": "port: 1\nport: 2"}, "api/service.yaml:2: the key 'port' is there twice"),
        ({"api": {}}, {"api__service_yaml": "host: x"}, "api/service.yaml:1: host is a key of stack files; write it below slipway:services.api there"),
        ({"api": {"kind": "web"}}, {"api__service_yaml": ""}, "slipway:services.api.kind is not a key of stack files; write it in its service.yaml"),
        ({"api": {"name": "x"}}, {"api__service_yaml": ""}, "slipway:services.api.name is not a key of stack files; the name is the key itself"),
        ({"api": 3}, {}, "slipway:services.api is not a mapping"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_service_is_a_problem_with_what_to_do(entries, texts, message):
    assert message in problem(entries, files(**texts))


def test_problems_name_the_file_and_line_of_each_value(repository):
    repository.write("backend/service.yaml", "port: 80\nhealth: {livenes: /x}\nenvironment:\n  A: 1\n")
    text = repository.write("Pulumi.staging.yaml", (repository.folder / "Pulumi.staging.yaml").read_text()
                            .replace("pool: apps\n", "pool: aps\n", 1)).read_text()  # fmt: skip
    file = parse_document(text, "Pulumi.staging.yaml")
    with pytest.raises(SettingsError) as caught:
        validate_config(file.content["config"], file=file, read=read_from(repository.folder))
    lines = str(caught.value).splitlines()
    assert lines == [
        "the configuration has 3 problems:",
        "  - backend/service.yaml:1: port is 80; write a number from 1024 to 65535: services do not run as root",
        "  - backend/service.yaml:2: health.livenes is not a key of a service; did you mean `liveness`?",
        "  - backend/service.yaml:4: environment.A is 1; write text, in quotes where it looks like a number or a truth value",
    ]


def test_the_stack_files_line_is_named_where_the_value_is_from_there(repository):
    text = (repository.folder / "Pulumi.staging.yaml").read_text().replace("min: 2, max: 4", "min: 5, max: 4", 1)
    file = parse_document(text, "Pulumi.staging.yaml")
    line = text.splitlines().index("      replicas: {min: 5, max: 4}") + 1
    with pytest.raises(
        SettingsError, match=f"Pulumi.staging.yaml:{line}: slipway:services.backend.replicas.min is 5"
    ):
        validate_config(file.content["config"], file=file, read=read_from(repository.folder))


def test_a_change_of_a_services_own_file_is_no_change_of_its_image(repository):
    before = images(repository)
    repository.write(
        "backend/service.yaml", (repository.folder / "backend/service.yaml").read_text() + "egress: [587]\n"
    )
    repository.commit()
    assert images(repository) == before


def images(repository):
    found = repository.deploy("staging").of("docker:index/image:Image")
    return {each.name: each.inputs["imageName"] for each in found}


def test_a_services_own_file_is_not_in_its_image(repository):
    repository.deploy("staging")
    (context,) = (repository.folder / ".slipway/contexts/backend").iterdir()
    assert {path.name for path in (context / "backend").iterdir()} == {"Dockerfile", "chassis", "main.py"}


def test_an_uncommitted_change_of_it_is_refused_like_any_other(repository):
    repository.write("backend/service.yaml", "port: 8000\n")
    with pytest.raises(Exception, match="uncommitted changes would not be in release .*backend/service.yaml"):
        repository.deploy("staging")


def test_settings_are_complete_whatever_is_left_out():
    settings = validate_settings(settings_of("staging"))
    backend = settings.services["backend"]
    assert (backend.name, backend.folder, backend.user, backend.stop_seconds) == ("backend", "backend", 10001, 45)


def test_the_error_for_a_missing_port_names_the_key_to_write(repository):
    repository.write("chatbot_frontend/service.yaml", "resources: {requests: {memory: 32Mi}}\n")
    message = (
        "chatbot_frontend/service.yaml: port is null, and the kind is web; write the port that the program listens on"
    )
    with pytest.raises(SettingsError, match=message):
        validate_settings(settings_of("staging"))
