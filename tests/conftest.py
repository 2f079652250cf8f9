"""The order of the files: those whose tests take long first, as a worker that begins one last leaves the others idle."""

from __future__ import annotations


def pytest_collection_modifyitems(items):
    """Sort files by the longest time that one of their tests is given; otherwise they stay in their order."""
    longest = {}
    for item in items:
        mark = item.get_closest_marker("timeout")
        longest[item.path] = max(longest.get(item.path, 0), mark.args[0] if mark else 0)
    items.sort(key=lambda item: -longest[item.path])
