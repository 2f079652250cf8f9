from __future__ import annotations

from conftest import migrated
from services.accounts import sign_up
from services.client import Client
from sqlalchemy import text

from app.main import create_app
from app.settings import BackendSettings


def test_a_migrated_service_is_ready_and_says_what_it_is(client):
    assert client.get("/readyz").json() == {"status": "ok"}
    assert client.get("/version").json() == {"service": "backend", "sha": "3f2a91c4d5e6"}
    health = client.get("/health").json()
    assert (health["status"], health["database"]) == ("ok", "ok")


def test_without_a_schema_it_lives_and_is_not_ready(settings):
    client = Client(create_app(settings))
    assert client.get("/livez").status_code == 200
    reply = client.get("/readyz")
    assert reply.status_code == 503
    assert "has no schema" in reply.json()["detail"]
    assert client.get("/health").json()["status"] == "degraded"
    client.close()


def test_without_a_database_it_lives_and_is_not_ready():
    unreachable = BackendSettings(database_url="postgresql://u:hidden-password@127.0.0.1:9/x", database_seconds=1)
    client = Client(create_app(unreachable))
    assert client.get("/livez").status_code == 200
    reply = client.get("/readyz")
    assert reply.status_code == 503
    assert "hidden-password" not in reply.text
    client.close()


def test_a_schema_of_a_later_version_does_not_stop_this_one(settings, client):
    async def move(version):
        async with client.app.state.database.engine.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": version})

    client.runner.run(move("9999"))
    assert client.get("/readyz").status_code == 200
    migrated(settings)  # and a restart of this version leaves the later schema alone
    assert client.get("/readyz").status_code == 200


def test_requests_are_counted_by_route_and_not_by_path(client):
    client.get("/todos/7b0f6c0e-8b1e-4d6e-9a53-0f4c8f1d1c11")
    client.get("/no/such/thing")
    text_ = client.get("/metrics").text
    assert 'http_requests_total{method="GET",route="/todos/{todo_id}",status="404"} 1.0' in text_
    assert 'http_requests_total{method="GET",route="unknown",status="404"} 1.0' in text_
    assert 'build_info{service="backend",sha="3f2a91c4d5e6"} 1.0' in text_


def test_metrics_are_for_who_scrapes_the_pod_and_not_for_the_public(client):
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={"X-Forwarded-Host": "todo.example.com"}).status_code == 404


def test_a_request_id_is_kept_and_a_forged_one_is_not(client):
    assert client.get("/livez", headers={"X-Request-ID": "abc-1"}).headers["x-request-id"] == "abc-1"
    answered = client.get("/livez", headers={"X-Request-ID": 'a"} {"forged'}).headers["x-request-id"]
    assert len(answered) == 32


def test_a_browser_may_not_guess_types(client):
    for path in ("/todos", "/nothing"):
        assert client.get(path).headers["x-content-type-options"] == "nosniff"


def test_unknown_routes_and_methods_are_problems_too(client):
    for reply, status in ((client.get("/nothing"), 404), (client.put("/todos"), 405)):
        assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")


def test_an_unexpected_error_tells_nothing_of_itself(client):
    def broken():
        raise RuntimeError("a secret of the inside")

    client.app.state.database.sessions = broken
    reply = client.get("/todos")
    assert reply.status_code == 500
    assert "secret" not in reply.text
    assert reply.json()["title"] == "Internal Server Error"
    assert len(reply.headers["x-request-id"]) == 32


def test_a_request_without_a_database_gets_503_with_retry_after(postgres):
    import asyncpg
    from databases.postgresql import reset

    reset(postgres)
    settings = BackendSettings(database_url=postgres)
    migrated(settings)
    client = Client(create_app(settings))
    sign_up(client)
    assert client.post("/todos", json={"title": "kept"}).status_code == 201

    async def end_every_connection():
        connection = await asyncpg.connect(postgres)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        )
        await connection.close()

    for _ in range(10):  # before and after the service reads that its connection is closed
        client.runner.run(end_every_connection())
        assert client.get("/todos").json()["total"] == 1
    client.close()
    gone = Client(create_app(BackendSettings(database_url="postgresql://u:hidden-password@127.0.0.1:9/x")))
    gone.http.cookies.set("session", "of a user")
    reply = gone.post("/todos", json={"title": "lost"})
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "2")
    assert reply.headers["content-type"] == "application/problem+json"
    assert "hidden-password" not in reply.text
    gone.close()


def test_a_statement_that_the_database_refuses_is_a_server_error(client):
    async def broken():
        async with client.app.state.database.engine.begin() as connection:
            await connection.execute(text("DROP TABLE user_todos"))

    client.runner.run(broken())
    assert client.get("/todos").status_code in {500, 503}  # SQLite calls a missing table operational, too
