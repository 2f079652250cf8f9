from __future__ import annotations

import pytest

from delivery.redaction import redacted


@pytest.mark.parametrize(
    "secret",
    [
        "dop_v1_" + "0a" * 32,
        "ghp_" + "A1" * 18,
        "github_pat_" + "A1_" * 12,
        "pul-" + "0a" * 20,
        "https://hooks.slack.com/services/T0/B0/xyz",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    ],
)
def test_what_looks_like_a_secret_is_taken_out(secret):
    assert redacted(f"before {secret} after", {}) == "before [redacted] after"


def test_the_password_of_a_url_is_taken_out_and_its_host_stays():
    assert redacted("postgresql://todo:pa55@db:5432/todo", {}) == "postgresql://[redacted]@db:5432/todo"


def test_a_private_key_is_taken_out_whole():
    key = "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----"
    assert redacted(f"a\n{key}\nb", {}) == "a\n[redacted]\nb"


def test_the_values_of_secret_variables_are_taken_out_line_by_line():
    environment = {"PULUMI_CONFIG_PASSPHRASE": "correct\nhorse battery", "HOME": "/home/ada", "API_TOKEN": "abc"}
    text = "horse battery in /home/ada, abc, correct"
    assert redacted(text, environment) == "[redacted] in /home/ada, abc, [redacted]"


def test_the_name_of_a_file_that_holds_a_secret_is_no_secret():
    assert redacted("/run/passphrase", {"PULUMI_CONFIG_PASSPHRASE_FILE": "/run/passphrase"}) == "/run/passphrase"


def test_ordinary_text_stays_as_it_is():
    text = "sha256:" + "5" * 64 + " https://todo.example.com/a:b@c 3f2a91c4d5e6"
    assert redacted(text, {}) == text
