"""What GitHub answers instead of what was asked for, as errors that say what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from githubkit.exception import RateLimitExceeded, RequestFailed

from delivery.outcome import DeliveryError, MissingError, UnreachableError
from delivery.redaction import redacted

UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TOO_MANY, SERVER_ERROR = 401, 403, 404, 429, 500
# GitHub's words for a token that may not do this; other 403 answers are about the thing, such as a locked issue.
PERMISSION = (
    "not accessible by",
    "must have",
    "permission",
    "not authorized",
    "write access",
    "saml",
    "forbids access",
)
DEFAULT_WAIT = timedelta(seconds=60)  # GitHub's own advice where its answer names no time
QUOTED = 200  # characters of an answer that cannot be read


class GitHubError(DeliveryError):
    """GitHub refuses a request.

    Attributes:
        code: HTTP status.
        reason: GitHub's own words.
    """

    def __init__(self, text: str, code: int, reason: str) -> None:
        super().__init__(redacted(text))
        self.code, self.reason = code, reason


class PermissionDeniedError(GitHubError, MissingError):
    """The token lacks a right."""

    status = MissingError.status


class RateLimitError(GitHubError, UnreachableError):
    """The token asked too often.

    Attributes:
        wait: how long GitHub asks to wait.
    """

    status = UnreachableError.status

    def __init__(self, text: str, code: int, reason: str, wait: timedelta) -> None:
        super().__init__(text, code, reason)
        self.wait = wait


class NoAnswerError(UnreachableError):
    """GitHub does not answer, or answers that it cannot: what was asked for may have been done all the same."""


class AnswerError(DeliveryError):
    """GitHub's answer does not have the form that it publishes."""

    def __init__(self, request: str, content: str, why: str) -> None:
        quoted = redacted(content)[:QUOTED]
        super().__init__(f"GitHub's answer to {request} cannot be read ({why}); it begins with {quoted!r}")


def explain_failure(error: RequestFailed) -> DeliveryError:
    """The error that a refused request stands for."""
    request, response = error.request, error.response
    code, reason = response.status_code, read_reason(response)
    text = f"GitHub answers {code} to {request.method} {request.url.path}: {reason}"
    if isinstance(error, RateLimitExceeded) or code == TOO_MANY or (code == FORBIDDEN and "rate limit" in reason):
        wait = error.retry_after if isinstance(error, RateLimitExceeded) else DEFAULT_WAIT
        again = datetime.now(UTC) + wait
        return RateLimitError(f"{text}; asked too often: try again after {again:%H:%M:%S} UTC", code, reason, wait)
    if code >= SERVER_ERROR:
        return NoAnswerError(redacted(text))
    if code == UNAUTHORIZED:
        return PermissionDeniedError(f"{text}; the token is not valid", code, reason)
    if code == FORBIDDEN and any(word in reason.lower() for word in PERMISSION):
        return PermissionDeniedError(f"{text}; the token lacks the right to do this", code, reason)
    return GitHubError(text, code, reason)


def read_reason(response: Any) -> str:
    """GitHub's own words in an answer; a proxy's HTML has none."""
    try:
        content = response.json()
    except (ValueError, UnicodeError, RecursionError):
        return "no explanation"
    if not isinstance(content, dict):
        return "no explanation"
    details = content.get("errors")
    return f"{content.get('message') or 'no explanation'}{f' {details}' if details else ''}"
