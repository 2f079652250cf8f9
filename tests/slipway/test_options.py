from __future__ import annotations

import pytest
import typer

from delivery.verification import healthy
from slipway import options


def test_services_have_as_long_as_delivery_gives_them():
    assert options.TIMEOUT_SECONDS == healthy.TIMEOUT_SECONDS


def test_urls_are_by_service():
    assert options.parse_urls(["backend=https://x?a=b", "web=http://y"]) == {
        "backend": "https://x?a=b",
        "web": "http://y",
    }


@pytest.mark.parametrize("entry", ["https://x", "=https://x", "backend", "backend=", "backend=x", "backend=ftp://x"])
def test_an_entry_that_is_no_url_of_a_service_is_refused(entry):
    with pytest.raises(typer.BadParameter, match="write it such as backend=https://todo.example.com"):
        options.parse_urls([entry])
