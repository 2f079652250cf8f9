"""`slipway preview-environment` plans and updates the environment of a pull request."""

from __future__ import annotations

from pathlib import Path


def test_only_what_the_registry_lacks_is_built(preview_environment, git, references):
    before, host = git("rev-parse", "--short=12", "HEAD"), "registry.digitalocean.com/slipway-example"
    Path("backend/main.py").write_text("changed")
    git("commit", "-q", "-a", "-m", "change the backend")
    references |= {f"{host}/{name}:{before}" for name in ("backend", "chatbot-backend", "chatbot-frontend")}
    head = git("rev-parse", "HEAD")
    assert preview_environment("plan", "--pull-request", 7, "--release", head)[1]["build"] == ["backend"]
    references.add(f"{host}/backend:pr-8-{head[:12]}")
    assert preview_environment("plan", "--pull-request", 7, "--release", head)[1]["build"] == ["backend"]
    references.add(f"{host}/backend:pr-7-{head[:12]}")
    assert preview_environment("plan", "--pull-request", 7, "--release", head)[1]["build"] == []


def test_the_plan_reads_and_checks_the_pull_requests_own_commit(preview_environment, git, references):
    file = Path("backend/service.yaml")
    before = file.read_text()
    file.write_text(f"{before}portt: 1\n")
    git("commit", "-q", "-a", "-m", "a mistake")
    head = git("rev-parse", "HEAD")
    file.write_text(before)
    git("commit", "-q", "-a", "-m", "develop")
    status, facts = preview_environment("plan", "--pull-request", 7, "--release", head)
    assert status != 0
    assert "portt" in facts["error"]
    assert preview_environment("plan", "--pull-request", 7, "--release", "HEAD")[0] == 0


def test_check_tells_the_workflow_whether_there_are_environments(preview_environment, git, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    status, facts = preview_environment("check")
    assert (status, facts["wanted"]) == (0, True)
    Path("Pulumi.staging.yaml").write_text("config: {}\n")
    assert (preview_environment("check")[0], (tmp_path / "output").read_text()) == (0, "wanted=true\nwanted=false\n")


def test_plan_refuses_a_stack_without_environments(preview_environment, git):
    file = Path("Pulumi.staging.yaml")
    lines = [line for line in file.read_text().splitlines() if "previewEnvironments" not in line]
    file.write_text("\n".join(lines))
    status, facts = preview_environment("plan", "--pull-request", 7, "--release", "HEAD")
    assert status == 3
    assert "pull requests get no environment" in facts["error"]


def test_the_comment_reports_a_failed_update(preview_environment, git, references, environments, tmp_path):
    words = (
        "up",
        "--pull-request",
        7,
        "--release",
        git("rev-parse", "HEAD"),
        "--images",
        tmp_path,
        "--save",
        "saved",
    )
    status, facts = preview_environment(*words)
    assert status == 3
    assert "has no image of backend, chatbot-backend, chatbot-frontend" in facts["error"]
    assert "❌ the last update failed" in Path("saved/comment.md").read_text()
