"""The pages as a browser gets them, of a real API client and a real kubectl call."""

from __future__ import annotations

import time
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from delivery.outcome import UnreachableError
from operations.dashboard import server
from operations.dashboard.server import Dashboard

from .conftest import deployed, frozen, held, left_canary, running, waiting

EVIL = '"><script>alert(1)</script>'


class Elements(HTMLParser):
    """The names of a page's elements, their links and its text."""

    def __init__(self, page):
        super().__init__()
        self.names, self.links, self.text = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.names.append(tag)
        self.links += [value for name, value in attributes if name == "href"]

    def handle_data(self, data):
        self.text = " ".join(f"{self.text} {data}".split())


def test_a_service_has_its_release_health_url_images_and_logs(fake, sources, browse):
    fake.add_deployment()
    fake.add_pod("backend-1")
    sources.services["backend"] = running()
    sources.images["backend"] = held("b" * 12, "a" * 12)
    page = Elements(browse("/").text)
    assert "backend healthy" in page.text
    assert f"Release {'a' * 12} , since 2026-11-26 10:00 UTC" in page.text
    assert "Pods 1 of 1 ready" in page.text
    assert f"2 tags: {'b' * 12} , {'a' * 12} (runs)" in page.text
    assert {"http://127.0.0.1:8080", "/logs/backend"} <= set(page.links)


def test_a_service_that_is_not_healthy_says_why(fake, browse):
    fake.add_deployment(wanted=2, ready=1)
    state = {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}
    fake.add_pod("backend-1", ready=False, state=state)
    text = Elements(browse("/").text).text
    assert "backend not healthy backend-1, backend: ImagePullBackOff not found" in text


def test_deploys_are_listed_with_what_became_of_them(sources, browse):
    run = "https://github.com/acme/todo/actions/runs/7"
    sources.releases.append(deployed("c" * 40, version="v1.4.0", message="deploy HEAD", url=run))
    sources.releases.append(deployed("b" * 40, succeeded=False))
    sources.releases.append(deployed("a" * 40, rolled_back=True))
    page = Elements(browse("/").text)
    assert f"2026-11-26 10:00 UTC {'c' * 12} v1.4.0 by ada: deploy HEAD run of {'c' * 12}" in page.text
    assert f"{'b' * 12} by ada failed" in page.text
    assert f"{'a' * 12} by ada rolled back" in page.text
    assert run in page.links


def test_a_freeze_and_an_approval_are_shown(sources, browse):
    sources.deploys.update(frozen("Black Friday"), **waiting("deploy v1.4.0"))
    page = Elements(browse("/").text)
    assert "prod is frozen since 2026-11-26 10:00 UTC by ada: Black Friday." in page.text
    assert "deploy v1.4.0" in page.text
    assert "https://github.com/acme/todo/actions/runs/1" in page.links


def test_a_service_that_shows_a_maintenance_page_says_so(fake, browse):
    fake.add_deployment()
    fake.add_deployment("web")
    fake.add_maintenance("backend", EVIL)
    text = Elements(browse("/").text).text
    assert "backend healthy backend shows a maintenance page, for" in text
    assert EVIL in text
    assert "web shows" not in text


def test_a_canary_of_a_killed_deploy_is_shown_with_how_to_remove_it(sources, browse):
    sources.deploys.update(left_canary())
    text = Elements(browse("/").text).text
    assert "backend: a canary of bbb has 10 % of the requests since 2026-11-26 10:00 UTC: a deploy that was" in text
    assert "slipway stack deploy --stack prod --release aaaaaaaaaaaa" in text
    assert "Nothing is on hold" not in text


def test_nothing_on_hold_is_said(browse):
    assert "Nothing is on hold, and nothing waits." in Elements(browse("/").text).text


def test_lines_of_a_log_are_shown_the_newest_first(fake, browse):
    fake.add_deployment()
    fake.add_pod("backend-1")
    fake.logs["backend-1/backend"] = (
        '2026-11-26T10:00:01Z {"level": "info", "event": "request", "status": 200}\n2026-11-26T10:00:02Z plain\n'
    )
    fake.write()
    text = Elements(browse("/logs/backend").text).text
    assert text.endswith("backend-1 10:00:02 plain backend-1 10:00:01 INFO request status=200")


def test_what_people_and_programs_write_is_text(fake, sources, browse):
    fake.add_deployment(EVIL)
    fake.add_pod("backend-1", EVIL, ready=False, state={"waiting": {"reason": EVIL, "message": EVIL}})
    sources.services[EVIL] = running("javascript:alert(1)", tag=EVIL)
    sources.images[EVIL] = held(EVIL)
    sources.releases.append(deployed(EVIL, version=EVIL, by=EVIL, message=EVIL, url="javascript:alert(1)"))
    sources.deploys.update(frozen(EVIL), **waiting(EVIL, "javascript:alert(1)"))
    page = Elements(browse("/").text)
    assert "script" not in page.names
    assert page.text.count("<script>alert(1)</script>") >= 8
    assert [link for link in page.links if link.startswith("javascript:")] == []


def test_what_a_log_says_is_text(fake, browse):
    fake.add_deployment()
    fake.add_pod("backend-1")
    fake.logs["backend-1/backend"] = "2026-11-26T10:00:01Z </li><img src=x onerror=alert(1)>\x1b[31m red\u202e\n"
    fake.write()
    page = Elements(browse("/logs/backend").text)
    assert "img" not in page.names
    assert "</li><img src=x onerror=alert(1)> red" in page.text
    assert not {"\x1b", "\u202e"} & set(page.text)


def test_secrets_are_not_on_a_page(fake, sources, browse, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://todo:hunter22@db/todo")
    fake.add_deployment()
    fake.add_pod("backend-1")
    fake.logs["backend-1/backend"] = "2026-11-26T10:00:01Z cannot reach postgresql://todo:hunter22@db/todo\n"
    fake.write()
    sources.releases.append(deployed(message="with dop_v1_" + "5" * 64))
    assert "hunter22" not in browse("/logs/backend").text
    assert "dop_v1" not in browse("/").text


def test_a_source_that_fails_leaves_the_rest_of_the_page(sources, monkeypatch):
    def fail(_):
        raise UnreachableError("the cluster of prod does not answer: timed out")

    monkeypatch.setattr(type(sources), "read_services", fail)
    monkeypatch.setattr(type(sources), "read_images", lambda _: 1 / 0)
    sources.releases.append(deployed())
    answer = TestClient(Dashboard(sources).create_app(), base_url="http://127.0.0.1").get("/")
    text = Elements(answer.text).text
    assert answer.status_code == 200
    assert "The cluster cannot be asked: the cluster of prod does not answer: timed out" in text
    assert "The registry cannot be asked: ZeroDivisionError: division by zero" in text
    assert f"{'a' * 12} by ada" in text


def test_a_slow_source_is_not_waited_for(sources, monkeypatch):
    monkeypatch.setattr(server, "PAGE_SECONDS", 0.1)
    monkeypatch.setattr(type(sources), "read_services", lambda _: time.sleep(0.5))
    began = time.monotonic()
    answer = TestClient(Dashboard(sources).create_app(), base_url="http://127.0.0.1").get("/")
    assert time.monotonic() - began < 0.5
    assert "The cluster has not answered yet; the page loads again by itself." in Elements(answer.text).text
    assert answer.headers["refresh"] == "2"


def test_however_often_a_page_is_loaded_the_cluster_is_asked_once(sources, monkeypatch):
    asked = []
    monkeypatch.setattr(type(sources), "read_services", lambda _: asked.append(1) or [])
    client = TestClient(Dashboard(sources).create_app(), base_url="http://127.0.0.1")
    for path in ("/", "/?refresh", "/logs/backend") * 3:
        client.get(path)
    assert len(asked) == 1


def test_a_page_loads_again_only_where_the_reader_wants_it(browse):
    assert "refresh" not in browse("/").headers
    assert browse("/?refresh").headers["refresh"] == "10"


@pytest.mark.parametrize("path", ["/", "/logs/backend", "/style.css", "/nothing"])
def test_a_name_that_leads_here_by_another_sites_dns_is_refused(browse, path):
    answer = browse(path, headers={"Host": "evil.example:5580"})
    assert (answer.status_code, answer.text) == (400, "Invalid host header")
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/logs/unknown", "/style.css"])
def test_no_page_runs_scripts_or_is_shown_in_a_frame(browse, path):
    policy = browse(path).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy


def test_a_service_that_does_not_exist_has_no_log(fake, browse):
    fake.add_deployment()
    answer = browse("/logs/<b>nobody")
    assert answer.status_code == 404
    assert "prod has no service <b>nobody." in Elements(answer.text).text


def test_the_style_is_served(browse):
    answer = browse("/style.css")
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/css")
