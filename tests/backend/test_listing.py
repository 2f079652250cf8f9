"""Pages of a listing, and the indexes that PostgreSQL uses for them."""

from __future__ import annotations

import asyncio
import base64
import re

import httpx
import pytest
from sqlalchemy import event, text

from chassis.database import Database

TODOS = 500_000


def link(reply, relation):
    """The URL of a relation of the Link header, None without."""
    found = re.search(rf'<([^>]*)>; rel="{relation}"', reply.headers.get("link", ""))
    return reply.url.join(found[1]) if found else None


def fill(client):
    """Seven todos: equal titles, and some without a date."""
    for number in range(7):
        body = {"title": f"todo {number // 3}"} | ({"due_at": f"2026-12-0{number}T10:00:00Z"} if number > 3 else {})
        assert client.post("/todos", json=body).status_code == 201


@pytest.mark.parametrize("column", ["title", "created_at", "updated_at", "due_at"])
@pytest.mark.parametrize("direction", ["", "-"])
@pytest.mark.parametrize("search", [{}, {"q": "todo"}])
def test_pages_that_link_to_each_other_are_the_whole_listing(client, search, direction, column):
    fill(client)
    query = search | {"sort": f"{direction}{column}"}
    whole = client.get("/todos", params=query).json()["items"]
    values = [item[column] for item in whole if item[column] is not None]
    assert values == sorted(values, reverse=bool(direction))
    assert [item[column] for item in whole[len(values) :]] == [None] * (7 - len(values))
    seen, url = [], httpx.URL("http://test/todos", params=query | {"limit": "2"})
    while url:
        reply = client.get(url)
        page = reply.json()
        seen += page["items"]
        assert page["total"] == 7
        url = link(reply, "next")
        assert (url is None) == (page["next_cursor"] is None)
    assert seen == whole


def test_a_page_misses_nothing_when_todos_before_it_go(client):
    fill(client)
    first = client.get("/todos", params={"limit": 3, "sort": "created_at"})
    for item in first.json()["items"]:
        client.delete(f"/todos/{item['id']}")
    rest = client.get(link(first, "next").copy_set_param("limit", "100")).json()["items"]
    assert len(rest) == 4


def test_links_are_relative_and_keep_the_prefix_of_a_proxy(client):
    fill(client)
    reply = client.get("/todos?limit=2&q=todo")
    assert reply.headers["link"].startswith("<?limit=2&q=todo&cursor=")


def test_a_page_by_number_links_to_the_one_before(client):
    fill(client)
    reply = client.get("/todos?limit=3&offset=2")
    assert dict(link(reply, "prev").params) == {"limit": "3", "offset": "0"}
    following = client.get(link(reply, "next")).json()
    assert len(following["items"]) == 2


@pytest.mark.parametrize(("query", "total"), [("q=todo", 7), ("q=todo+2", 1), ("q=lost", 0), ("completed=true", 0)])
def test_a_page_after_the_last_one_is_empty_and_has_the_total(client, query, total):
    fill(client)
    page = client.get(f"/todos?{query}&offset=10").json()
    assert (page["items"], page["total"], page["next_cursor"]) == ([], total, None)


def encode(content):
    return base64.urlsafe_b64encode(content.encode()).decode()


ID = "7b0f6c0e-8b1e-4d6e-9a53-0f4c8f1d1c11"


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "\xe9",
        encode("{}"),
        encode(f'{{"sort": "title", "value": "a\\u0000b", "id": "{ID}"}}'),
        encode(f'{{"sort": "title", "value": null, "id": "{ID}"}}'),
        encode(f'{{"sort": "-created_at", "value": "yesterday", "id": "{ID}"}}'),
        encode(f'{{"sort": "-created_at", "value": "0001-01-01T00:00:00+14:00", "id": "{ID}"}}'),
        encode(f'{{"sort": "completed", "value": "true", "id": "{ID}"}}'),
    ],
)
def test_an_invalid_cursor_is_refused(client, cursor):
    reply = client.get("/todos", params={"cursor": cursor})
    assert (reply.status_code, reply.json()["errors"][0]["where"]) == (422, "query/cursor")


@pytest.mark.parametrize("changed", [{"sort": "title"}, {"offset": "3"}])
def test_a_cursor_is_of_one_order_and_begins_at_one_place(client, changed):
    fill(client)
    url = link(client.get("/todos?limit=2"), "next")
    assert client.get(url.copy_merge_params(changed)).status_code == 422


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_with_many_todos_each_listing_finds_its_page_by_an_index(client, settings):
    """One test, as the todos take seconds to make."""
    asyncio.run(make_many(settings.database_url))
    assert client.get("/todos").json()["total"] == 10_000  # more are not counted
    first = "/todos?completed=false"
    wanted = {
        "/todos": "ix_user_todos_owner_id_created_at_id",
        first: "ix_user_todos_owner_id_completed_created_at_id",
        str(link(client.get(first), "next")): "ix_user_todos_owner_id_completed_created_at_id",
        "/todos?sort=title": "ix_user_todos_owner_id_title_id",
        "/todos?sort=due_at": "ix_user_todos_owner_id_due_at_id",
        "/todos?sort=-due_at&due_before=2026-06-01T00:00:00Z": "ix_user_todos_owner_id_due_at_id",
        "/todos?sort=updated_at&updated_since=2026-03-01T00:00:00Z": "ix_user_todos_owner_id_updated_at_id",
        "/todos?q=needle": "ix_user_todos_search",
        "/todos?q=in+the+hay": "ix_user_todos_search",
        # The planner expects a hundredth of all todos to contain a text that it has sampled.
        f"/todos?q={find_sampled_title(client)}": "ix_user_todos_search",
        f"/todos?sort=title&q={find_sampled_title(client)}": "ix_user_todos_search",
    }
    for path, index in wanted.items():
        plan = explain(client, path)
        assert index in plan, (path, plan)
        assert "Seq Scan" not in plan, (path, plan)
        assert not re.search(r"\bSort\b", plan) or "q=" in path, (path, plan)
    # More matches than are counted: the order of the listing finds the first ones at once.
    search, listing = (client.get(f"/todos?limit=3{query}") for query in ("&q=todo", ""))
    assert search.json() == listing.json()
    assert client.get(link(search, "next")).json() == client.get(link(listing, "next")).json()


# Most are one user's, and the rest those of a hundred others.
INSERT = f"""INSERT INTO users SELECT gen_random_uuid(), 'user-' || n, '', now() FROM generate_series(1, 100) AS n;
WITH everybody AS (SELECT array_agg(id) AS ids FROM users WHERE name <> 'anna')
INSERT INTO user_todos (id, owner_id, title, description, completed, due_at, created_at, updated_at)
SELECT gen_random_uuid(), CASE WHEN n % 5 < 3 THEN (SELECT id FROM users WHERE name = 'anna') ELSE ids[1 + n % 100] END,
    CASE n % 50000 WHEN 7 THEN 'a needle' ELSE 'todo ' || n END,
    CASE n % 50000 WHEN 8 THEN 'lost in the hay' ELSE '' END, n % 2 = 0, CASE n % 3 WHEN 0 THEN moment END, moment, moment
FROM everybody, generate_series(1, {TODOS}) AS n, LATERAL (SELECT '2026-01-01Z'::timestamptz + n * interval '1 min') AS _(moment)"""
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'user_todos' AND indexname LIKE 'ix_%'"


def find_sampled_title(client):
    """A title of one todo of anna's that is in the planner's statistics."""
    query = text(
        "SELECT title FROM user_todos JOIN users ON owner_id = users.id AND name = 'anna' WHERE title = ANY (SELECT"
        " unnest(histogram_bounds::text::text[]) FROM pg_stats WHERE tablename = 'user_todos' AND attname = 'title')"
        " ORDER BY length(title) DESC LIMIT 1"
    )

    async def read():
        async with client.app.state.database.engine.connect() as connection:
            return await connection.scalar(query)

    return client.runner.run(read())


async def make_many(url):
    """Fill the table without its indexes, and make them then: that is several times as fast."""
    database = Database(url, statement_seconds=None)
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        indexes = (await connection.exec_driver_sql(INDEXES)).all()
        removed = [f"DROP INDEX {name}" for name, _ in indexes]
        made = ["SET maintenance_work_mem = '256MB'", *(definition for _, definition in indexes)]
        for statement in [*removed, *INSERT.split(";"), *made, "VACUUM ANALYZE user_todos"]:
            await connection.exec_driver_sql(statement)
    await database.close()


def explain(client, path):
    """How the database finds the page of a listing: the plan of the statement that the service itself sends."""
    sent = []
    engine = client.app.state.database.engine

    def note(_connection, _cursor, statement, parameters, *_):
        sent.append((statement, parameters))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    assert client.get(path).status_code == 200
    event.remove(engine.sync_engine, "before_cursor_execute", note)
    [(statement, parameters)] = [each for each in sent if "ORDER BY" in each[0]]

    async def ask():
        async with engine.connect() as connection:
            rows = await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            return "\n".join(row[0] for row in rows)

    return client.runner.run(ask())
