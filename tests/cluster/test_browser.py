"""The web app in a real browser: the tests of chatbot_frontend/e2e on what runs here, or at BASE_URL."""

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


def test_a_person_uses_the_app_in_a_real_browser(request, browser):
    url = os.environ.get("BASE_URL") or request.getfixturevalue("cloud").urls["chatbot-frontend"]
    done = subprocess.run(
        ["npm", "run", "e2e"],
        cwd=FRONTEND,
        env={**os.environ, "BASE_URL": url, "CHROMIUM": browser},
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
