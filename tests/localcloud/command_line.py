"""A command of `slipway local` runs in the process of its test."""

from __future__ import annotations

from slipway.__main__ import main


def run_local(words):
    return main(["local", *words])
