"""`slipway preview-environment` removes environments and comments on pull requests."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path


def test_the_sweep_removes_what_is_closed_or_old(preview_environment, environments, github, monkeypatch):
    for number, state in ((1, "open"), (2, "closed"), (3, "open"), (4, "closed")):
        github.add_pull(number=number, state=state)
    environments.add(1)
    environments.add(2)
    environments.add(3, age=timedelta(days=8))
    environments.add(4, has_stack=False, updated=None, has_namespace=False, created=None, volumes=("pvc-1",))
    environments.add(99)  # of no pull request at all
    status, facts = preview_environment("sweep")
    assert (status, facts["removed"], len(environments.by_number)) == (0, ["pr-2", "pr-3", "pr-4", "pr-99"], 5)
    status, facts = preview_environment("sweep", "--apply", "--save", "comments")
    assert (status, facts["leftovers"], list(environments.by_number)) == (0, [], [1])
    assert {path.parent.name for path in Path("comments").glob("*/comment.md")} == {"2", "3", "99"}
    assert "its last update was 8 days ago" in Path("comments/3/comment.md").read_text()


def test_the_sweep_leaves_what_is_redeployed_or_reopened(preview_environment, environments, github, monkeypatch):
    for number in (1, 2, 3):
        github.add_pull(number=number, state="closed" if number == 3 else "open")
    for number in (1, 2, 3):
        environments.add(number, age=timedelta(days=8))
    remove = environments.remove

    def remove_slowly(found):
        if found.number == 1:
            environments.add(2, images=("its new image",))
            environments.add(3)
            github.pulls[2]["state"] = "open"
        return remove(found)

    monkeypatch.setattr(environments, "remove", remove_slowly)
    status, facts = preview_environment("sweep", "--apply", "--save", "comments")
    assert (status, facts["removed"], list(environments.by_number)) == (0, ["pr-1"], [2, 3])
    assert [path.parent.name for path in Path("comments").glob("*/comment.md")] == ["1"]


def test_the_sweep_removes_nothing_for_an_unknown_repository(preview_environment, environments, github):
    github.refused["GET", "/pulls"] = (404, "Not Found")
    environments.add(1)
    status, facts = preview_environment("sweep", "--apply", "--repo", "acme/mistyped")
    assert (status, "404" in facts["error"], list(environments.by_number)) == (1, True, [1])


def test_the_sweep_removes_nothing_if_all_pull_requests_are_unknown(preview_environment, environments, github):
    github.add_pull(number=1, state="open")
    environments.add(2)
    environments.add(3)
    status, facts = preview_environment("sweep", "--apply")
    assert (status, list(environments.by_number)) == (3, [2, 3])
    assert "acme/todo has no pull request #2, #3" in facts["error"]
    github.add_pull(number=2, state="closed")
    assert (preview_environment("sweep", "--apply")[0], environments.by_number) == (0, {})


def test_the_sweep_fails_with_what_is_left(preview_environment, environments, github):
    github.add_pull(number=2, state="closed")
    environments.add(2)
    environments.stuck.add(2)
    status, facts = preview_environment("sweep", "--apply")
    assert (status, facts["removed"]) == (1, [])
    assert facts["leftovers"] == ["pr-2: the namespace: it does not go"]


def test_down_removes_one_and_fails_with_what_is_left(preview_environment, environments):
    environments.add(7)
    environments.add(8)
    assert preview_environment("down", "--pull-request", 7, "--save", "saved")[0] == 0
    assert "🧹 removed" in Path("saved/comment.md").read_text()
    assert list(environments.by_number) == [8]
    assert preview_environment("down", "--pull-request", 7)[0] == 0
    environments.stuck.add(8)
    assert preview_environment("down", "--pull-request", 8)[0] == 1


def test_down_writes_no_comment_without_an_environment(preview_environment, environments, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    assert preview_environment("down", "--pull-request", 7, "--save", "saved")[0] == 0
    assert not Path("saved").exists()
    environments.add(7)
    preview_environment("down", "--pull-request", 7, "--save", "saved")
    assert (tmp_path / "output").read_text() == "found=false\nfound=true\n"
    assert Path("saved/comment.md").exists()


def test_one_comment_is_edited_in_place(preview_environment, github):
    github.add_pull(number=7)
    for text in ("ready", "removed"):
        file = Path("comments/7/comment.md")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        assert preview_environment("comment", "comments")[0] == 0
    [comment] = github.comments
    assert comment["body"] == "<!-- slipway:preview-environment -->\nremoved"
