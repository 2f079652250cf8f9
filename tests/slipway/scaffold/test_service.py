from __future__ import annotations

import pytest

from infra.config.stack_file import load_config
from slipway.scaffold.file_change import write_files
from slipway.scaffold.project import Answers, plan_stack_files
from slipway.scaffold.service import NewService, ServiceError, plan_service

WEB = (
    "FROM python:3.13 AS build\nEXPOSE 1025\nFROM python:3.13\nARG PORT=8002\nEXPOSE 53/udp $PORT/tcp\nUSER 1000:1000\n"
    "HEALTHCHECK CMD curl -f http://localhost:8002/healthz || exit 1\n"
)
WORKER = 'FROM python:3.13\nUSER 10001\nCMD ["python", "mail.py"]\n'


SERVICES = {
    "Pulumi.staging.yaml": "slipway:services:\n    api: {host: api.staging.ours.dev}",
    "Pulumi.prod.yaml": "slipway:services:\n    api: {host: api.ours.dev}",
    "Pulumi.local.yaml": "slipway:services:\n    api: {nodePort: 30080}",
}


@pytest.fixture
def checkout(tmp_path):
    for change in plan_stack_files(Answers("ours", "us", "fra1", "acme", "ours.dev")):
        text = change.text.replace("slipway:services: {}", SERVICES[str(change.path)])
        (tmp_path / change.path).write_text(text)
    own = {
        "notes": WEB,
        "services/mail_out": WORKER,
        "rooted": "FROM x\nEXPOSE 8000\n",
        "api": "FROM x\nUSER 10001\n",
    }
    for folder, text in own.items():
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "Dockerfile").write_text(text)
    (tmp_path / "api/service.yaml").write_text("port: 8000\n")
    return tmp_path


def add(checkout, folder, **changes):
    planned = plan_service(
        NewService(folder, **{"name": folder.rpartition("/")[2].replace("_", "-"), **changes}), checkout
    )
    write_files(planned, checkout)
    return {str(change.path): change for change in planned}


def services(checkout, stack):
    return load_config(checkout / f"Pulumi.{stack}.yaml")["slipway:services"]


def test_a_web_service_is_what_its_dockerfile_says(checkout):
    changes = add(checkout, "notes")
    assert list(changes) == ["notes/service.yaml", "Pulumi.local.yaml", "Pulumi.prod.yaml", "Pulumi.staging.yaml"]
    assert changes["notes/service.yaml"].text.splitlines() == [
        "# yaml-language-server: $schema=../schemas/service.schema.json",
        "port: 8002",
        "health: {liveness: /healthz, readiness: /healthz}",
        "user: 1000",
    ]


def test_a_service_is_one_line_per_stack_file_and_a_free_local_port(checkout):
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
    assert "runs as root" in add(checkout, "rooted")["rooted/service.yaml"].text


def test_the_diff_shows_what_would_be_written(checkout):
    (file, local, *_) = plan_service(NewService("notes", "notes"), checkout)
    assert "--- /dev/null\n+++ b/notes/service.yaml\n" in file.diff(checkout)
    assert "+    notes: {nodePort: 30081}\n" in local.diff(checkout)
    assert not (checkout / "notes/service.yaml").exists()


@pytest.mark.parametrize(
    ("folder", "changes", "message"),
    [
        ("nothing", {}, "nothing/ has no Dockerfile"),
        ("services/mail_out", {"kind": "web"}, "services/mail_out/Dockerfile has no EXPOSE; give the port"),
        ("notes", {"name": "api"}, "has a service api already; choose another with `--name`"),
        ("notes", {"name": "My App"}, "--name is 'My App'; write at most 53 lower-case letters"),
        ("../notes", {"name": "notes"}, "FOLDER is '../notes'; write a folder of this repository"),
        ("notes", {"port": 80}, "service.yaml would not be usable|port is 80; write a number from 1024"),
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


def test_the_first_service_replaces_the_empty_mapping(checkout):
    for file in checkout.glob("Pulumi.*.yaml"):
        head = file.read_text().partition("  slipway:services:")[0]
        file.write_text(f"{head}  slipway:services: {{}}\n")
    add(checkout, "notes")
    assert "  slipway:services:\n    notes: {}\n" in (checkout / "Pulumi.staging.yaml").read_text()


def test_no_free_port_on_the_local_cloud_is_said(checkout):
    file = checkout / "Pulumi.local.yaml"
    taken = "".join(f"    s{port}: {{nodePort: {port}}}\n" for port in range(30081, 30100))
    file.write_text(file.read_text() + taken)
    with pytest.raises(ServiceError, match="every nodePort from 30080 to 30099 is taken"):
        add(checkout, "notes")
