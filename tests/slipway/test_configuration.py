"""`slipway config`, `add` and `init` in a checkout of their own."""

from __future__ import annotations

import io
import json
import shutil
import subprocess

import pytest
from infra_stacks import ROOT

from infra.config.stack_file import load_config
from tests.infra.config.test_upgrade import OLDER


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """The committed stack files, and what they read of the services."""
    for file in ROOT.glob("Pulumi.*.yaml"):
        shutil.copy(file, tmp_path)
    for file in [*ROOT.glob("*/service.yaml"), *ROOT.glob("*/Dockerfile")]:
        (tmp_path / file.parent.name).mkdir(exist_ok=True)
        shutil.copy(file, tmp_path / file.parent.name)
    (tmp_path / "backend/chassis").mkdir()
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra/program.py").write_text("")
    monkeypatch.chdir(tmp_path)
    commit(tmp_path)
    return tmp_path


def commit(folder):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run(["git", *identity, *words], cwd=folder, check=True)


def test_show_prints_each_value_with_its_origin(checkout, slipway):
    status, out, _ = slipway("config", "show", "staging", "--key", "services.backend.replicas")
    line = (checkout / "Pulumi.staging.yaml").read_text().splitlines().index("    backend:") + 2
    assert (status, out.splitlines()) == (
        0,
        [
            f"slipway:services.backend.replicas.min  2  # Pulumi.staging.yaml:{line}",
            f"slipway:services.backend.replicas.max  4  # Pulumi.staging.yaml:{line}",
        ],
    )
    status, out, _ = slipway("config", "show", "staging", "--json")
    values = {each["key"]: each for each in json.loads(out)["values"]}
    assert (status, values["slipway:services.backend.port"]["origin"]) == (0, "backend/service.yaml:3")


def test_show_says_what_there_is(checkout, slipway):
    status, _, err = slipway("config", "show", "stagin")
    assert (status, "no Pulumi.stagin.yaml here; the stacks are local, prod, staging" in err) == (5, True)
    status, _, err = slipway("config", "show", "staging", "--key", "nothing")
    assert (status, "no key of staging begins with 'nothing'" in err) == (5, True)


def test_check_reports_every_problem_of_every_stack_with_its_line(checkout, slipway):
    status, out, _ = slipway("config", "check")
    assert (status, [line for line in out.splitlines() if line.startswith("✓")]) == (
        0,
        ["✓ Pulumi.local.yaml", "✓ Pulumi.prod.yaml", "✓ Pulumi.staging.yaml"],
    )
    assert "  a real account refuses it: slipway:ingress.zone is 'todo.example.com', which is an example's" in out
    (checkout / "backend/service.yaml").write_text("port: 80\nhost: x\n")
    status, out, _ = slipway("config", "check", "staging", "--json")
    assert status == 1
    said = json.loads(out)["problems"]["staging"]
    assert "backend/service.yaml:1: port is 80; write a number from 1024 to 65535" in said
    assert "backend/service.yaml:2: host is a key of stack files" in said


def test_check_reports_every_alias_that_cannot_be_used(checkout, slipway):
    (checkout / "pyproject.toml").write_text("[tool.slipway.aliases]\nerrors = 'log --grep 500'\nlast = 'logs'\n")
    status, out, _ = slipway("config", "check", "staging")
    assert status == 1
    assert "pyproject.toml: tool.slipway.aliases.errors: slipway has no command 'log'" in out
    assert "aliases.last" not in out


def test_upgrade_shows_the_change_and_writes_it_when_asked(tmp_path, slipway):
    for stack, values in {"staging": (2, "1e3", "null"), "local": (2, "1e4", "30080")}.items():
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(OLDER % values)
    status, out, _ = slipway("config", "upgrade")
    assert (status, "+++ b/backend/service.yaml" in out, "nothing was written" in out) == (0, True, True)
    assert not (tmp_path / "backend").exists()
    assert slipway("config", "upgrade", "--apply")[0] == 0
    assert (tmp_path / "backend/service.yaml").read_text().startswith("shares: [chassis]\nport: 8000\n")
    assert load_config(tmp_path / "Pulumi.local.yaml")["slipway:services"]["backend"]["nodePort"] == 30080
    assert slipway("config", "upgrade")[1] == "nothing to change\n"


def test_upgrade_overwrites_no_file(tmp_path, slipway):
    (tmp_path / "Pulumi.local.yaml").write_text(OLDER % (2, "1e4", "30080"))
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend/service.yaml").write_text("port: 1\n")
    status, _, err = slipway("config", "upgrade", "--apply")
    assert (status, "backend/service.yaml exists" in err) == (3, True)
    assert (tmp_path / "backend/service.yaml").read_text() == "port: 1\n"


def test_add_writes_a_service_and_shows_the_change(checkout, slipway):
    (checkout / "notes").mkdir()
    (checkout / "notes/Dockerfile").write_text("FROM x\nEXPOSE 8002\nUSER 10001\n")
    status, out, _ = slipway("add", "service", "./notes/", "--dry-run")
    assert (status, "+port: 8002" in out, (checkout / "notes/service.yaml").exists()) == (0, True, False)
    status, out, _ = slipway("add", "service", "notes")
    assert (status, "+    notes: {}" in out) == (0, True)
    assert slipway("config", "check")[0] == 0
    status, _, err = slipway("add", "service", "notes")
    assert (status, "notes/service.yaml exists" in err) == (3, True)


PROJECT = ("--name", "notes", "--owner", "us", "--region", "ams3", "--registry", "acme", "--zone", "notes.acme.dev")


def test_init_writes_the_stack_files_and_prints_the_price(checkout, slipway):
    """`--remove-example` removes the example too."""
    status, out, _ = slipway("init", *PROJECT, "--remove-example")
    assert status == 0, out
    assert "prod: $201.00 to $417.00 a month" in out
    assert not (checkout / "backend").exists()
    config = load_config(checkout / "Pulumi.prod.yaml")
    assert (config["slipway:namespace"], config["slipway:registry"]) == ("notes", {"name": "acme-prod"})


def test_init_with_an_unusable_answer_writes_nothing(checkout, slipway):
    before = (checkout / "Pulumi.prod.yaml").read_text()
    words = [{"ams3": "Amsterdam", "notes.acme.dev": "https://x"}.get(word, word) for word in PROJECT]
    status, _, err = slipway("init", *words, "--remove-example")
    assert (status, 'slipway:region is "Amsterdam"; write a region such as fra1' in err) == (3, True)
    assert (checkout / "Pulumi.prod.yaml").read_text() == before
    assert (checkout / "backend").exists()


def test_init_asks_for_what_is_left_out(checkout, slipway, monkeypatch):
    terminal = io.StringIO("notes\nus\nfra1\nacme\n\n")
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stdin", terminal)
    status, out, err = slipway("init", "--json")
    assert (status, "Name of the project" in err, json.loads(out)["status"]) == (0, True, 0)
    assert "slipway:ingress" not in load_config(checkout / "Pulumi.prod.yaml")


def test_init_takes_what_copier_asked(checkout, slipway, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    (checkout / ".copier-answers.yml").write_text(
        "project: notes\nteam: core\nregion: ams3\nregistry: acme\nzone: ''\n"
    )
    status, out, err = slipway("init", "--owner", "us")
    assert status == 0, out + err
    config = load_config(checkout / "Pulumi.prod.yaml")
    assert [config[f"slipway:{key}"] for key in ("namespace", "owner", "region")] == ["notes", "us", "ams3"]
    assert "slipway:ingress" not in config


def test_init_refuses_answers_of_copiers_that_it_cannot_read(checkout, slipway):
    (checkout / ".copier-answers.yml").write_text("project: [\n")
    status, _, err = slipway("init")
    assert (status, ".copier-answers.yml" in err) == (3, True), err


def test_init_without_a_terminal_names_the_option_that_is_missing(checkout, slipway, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    status, _, err = slipway("init", "--name", "notes")
    assert (status, "--owner" in err) == (2, True)


@pytest.mark.parametrize("owner", ["a: b", "{x", "-", "*x", "123", "no"])
def test_an_awkward_answer_is_taken_or_refused_with_its_key(checkout, slipway, owner):
    words = [owner if word == "us" else word for word in PROJECT]
    status, _, err = slipway("init", *words)
    assert status == 0 or (status == 3 and "slipway:owner is" in err), err


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        (
            lambda folder: (folder / "backend/new.py").write_text("x"),
            "backend/new.py is not committed, and would be lost",
        ),
        (
            lambda folder: (folder / "Pulumi.prod.yaml").write_text("config: {}\n"),
            "Pulumi.prod.yaml is not committed",
        ),
        (
            lambda folder: (folder / "Pulumi.prod.yaml").write_text("encryptionsalt: x\n"),
            "Pulumi.prod.yaml has secrets",
        ),
        (lambda folder: (folder / "infra/program.py").unlink(), "this is not the root of a checkout of Slipway"),
    ],
)
def test_init_loses_nothing(checkout, slipway, lost, message):
    lost(checkout)
    before = {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file() and ".git" not in path.parts}
    status, _, err = slipway("init", *PROJECT, "--remove-example")
    assert (status, message in err) == (3, True), err
    after = {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file() and ".git" not in path.parts}
    assert after == before


def test_a_stack_file_that_is_no_yaml_is_a_problem_like_any_other(checkout, slipway):
    with (checkout / "Pulumi.prod.yaml").open("a") as file:
        file.write("  slipway:owner: x\n")
    status, out, err = slipway("config", "check")
    assert (status, "✗ Pulumi.prod.yaml: Pulumi.prod.yaml:" in out, "✓ Pulumi.staging.yaml" in out, err) == (
        1,
        True,
        True,
        "",
    )
    for words in (("show", "prod"), ("upgrade",)):
        status, _, err = slipway("config", *words)
        assert (status, "the key 'slipway:owner' is there twice; remove one" in err, "unexpected" in err) == (
            1,
            True,
            False,
        )


def test_show_lists_only_what_a_kind_of_service_has(checkout, slipway):
    (checkout / "backend/service.yaml").write_text("kind: worker\n")
    (checkout / "Pulumi.local.yaml").write_text(
        (checkout / "Pulumi.local.yaml").read_text().replace("      nodePort: 30080\n", "      egress: [25]\n")
    )
    status, out, err = slipway("config", "show", "local", "--key", "services.backend")
    assert status == 0, err
    assert "services.backend.egress" in out
    assert not [key for key in ("port", "health", "schedule", "host") if f"services.backend.{key}" in out]
