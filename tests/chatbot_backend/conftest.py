"""The chat on real databases, over a real backend."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

import httpx
import pytest
from databases.ports import free_port
from databases.postgresql import postgres, reset
from databases.qdrant import API_KEY, qdrant
from databases.valkey import valkey
from services.client import Client
from services.migrations import migrate
from services.plain_logs import plain_logs
from services.process import ROOT, serving

from app.main import create_app
from app.migrate import MIGRATIONS
from app.settings import ChatSettings
from app.todos import Todos

__all__ = ["plain_logs", "postgres", "qdrant", "valkey"]


@pytest.fixture(scope="session")
def backend_file(tmp_path_factory):
    """The backend's database."""
    return tmp_path_factory.mktemp("backend") / "todo.db"


@pytest.fixture(scope="session")
def backend(backend_file):
    """The URL of a real backend, on SQLite."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    own = {
        "DATABASE_URL": f"sqlite:///{backend_file}",
        "MIGRATE_ON_START": "true",
        "PORT": str(port),
        "SIGN_UP_LIMIT": "1000000/minute",
    }
    with serving("app.main", url, backend_file.with_name("log"), folder=ROOT / "backend", **own):
        yield url


@dataclass(frozen=True)
class User:
    """Who is signed in, and what a browser of theirs sends."""

    id: uuid.UUID
    token: str

    @property
    def cookie(self):
        return {"Cookie": f"session={self.token}"}


@pytest.fixture
def sign_up(backend):
    """A function that makes a user, who is signed in."""

    def make():
        account = {"name": f"user-{uuid.uuid4()}", "password": "a long enough password"}
        reply = httpx.post(f"{backend}/users", json=account, timeout=10).raise_for_status()
        return User(uuid.UUID(reply.json()["id"]), reply.cookies["session"])

    return make


@pytest.fixture
def user(sign_up):
    """A user without a todo."""
    return sign_up()


@pytest.fixture
def todos(backend, user):
    """A client of the backend, signed in as `user`."""
    with httpx.Client(base_url=backend, headers=user.cookie, timeout=10) as http:
        yield http


@pytest.fixture
def settings(postgres, valkey, qdrant, backend):
    reset(postgres)
    return ChatSettings(
        database_url=postgres,
        redis_url=valkey,
        qdrant_url=qdrant,
        qdrant_api_key=API_KEY,
        backend_url=backend,
        release_sha="3f2a91c4d5e6",
        database_seconds=1,
        chat_limit="1000/minute",
    )


@pytest.fixture
def chat(settings, user):
    made = Chat(settings, user)
    yield made
    made.close()


@pytest.fixture
def other(settings, sign_up):
    """Another user, at another pod."""
    made = Chat(settings, sign_up())
    yield made
    made.close()


class Chat(Client):
    """A user at the chat."""

    def __init__(self, settings, user):
        migrate(MIGRATIONS, settings.database_url)
        super().__init__(create_app(settings))
        self.user = user
        self.http.headers.update(user.cookie)
        self.conversation = self.post("/conversations").json()["id"]

    @property
    def own_todos(self):
        return Todos(self.app.state.backend, self.user.token)

    def fail_todos(self, monkeypatch, error):
        """Have each request for todos end with an error."""
        ask = self.app.state.backend.ask

        async def asked(token, method, path, *args, **options):
            if path.startswith("/todos"):
                raise error
            return await ask(token, method, path, *args, **options)

        monkeypatch.setattr(self.app.state.backend, "ask", asked)

    def send(self, content, **headers):
        return self.post(f"/conversations/{self.conversation}/messages", json={"content": content}, headers=headers)

    def events(self, content, **more):
        path = f"/conversations/{self.conversation}/messages"
        return events(self.post(path, json={"content": content, **more}).text)

    def say(self, content, **more):
        """The whole answer."""
        found = self.events(content, **more)
        assert found[-1][0] == "done", found
        text = "".join(data["text"] for name, data in found if name == "token")
        assert text == found[-1][1]["message"]["content"]
        return text

    def history(self):
        messages = self.get(f"/conversations/{self.conversation}").json()["messages"]
        return [(message["role"], message["content"]) for message in messages]

    def close(self):
        state = self.app.state
        for each in (state.replies, state.assistant, state.rate_limit, state.vectors, state.backend):
            self.runner.run(each.close())
        super().close()


def events(text):
    """Server-sent events as (name, data)."""
    found = []
    for block in filter(None, text.split("\n\n")):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found
