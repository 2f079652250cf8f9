"""What is removed when nobody has used it for long."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from conftest import Chat
from sqlalchemy import select, update
from test_embedded import add

from app.models import Conversation, Message
from app.retention import keep_removing, remove_unused
from app.vectors import COLLECTION, OWNER
from chassis.columns import now

DAYS = 30
OLD = dt.timedelta(days=DAYS + 1)


def remove(chat):
    return chat.runner.run(remove_unused(chat.app.state.database, chat.app.state.vectors, DAYS))


def age(chat, *tables, user=None):
    """Have a user's conversations, or only the tables named, be older than DAYS."""

    async def write():
        async with chat.app.state.database.sessions.begin() as session:
            own = select(Conversation.id).where(Conversation.owner_id == (user or chat.user).id)
            for table in tables or (Conversation, Message):
                column = Conversation.id if table is Conversation else Message.conversation_id
                await session.execute(update(table).where(column.in_(own)).values(created_at=now() - OLD))

    chat.runner.run(write())


def owners(chat):
    """Who has points in the index."""
    query = chat.app.state.vectors._client.query_points(
        COLLECTION, query=[1.0] + [0.0] * 255, limit=100_000, with_payload=True
    )
    return {point.payload[OWNER] for point in chat.runner.run(query).points}


@pytest.fixture
def other(settings, sign_up):
    made = Chat(settings, sign_up())
    yield made
    made.close()


def test_deleting_an_account_deletes_its_conversations_and_vectors(chat, other, todos, backend):
    """Those of other users stay."""
    add(todos, "Buy milk")
    for each in (chat, other):
        each.say("add call mum")
        each.say("find call mum")
    assert {str(chat.user.id), str(other.user.id)} <= owners(chat)
    reply = todos.request("DELETE", "/user", json={"password": "a long enough password"})
    assert reply.status_code == 204
    age(chat)
    assert remove(chat) == 1
    assert str(chat.user.id) not in owners(chat)
    assert str(other.user.id) in owners(chat)
    assert len(other.history()) == 4


@pytest.mark.parametrize("table", [Conversation, Message])
def test_a_conversation_stays_for_as_long_as_it_is_used(chat, table):
    chat.say("hello")
    age(chat, table)
    assert remove(chat) == 0
    assert len(chat.history()) == 2


def test_a_user_who_has_another_conversation_keeps_the_index(chat):
    chat.say("add call mum")
    chat.say("find call mum")
    age(chat)
    assert chat.post("/conversations").status_code == 201
    assert remove(chat) == 1
    assert str(chat.user.id) in owners(chat)


def test_a_user_without_conversations_has_no_vectors_left(chat):
    chat.say("add call mum")
    chat.say("find call mum")
    assert chat.delete(f"/conversations/{chat.conversation}").status_code == 204
    assert chat.get(f"/conversations/{chat.conversation}").status_code == 404
    age(chat)
    remove(chat)
    assert str(chat.user.id) not in owners(chat)


def test_while_qdrant_does_not_answer_the_next_hour_finds_it_again(chat, monkeypatch):
    age(chat)
    vectors, remove_all = chat.app.state.vectors, chat.app.state.vectors.remove_all

    async def fail(_):
        raise OSError("gone")

    async def run():
        task = asyncio.create_task(keep_removing(chat.app.state.database, vectors, DAYS))
        await asyncio.sleep(1)
        assert not task.done()
        task.cancel()

    monkeypatch.setattr(vectors, "remove_all", fail)
    chat.runner.run(run())
    monkeypatch.setattr(vectors, "remove_all", remove_all)
    assert chat.history() == []  # it is still there
    assert remove(chat) == 1
