"""The backend refuses a new password that is easy to guess."""

from __future__ import annotations

import time

import pytest
from services.accounts import PASSWORD, credentials

from app import passwords
from app.weak_passwords import find_weakness

EASY = [
    "passwordpassword", "123456789012345", "qwertyuiop12345", "aaaaaaaaaaaaaaaaaaaa", "annaannaannaanna",
    "anna-slipway-todo-2026", "Slipway-Slipway-Slipway", "slipwayslipway todos", "iloveyouiloveyou", "p" * 256,
]  # fmt: skip


@pytest.mark.parametrize("password", EASY)
def test_a_new_password_that_is_easy_to_guess_is_refused(stranger, password):
    reply = stranger.post("/users", json=credentials(password=password))
    (error,) = reply.json()["errors"]
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")
    assert (error["where"], error["detail"].partition(" (")[0]) == ("body/password", "is easy to guess")
    assert password not in reply.text


@pytest.mark.parametrize(
    "password", ["correct horse battery staple", PASSWORD, "\u00c5ngstr\u00f6m und ein Hund", "x7#kQ" * 40]
)
def test_a_password_that_is_hard_to_guess_is_accepted(stranger, password):
    assert stranger.post("/users", json=credentials(password=password)).status_code == 201


def test_a_password_is_not_changed_to_one_that_is_easy_to_guess(client):
    reply = client.put("/password", json={"password": PASSWORD, "new_password": "passwordpassword"})
    assert (reply.status_code, reply.json()["errors"][0]["where"]) == (422, "body/new_password")
    assert client.post("/session", json=credentials()).status_code == 201


def test_a_password_from_before_the_check_still_signs_in(client, monkeypatch):
    monkeypatch.setattr(passwords, "find_weakness", lambda *_: None)
    client.post("/users", json=credentials("bela", "passwordpassword"))
    monkeypatch.undo()
    assert client.post("/session", json=credentials("bela", "passwordpassword")).status_code == 201


def test_the_longest_password_takes_less_than_a_few_seconds():
    begun = time.monotonic()
    find_weakness("4@8({[<369&#!/|0$5+7%2/" * 11, "anna")
    assert time.monotonic() - begun < 5
