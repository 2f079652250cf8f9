"""Taking secrets out of text before anyone reads it: the terminal, a comment, a summary, a message."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus

HIDDEN = "[redacted]"
SHORTEST = 6  # a shorter value would take innocent text with it
NAMED = re.compile(
    r"TOKEN|PASSWORD|PASSWD|PASSPHRASE|SECRET|WEBHOOK|CREDENTIAL|PRIVATE|ACCESS_KEY|API_?KEY|_KEY$|DATABASE_URL|_DSN$",
    re.IGNORECASE,
)
PLAIN = re.compile(r"_(FILE|PATH|DIR)$|^GITHUB_TOKEN_PERMISSIONS|_TOKEN_(REQUEST_)?URL$", re.IGNORECASE)  # places
# What a secret looks like: tokens of DigitalOcean, GitHub, Pulumi and Slack, keys, passwords in URLs.
FORMS = re.compile(
    r"do[opr]_v1_[0-9a-f]{64}"
    r"|\bDO00[A-Z0-9]{16}\b|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # access keys of Spaces and of AWS
    r"|gh[pousr]_[A-Za-z0-9_]{20,}(?:\.[\w-]+)*|github_pat_\w{20,}"
    r"|pul-[0-9a-f]{40}"
    r"|xox[a-z]-[\w-]{10,}|xapp-[\w-]{10,}"
    r"|(?:https?://)?hooks\.slack(?:-gov)?\.com/[\w/%.-]+|/services/T\w+/B\w+/\w+"
    r"|AGE-SECRET-KEY-1[0-9A-Z]+"
    r"|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?<=://)[^/\s:@]*:[^/\s]+(?=@)",
    re.DOTALL,
)
# What follows a word that says so: a parameter of a URL, a header of a request.
FOLLOWING = re.compile(
    r"([?&](?:sig|signature|(?:access_|private_|auth_?)?token|api_?key|password|secret|X-Amz-(?:Signature|Credential"
    r"|Security-Token))=)[^&\s\"'<>]+"
    r"|(\b(?:bearer|basic)\s+(?=\S*\d))[A-Za-z0-9+/=._~-]{16,}",
    re.IGNORECASE,
)


def redacted(text: str, environment: Mapping[str, str] | None = None) -> str:
    """The text without the values of the environment's secret variables, and without what looks like a secret.

    Values are found line by line, and as URLs, JSON and base64 have them.

    Args:
        environment: the process's own when not given.
    """
    variables = os.environ if environment is None else environment
    values = {value for name, value in variables.items() if NAMED.search(name) and not PLAIN.search(name)}
    # GitHub masks line by line, and so must we: a multi-line secret is quoted in logs by its lines.
    lines = {line.strip() for value in values for line in [value, *value.splitlines()]}
    pieces = {form for line in lines if len(line) >= SHORTEST for form in _list_forms(line)}
    for piece in sorted(pieces, key=len, reverse=True):
        text = text.replace(piece, HIDDEN)
    text = FORMS.sub(HIDDEN, text)
    return FOLLOWING.sub(lambda match: f"{match[1] or match[2]}{HIDDEN}", text)


def _list_forms(value: str) -> Iterator[str]:
    """A secret as programs write it down."""
    yield value
    yield from (quote(value, safe=""), quote(value), quote_plus(value))
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    yield from _list_base64(value.encode(errors="replace"))


def _list_base64(content: bytes) -> Iterator[str]:
    """What every base64 text that has these bytes in it has, too: `user:password` begins at any of three places."""
    for offset, start in ((0, 0), (1, 2), (2, 3)):
        whole = (offset + len(content)) * 8 // 6  # characters that no byte after it has a part in
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            piece = encode(bytes(offset) + content).decode()[start:whole]
            if len(piece) >= SHORTEST:
                yield piece
