"""An error of a registry says what went wrong and what to do."""

from __future__ import annotations

import pytest
from starlette.responses import JSONResponse, Response

from delivery.images.manifest import Manifest
from delivery.images.registry import ImageRepository
from delivery.outcome import DeliveryError, RefusedError, UnreachableError
from tests.delivery.images.repository_server import serve_repository


def test_a_registry_that_does_not_answer_is_unreachable():
    with pytest.raises(UnreachableError, match="does not answer for abc"):
        ImageRepository("127.0.0.1:9/acme/backend").manifest("abc")


def test_a_full_registry_is_reported_as_full():
    def full(_):
        message = "registry contains 5 repositories, limit is 5"
        return JSONResponse({"errors": [{"code": "DENIED", "message": message}]}, 403)

    with (
        serve_repository(full, "PUT") as repository,
        pytest.raises(RefusedError, match=r"limit is 5.* what to do: docs/runbook.md, 'Full registry'"),
    ):
        repository.write(Manifest("sha256:" + "a" * 64, '{"mediaType": "x"}'), "abc")


def test_any_other_refusal_quotes_the_registry():
    with (
        serve_repository(lambda _: Response("<h1>teapot</h1>", 418)) as repository,
        pytest.raises(DeliveryError, match="answers 418 for abc: <h1>teapot</h1>"),
    ):
        repository.manifest("abc")
