"""The application and its server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import Counter

from app.assistant import Assistant
from app.assistant.embedded import EmbeddedAssistant
from app.assistant.openai_api import OpenAiAssistant
from app.backend import Backend
from app.embedding import load_model
from app.migrate import MIGRATIONS
from app.questions import Questions
from app.replies import Replies
from app.retention import keep_removing
from app.routes import conversations
from app.settings import ChatSettings
from app.tracing import trace_calls
from app.vectors import Vectors
from chassis.application import new_application
from chassis.rate_limit import RateLimit
from chassis.server import serve


def create_app(settings: ChatSettings) -> FastAPI:
    """Create an application that shares no state with another one."""
    app = new_application("chatbot-backend", settings, MIGRATIONS, title="Chat over todos", resources=_open_resources)
    state, seconds = app.state, settings.dependency_seconds
    state.backend = Backend(settings.backend_url, seconds)
    state.vectors = Vectors(settings.qdrant_url, settings.qdrant_key, seconds)
    if state.traces:
        trace_calls(state.traces.provider, state.backend.http, state.vectors.http)
    state.rate_limit = RateLimit("chatbot-backend", settings.redis, settings.chat_limit, seconds)
    state.assistant = _new_assistant(settings)
    state.questions = Questions(state.database, settings.answer_seconds)
    state.replies = Replies(state.assistant, state.questions, settings.answer_seconds)
    state.limited = Counter("chat_limited", "Requests refused as too many.", registry=state.metrics.registry)
    # Both are optional: reported by /health, and no part of readiness.
    state.checks |= {"qdrant": state.vectors.check, "redis": state.rate_limit.find_problem}
    app.include_router(conversations.router)
    return app


def _new_assistant(settings: ChatSettings) -> Assistant:
    if settings.assistant == "embedded":
        return EmbeddedAssistant()
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
    return OpenAiAssistant(settings.openai_base_url, key, settings.openai_model, settings.model_seconds)


@asynccontextmanager
async def _open_resources(app: FastAPI) -> AsyncIterator[None]:
    state = app.state
    await asyncio.to_thread(load_model)  # or the first question would wait for it
    removal = asyncio.create_task(keep_removing(state.database, state.vectors, state.settings.retention_days))
    yield
    removal.cancel()
    for each in (state.replies, state.assistant, state.rate_limit, state.vectors, state.backend):
        await each.close()


def main() -> None:
    """Serve until SIGTERM, then finish the requests in progress."""
    settings = ChatSettings()
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
