"""Each database stopped and started again while people use the app."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter

import httpx
import pytest
from cluster.chat import Chat
from cluster.user import sign_up

STOPPED_SECONDS = 8
RECOVERY_SECONDS = 60


class People:
    """A user in two windows all the time: one adds todos by the list, one by the chat; answers are counted."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies = sign_up(f"{url}/api")
        self.mark = uuid.uuid4().hex[:8]
        self.answers = Counter()
        self.kept: set[str] = set()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._list, self._talk)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def _list(self):
        with httpx.Client(base_url=self.url, cookies=self.cookies, timeout=10) as http:
            for number in range(5000):
                if self._over.wait(0.05):
                    return
                try:
                    reply = http.post("/api/todos", json={"title": f"{self.mark} list {number}"})
                except httpx.HTTPError as error:
                    self.answers["list", type(error).__name__] += 1
                    continue
                self.answers["list", str(reply.status_code)] += 1
                if reply.status_code == 201:
                    self.kept.add(reply.json()["title"])

    def _talk(self):
        with Chat(self.url, self.cookies) as chat:
            for number in range(5000):
                if self._over.wait(0.1):
                    return
                title = f"{self.mark} chat {number}"
                try:
                    answer = chat.say(f"add {title}")
                except httpx.HTTPError as error:
                    self.answers["chat", type(error).__name__] += 1
                    continue
                done = answer.startswith("Added")
                self.answers["chat", "added" if done else answer] += 1
                if done:
                    self.kept.add(title[0].upper() + title[1:])


def stored(people):
    found, offset = set(), 0
    with httpx.Client(base_url=people.url, cookies=people.cookies, timeout=10) as http:
        while True:
            page = http.get("/api/todos", params={"q": people.mark, "limit": 100, "offset": offset}).json()
            found |= {item["title"] for item in page["items"]}
            offset += 100
            if offset >= page["total"]:
                return found


def ready(cloud, service):
    try:
        return httpx.get(f"{cloud.urls[service]}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:  # no pod is ready, so none is behind the service any more
        return False


def wait_until(condition):
    deadline = time.monotonic() + RECOVERY_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def health(cloud):
    return httpx.get(f"{cloud.urls['chatbot-backend']}/health", timeout=10).json()


@pytest.fixture
def people(cloud):
    """Nobody yet: they come with `with`. What they leave is seen by nobody else."""
    return People(cloud.urls["chatbot-frontend"])


@pytest.fixture
def stopped(cloud):
    """Stops a database; started again in the end, whatever happens."""
    names = []

    def stop(name):
        names.append(name)
        cloud.do("scale", f"statefulset/{name}", "--replicas=0")
        cloud.do("wait", "--for=delete", f"pod/{name}-0", "--timeout=60s")

    yield stop
    for name in names:
        start(cloud, name)


def start(cloud, name):
    cloud.do("scale", f"statefulset/{name}", "--replicas=1")
    cloud.do("rollout", "status", f"statefulset/{name}", "--timeout=90s")


def restarts(cloud):
    return {
        pod["metadata"]["name"]: pod["status"]["containerStatuses"][0]["restartCount"]
        for service in cloud.urls
        for pod in cloud.pods(service)
    }


def test_without_postgresql_services_are_not_ready_and_then_recover(cloud, people, stopped):
    before = restarts(cloud)
    with people:
        time.sleep(2)
        stopped("postgresql")
        wait_until(lambda: not ready(cloud, "backend") and not ready(cloud, "chatbot-backend"))
        assert ready(cloud, "chatbot-frontend")
        page = httpx.get(f"{cloud.urls['chatbot-frontend']}/")
        assert page.status_code == 200
        time.sleep(STOPPED_SECONDS)
        start(cloud, "postgresql")
        wait_until(lambda: ready(cloud, "backend") and ready(cloud, "chatbot-backend"))
        wait_until(lambda: people.answers["list", "201"] > 0 and health(cloud)["status"] == "ok")
        time.sleep(3)
    print(dict(people.answers))
    # What was said to be kept is kept; what was not answered so may be there, and nothing else is.
    assert people.kept
    assert people.kept <= stored(people)
    assert {key for key in people.answers if key[1] not in {"201", "added", "503", "error 503"}} == set()
    assert restarts(cloud) == before  # alive all the time: a restart would not have fixed the database


def test_without_valkey_nobody_is_limited_and_nothing_else_changes(cloud, people, stopped):
    with people:
        time.sleep(1)
        stopped("valkey")
        wait_until(lambda: health(cloud)["redis"] != "ok")
        assert health(cloud)["status"] == "degraded"
        time.sleep(STOPPED_SECONDS)
        assert ready(cloud, "chatbot-backend")
        start(cloud, "valkey")
        wait_until(lambda: health(cloud)["redis"] == "ok")
    print(dict(people.answers))
    assert {key for key in people.answers if key[0] == "list"} == {("list", "201")}
    assert {key for key in people.answers if key[0] == "chat"} == {("chat", "added")}
    assert people.kept <= stored(people)


@pytest.fixture
def chat(cloud):
    url = cloud.urls["chatbot-frontend"]
    with Chat(url, sign_up(f"{url}/api")) as made:
        yield made


def test_without_qdrant_search_uses_words_and_the_index_recovers(cloud, people, chat, stopped):
    word = f"q{uuid.uuid4().hex[:10]}"
    assert chat.say(f"add water the {word}").startswith("Added")
    with people:
        stopped("qdrant")
        wait_until(lambda: health(cloud)["qdrant"] != "ok")
        assert f"Water the {word}" in chat.say(f"find {word}")
        assert ready(cloud, "chatbot-backend")
        start(cloud, "qdrant")
        wait_until(lambda: health(cloud)["qdrant"] == "ok")
        assert f"Water the {word}" in chat.say(f"find anything about watering {word}")
    print(dict(people.answers))
    assert {key for key in people.answers if key[0] == "list"} == {("list", "201")}
    assert {key for key in people.answers if key[0] == "chat"} == {("chat", "added")}
    assert chat.say(f"complete the {word}") == f"Done: “Water the {word}”."
