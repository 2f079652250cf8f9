"""What strangers and other users try at the web app's address, and what they get."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from tests.cluster.user import PASSWORD, sign_up_with

FORM = "application/x-www-form-urlencoded"


class Scene:
    """A victim who is signed in and has a todo and a conversation, another user who attacks, and a stranger."""

    def __init__(self, url):
        self.url = url
        self.victim, self.attacker, self.stranger = (httpx.Client(base_url=url, timeout=20) for _ in range(3))
        self.user = sign_up_with(self.victim, "/api/users")
        sign_up_with(self.attacker, "/api/users")
        self.todo = self.victim.post("/api/todos", json={"title": f"of the victim {uuid4()}"}).json()
        self.path = f"/api/todos/{self.todo['id']}"
        conversation = self.victim.post("/chat/conversations").json()["id"]
        self.conversation = f"/chat/conversations/{conversation}"

    def close(self):
        for each in (self.victim, self.attacker, self.stranger):
            each.close()

    def with_cookie(self, cookie):
        return self.stranger.get("/api/session", headers={"Cookie": cookie}).status_code

    def send_raw(self, text):
        """The status that a request gets that no client would write."""
        address = urlsplit(self.url)
        with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
            connection.sendall(text.encode())
            return int(connection.recv(64).split()[1])

    def say(self, text):
        """The answer to the attacker, in a conversation of their own."""
        own = self.attacker.post("/chat/conversations").json()["id"]
        return self.attacker.post(f"/chat/conversations/{own}/messages", json={"content": text}).text


@pytest.fixture(scope="module")
def scene(cloud):
    made = Scene(cloud.urls["chatbot-frontend"])
    yield made
    made.close()


def forge(scene, **headers):
    """A change that a page of another site has the victim's browser send."""
    return scene.victim.post("/api/todos", json={"title": "forged"}, headers=headers).status_code


def sign_out_and_use_the_token(scene):
    browser = httpx.Client(base_url=scene.url, timeout=20)
    sign_up_with(browser, "/api/users")
    token = browser.cookies["session"]
    browser.delete("/api/session")
    browser.close()
    return scene.with_cookie(f"session={token}")


ATTACKS = {
    "read todos without a session": (lambda s: s.stranger.get("/api/todos").status_code, 401),
    "read another user's todo by its id": (lambda s: s.attacker.get(s.path).status_code, 404),
    "change another user's todo": (lambda s: s.attacker.patch(s.path, json={"completed": True}).status_code, 404),
    "delete another user's todo": (lambda s: s.attacker.delete(s.path).status_code, 404),
    "make a todo in another user's name": (
        lambda s: s.attacker.post("/api/todos", json={"title": "x", "owner_id": s.user["id"]}).status_code,
        422,
    ),
    "find another user's todo by search": (
        lambda s: s.attacker.get("/api/todos", params={"q": "of the victim"}).json()["total"],
        0,
    ),
    "have the chat find another user's todo": (lambda s: s.todo["title"] in s.say('find "of the victim"'), False),
    "have the chat delete another user's todo": (
        lambda s: (s.say(f"delete {s.todo['title']}"), s.victim.get(s.path).status_code)[1],
        200,
    ),
    "read another user's conversation": (lambda s: s.attacker.get(s.conversation).status_code, 404),
    "speak in another user's conversation": (
        lambda s: s.attacker.post(f"{s.conversation}/messages", json={"content": "list"}).status_code,
        404,
    ),
    "guess a session": (lambda s: s.with_cookie(f"session={'A' * 43}"), 401),
    "use a session that was signed out": (sign_out_and_use_the_token, 401),
    "forge a change from another site": (lambda s: forge(s, **{"Sec-Fetch-Site": "cross-site"}), 403),
    "forge a change from a sibling host": (lambda s: forge(s, **{"Sec-Fetch-Site": "same-site"}), 403),
    "forge a change in an old browser": (lambda s: forge(s, Origin="https://evil.example"), 403),
    "send a form": (
        lambda s: s.victim.post("/api/todos", content='{"title": "x"}', headers={"Content-Type": FORM}).status_code,
        422,
    ),
    "sign in with SQL": (
        lambda s: s.stranger.post("/api/session", json={"name": "a' OR 1=1 --", "password": PASSWORD}).status_code,
        422,
    ),
    "sign in with a query operator": (
        lambda s: s.stranger.post("/api/session", json={"name": {"$ne": ""}, "password": {"$ne": ""}}).status_code,
        422,
    ),
    "send a body of 2 MB": (lambda s: s.victim.post("/api/todos", content=b"x" * 2_000_000).status_code, 413),
    "send a NUL": (lambda s: s.victim.post("/api/todos", json={"title": "a\0b"}).status_code, 422),
    "nest JSON deeply": (
        lambda s: s.victim.post("/api/todos", content=b"[" * 50_000, headers={"Content-Type": "application/json"}).status_code,
        400,
    ),
    "read the backend's metrics": (lambda s: s.stranger.get("/api/metrics").status_code, 404),
    "read the backend's documentation": (lambda s: s.stranger.get("/api/todos/../docs").status_code, 404),
    "leave the folder of files": (lambda s: "root:" in s.stranger.get("/assets/..%2f..%2fetc/passwd").text, False),
    "smuggle a request": (
        lambda s: s.send_raw(
            f"POST /api/todos HTTP/1.1\r\nHost: {urlsplit(s.url).netloc}\r\nContent-Length: 4\r\n"
            "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"
        )
        in {400, 501},
        True,
    ),
    "split a header": (lambda s: "evil" in s.stranger.get("/api/todos%0d%0aevil:1").headers, False),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_gets_nothing(scene, attack):
    attempt, answer = ATTACKS[attack]
    assert attempt(scene) == answer


def test_a_session_that_an_attacker_planted_is_not_the_victims(scene):
    planted = httpx.Client(base_url=scene.url, timeout=20)
    sign_up_with(planted, "/api/users")
    cookie = {"Cookie": f"session={planted.cookies['session']}"}
    account = {"name": scene.user["name"], "password": PASSWORD}
    assert scene.stranger.post("/api/session", json=account, headers=cookie).status_code == 201
    reply = httpx.get(f"{scene.url}/api/session", headers=cookie)
    assert reply.status_code == 401  # it ended with that sign-in
    scene.stranger.cookies.clear()
    planted.close()
