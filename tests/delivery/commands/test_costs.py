from __future__ import annotations

import json
import shutil

import pytest
import yaml
from infra_stacks import EXAMPLE, ROOT, config_of

from slipway.__main__ import main


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The three stack files and the services' own in a folder, and no token."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIGITALOCEAN_TOKEN", raising=False)
    monkeypatch.delenv("DIGITALOCEAN_ACCESS_TOKEN", raising=False)
    for stack in ("local", "staging", "prod"):
        shutil.copy(ROOT / f"Pulumi.{stack}.yaml", tmp_path)
    for name in EXAMPLE:
        folder = name.replace("-", "_")
        (tmp_path / folder).mkdir()
        for file in ("service.yaml", "Dockerfile"):
            shutil.copy(ROOT / folder / file, tmp_path / folder)
    (tmp_path / "backend/chassis").mkdir()
    return tmp_path


def change(project, stack, **changes):
    config = {**config_of(stack), **{f"slipway:{key}": value for key, value in changes.items()}}
    (project / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": config}))


def test_every_stack_is_priced_without_an_account(project, capsys):
    assert main(["cost"]) == 0
    text = capsys.readouterr().out
    assert "staging: $95.80 to $167.80 a month" in text
    assert "prod: $493.70 to $877.70 a month" in text
    assert "local: nothing, as its DigitalOcean is emulated; an account would bill $53.50 to $125.50" in text
    assert "prices: DigitalOcean's price list of " in text
    assert "traffic above what nodes" in text


def test_a_program_gets_every_part_and_the_sum(project, capsys):
    assert main(["cost", "--stack", "prod", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["stacks"]
    assert list(found) == ["prod"]
    assert found["prod"]["total"] == {"low": 493.7, "high": 877.7}
    assert {"name": "registry", "detail": "basic", "price": {"low": 5.0, "high": 5.0}} in found["prod"]["parts"]


def test_what_has_no_price_is_named(project, capsys):
    cluster = config_of("staging")["slipway:cluster"]
    cluster["defaultPool"]["size"] = "gpu-h100x8-640gb"
    change(project, "staging", cluster=cluster)
    assert main(["cost", "--stack", "staging"]) == 0
    text = capsys.readouterr().out
    assert "no price is known: default pool (1 to 2 nodes of gpu-h100x8-640gb)" in text


def test_a_budget_that_is_exceeded_is_a_warning(project, capsys):
    change(project, "staging", budget=150)
    change(project, "prod", budget=900)
    assert main(["cost"]) == 0
    text = capsys.readouterr().out
    assert "warning: the budget of $150 a month is exceeded by $17.80 once as many nodes run as may" in text
    assert "within the budget of $900 a month" in text


def test_a_stack_without_a_file_is_missing(project, capsys):
    assert main(["cost", "--stack", "canary"]) == 5
    assert "there is no Pulumi.canary.yaml here; the stacks are local, prod, staging" in capsys.readouterr().err


@pytest.fixture
def bill(monkeypatch):
    """An account that has spent so much this month."""
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from tests.delivery.served import served

    answer = {"account_balance": "0.00", "month_to_date_usage": "151.20", "generated_at": "2026-11-26T00:00:00Z"}
    route = Route("/v2/customers/my/balance", lambda _: JSONResponse(answer))
    with served(Starlette(routes=[route])) as url:
        monkeypatch.setenv("DIGITALOCEAN_API_URL", url)
        monkeypatch.setenv("DIGITALOCEAN_TOKEN", "dop_v1_" + "a" * 64)
        yield answer


def test_a_bill_above_the_budget_fails(project, bill, capsys):
    change(project, "prod", budget=151)
    assert main(["cost", "--stack", "prod", "--spent"]) == 1
    assert "prod: $151.20 spent this month, above the budget of $151" in capsys.readouterr().out
    change(project, "prod", budget=152)
    assert main(["cost", "--stack", "prod", "--spent"]) == 0


def test_a_bill_that_is_no_number_is_an_error(project, bill, capsys):
    change(project, "prod", budget=151)
    bill["month_to_date_usage"] = "much"
    assert main(["cost", "--stack", "prod", "--spent"]) == 1
    assert "has no month_to_date_usage as expected" in capsys.readouterr().err


def test_without_a_budget_nobody_is_asked(project, capsys):
    assert main(["cost", "--stack", "prod", "--spent"]) == 0
    assert "prod has no budget" in capsys.readouterr().out


def test_spending_is_of_one_stack(project):
    assert main(["cost", "--spent"]) == 2


def test_an_api_that_does_not_answer_leaves_the_published_prices(project, capsys, monkeypatch):
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "dop_v1_" + "a" * 64)
    monkeypatch.setenv("DIGITALOCEAN_API_URL", "http://127.0.0.1:1")
    assert main(["cost", "--stack", "prod"]) == 0
    captured = capsys.readouterr()
    assert "prod: $493.70 to $877.70 a month" in captured.out
    assert "the prices are from the published list: DigitalOcean does not answer" in captured.err
