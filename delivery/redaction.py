"""Taking secrets out of text before anyone reads it: the terminal, a comment, a summary, a message."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

HIDDEN = "[redacted]"
SHORTEST = 6  # a shorter value would take innocent text with it
NAMED = re.compile(r"TOKEN|PASSWORD|PASSPHRASE|SECRET|WEBHOOK|CREDENTIAL|PRIVATE|ACCESS_KEY", re.IGNORECASE)
PLAIN = re.compile(r"_FILE$|^GITHUB_TOKEN_PERMISSIONS", re.IGNORECASE)  # name a place, not a value
# What a secret looks like: tokens of DigitalOcean, GitHub, Pulumi and Slack, keys, passwords in URLs.
FORMS = re.compile(
    r"do[opr]_v1_[0-9a-f]{64}"
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}"
    r"|pul-[0-9a-f]{40}"
    r"|https://hooks\.slack\.com/\S+"
    r"|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)",
    re.DOTALL,
)


def redacted(text: str, environment: Mapping[str, str] | None = None) -> str:
    """The text without the values of the environment's secret variables, and without what looks like a secret.

    Args:
        environment: the process's own when not given.
    """
    variables = os.environ if environment is None else environment
    values = {value for name, value in variables.items() if NAMED.search(name) and not PLAIN.search(name)}
    # GitHub masks line by line, and so must we: a multi-line secret is quoted in logs by its lines.
    pieces = {line.strip() for value in values for line in [value, *value.splitlines()]}
    for piece in sorted((piece for piece in pieces if len(piece) >= SHORTEST), key=len, reverse=True):
        text = text.replace(piece, HIDDEN)
    return FORMS.sub(HIDDEN, text)
