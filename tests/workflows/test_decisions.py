"""Records of decisions (docs/adr) have one format, and the index lists them."""

from __future__ import annotations

import re

import pytest

from tests.workflows.workflows import ROOT

FOLDER = ROOT / "docs/adr"
RECORDS = sorted(FOLDER.glob("[0-9]*.md"))
INDEX = (FOLDER / "index.md").read_text()
HEAD = re.compile(
    r"# (?P<number>\d+)\. (?P<title>[^\n]+)\n\n"
    r"- Status: (?P<status>proposed|accepted|replaced)\n"
    r"- Date: (?P<date>\d{4}-\d\d-\d\d)\n"
    r"(?:- Amended: \d{4}-\d\d-\d\d\n)?"
    r"(?P<links>(?:- (?:Replaces|Replaced by|Changes|Changed by): \[\d+\]\([^)]+\)\n)*)\n## Context\n"
)
FORMAT = "begin with: # N. Title, - Status:, - Date:, perhaps - Amended: and relations, ## Context"
BACK = {"Replaces": "Replaced by", "Replaced by": "Replaces", "Changes": "Changed by", "Changed by": "Changes"}
IDS = [record.name for record in RECORDS]


def read_head(record):
    head = HEAD.match(record.read_text())
    assert head, f"{record.name}: {FORMAT}"
    return head


def links(record):
    """`(relation, file)` of each decision that the record names in its head."""
    return re.findall(r"- (\w[\w ]+): \[\d+\]\(([^)]+)\)", read_head(record)["links"])


@pytest.mark.parametrize("record", RECORDS, ids=IDS)
def test_a_record_has_status_date_and_sections(record):
    text = record.read_text()
    head = read_head(record)
    assert int(head["number"]) == int(record.name[:4])
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert sections[:2] == ["Context", "Decision"]
    assert "Consequences" in sections


@pytest.mark.parametrize("record", RECORDS, ids=IDS)
def test_decisions_that_change_each_other_name_each_other(record):
    relations = links(record)
    assert (read_head(record)["status"] == "replaced") is any(each == "Replaced by" for each, _ in relations)
    for relation, file in relations:
        assert (BACK[relation], record.name) in links(FOLDER / file)


def test_the_index_lists_every_record():
    rows = re.findall(r"^\| (\d+) \| \[([^\]]+)\]\(([^)]+)\) \| (\w+) \| ([\d-]+) \|$", INDEX, re.MULTILINE)
    heads = {record.name: read_head(record) for record in RECORDS}
    assert rows == [(h["number"], h["title"], name, h["status"], h["date"]) for name, h in heads.items()]
