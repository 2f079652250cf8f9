from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pulumi
import pytest

from infra.source import registry_login
from infra.source.registry_login import Login, parse_login, request_login, request_push_login

from ..recorder import run

SERVER = "registry.digitalocean.com"


def write_docker_configuration(server: str, username: str, password: str) -> str:
    """What DigitalOcean answers when it is asked for a login."""
    auth = base64.b64encode(f"{username}:{password}".encode()).decode()
    return json.dumps({"auths": {server: {"auth": auth}}})


class Api:
    """An account's API over real HTTP, which gives out logins."""

    def __init__(self):
        self.status, self.body, self.asked = 200, write_docker_configuration(SERVER, "reader", "secret"), []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                api.asked.append((self.path, self.headers["Authorization"]))
                self.send_response(api.status)
                self.send_header("Content-Length", str(len(api.body)))
                self.end_headers()
                self.wfile.write(api.body.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def api():
    made = Api()
    yield made
    made.server.shutdown()
    made.server.server_close()


def request(url, **config):
    found = []
    config = {f"digitalocean:{key}": value for key, value in {"apiEndpoint": url, **config}.items()}
    run(lambda: found.append(request_login("acme", SERVER)), config=config)
    return found[0]


def test_the_api_is_asked_for_a_login_that_reads_and_soon_ends(api, monkeypatch):
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "the-token")
    assert request(api.url) == Login("reader", "secret")
    ((path, authorization),) = api.asked
    assert path == "/v2/registries/acme/docker-credentials?read_write=false&expiry_seconds=3600"
    assert authorization == "Bearer the-token"


def request_to_push(url, monkeypatch):
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "the-token")
    monkeypatch.setattr(registry_login, "PAUSES", (0.01, 0.01))
    said, found = [], []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    config = {"digitalocean:apiEndpoint": url}

    def program():
        pulumi.Output.from_input(request_push_login("acme", SERVER)).apply(found.append)

    run(program, config=config)
    return found[0], said


def test_the_api_is_asked_for_a_login_that_writes_and_soon_ends(api, monkeypatch):
    assert request_to_push(api.url, monkeypatch) == (Login("reader", "secret"), [])
    assert api.asked[0][0] == "/v2/registries/acme/docker-credentials?read_write=true&expiry_seconds=3600"


@pytest.mark.parametrize(("status", "attempts"), [(429, 3), (500, 3), (401, 1), (403, 1)])
def test_a_push_login_is_requested_again_only_after_temporary_errors(api, monkeypatch, status, attempts):
    api.status = status
    found, said = request_to_push(api.url, monkeypatch)
    assert (found, len(api.asked)) == (None, attempts)
    assert said[0].startswith("no login to push to registry acme, Docker's own is used: ")


def test_the_token_of_the_stack_file_counts_first(api, monkeypatch):
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "the-token")
    request(api.url, token="the-files-token")
    assert api.asked[0][1] == "Bearer the-files-token"


def test_without_a_token_nobody_is_asked(api):
    assert request(api.url) is None
    assert api.asked == []


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
def test_where_the_api_gives_none_dockers_own_counts(api, monkeypatch, status):
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "the-token")
    api.status = status
    assert request(api.url) is None


def test_where_the_api_cannot_be_reached_dockers_own_counts(monkeypatch):
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "the-token")
    assert request("http://127.0.0.1:1") is None


@pytest.mark.parametrize(
    "configuration",
    ["", "null", "{}", json.dumps({"auths": {SERVER: {}}}), write_docker_configuration("127.0.0.1:5500", "a", "b"),
     json.dumps({"auths": {SERVER: {"auth": "%%%"}}}), write_docker_configuration(SERVER, "user", "")],
)  # fmt: skip
def test_a_configuration_without_a_login_for_the_server_has_none(configuration):
    assert parse_login(configuration, SERVER) is None


def test_a_password_is_not_shown():
    assert "secret" not in repr(Login("reader", "secret"))
