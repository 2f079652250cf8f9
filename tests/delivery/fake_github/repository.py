"""The fake GitHub has one repository, acme/todo."""

from __future__ import annotations

OWNER, NAME = "acme", "todo"
URL = f"https://github.com/{OWNER}/{NAME}"
SHA = "f30a5a09a377dcf33a87e52af3a1cb1d0a05a00d"  # the commit of a run, pull request or check, unless a test says another
