"""What every service has, on this one; the rest is tested on the backend, which is built on the same chassis."""

from __future__ import annotations

import signal

import httpx
import pytest
from conftest import events
from databases.ports import free_port
from databases.qdrant import API_KEY
from pydantic import ValidationError
from services.migrations import check, migrate, take_back
from services.process import ROOT, serving

from app.main import create_app
from app.migrate import MIGRATIONS
from app.settings import ChatSettings


def test_a_migrated_service_is_ready_and_says_what_it_is(chat):
    assert chat.get("/readyz").json() == {"status": "ok"}
    assert chat.get("/version").json() == {"service": "chatbot-backend", "sha": "3f2a91c4d5e6"}
    health = chat.get("/health").json()
    assert {name: health[name] for name in ("status", "database", "qdrant", "redis")} == dict.fromkeys(
        ("status", "database", "qdrant", "redis"), "ok"
    )


def test_models_and_migrations_say_the_same_and_can_be_taken_back(settings):
    migrate(MIGRATIONS, settings.database_url)
    check(MIGRATIONS, settings.database_url)
    take_back(MIGRATIONS, settings.database_url)
    migrate(MIGRATIONS, settings.database_url)


def test_a_stop_lets_an_answer_end(settings, user, tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    own = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/chat.db",
        "MIGRATE_ON_START": "true",
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "QDRANT_URL": settings.qdrant_url,
        "QDRANT_API_KEY": API_KEY,
        "BACKEND_URL": settings.backend_url,
        "PORT": str(port),
    }
    log = tmp_path / "log"
    with (
        serving("app.main", url, log, folder=ROOT / "chatbot_backend", **own) as process,
        httpx.Client(headers=user.cookie) as http,
    ):
        conversation = http.post(f"{url}/conversations").json()["id"]
        path = f"{url}/conversations/{conversation}/messages"
        with http.stream("POST", path, json={"content": "add buy milk"}) as reply:
            process.send_signal(signal.SIGTERM)
            assert events(reply.read().decode())[-1][0] == "done"
        assert process.wait(20) in {0, -signal.SIGTERM}
    assert not any(secret in log.read_text() for secret in (API_KEY, user.token))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"chat_limit": "often"}, "CHAT_LIMIT is 'often'; write a number per time such as 30/minute"),
        ({"redis_url": "http://:secret@cache"}, "REDIS_URL begins with http://; write redis://host:6379/0"),
        ({"assistant": "gpt"}, "'embedded' or 'openai'"),
        ({"backend_url": "backend:8000"}, "should match pattern"),
    ],
)
def test_a_bad_setting_is_refused_with_what_to_write(given, said):
    with pytest.raises(ValidationError, match=said) as caught:
        ChatSettings(**given)
    assert "secret" not in str(caught.value)


def test_an_empty_key_is_none():
    assert ChatSettings(openai_api_key="").openai_api_key is None


def test_the_default_port_is_not_the_backends():
    assert ChatSettings().port == 8001


def test_no_password_is_shown():
    assert "hidden-password" not in repr(ChatSettings(database_url="postgresql://u:hidden-password@h/d"))


def test_errors_are_described_as_problems():
    described = create_app(ChatSettings()).openapi()
    assert "HTTPValidationError" not in str(described)
    ask = described["paths"]["/conversations/{conversation_id}/messages"]["post"]["responses"]
    assert set(ask) == {"200", "400", "401", "403", "404", "409", "413", "422", "429", "500", "503"}
    assert {*ask["422"]["content"], *ask["429"]["content"]} == {"application/problem+json"}
