from __future__ import annotations

import pytest

from infra.config.stack_file import load_config
from slipway.scaffold.service import NewService, ServiceError, plan_service

WEB = "FROM python:3.13 AS build\nEXPOSE 1\nFROM python:3.13\nARG PORT=8002\nEXPOSE $PORT/tcp\nUSER 1000:1000\nHEALTHCHECK CMD curl -f http://localhost:8002/healthz || exit 1\n"
WORKER = 'FROM python:3.13\nUSER 10001\nCMD ["python", "mail.py"]\n'
STACK = "config:\n  # ours\n  slipway:owner: us\n  slipway:services:{}\n"


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "Pulumi.staging.yaml").write_text(STACK.format("\n    api: {host: api.example.com}"))
    (tmp_path / "Pulumi.local.yaml").write_text(STACK.format("\n    api: {nodePort: 30080}"))
    for folder, text in {"notes": WEB, "services/mail_out": WORKER, "rooted": "FROM x\nEXPOSE 80\n"}.items():
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "Dockerfile").write_text(text)
    return tmp_path


def add(checkout, folder, **changes):
    planned = plan_service(
        NewService(folder, **{"name": folder.rpartition("/")[2].replace("_", "-"), **changes}), checkout
    )
    for change in planned:
        change.write(checkout)
    return {str(change.path): change for change in planned}


def services(checkout, stack):
    return load_config(checkout / f"Pulumi.{stack}.yaml")["slipway:services"]


def test_a_web_service_is_what_its_dockerfile_says(checkout):
    changes = add(checkout, "notes")
    assert list(changes) == ["notes/service.yaml", "Pulumi.local.yaml", "Pulumi.staging.yaml"]
    assert changes["notes/service.yaml"].text.splitlines() == [
        "# yaml-language-server: $schema=../schemas/service.schema.json",
        "port: 8002",
        "health: {liveness: /healthz, readiness: /healthz}",
        "user: 1000",
    ]


def test_it_is_one_line_in_each_stack_file_and_has_a_free_port_on_the_local_cloud(checkout):
    before = (checkout / "Pulumi.staging.yaml").read_text().splitlines()
    add(checkout, "notes")
    assert services(checkout, "staging")["notes"] == {}
    assert services(checkout, "local")["notes"] == {"nodePort": 30081}
    after = (checkout / "Pulumi.staging.yaml").read_text().splitlines()
    assert [line for line in after if line not in before] == ["    notes: {}"]


def test_an_image_that_exposes_nothing_is_a_workers(checkout):
    changes = add(checkout, "services/mail_out")
    assert "kind: worker\nreplicas: {min: 1, max: 1}\n" in changes["services/mail_out/service.yaml"].text
    assert "$schema=../../schemas/" in changes["services/mail_out/service.yaml"].text
    assert services(checkout, "local")["mail-out"] == {"folder": "services/mail_out"}


def test_an_image_that_runs_as_root_is_pointed_out(checkout):
    assert "runs as root" in add(checkout, "rooted", port=8000)["rooted/service.yaml"].text


def test_the_diff_shows_what_would_be_written(checkout):
    (file, local, _) = plan_service(NewService("notes", "notes"), checkout)
    assert "--- /dev/null\n+++ b/notes/service.yaml\n" in file.diff(checkout)
    assert "+    notes: {nodePort: 30081}\n" in local.diff(checkout)
    assert not (checkout / "notes/service.yaml").exists()


@pytest.mark.parametrize(
    ("folder", "changes", "message"),
    [
        ("nothing", {}, "nothing/ has no Dockerfile"),
        ("services/mail_out", {"kind": "web"}, "services/mail_out/Dockerfile has no EXPOSE; give the port"),
        ("notes", {"name": "api"}, "has a service api already; choose another with `--name`"),
    ],
)
def test_what_cannot_be_added_is_refused_and_nothing_is_written(checkout, folder, changes, message):
    before = {path: path.read_text() for path in checkout.rglob("*") if path.is_file()}
    with pytest.raises(ServiceError, match=message):
        add(checkout, folder, **changes)
    assert {path: path.read_text() for path in checkout.rglob("*") if path.is_file()} == before


def test_a_service_is_added_once(checkout):
    add(checkout, "notes")
    with pytest.raises(ServiceError, match="notes/service.yaml exists"):
        add(checkout, "notes")


def test_the_first_service_of_a_project_takes_the_place_of_the_empty_mapping(checkout):
    (checkout / "Pulumi.staging.yaml").write_text(STACK.format(" {}"))
    add(checkout, "notes")
    assert "  slipway:services:\n    notes: {}\n" in (checkout / "Pulumi.staging.yaml").read_text()
