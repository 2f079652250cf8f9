"""A forward makes a port of the instance reachable on loopback."""

from __future__ import annotations

from localcloud.machine import forward


def test_forward_listens_on_loopback_only(instance):
    command = " ".join(map(str, forward.daemon(instance, "backend", 8880, 30080).command))
    assert "TCP-LISTEN:8880,bind=127.0.0.1," in command
    assert "TCP:10.254.8.2:30080" in command
