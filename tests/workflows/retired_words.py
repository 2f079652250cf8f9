"""Words that this project does not use, and the files in which they may be."""

from __future__ import annotations

# Where they may be: the history of earlier versions, these lists, and a label of images that exist.
EXCEPT = (
    "CHANGELOG.md",
    "localcloud/machine/public_images.py",
    "tests/workflows/retired_words.py",
    "tests/workflows/test_retired_words.py",
)
SUFFIXES = (
    "Makefile",
    ".md",
    ".yml",
    ".yaml",
    ".toml",
    ".py",
    ".ts",
    ".tsx",
    ".css",
    ".html",
    ".sh",
    ".tpl",
    "Dockerfile",
)

# A pattern, in any case: the field's word instead.
RETIRED = {
    r"\btold\b": "notify, report, print, give",
    r"\btroubles?\b": "problem",
    r"\bmend(?:s|ed|ing)?\b": "fix, repair",
    r"\bway back\b": "rollback",
    r"\bways? in\b(?! which)": "ingress, load balancer, gateway",
    r"\bdangers?\b": "destructive change, risk",
    r"\bstand-?ins?\b": "fake, fallback image, replacement",
    r"\bcomplaints?\b": "error message",
    r"\bwhat is there\b": "what exists",
    r"\bthose that there are\b|\bthat there (?:is|are)[.,;]": "those that exist",
    r"\bworth a word\b": "report",
    r"\bnot to be believed\b": "verification failed",
    r"\bleans? on\b": "needs",
}
