"""The project's own words are the field's; `retired_words.py` lists those that it gave up, and where they are refused."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.workflows.retired_words import EXCEPT, RETIRED, SUFFIXES
from tests.workflows.workflows import ROOT

PATTERNS = {re.compile(pattern, re.IGNORECASE): instead for pattern, instead in RETIRED.items()}


def find_retired(text):
    """`(line, word, what to write instead)` of each retired word; words end at lines' ends and underscores, too."""
    for pattern, instead in PATTERNS.items():
        for match in pattern.finditer(text.replace("\n", " ").replace("_", " ")):
            yield text.count("\n", 0, match.start()) + 1, match.group(), instead


def covered():
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [name for name in names if name.endswith(SUFFIXES) and name not in EXCEPT and (ROOT / name).is_file()]


def test_files_are_covered():
    assert {"README.md", "docs/reference/cli.md", "infra/program.py", "helm/service/templates/_pod.tpl"} <= set(
        covered()
    )


def test_no_retired_word_is_used():
    found = [
        f"{name}:{line}: {word}; write: {instead}"
        for name in covered()
        for line, word, instead in find_retired((ROOT / name).read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    "text", ["It is told.", "one\nstand-in", "a Trouble", "the way\nback", "those that there are.", "is_told"]
)
def test_a_retired_word_is_found(text):
    assert list(find_retired(text))


@pytest.mark.parametrize("text", ["it says that there is one", "a toldtale", "amended", "always in time"])
def test_other_words_are_not(text):
    assert list(find_retired(text)) == []
