"""Reports of a finished run: an issue for each failing job of a branch; a comment and an issue for a pull request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from delivery.github import comment, tracking_issue
from delivery.github.answers import PullRequest
from delivery.github.branches import read_branches
from delivery.github.ci_run import CiRun
from delivery.github.client import GitHubRepository
from delivery.github.errors import NoAnswerError, RateLimitError
from delivery.github.markdown import escape
from delivery.github.report_text import describe_issue, describe_pull_request, describe_pull_request_issue
from delivery.github.run_order import RunOrder
from delivery.github.tracking_issue import Problem
from delivery.outcome import DeliveryError

LABEL = "ci-failure"
Action = Callable[[], list[str]]
PULL_REQUEST_EVENTS = ("pull_request", "merge_group")


def report(repository: GitHubRepository, run: CiRun) -> list[str]:
    """Report a run; returns what was done, as sentences.

    Raises:
        DeliveryError: something could not be reported; the rest was.
    """
    branches = read_branches().names
    if run.event in PULL_REQUEST_EVENTS:
        actions = list(_pull_request_actions(repository, run))
    elif run.branch in branches or (run.event == "push" and _is_version(run.branch)):
        actions = list(_branch_actions(repository, run))
    else:
        print(f"{run.branch} is neither of {', '.join(branches)}, and no pull request: nothing to report")
        actions = []
    return _run_all([*actions, lambda: _close_ended(repository, run)])


def _run_all(actions: Iterable[Action]) -> list[str]:
    """Do everything that can be done, whatever GitHub refuses of it."""
    done: list[str] = []
    problems: list[DeliveryError] = []
    for action in actions:
        try:
            done += action()
        except (RateLimitError, NoAnswerError):
            raise
        except DeliveryError as error:
            problems.append(error)
    if problems:
        for line in done:
            print(line)
        raise problems[0]
    return done


def _branch_actions(repository: GitHubRepository, run: CiRun) -> Iterable[Action]:
    """An issue per failing job; those whose job passed are closed, and all of the branch's when the run is green."""
    order = RunOrder(repository, run)
    of_branch = f"{run.workflow} branch={_word(run.branch)}"
    for job in run.failed if run.failed and order.may_report else ():
        purpose = f"{of_branch} job={_word(job.name)} author={_word(run.author)}"
        title = f"{run.workflow}: {job.name} fails on {run.branch} ({run.author})"
        owner = run.author if run.has_login else None
        problem = Problem(purpose, LABEL, title, describe_issue(run, job), owner)
        yield partial(_open, repository, order, problem, f"{job.name} fails on {run.branch}")
    for name in run.passed:
        yield partial(_close, repository, order, f"{of_branch} job={_word(name)}", f"{name} passed")
    if run.is_green:
        yield partial(_close, repository, order, of_branch, f"{run.branch} is green again")


def _pull_request_actions(repository: GitHubRepository, run: CiRun) -> Iterable[Action]:
    """A comment that is edited, and an issue, on each pull request of the run's commit.

    The pull request is asked of GitHub, by branch: nothing that the pull request's own code wrote is believed.
    """
    for pull in _list_pulls(repository, run):
        order = RunOrder(repository, run)
        purpose = f"{run.workflow} pull={pull.number}"
        if run.failed:
            yield partial(_report_failing_pull, repository, order, pull, purpose)
        elif run.is_green:
            yield partial(_correct_comment, repository, run, pull)
            yield partial(_close, repository, order, purpose, f"{run.workflow} passed")


def _list_pulls(repository: GitHubRepository, run: CiRun) -> list[PullRequest]:
    pulls = repository.rest.pulls
    if run.queued_pull is not None:
        pull = repository.find(PullRequest, pulls.get, run.queued_pull)
        return [pull] if pull is not None and pull.state == "open" else []
    head = f"{run.head_owner}:{run.branch}"
    # One with a newer commit is left out: a newer run will speak of it.
    return [
        pull
        for pull in repository.pages(PullRequest, pulls.list, state="open", head=head)
        if pull.head.sha == run.sha
    ]


def _report_failing_pull(repository: GitHubRepository, order: RunOrder, pull: PullRequest, purpose: str) -> list[str]:
    run = order.run
    title = f"{run.workflow} fails on pull request #{pull.number} ({run.author})"
    author = pull.user.login if pull.user and pull.user.type != "Bot" else None
    problem = Problem(purpose, LABEL, title, describe_pull_request_issue(run, pull), author)
    done = _open(repository, order, problem, f"#{pull.number} fails")
    issue = next(iter(tracking_issue.list_open(repository, LABEL, purpose)), None)
    text = describe_pull_request(run, issue.html_url if issue else None)
    url = comment.write(repository, pull.number, _comment_purpose(run), text)
    return [*done, f"#{pull.number}: {url}"]


def _correct_comment(repository: GitHubRepository, run: CiRun, pull: PullRequest) -> list[str]:
    """Nothing is said of a pull request that never failed: silence is the best news."""
    if comment.find(repository, pull.number, _comment_purpose(run)) is None:
        return []
    url = comment.write(repository, pull.number, _comment_purpose(run), describe_pull_request(run, None))
    return [f"#{pull.number}: {url}"]


def _open(repository: GitHubRepository, order: RunOrder, problem: Problem, what: str) -> list[str]:
    present = next(iter(tracking_issue.list_open(repository, LABEL, problem.purpose)), None)
    if present is not None and not order.may_change(present):
        return [f"#{present.number} is about a newer run, and stays as it is"]
    return [f"{what}: {tracking_issue.open_issue(repository, problem)}"]


def _close(repository: GitHubRepository, order: RunOrder, purpose: str, what: str) -> list[str]:
    """Close every issue of a purpose that is not about a later run, whatever GitHub refuses of it."""
    run = order.run
    done, problems = [], []
    for issue in tracking_issue.list_open(repository, LABEL, purpose):
        if not order.may_change(issue):
            done.append(f"#{issue.number} is about a newer run, and stays open")
            continue
        try:
            number = tracking_issue.close_issue(repository, issue, f"{escape(what)} in {run.url} at {run.sha[:12]}.")
        except (RateLimitError, NoAnswerError):
            raise
        except DeliveryError as error:
            problems.append(error)
        else:
            done.append(f"{what}: #{number} closed")
    if problems:
        raise problems[0]
    return done


def _close_ended(repository: GitHubRepository, run: CiRun) -> list[str]:
    """Close the issues of pull requests that are closed or merged: no run will ever speak of them again."""
    done = []
    for issue in tracking_issue.list_open(repository, LABEL, run.workflow):
        purpose = issue.body.partition("\n")[0]
        number = purpose.partition(" pull=")[2].partition(" ")[0]
        if not number.isdigit():
            continue
        pull = repository.find(PullRequest, repository.rest.pulls.get, int(number))
        if pull is None or pull.state != "open":
            closed = tracking_issue.close_issue(repository, issue, f"Pull request #{number} is closed.")
            done.append(f"pull request #{number} is closed: #{closed} closed")
    return done


def _comment_purpose(run: CiRun) -> str:
    """What the comment is found by; the preview has a comment of its own, which is not the report's."""
    return run.workflow if run.workflow == "ci" else f"report {run.workflow}"


def _is_version(name: str) -> bool:
    return name.startswith("v") and name[1:2].isdigit()


def _word(text: str) -> str:
    """A name without what would end a marker or begin another word in it."""
    return "".join(character if character.isalnum() or character in "._-" else "_" for character in text)
