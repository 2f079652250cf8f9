"""The web app and the status page in a real browser: the tests of chatbot_frontend/e2e on what runs here, or at BASE_URL."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from bare.packages import CHROMIUM, require

FRONTEND = Path(__file__).parents[2] / "chatbot_frontend"


@pytest.fixture
def browser():
    return os.environ.get("CHROMIUM") or require(CHROMIUM)


@pytest.fixture
def pages(request):
    """Where the web app is, and with it, on a local cloud, the status page."""
    if url := os.environ.get("BASE_URL"):
        return {"BASE_URL": url}
    cloud = request.getfixturevalue("cloud")
    return {"BASE_URL": cloud.urls["chatbot-frontend"], "STATUS_PAGE_URL": cloud.instance.dashboard_url}


def run_script(name, pages, browser):
    """Run a script of the web app's package.json, which prints what it finds."""
    done = subprocess.run(
        ["npm", "run", name],
        cwd=FRONTEND,
        env={**os.environ, **pages, "CHROMIUM": browser},
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_person_uses_the_app_and_the_status_page_in_a_real_browser(pages, browser):
    run_script("e2e", pages, browser)


def test_the_app_and_its_sign_in_page_reach_their_lighthouse_scores(pages, browser):
    run_script("lighthouse", pages, browser)
