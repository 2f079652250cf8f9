"""One request to GitHub and its reply: refusals as errors, content by its form."""

from __future__ import annotations

from typing import Any, TypeVar

from githubkit.exception import RequestError, RequestFailed
from pydantic import BaseModel, ValidationError

from delivery.github.errors import AnswerError, NoAnswerError, explain_failure
from delivery.redaction import redacted

AnswerT = TypeVar("AnswerT", bound=BaseModel)


def call_once(call: Any, *words: Any, **parameters: Any) -> Any:
    """The reply of a call.

    Raises:
        GitHubError: GitHub refuses it.
        NoAnswerError: there is no answer.
        AnswerError: the answer's head cannot be read.
    """
    try:
        return call(*words, **parameters)
    except RequestFailed as error:
        raise explain_failure(error) from error
    except RequestError as error:
        raise NoAnswerError(redacted(f"GitHub does not answer: {error!r}")) from error
    except ValidationError:
        raise  # a body of ours that GitHub would not take: a defect
    except (ValueError, OverflowError) as error:  # a header that should be a number
        raise AnswerError(getattr(call, "__name__", "a request"), "", str(error)) from error


def describe(reply: Any) -> str:
    """The request of a reply, such as `GET /repos/owner/name`."""
    return f"{reply.raw_request.method} {reply.raw_request.url.path}"


def read_json(reply: Any) -> Any:
    """The content of a reply. Raises AnswerError where it is no JSON."""
    try:
        return reply.json()
    except (ValueError, UnicodeError, RecursionError) as error:
        raise AnswerError(describe(reply), reply.text, "no JSON") from error


def parse(model: type[AnswerT], reply: Any) -> AnswerT:
    """The object that a reply is. Raises AnswerError where it has another form."""
    return validate(model, read_json(reply), reply)


def validate(model: type[AnswerT], value: Any, reply: Any) -> AnswerT:
    """A part of a reply as an object. Raises AnswerError where it has another form."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or model.__name__
        raise AnswerError(describe(reply), str(value), f"{where}: {first['msg']}") from error


def read_entries(reply: Any, key: str | None) -> list[Any]:
    """The list of a reply, below a key where it has one. Raises AnswerError where there is none."""
    content = read_json(reply)
    entries = content if key is None else content.get(key) if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise AnswerError(describe(reply), reply.text, f"no list{f' {key}' if key else ''}")
    return entries
