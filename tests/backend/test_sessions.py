"""Signing in and out, and the cookie in between."""

from __future__ import annotations

import datetime as dt

import pytest
from services.accounts import PASSWORD, credentials, sign_up
from sqlalchemy import update

from app import sessions
from app.models import UserSession

UNKNOWN = "the name or the password is wrong"
HTTPS = {"X-Forwarded-Proto": "https"}


def test_the_session_cookie_is_http_only_and_same_site_strict(stranger):
    reply = stranger.post("/users", json=credentials())
    cookie = reply.headers["set-cookie"]
    token, *attributes = cookie.split("; ")
    assert token.startswith("session=")
    assert len(token) == len("session=") + 43  # 32 bytes in base64
    assert set(attributes) == {"HttpOnly", "Max-Age=1209600", "Path=/", "SameSite=strict"}


def test_over_https_only_a_host_prefixed_cookie_is_set_and_accepted(stranger):
    reply = stranger.post("/users", json=credentials(), headers=HTTPS)
    name, token = reply.headers["set-cookie"].split(";")[0].split("=")
    assert name == "__Host-session"
    assert "Secure" in reply.headers["set-cookie"].split("; ")
    stranger.http.cookies.clear()
    for name, status in (("__Host-session", 200), ("session", 401)):
        assert stranger.get("/session", headers={**HTTPS, "Cookie": f"{name}={token}"}).status_code == status


def test_the_database_has_no_token_that_signs_anybody_in(client):
    token = client.http.cookies["session"]
    ((hashed, *_),) = client.read_rows("SELECT * FROM sessions")
    assert len(hashed) == 32
    assert token.encode() not in hashed
    for guess in (hashed.hex(), token[:-1], ""):
        client.http.cookies.set("session", guess)
        assert client.get("/session").status_code == 401


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(client):
    for body in (credentials(password="not the password of anna"), credentials("bela")):
        reply = client.post("/session", json=body)
        assert (reply.status_code, reply.json()["detail"]) == (401, UNKNOWN)
        assert "set-cookie" not in reply.headers
    assert client.get("/session").status_code == 200  # the session that was there stays valid


def test_an_unknown_name_takes_a_comparison_too(client, monkeypatch):
    compared = []
    hasher = client.app.state.passwords
    match = hasher.match

    async def noted(password, stored):
        compared.append(stored)
        return await match(password, stored)

    monkeypatch.setattr(hasher, "match", noted)
    client.post("/session", json=credentials("bela"))
    assert compared == [None]


def test_signing_out_ends_this_session_and_not_the_others(client):
    other = client.open_browser()
    other.post("/session", json=credentials())
    token = client.http.cookies["session"]
    reply = client.delete("/session")
    assert (reply.status_code, "session" in client.http.cookies) == (204, False)
    client.http.cookies.set("session", token)  # whoever copied the cookie is out, too
    assert client.get("/session").status_code == 401
    assert other.get("/session").status_code == 200


def test_signing_out_everywhere_ends_every_session_of_the_user_alone(client):
    other, third = client.open_browser(), client.open_browser()
    other.post("/session", json=credentials())
    sign_up(third, "bela")
    assert client.delete("/sessions").status_code == 204
    assert [each.get("/session").status_code for each in (client, other, third)] == [401, 401, 200]


def test_signing_in_replaces_the_session_that_the_browser_had(client):
    """Nor can one that somebody else has put there go on as the user's."""
    before = client.http.cookies["session"]
    client.post("/session", json=credentials())
    assert client.http.cookies["session"] != before
    client.http.cookies.set("session", before, domain="test.local")
    other = client.open_browser()
    other.http.cookies.set("session", before)
    assert other.get("/session").status_code == 401


def test_a_session_ends_after_its_time_and_is_removed_by_the_next(client):
    async def expire():
        async with client.app.state.database.sessions.begin() as session:
            await session.execute(update(UserSession).values(expires_at=sessions.now() - dt.timedelta(seconds=1)))

    client.runner.run(expire())
    assert client.get("/session").status_code == 401
    client.post("/session", json=credentials())
    assert client.read_rows("SELECT count(*) FROM sessions") == [(1,)]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/todos"),
        ("post", "/todos"),
        ("get", "/todos/7b0f6c0e-8b1e-4d6e-9a53-0f4c8f1d1c11"),
        ("patch", "/todos/7b0f6c0e-8b1e-4d6e-9a53-0f4c8f1d1c11"),
        ("delete", "/todos/7b0f6c0e-8b1e-4d6e-9a53-0f4c8f1d1c11"),
        ("get", "/session"),
        ("delete", "/sessions"),
        ("put", "/password"),
        ("delete", "/user"),
    ],
)
def test_a_request_without_a_session_gets_401(stranger, method, path):
    reply = stranger.request(method, path)
    assert (reply.status_code, reply.json()["detail"]) == (401, "sign in first")
    assert reply.headers["www-authenticate"] == "Session"


@pytest.mark.parametrize("path", ["/session", "/todos"])
def test_what_is_one_users_is_stored_by_no_cache(client, path):
    assert client.get(path).headers["cache-control"] == "no-store"


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://["},
    {"Origin": "http://test:81"},
]
OWN = [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://test"}]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize(("method", "path"), [("POST", "/todos"), ("POST", "/session"), ("DELETE", "/sessions")])
def test_a_page_of_another_site_changes_nothing(client, headers, method, path):
    reply = client.request(method, path, headers=headers, json={"title": "forged"})
    assert (reply.status_code, reply.headers["content-type"]) == (403, "application/problem+json")
    assert client.get("/todos").json()["total"] == 0


@pytest.mark.parametrize("headers", OWN)
def test_the_apps_own_page_and_clients_without_one_change_todos(client, headers):
    assert client.post("/todos", json={"title": "own"}, headers=headers).status_code == 201


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_of_any_page_is_no_todo(client, media_type):
    reply = client.post("/todos", content=b'{"title": "forged"}', headers={"Content-Type": media_type})
    assert reply.status_code == 422


def test_no_log_line_has_a_password_or_a_token(client, capsys):
    client.post("/session", json=credentials())
    client.post("/session", json=credentials(password="not the password of anna"))
    lines = capsys.readouterr().out
    assert "signed in" in lines
    assert "sign-in refused" in lines
    for secret in (PASSWORD, "not the password", client.http.cookies["session"]):
        assert secret not in lines
