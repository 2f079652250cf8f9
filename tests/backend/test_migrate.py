from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

from alembic import command
from conftest import migrated
from services.migrations import check, take_back

from app.migrate import MIGRATIONS

ROOT = Path(__file__).parents[2]
LEFT_OUT = ("require-lock-timeout", "require-statement-timeout")  # chassis.migrations sets both


def test_models_and_migrations_say_the_same(settings):
    migrated(settings)
    check(MIGRATIONS, settings.database_url)


def test_every_migration_can_be_taken_back_and_made_again(settings):
    migrated(settings)
    take_back(MIGRATIONS, settings.database_url)
    migrated(settings)
    check(MIGRATIONS, settings.database_url)
    assert MIGRATIONS.revisions == ["0005", "0004", "0003", "0002", "0001"]


def find_violations(span):
    """Squawk's rules that the SQL of some migrations breaks."""
    config = MIGRATIONS.config()
    config.output_buffer = io.StringIO()
    command.upgrade(config, span, sql=True)
    squawk = [Path(sys.executable).parent / "squawk", "--reporter=json", "--exclude", ",".join(LEFT_OUT)]
    sql = config.output_buffer.getvalue()
    found = subprocess.run(squawk, check=False, input=sql, capture_output=True, text=True)
    return {each["rule_name"] for each in json.loads(found.stdout)}


def test_migrations_stop_nobody_who_uses_the_table():
    assert find_violations("base:0002") == {
        "prefer-text-field",
        "require-concurrent-index-creation",
        "prefer-robust-stmts",
    }
    assert find_violations("0002:head") == set()


def test_concurrent_migrations_of_an_empty_database_all_succeed(database_url):
    environment = {**os.environ, "DATABASE_URL": database_url, "PYTHONPATH": str(ROOT / "backend")}
    command_ = [sys.executable, "-m", "app.migrate"]
    processes = [
        subprocess.Popen(command_, env=environment, stderr=subprocess.PIPE, text=True, cwd=ROOT / "backend")
        for _ in range(4)
    ]
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in processes]
    assert [code for _, code in ends] == [0, 0, 0, 0], ends
