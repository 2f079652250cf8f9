"""Requests to an application in this process."""

from __future__ import annotations

import asyncio

import httpx
from sqlalchemy import text


class Client:
    """One event loop for all requests, as the application's database has one."""

    def __init__(self, app):
        self.app = app
        self.runner = asyncio.Runner()
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://test"
        )

    def __getattr__(self, method):
        return lambda *args, **kwargs: self.runner.run(getattr(self.http, method)(*args, **kwargs))

    def open_browser(self):
        """Another browser at the same application, with cookies of its own; only the first one is to be closed."""
        browser = Client(self.app)
        browser.runner = self.runner
        return browser

    def read_rows(self, query):
        """The rows of an SQL query of the application's database."""

        async def read():
            async with self.app.state.database.engine.connect() as connection:
                return (await connection.execute(text(query))).all()

        return self.runner.run(read())

    def close(self):
        self.runner.run(self.http.aclose())
        self.runner.run(self.app.state.database.close())
        self.runner.close()
