"""The backend limits password attempts and new accounts."""

from __future__ import annotations

import pytest
from services.accounts import OTHER_PASSWORD, PASSWORD, credentials, sign_up
from services.client import Client

from app.main import create_app
from app.settings import BackendSettings
from app.weak_passwords import find_weakness


def count_hashes(client):
    """Append an entry to the returned list for each password that the application hashes or compares."""
    state, run = client.app.state, client.app.state.passwords._run
    entries = []

    async def count(work, *arguments):
        if work is not find_weakness:
            entries.append(work)
        return await run(work, *arguments)

    state.passwords._run = count
    return entries


@pytest.mark.parametrize(
    ("method", "path", "body", "statuses"),
    [
        ("PUT", "/password", {"password": OTHER_PASSWORD, "new_password": "yet another password"}, [403, 403, 429]),
        ("DELETE", "/user", {"password": OTHER_PASSWORD}, [403, 403, 429]),
        ("POST", "/session", credentials(password=OTHER_PASSWORD), [401, 401, 429]),
        ("POST", "/users", credentials(), [409, 409, 429]),
    ],
)
def test_each_guess_costs_one_hash_and_none_beyond_the_limit(settings, stranger, method, path, body, statuses):
    sign_up(stranger)
    few = settings.model_copy(update={"sign_in_limit": "2/day", "sign_up_limit": "2/day"})
    limited = Client(create_app(few))
    limited.http.cookies = stranger.http.cookies
    hashed = count_hashes(limited)
    assert [limited.request(method, path, json=body).status_code for _ in range(3)] == statuses
    limited.close()
    assert len(hashed) == 2


def test_strangers_cannot_keep_a_user_from_changing_the_password(settings, stranger):
    sign_up(stranger)
    limited = Client(create_app(settings.model_copy(update={"sign_in_limit": "3/day"})))
    limited.http.cookies = stranger.http.cookies
    for _ in range(4):
        limited.post("/session", json=credentials(password=OTHER_PASSWORD), headers={"Cookie": ""})
    changed = limited.put("/password", json={"password": PASSWORD, "new_password": OTHER_PASSWORD})
    limited.close()
    assert changed.status_code == 204


def test_sign_ins_with_one_name_are_limited_across_all_addresses(settings, stranger):
    sign_up(stranger)
    limited = Client(create_app(settings.model_copy(update={"sign_in_limit": "3/day"})))
    wrong = credentials(password="not the password of anna")
    replies = [
        limited.post("/session", json=wrong, headers={"X-Forwarded-For": f"203.0.113.{number}"})
        for number in range(4)
    ]
    limited.close()
    assert [reply.status_code for reply in replies] == [401, 401, 401, 429]
    assert 1 <= int(replies[3].headers["retry-after"]) <= 86_400


def test_sign_ins_from_one_address_are_limited_for_all_names(settings, stranger):
    limited = Client(create_app(settings.model_copy(update={"sign_in_limit": "3/day"})))
    replies = [limited.post("/session", json=credentials(f"user-{number}")) for number in range(4)]
    limited.close()
    assert [reply.status_code for reply in replies] == [401, 401, 401, 429]


def test_each_application_counts_new_accounts_of_an_address(settings, stranger):
    limited = Client(create_app(settings.model_copy(update={"sign_up_limit": "2/day"})))
    replies = [limited.post("/users", json=credentials(f"user-{number}")) for number in range(3)]
    limited.close()
    assert [reply.status_code for reply in replies] == [201, 201, 429]
    assert 1 <= int(replies[2].headers["retry-after"]) <= 86_400


def test_the_addresses_of_an_ipv6_network_are_counted_together(settings, stranger):
    limited = Client(create_app(settings.model_copy(update={"sign_up_limit": "2/day"})))
    addresses = ["2001:db8::1", "2001:db8::2", "2001:db8::dead:beef", "2001:db8:0:1::1"]
    replies = [
        limited.post("/users", json=credentials(f"user-{number}"), headers={"X-Forwarded-For": address})
        for number, address in enumerate(addresses)
    ]
    limited.close()
    assert [reply.status_code for reply in replies] == [201, 201, 429, 201]


def test_without_redis_each_process_counts_by_itself(settings, stranger):
    client = Client(create_app(BackendSettings(**settings.model_dump() | {"redis_url": "redis://127.0.0.1:9/0"})))
    assert client.post("/session", json=credentials("nobody")).status_code == 401
    assert client.get("/health").json()["redis"] == "redis does not answer; each process limits alone"
    client.close()
