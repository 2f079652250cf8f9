from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from .conftest import TOKEN, Api


@pytest.mark.parametrize("header", [None, "", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer é"])
def test_requests_without_token_get_401(api, header):
    headers = {"Authorization": header.encode()} if header is not None else {"Authorization": ""}
    reply = api.client.get("/v2/account", headers=headers)
    assert reply.status_code == 401
    assert reply.json()["id"] == "unauthorized"


def test_health_needs_no_token(api):
    assert api.client.get("/_emulator/health", headers={"Authorization": ""}).json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v2/images"), ("PUT", "/v2/account"), ("GET", "/v2/registries/"), ("GET", "/")]
)
def test_unknown_routes_answer_501(api, method, path):
    reply = api.do(method, path, status=501)
    assert reply["message"] == f"{method} {path} is not emulated"


def test_list_pages_link_to_each_other(api):
    for number in range(5):
        api.do("POST", "/v2/tags", {"name": f"t{number}"})
    seen, url = [], "/v2/tags?per_page=2"
    while url:
        body = api.do("GET", url)
        seen += [tag["name"] for tag in body["tags"]]
        url = body["links"].get("pages", {}).get("next")
        assert url is None or url.startswith("http://")
    assert seen == [f"t{number}" for number in range(5)]
    api.do("GET", "/v2/tags?page=0", status=400)
    api.do("GET", "/v2/tags?per_page=x", status=400)


@pytest.mark.parametrize("body", ["{", "[]", '"x"'])
def test_body_must_be_a_json_object(api, body):
    assert api.client.post("/v2/tags", content=body).status_code == 400


def test_responses_have_request_id_and_rate_limit(api):
    one, two = (api.client.get("/v2/account").headers for _ in range(2))
    assert one["x-request-id"] != two["x-request-id"]
    assert int(one["ratelimit-remaining"]) - int(two["ratelimit-remaining"]) == 1
    assert int(one["ratelimit-reset"]) > time.time()


def test_planned_fault_repeats_as_planned(api):
    api.do("POST", "/_emulator/faults", {"method": "GET", "path": "/v2/account", "status": 429, "times": 2})
    statuses = [api.client.get("/v2/account") for _ in range(3)]
    assert [reply.status_code for reply in statuses] == [429, 429, 200]
    assert statuses[0].headers["retry-after"] == "1"
    api.do("POST", "/_emulator/faults", {"method": "GET", "path": "/v2/account", "status": 500, "times": 9})
    api.do("DELETE", "/_emulator/faults")
    api.do("GET", "/v2/account")
    requests = api.do("GET", "/_emulator/requests")["requests"]
    assert [each["status"] for each in requests if each["path"] == "/v2/account"] == [429, 429, 200, 200]


def test_internal_error_answers_501(api, monkeypatch):
    def broken(*_):
        raise RuntimeError("no disk")

    monkeypatch.setattr(api.store, "all", broken)
    assert "RuntimeError: no disk" in api.do("GET", "/v2/tags", status=501)["message"]


def test_restart_loses_nothing(tmp_path):
    api = Api(tmp_path)
    vpc = api.do("POST", "/v2/vpcs", {"name": "v", "region": "fra1"})["vpc"]
    api.do("POST", "/v2/domains", {"name": "a.example"})
    first = api.do("POST", "/v2/domains/a.example/records", {"type": "A", "data": "1.1.1.1"})["domain_record"]["id"]
    projects = api.do("GET", "/v2/projects")["projects"]
    api.close()
    again = Api(tmp_path)
    assert again.do("GET", f"/v2/vpcs/{vpc['id']}")["vpc"] == vpc
    assert again.do("GET", "/v2/projects")["projects"] == projects
    second = again.do("POST", "/v2/domains/a.example/records", {"type": "A", "data": "1.1.1.1"})["domain_record"][
        "id"
    ]
    assert second > first
    again.close()


def test_concurrent_creations_keep_names_unique(api):
    def make(number):
        return api.client.post("/v2/vpcs", json={"name": f"v{number % 10}", "region": "fra1"}).status_code

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(make, range(20)))
    assert (statuses.count(201), statuses.count(409)) == (10, 10)
    assert api.do("GET", "/v2/vpcs?per_page=200")["meta"]["total"] == 10


def test_existing_tag_is_no_conflict(api):
    for _ in range(2):
        api.do("POST", "/v2/tags", {"name": "t"}, status=201)
    assert api.do("GET", "/v2/tags")["meta"]["total"] == 1


def test_project_with_resources_cannot_be_deleted(api):
    default = api.do("GET", "/v2/projects/default")["project"]
    project = api.do("POST", "/v2/projects", {"name": "p", "purpose": "x"})["project"]
    path = f"/v2/projects/{project['id']}/resources"
    api.do("POST", path, {"resources": ["do:domain:a.example"]})
    assert api.do("GET", f"{path}?page=1&per_page=200")["resources"][0]["urn"] == "do:domain:a.example"
    assert "with resources" in api.do("DELETE", f"/v2/projects/{project['id']}", status=412)["message"]
    api.do("POST", "/v2/projects/default/resources", {"resources": ["do:domain:a.example"]})
    api.do("DELETE", f"/v2/projects/{project['id']}", status=204)
    api.do("DELETE", f"/v2/projects/{default['id']}", status=412)
    api.do("POST", path, {"resources": ["x"]}, status=404)


def test_database_has_users_pools_and_rules(api):
    body = {"name": "d", "engine": "pg", "size": "db-s-1vcpu-1gb", "region": "fra1", "num_nodes": 1}
    path = f"/v2/databases/{api.do('POST', '/v2/databases', body)['database']['id']}"
    api.do("PUT", f"{path}/resize", {"size": "db-s-2vcpu-4gb", "num_nodes": 2}, status=202)
    assert api.do("GET", path)["database"]["status"] == "resizing"
    api.settle()
    api.do("PUT", f"{path}/maintenance", {"day": "friday", "hour": "03:00"}, status=204)
    database = api.do("GET", path)["database"]
    assert (database["size"], database["num_nodes"], database["maintenance_window"]["day"]) == (
        "db-s-2vcpu-4gb",
        2,
        "friday",
    )
    user = api.do("POST", f"{path}/users", {"name": "app"})["user"]
    assert user["password"]
    assert api.do("GET", f"{path}/users/app")["user"] == user
    api.do("POST", f"{path}/users", {"name": "app"}, status=422)
    assert api.do("POST", f"{path}/dbs", {"name": "todo"})["db"]["name"] == "todo"
    assert [each["name"] for each in api.do("GET", f"{path}/dbs")["dbs"]] == ["defaultdb", "todo"]
    api.do("DELETE", f"{path}/users/app", status=204)
    api.do("GET", f"{path}/users/app", status=404)
    api.do("DELETE", f"{path}/users/app", status=404)
    api.do("PUT", f"{path}/firewall", {"rules": [{"type": "ip_addr", "value": "10.0.0.0/8", "uuid": ""}]}, status=204)
    (rule,) = api.do("GET", f"{path}/firewall")["rules"]
    assert (rule["type"], rule["value"]) == ("ip_addr", "10.0.0.0/8")
    assert rule["uuid"]
    assert api.do("GET", f"{path}/ca")["ca"]["certificate"]
    api.do("POST", "/v2/databases", {**body, "name": "e", "engine": "dbase"}, status=422)


def test_certificates_are_found_by_name(api):
    for name in ("a", "b"):
        api.do("POST", "/v2/certificates", {"name": name, "type": "lets_encrypt", "dns_names": ["a.example"]})
    assert [each["name"] for each in api.do("GET", "/v2/certificates?name=b")["certificates"]] == ["b"]
    assert api.do("GET", "/v2/certificates?name=c")["certificates"] == []


def test_server_starts_and_stops_on_sigterm(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "localcloud.api",
        "--port",
        str(port),
        "--state",
        tmp_path,
        "--credentials",
        tmp_path / "c",
    ]
    environment = {**os.environ, "REGISTRY_URL": "http://slipway:x@127.0.0.1:9"}
    refused = subprocess.run(
        command, env={**environment, "DIGITALOCEAN_TOKEN": ""}, capture_output=True, text=True, check=False
    )
    assert (refused.returncode, "DIGITALOCEAN_TOKEN is not set" in refused.stderr) == (2, True)
    with subprocess.Popen(command, env={**environment, "DIGITALOCEAN_TOKEN": TOKEN}) as server:
        deadline = time.monotonic() + 20
        while True:
            try:
                reply = httpx.get(f"http://127.0.0.1:{port}/v2/account", headers={"Authorization": f"Bearer {TOKEN}"})
                break
            except httpx.ConnectError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        server.terminate()
        server.wait(10)
    assert reply.json()["account"]["status"] == "active"
