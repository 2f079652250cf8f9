"""The OpenAPI document in the repository."""

from __future__ import annotations

from services.openapi import FILE, render_document
from services.process import ROOT


def test_the_document_in_the_repository_is_what_the_service_answers(client):
    assert (ROOT / "backend" / FILE).read_text() == render_document(client.app), "run: make openapi"
