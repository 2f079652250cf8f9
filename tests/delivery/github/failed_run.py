"""A failed run has a log, and `slipway ci report` reports it."""

from __future__ import annotations

LOG = """2026-11-20T07:00:01.1Z ##[group]Run make lint
2026-11-20T07:00:01.2Z make lint
2026-11-20T07:00:02.3Z infra/naming.py:3:1: F401 `os` imported but unused
2026-11-20T07:00:02.4Z token ghp_A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1
2026-11-20T07:00:02.5Z ##[error]Process completed with exit code 1.
2026-11-20T07:00:03.1Z Post job cleanup.
2026-11-20T07:00:03.2Z Removing what nobody wants to read
"""


def report(slipway, run):
    status, said = slipway("ci", "report", "--run", run)
    assert status == 0, said
    return said


def list_comments(github, number=5):
    return [comment for comment in github.comments if comment["number"] == number]
