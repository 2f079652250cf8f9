"""The application and its server."""

from __future__ import annotations

from fastapi import FastAPI

from app.migrate import MIGRATIONS
from app.routes import todos
from app.views import LARGEST_BODY
from chassis.application import new_application
from chassis.server import serve
from chassis.settings import ServiceSettings


def create_app(settings: ServiceSettings) -> FastAPI:
    """The application; nothing of it is shared with another."""
    app = new_application("backend", settings, MIGRATIONS, title="Todos", largest_body=LARGEST_BODY)
    app.include_router(todos.router)
    return app


def main() -> None:
    """Serve until SIGTERM, then finish what was begun."""
    settings = ServiceSettings()
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
