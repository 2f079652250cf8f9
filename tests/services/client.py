"""Requests to an application in this process."""

from __future__ import annotations

import asyncio

import httpx


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

    def close(self):
        self.runner.run(self.http.aclose())
        self.runner.run(self.app.state.database.close())
        self.runner.close()
