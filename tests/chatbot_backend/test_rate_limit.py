from __future__ import annotations

import asyncio

import pytest
from conftest import Chat
from databases.ports import free_port
from databases.tls import certify
from databases.valkey import started
from pydantic import SecretStr

from chassis.rate_limit import RateLimit


@pytest.fixture
def limited(settings, user):
    """A user at two pods."""
    chats = [Chat(settings.model_copy(update={"chat_limit": "3/day"}), user) for _ in range(2)]
    yield chats
    for chat in chats:
        chat.close()


def test_one_user_is_limited_over_all_processes_and_another_is_not(limited, sign_up):
    answers = [limited[number % 2].send("list") for number in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].headers["content-type"] == "application/problem+json"
    assert 1 <= int(answers[3].headers["retry-after"]) <= 86_400
    assert "3/day" in answers[3].json()["detail"]
    assert limited[0].post("/conversations", headers=sign_up().cookie).status_code == 201
    assert "chat_limited_total 1.0" in limited[1].get("/metrics").text


def test_a_user_has_one_share_wherever_they_ask_from(limited):
    answers = [limited[0].send("list", **{"X-Forwarded-For": f"198.51.100.{number}"}) for number in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]


def test_users_behind_one_address_have_a_share_each(limited, sign_up):
    for _ in range(3):
        assert limited[0].send("list").status_code == 200
    other = Chat(limited[0].app.state.settings, sign_up())
    assert [other.send("list").status_code for _ in range(4)] == [200, 200, 200, 429]
    other.close()


def test_a_refused_question_is_not_kept(limited):
    for _ in range(4):
        limited[0].send("list")
    assert len(limited[0].history()) == 6


def test_without_redis_each_process_limits_alone_and_health_says_so(settings, user, sign_up):
    port = free_port()
    mine = {"redis_url": SecretStr(f"redis://127.0.0.1:{port}/0"), "chat_limit": "2/day"}
    chat = Chat(settings.model_copy(update=mine), user)
    answers = [chat.send("list") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 172_800
    assert chat.post("/conversations", headers=sign_up().cookie).status_code == 201
    assert chat.get("/health").json()["redis"] == "redis does not answer; each process limits alone"
    assert chat.get("/readyz").status_code == 200
    with started(port):
        assert [chat.send("list").status_code for _ in range(3)] == [200, 200, 429]
        assert chat.get("/health").json()["redis"] == "ok"
    chat.close()


def test_an_address_with_wrong_tokens_is_limited_without_the_backend(settings, user, monkeypatch):
    chat = Chat(settings.model_copy(update={"redis_url": None, "chat_limit": "3/day"}), user)
    ask, asked = chat.app.state.backend.ask, []

    async def record(token, *args, **options):
        asked.append(token)
        return await ask(token, *args, **options)

    monkeypatch.setattr(chat.app.state.backend, "ask", record)
    path = f"/conversations/{chat.conversation}"
    replies = [chat.get(path, headers={"Cookie": f"session=guess-{number}"}) for number in range(5)]
    assert [reply.status_code for reply in replies] == [401, 401, 401, 429, 429]
    assert 1 <= int(replies[3].headers["retry-after"]) <= 86_400
    assert asked == ["guess-0", "guess-1", "guess-2"]
    elsewhere = {"X-Forwarded-For": "198.51.100.7"}
    assert [chat.get(path, headers=elsewhere).status_code for _ in range(5)] == [200] * 5  # nobody guesses there
    chat.close()


def test_a_service_that_has_no_redis_is_healthy_and_limits(settings, todos, user):
    chat = Chat(settings.model_copy(update={"redis_url": None, "chat_limit": "1/day"}), user)
    assert [chat.send("list").status_code for _ in range(2)] == [200, 429]
    assert chat.get("/health").json()["redis"] == "ok"
    chat.close()


def test_redis_over_tls_is_used_only_with_the_ca_of_the_url(tmp_path):
    """The URL's form is the program's, infra/components/managed_database.py."""
    tls, other = certify(tmp_path), tmp_path / "other"
    other.mkdir()
    form = "ssl_cert_reqs=required&ssl_check_hostname=true&ssl_exclude_verify_flags=VERIFY_X509_STRICT"

    async def problem(url):
        limit = RateLimit("test", url, "1/day", seconds=5)
        try:
            return await limit.find_problem()
        finally:
            await limit.close()

    with started(free_port(), tls) as url:
        assert asyncio.run(problem(f"{url}?{form}&ssl_ca_certs={tls[0]}")) is None
        assert asyncio.run(problem(f"{url}?{form}&ssl_ca_certs={certify(other)[0]}"))
        named = url.replace("localhost", "127.0.0.1")
        assert asyncio.run(problem(f"{named}?{form}&ssl_ca_certs={tls[0]}"))
