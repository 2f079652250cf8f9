"""The version before runs beside this one, on the schema of this one, until the rollout has replaced its pods."""

from __future__ import annotations

import httpx
from databases.ports import free_port
from services.migrations import migrate
from services.previous_version import export_previous_version, search_path
from services.process import ROOT, serving

from app.migrate import MIGRATIONS


def test_the_version_before_serves_on_this_versions_schema_beside_it(settings, user, tmp_path):
    export_previous_version("chatbot_backend", tmp_path / "before")
    migrate(MIGRATIONS, settings.database_url)
    for folder in (tmp_path / "before", ROOT):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        own = {"DATABASE_URL": settings.database_url, "PORT": str(port), "PYTHONPATH": search_path(folder)}
        own |= {"BACKEND_URL": settings.backend_url, "REDIS_URL": ""}
        with serving("app.main", url, tmp_path / "log", folder=folder / "chatbot_backend", **own):
            made = httpx.post(f"{url}/conversations", headers=user.cookie, timeout=20)
            assert made.status_code == 201, made.text
            read = httpx.get(f"{url}/conversations/{made.json()['id']}", headers=user.cookie, timeout=20)
            assert read.json()["messages"] == []
