"""A backend with users: what the contract has of sessions, and the real backend's todos, a database for each user.

`python -m users_backend`, with the backend's folder on the path.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import uuid
from http.cookies import SimpleCookie
from pathlib import Path

import uvicorn
from starlette.responses import JSONResponse, Response

from app.main import create_app
from app.migrate import MIGRATIONS
from chassis.problems import problem
from chassis.settings import ServiceSettings

COOKIE = "session"


class Users:
    """Every user's application, by the token of their session."""

    def __init__(self, folder):
        self.folder = folder
        self.empty = folder / "empty.db"
        self.sessions = {}
        asyncio.run(MIGRATIONS.migrate(self._settings(self.empty).database_url))

    @staticmethod
    def _settings(file):
        return ServiceSettings(database_url=f"sqlite:///{file}")

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            await self._answer(scope)(scope, receive, send)

    def _answer(self, scope):
        asked = (scope["method"], scope["path"])
        cookies = SimpleCookie(dict(scope["headers"]).get(b"cookie", b"").decode("latin-1"))
        token = cookies[COOKIE].value if COOKIE in cookies else None
        match asked:
            case (_, "/readyz"):
                return Response()
            case ("POST", "/users"):
                return self._sign_up()
            case ("DELETE", "/session"):
                self.sessions.pop(token, None)
                return Response(status_code=204)
        if token not in self.sessions:
            return problem(401, "sign in first")
        identity, application = self.sessions[token]
        if asked == ("GET", "/session"):
            # As one that is used is set again: whoever keeps it has it for the next user's request.
            return JSONResponse({"id": identity, "name": "x"}, headers={"Set-Cookie": f"{COOKIE}={token}; Path=/"})
        return application

    def _sign_up(self):
        identity, token = str(uuid.uuid4()), secrets.token_urlsafe(32)
        file = self.folder / f"{identity}.db"
        shutil.copy(self.empty, file)
        self.sessions[token] = identity, create_app(self._settings(file))
        return JSONResponse({"id": identity, "name": "x"}, 201, {"Set-Cookie": f"{COOKIE}={token}; Path=/"})


if __name__ == "__main__":
    uvicorn.run(Users(Path(os.environ["USERS_FOLDER"])), port=int(os.environ["PORT"]), lifespan="off")
