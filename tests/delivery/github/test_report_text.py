"""An issue or comment quotes logs and names of a run, which cannot change its markup."""

from __future__ import annotations

from markdown_it import MarkdownIt

from tests.delivery.github.failed_run import LOG, list_comments, report


def test_a_log_cannot_leave_its_fence(failed_pull_request, github, slipway):
    github.logs[1000] = LOG.replace("Z make lint", "Z ````\n2026-11-20T07:00:01.2Z # Approved by @acme/everyone")
    slipway("ci", "report", "--run", "77")
    [block] = [token for token in MarkdownIt().parse(github.comments[0]["body"]) if token.type == "fence"]
    assert "````\n# Approved by @acme/everyone\n" in block.content
    assert "Process completed with exit code 1" in block.content


def test_long_lines_of_a_log_are_cut_and_every_job_is_in_the_comment(failed_pull_request, github, slipway):
    error = "##[error]exit code 1"
    for number in range(30):
        log = f"2026-11-20T06:59:00Z {'x' * 70_000}\n" * 3 + f"2026-11-20T06:59:01Z {error} of {number}"
        github.add_job(77, f"frontend {number}", "failure", log)
    report(slipway, 77)
    [comment] = list_comments(github)
    for number in range(30):
        assert f"frontend {number}]" in comment["body"]
        assert f"{error} of {number}" in comment["body"]
    assert len(comment["body"]) <= 65_536


def test_names_of_jobs_steps_and_authors_are_no_markup(github, slipway):
    github.add_run(actor=None, head_commit={"author": {"name": "acme/ops -->"}})
    github.add_job(77, "lint `@acme/ops` <!--", "failure", LOG, step="Run [x](https://evil.example) @acme/ops")
    report(slipway, 77)
    shown = github.issues[0]["body"].split("-->", 2)[2]
    parts = [part for token in MarkdownIt("commonmark").parse(shown) for part in token.children or [token]]
    text = "".join(part.content for part in parts if part.type not in {"code_inline", "fence"})
    assert not {part.type for part in parts} & {"html_inline", "html_block"}
    assert "@acme" not in text
    links = [part.attrs["href"] for part in parts if part.type == "link_open"]
    assert all(url.startswith("https://github.com/") for url in links)
    assert github.issues[0]["assignees"] == []
