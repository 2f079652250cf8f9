"""What failed in a CI run: an issue for each failing job and author on a branch, one comment on a pull request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from delivery.github import comment, tracking_issue
from delivery.github.client import PAGE, GitHubRepository
from delivery.github.tracking_issue import Problem
from delivery.redaction import redacted

LABEL = "ci-failure"
FAILURES = {"failure", "timed_out", "startup_failure"}
SUMMARY_JOB = "required-checks"  # fails when any other does, and says nothing of its own
LAST_LINES = 40
NOISE = ("##[group]", "##[endgroup]", "[command]")


@dataclass(frozen=True)
class FailedJob:
    """One job that failed.

    Attributes:
        step: the first step of it that failed.
        log: the last lines it wrote, without secrets.
    """

    name: str
    url: str
    step: str
    log: str


@dataclass(frozen=True)
class CiRun:
    """A finished run of the `ci` workflow.

    Attributes:
        author: GitHub login, or the commit's author name where GitHub knows no login.
        passed: names of the jobs that succeeded.
    """

    id: int
    url: str
    branch: str
    sha: str
    author: str
    event: str
    conclusion: str
    head_owner: str
    failed: list[FailedJob]
    passed: list[str]


def of_run(repository: GitHubRepository, run_id: int) -> CiRun:
    """The run and its jobs, as GitHub has them."""
    rest, owner, name = repository.rest, repository.owner, repository.name
    run = rest.actions.get_workflow_run(owner, name, run_id).json()
    jobs: list[Any] = []
    while True:
        page = len(jobs) // PAGE + 1
        reply = rest.actions.list_jobs_for_workflow_run(
            owner, name, run_id, filter_="latest", per_page=PAGE, page=page
        ).json()
        jobs += reply["jobs"]
        if len(jobs) >= reply["total_count"] or not reply["jobs"]:
            break
    failed = [job for job in jobs if job["conclusion"] in FAILURES and job["name"] != SUMMARY_JOB]
    head = run.get("head_commit") or {}
    return CiRun(
        id=run_id,
        url=run["html_url"],
        branch=run["head_branch"] or "",
        sha=run["head_sha"],
        author=(run.get("actor") or {}).get("login") or (head.get("author") or {}).get("name") or "unknown",
        event=run["event"],
        conclusion=run["conclusion"] or "",
        head_owner=((run.get("head_repository") or {}).get("owner") or {}).get("login") or owner,
        failed=[_failed(repository, job) for job in failed],
        passed=[job["name"] for job in jobs if job["conclusion"] == "success"],
    )


def on_branch(repository: GitHubRepository, run: CiRun) -> list[str]:
    """Open or update an issue per failing job, close those whose job passed; returns what was done, as sentences."""
    done = []
    for job in run.failed:
        purpose = f"ci branch={run.branch} job={_word(job.name)} author={_word(run.author)}"
        title = f"ci: {job.name} fails on {run.branch} ({run.author})"
        url = tracking_issue.keep_open(repository, Problem(purpose, LABEL, title, _issue(run, job), run.author))
        done.append(f"{job.name} fails on {run.branch}: {url}")
    for name in run.passed:
        numbers = tracking_issue.close(
            repository,
            LABEL,
            f"ci branch={run.branch} job={_word(name)}",
            f"{name} passed in {run.url} at {run.sha[:12]}.",
        )
        done += [f"{name} passed on {run.branch}: #{number} closed" for number in numbers]
    if run.conclusion == "success":
        numbers = tracking_issue.close(
            repository, LABEL, f"ci branch={run.branch}", f"{run.branch} is green again: {run.url} at {run.sha[:12]}."
        )
        done += [f"{run.branch} is green again: #{number} closed" for number in numbers]
    return done


def on_pull_request(repository: GitHubRepository, run: CiRun) -> list[str]:
    """Have one comment on each pull request of the run's commit say what failed, or that nothing does any more.

    The pull request is asked of GitHub, by branch: nothing that the pull request's own code wrote is believed.
    """
    done = []
    for pull in repository.pages(repository.rest.pulls.list, state="open", head=f"{run.head_owner}:{run.branch}"):
        number = int(pull["number"])
        if pull["head"]["sha"] != run.sha:
            continue  # a newer commit is there, and a newer run will speak of it
        if not run.failed and comment.find(repository, number, "ci") is None:
            continue  # silence is the best news
        url = comment.write(repository, number, "ci", pull_request_text(run))
        done.append(f"#{number}: {url}")
    return done


def pull_request_text(run: CiRun) -> str:
    """The comment's text."""
    if not run.failed:
        return f"### CI passed\n\nNothing fails any more at `{run.sha[:12]}`: [run]({run.url})."
    count = f"{len(run.failed)} job" + ("s" if len(run.failed) > 1 else "")
    head = f"### CI: {count} failed at `{run.sha[:12]}`\n\n[Run]({run.url})\n"
    return comment.fitted(head, [_section(job) for job in run.failed], f"[run]({run.url})")


def _issue(run: CiRun, job: FailedJob) -> str:
    return (
        f"`{job.name}` fails on `{run.branch}` at {run.sha} by @{run.author}: [run]({run.url}).\n\n"
        f"{_section(job)}\n\nThis issue is kept up to date, and closed when the job passes on `{run.branch}`."
    )


def _section(job: FailedJob) -> str:
    fence = "````"  # longer than any that a log is likely to hold
    return f"**[{job.name}]({job.url})**, step *{job.step}*\n\n{fence}text\n{job.log.replace(fence, '')}\n{fence}\n"


def _failed(repository: GitHubRepository, job: Any) -> FailedJob:
    step = next((step["name"] for step in job.get("steps") or [] if step["conclusion"] in FAILURES), "unknown")
    return FailedJob(job["name"], job["html_url"] or "", step, _log(repository, int(job["id"])))


def _log(repository: GitHubRepository, job: int) -> str:
    from githubkit.exception import RequestFailed

    try:
        text = repository.rest.actions.download_job_logs_for_workflow_run(repository.owner, repository.name, job).text
    except RequestFailed:  # a job that never started has none
        return "(no log)"
    lines = [line.partition(" ")[2] for line in text.splitlines()]  # GitHub begins each with the time
    kept = [line for line in lines if line.strip() and not line.startswith(NOISE)]
    # After the failing command come the clean-up's lines: the error is what a reader looks for.
    ends = [number for number, line in enumerate(kept) if line.startswith("##[error]")]
    until = ends[-1] + 1 if ends else len(kept)
    return redacted("\n".join(kept[max(0, until - LAST_LINES) : until]))


def _word(text: str) -> str:
    """A name without what would end a marker or begin another word in it."""
    return "".join(character if character.isalnum() or character in "._-" else "_" for character in text)
