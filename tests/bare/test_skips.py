"""A test that does not run proves nothing: every skip is listed here with its reason."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
SKIP = re.compile(r"pytest\.(?:skip|importorskip|xfail)\(|mark\.(?:skip|skipif|xfail)\b|\bunittest\.skip|SkipTest")
# A missing program is never a reason: `bare.packages.require` and `tests.tools` fail with the command that installs it.
ALLOWED = {
    "localcloud/backends/conftest.py": "only root may run a server as an account of its own; see the next",
    "localcloud/rehearsal/test_resolver.py": "only root may mount; see the next",
    "localcloud/machine/root.py": "only root may make bridges, mounts and network namespaces; `.ci/run` and the bare root run as root",
}


def test_tests_are_skipped_for_listed_reasons_only():
    files = {path.relative_to(TESTS).as_posix(): path.read_text() for path in TESTS.rglob("*.py")}
    found = {name: len(SKIP.findall(text)) for name, text in files.items() if SKIP.search(text)}
    found.pop("bare/test_skips.py", None)
    assert found == dict.fromkeys(ALLOWED, 1)
