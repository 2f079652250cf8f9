"""Words that this project does not use, and where a test looks for them."""

from __future__ import annotations

# Paths that git lists, from the root: a file, or a folder and all below it. `docs/reference/cli.md` is every `--help`.
COVERED = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "Makefile",
    "pyproject.toml",
    "zensical.toml",
    "docs",
    ".github",
)
SUFFIXES = ("Makefile", ".md", ".yml", ".yaml", ".toml", ".py", ".ts", ".tsx", ".sh")

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
