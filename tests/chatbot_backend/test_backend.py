"""What is said, and so logged, of a backend that does not answer as agreed."""

from __future__ import annotations

import asyncio
import uuid

import httpx
import pytest

from app.backend import Backend, BackendUnavailableError
from app.todos import Todos

WORD = "quokkas"


def fail(call, answer):
    """The error of a call of the todos, on a backend that answers so."""
    backend = Backend("http://backend", 1)
    backend.http._transport = httpx.MockTransport(answer)
    with pytest.raises(BackendUnavailableError) as caught:
        asyncio.run(call(Todos(backend, "a-token")))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


def cut(request):
    raise httpx.ReadError(f"cut while reading {request.url}")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda _: httpx.Response(500, text=WORD), "500"),
        (lambda _: httpx.Response(302, headers={"Location": f"/{WORD}"}), "302"),
        (lambda _: httpx.Response(200, text=WORD), "JSONDecodeError"),
        (lambda _: httpx.Response(200, json={"total": 1, "items": [{"title": WORD}]}), "ValidationError"),
        (cut, "ReadError"),
    ],
)
def test_a_search_error_contains_neither_the_query_nor_the_results(answer, reason):
    assert fail(lambda todos: todos.page(q=WORD), answer) == f"GET /todos: {reason}"


def test_an_error_of_one_todo_has_none_of_its_text():
    identity = uuid.uuid4()
    path = f"/todos/{identity}"
    said = fail(lambda todos: todos.get(identity), lambda _: httpx.Response(200, json={"title": WORD}))
    assert said == f"GET {path}: ValidationError"
