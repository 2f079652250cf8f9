"""The OpenAPI document in the repository."""

from __future__ import annotations

from services.openapi import FILE, render_document
from services.process import ROOT


def test_the_document_in_the_repository_is_what_the_service_answers(chat):
    assert (ROOT / "chatbot_backend" / FILE).read_text() == render_document(chat.app), "run: make openapi"
