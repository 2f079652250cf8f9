from __future__ import annotations

import pytest

from delivery.github import workflow_run


@pytest.fixture
def summary_file(tmp_path, monkeypatch):
    file = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    return file


def test_a_summary_in_several_parts_stays_within_githubs_limit(summary_file, capsys):
    for _ in range(3):
        workflow_run.summarize("ä" * 300_000)
    assert summary_file.stat().st_size <= 1024 * 1024
    assert summary_file.read_text().rstrip().endswith("the rest is in the log of the step")
    assert "ä" * 300_000 in capsys.readouterr().out


@pytest.mark.parametrize("value", ["a\nb", "a\n", "a\rb", "a\u2028b", "a\x85b"])
def test_an_output_of_several_lines_is_refused(tmp_path, monkeypatch, value):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "out"))
    with pytest.raises(ValueError, match="more than one line"):
        workflow_run.output("release", value)
