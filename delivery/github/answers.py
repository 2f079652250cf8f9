"""GitHub's answers, as far as delivery reads them: checked where they come in, so that nothing else has to be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Answer(BaseModel):
    """An object of an answer; GitHub adds keys of its own."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class User(Answer):
    """A person, a machine user or an app.

    Attributes:
        type: `User`, `Bot` or `Organization`.
    """

    login: Text = ""
    id: int = 0
    type: Text = ""


class Comment(Answer):
    """A comment on an issue or a pull request."""

    id: int
    body: Text = ""
    html_url: Text = ""
    user: User | None = None


class Issue(Answer):
    """An issue; GitHub lists pull requests among them.

    Attributes:
        pull_request: None for an issue.
    """

    number: int
    html_url: Text = ""
    body: Text = ""
    pull_request: dict[str, Any] | None = None


class PullHead(Answer):
    """The branch of a pull request."""

    sha: str
    ref: Text = ""


class Numbered(Answer):
    """An issue or a pull request, of which no more is asked."""

    number: int


class PullRequest(Answer):
    """A pull request.

    Attributes:
        state: `open` or `closed`; a merged one is closed.
        user: who opened it.
    """

    number: int
    head: PullHead
    state: Text = "open"
    html_url: Text = ""
    user: User | None = None


class BranchCommit(Answer):
    """The newest commit of a branch."""

    sha: str


class Branch(Answer):
    """A branch."""

    name: Text = ""
    commit: BranchCommit


class CommitAuthor(Answer):
    """Who a commit says that wrote it."""

    name: Text = ""


class HeadCommit(Answer):
    """The commit of a run."""

    author: CommitAuthor | None = None


class RunRepository(Answer):
    """The repository of a run's branch: a fork's, where a fork asks."""

    owner: User | None = None


class WorkflowRun(Answer):
    """A run of a workflow.

    Attributes:
        path: `.github/workflows/ci.yml`, with `@` and a ref behind it in some answers.
        conclusion: empty while it has none.
    """

    id: int
    name: Text = ""
    path: Text = ""
    html_url: Text = ""
    display_title: Text = ""
    event: Text = ""
    status: Text = ""
    conclusion: Text = ""
    head_branch: Text = ""
    head_sha: Text = ""
    run_number: int = 0
    run_attempt: int = 1
    workflow_id: int = 0
    created_at: datetime | None = None
    run_started_at: datetime | None = None
    actor: User | None = None
    head_commit: HeadCommit | None = None
    head_repository: RunRepository | None = None

    @property
    def started(self) -> datetime:
        """When it began; the beginning of all time where GitHub does not say: it is never taken for a younger one."""
        return self.run_started_at or self.created_at or EPOCH

    @property
    def workflow(self) -> str:
        """The name of the workflow's file."""
        return self.path.partition("@")[0].rpartition("/")[2]


class JobStep(Answer):
    """A step of a job."""

    name: Text = ""
    conclusion: Text = ""


class Job(Answer):
    """A job of a run."""

    id: int
    name: Text = ""
    status: Text = ""
    conclusion: Text = ""
    html_url: Text = ""
    steps: Annotated[list[JobStep], BeforeValidator(lambda value: value or [])] = Field(default_factory=list)


class ArtifactRun(Answer):
    """The run that left an artifact."""

    id: int | None = None
    repository_id: int | None = None
    head_repository_id: int | None = None
    head_branch: Text = ""


class Artifact(Answer):
    """What a run left."""

    id: int
    name: Text = ""
    expired: bool = False
    created_at: datetime | None = None
    workflow_run: ArtifactRun | None = None


class App(Answer):
    """A GitHub App."""

    id: int = 0
    slug: Text = ""


class CheckRun(Answer):
    """A check of a commit: one job of Actions, or what another app says.

    Attributes:
        conclusion: empty while it has none.
    """

    id: int
    name: Text = ""
    head_sha: Text = ""
    status: Text = ""
    conclusion: Text = ""
    html_url: Text = ""
    started_at: datetime | None = None
    app: App | None = None


class GitObject(Answer):
    """What a ref or a tag object points at."""

    sha: str
    type: Text = ""


class GitRef(Answer):
    """A ref, or an annotated tag."""

    ref: Text = ""
    object: GitObject


class RepositoryFacts(Answer):
    """A repository."""

    default_branch: Text = ""
