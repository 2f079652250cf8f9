"""GitHub sends events, which start workflows, and records the runs."""

from __future__ import annotations

from tests.delivery.act.runner import ACT_RUN

CI = 70  # the id of the run of ci that an event is about


def end_ci(sha: str, **fields) -> dict:
    """What GitHub sends when a run of ci has ended; `fields` replace those of the run."""
    run = {
        "id": CI,
        "name": "ci",
        "event": "push",
        "conclusion": "success",
        "head_branch": "develop",
        "head_sha": sha,
        "head_repository": {"full_name": "acme/todo"},
        "path": ".github/workflows/ci.yml",
        "html_url": f"https://github.com/acme/todo/actions/runs/{CI}",
        **fields,
    }
    return {"workflow_run": run, "workflow": {"name": "ci"}}


def end_ci_at(world, number, **fields):
    """What GitHub sends when ci has ended at a release."""
    return end_ci(world.checkout.releases[number - 1], **fields)


def open_pull_request(world, *, repository="acme/todo", kind="User"):
    """What GitHub sends when a pull request is opened whose head is develop's newest commit."""
    head = {"sha": world.checkout.releases[3], "ref": "fix", "repo": {"full_name": repository}}
    return {"action": "opened", "pull_request": {"number": 7, "head": head, "user": {"login": "ada", "type": kind}}}


def start_rollback(github):
    """Have act's run be one of rollback, in progress."""
    github.add_run(ACT_RUN, path=".github/workflows/rollback.yml", status="in_progress")
    github.add_job(ACT_RUN, "rollback", None)
    github.jobs[ACT_RUN][0]["status"] = "in_progress"
