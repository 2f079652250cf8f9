from __future__ import annotations

import threading

import pytest

from localcloud.providers.digitalocean.client import Client
from tests.localcloud.providers.digitalocean.scripted import Server


@pytest.fixture
def server():
    started = Server()
    threading.Thread(target=started.serve_forever, daemon=True).start()
    yield started
    started.shutdown()
    started.server_close()


@pytest.fixture
def scripted(server):
    return Client(endpoint=f"http://127.0.0.1:{server.server_port}", token="t", retries=2, wait_min=0.01)
