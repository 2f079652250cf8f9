from __future__ import annotations

import pytest

from infra.config.document import ABSENT, DocumentError, parse_document

TEXT = """\
config:
  "slipway:a":
    one: 1
    list:
      - x
      - {y: 2}
"""


def test_every_key_and_entry_has_its_line():
    document = parse_document(TEXT, "f.yaml")
    place = ("config", "slipway:a")
    assert [
        document.line_of(each) for each in (place, (*place, "one"), (*place, "list", 1), (*place, "list", 1, "y"))
    ] == [2, 3, 6, 6]


def test_a_missing_key_has_the_line_of_its_nearest_parent():
    document = parse_document(TEXT, "f.yaml")
    assert document.line_of(("config", "slipway:a", "two", "three")) == 2
    assert document.value_at(("config", "slipway:a", "two")) is ABSENT


@pytest.mark.parametrize("text", ["no", "yes", "on", "1:30", "1.2.3", "v1"])
def test_words_that_other_dialects_convert_are_text(text):
    assert parse_document(f"a: {text}", "f").content == {"a": text}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "f.yaml:3: the key 'a' is there twice; remove one"),
        ("a: [", "f.yaml:1: "),
        ("a: &x [*x]", "f.yaml: an alias refers to what it is in"),
        ("a: " + "[" * 3000, "f.yaml: an alias refers to what it is in, or the file is nested too deeply"),
        ("a: !!python/object/apply:os.system [x]", "f.yaml:1: could not determine a constructor"),
        ("b: 1\na: \x00", "f.yaml:2: the character U+0000 is not allowed; remove it"),
        ("a: 2026-11-26", "f.yaml:1: 2026-11-26 would be a time for Pulumi; write it in quotes"),
        ("a: 2026-13-45", "f.yaml:1: 2026-13-45 would be a time for Pulumi; write it in quotes"),
        ("a: 0777", "f.yaml:1: 0777 would be an octal number for Pulumi; write it in quotes"),
        ("a: 12345678901234567890", "f.yaml:1: 12345678901234567890 is no number that JSON has; write it in quotes"),
        ("a: " + "9" * 5000, "f.yaml:1: " + "9" * 40 + "… is no number that JSON has"),
        ("a: [1, .inf]", "f.yaml:1: .inf is no number that JSON has; write it in quotes"),
        ("a: !!binary aGVsbG8=", "f.yaml:1: aGVsbG8= has the tag binary; write it in quotes"),
        ("a: 1\n8000: x", "f.yaml:2: the key 8000 is no text; write it in quotes"),
        ('a: "\\ud83d\\ude00"', "f.yaml:1: \\ud83d is half a character; write the character itself"),
        ("null: x", "f.yaml:1: the key null is no text; write it in quotes"),
        ("[a, b]: x", "f.yaml:1: the key a list or a mapping is no text; write it in quotes"),
        ("a: 1\n---\nb: 2", "f.yaml:2: "),
    ],
)
def test_what_is_no_usable_yaml_is_refused_with_its_line(text, message):
    with pytest.raises(DocumentError) as caught:
        parse_document(text, "f.yaml")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("text", ["'2026-11-26'", '"0777"', "'12345678901234567890'", '".inf"'])
def test_in_quotes_an_ambiguous_value_is_text(text):
    assert parse_document(f"a: {text}", "f").content == {"a": text[1:-1]}
