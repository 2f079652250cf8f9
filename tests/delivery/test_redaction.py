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
        "/services/T0AB12/B0AB12/xyzXYZ123",
        "dor_v1_" + "0a" * 32,
        "ghs_" + "A1" * 18 + ".eyJhbGci-x.c2ln",
        "DO00ABCDEFGHIJ123456",
        "AKIAABCDEFGHIJ123456",
        "xoxb-123456789012-abcdefghijkl",
        "AGE-SECRET-KEY-1QQPQZ",
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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://todo:p@55@db:5432/todo", "postgresql://[redacted]@db:5432/todo"),
        ("GET https://x.example/blob?sig=a%2Bb&page=2", "GET https://x.example/blob?sig=[redacted]&page=2"),
        ("?X-Amz-Signature=0a1b&X-Amz-Date=2026", "?X-Amz-Signature=[redacted]&X-Amz-Date=2026"),
        ("Authorization: Bearer abcdefghijklmn0123456789", "Authorization: Bearer [redacted]"),
        ("authorization: basic dXNlcjpwYXNzd29yZDE=", "authorization: basic [redacted]"),
        ("see hooks.slack.com/services/T0/B0/xyz, please", "see [redacted], please"),
    ],
)
def test_what_a_word_before_it_makes_a_secret_is_taken_out(text, shown):
    assert redacted(text, {}) == shown


SECRET = 'p&ss "wörd"/+1?'


@pytest.mark.parametrize(
    "name", ["SMTP_PASSWORD", "AWS_SECRET_ACCESS_KEY", "MY_API_KEY", "SIGNING_KEY", "SENTRY_DSN"]
)
def test_a_secret_is_found_however_it_is_written(name):
    import base64
    import json
    from urllib.parse import quote, quote_plus

    basic = [base64.b64encode(f"{user}:{SECRET}".encode()).decode() for user in ("u", "us", "use", "user")]
    forms = [quote(SECRET), quote_plus(SECRET), quote(SECRET, safe=""), json.dumps(SECRET), *basic]
    for form in [*forms, base64.urlsafe_b64encode(SECRET.encode()).decode()]:
        shown = redacted(f"before {form} after", {name: SECRET})
        assert "[redacted]" in shown, form
        # What base64 has of the bytes beside a secret stays, and is no part of it.
        assert len(shown.replace("[redacted]", "")) <= len("before  after") + 16, form
        assert "wörd" not in shown


@pytest.mark.parametrize("name", ["GIT_AUTHOR_NAME", "SSH_KEY_PATH", "ACTIONS_ID_TOKEN_REQUEST_URL", "KEYBOARD"])
def test_what_is_no_secret_stays(name):
    assert redacted("something-long", {name: "something-long"}) == "something-long"
