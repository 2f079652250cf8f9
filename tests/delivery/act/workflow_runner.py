"""Runs workflows in the environment of a stack, beside a fake GitHub and emulated accounts."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from infra.source.git import git
from localcloud.rehearsal.runner import STAGING, Runner
from tests.delivery.act.events import CI, end_ci
from tests.delivery.act.runner import SUCCEEDED, Act, prepare_act
from tests.delivery.fake_cosign import write_cosign
from tests.delivery.fake_gh import write_gh
from tests.delivery.fake_github import FakeGitHub
from tests.delivery.served import end_all, served

SECONDS = 40 * 60  # a stack from nothing, in a workflow
EVIDENCE = 80  # the id of a run that is not act's
FILE = "backend/app/__init__.py"


@dataclass
class WorkflowRunner(Runner):
    """Steps that run workflows, of a clone whose branch main has them."""

    def run(self, first, last):
        """Run the steps, then end the server of the fake GitHub, whose thread would not let the process end."""
        try:
            super().run(first, last)
        finally:
            end_all()

    @property
    def _home(self):
        return self.account.instance.home / "rehearsal/act"

    @cached_property
    def _act(self):
        """The workflows, as an earlier run left them."""
        home = self._home
        if not (home / "clone").exists():
            shutil.rmtree(home, ignore_errors=True)
            prepare_act(self.team.folder, home, {}, {})
        fakes = {"FAKE_COSIGN": "cosign.json", "FAKE_GH": "gh.json"}
        write_cosign(home / "programs", home)
        write_gh(home / "programs", home)
        return Act(
            home / "clone", home, {name: str(home / file) for name, file in fakes.items()}, {}, seconds=SECONDS
        )

    @contextmanager
    def _github(self):
        """Serve a GitHub of this step alone."""
        self.github = FakeGitHub()
        with served(self.github.app()) as self.github_url:
            yield self.github
        self._expect(not self.github.unpublished, f"GitHub has no {self.github.unpublished}")

    def _merge(self, text):
        """Commit to develop, as a merged pull request does."""
        self.team.commit(FILE, f"\n{text}" if text.startswith(("#", "\n")) else f"\n# {text}\n", "change the backend")
        self._push("develop")
        return self.team.git("rev-parse", "HEAD")

    def _push(self, *words):
        self.team.git("push", "--quiet", str(self._act.origin), *words)

    def _deploy(self, sha, **result):
        """Have ci pass for a merge, which starts a deploy."""
        with self._github() as github:
            self._pass(github, sha)
            said = self._run(STAGING, "deploy", result, end_ci(sha))
        if result["staging"] == SUCCEEDED:
            shutil.rmtree(self._home / "evidence", ignore_errors=True)
            shutil.copytree(self._act.artifacts / "staging-release", self._home / "evidence")
        return said

    def _pass(self, github, sha):
        github.add_check(sha)
        github.add_run(CI, head_sha=sha, conclusion="success")

    def _run(self, stack, workflow, result, payload=None, inputs=MappingProxyType({})):
        """Run a workflow in the environment of a stack, and compare how each of its jobs ended."""
        team = self._team(stack)
        environment = {name: text for name, text in team.environment.items() if "\n" not in text and "'" not in text}
        passphrase = Path(environment.pop("PULUMI_CONFIG_PASSPHRASE_FILE")).read_text(encoding="utf-8").strip()
        secrets = {
            "GITHUB_TOKEN": "gh-token",
            "DIGITALOCEAN_TOKEN": environment.pop("DIGITALOCEAN_TOKEN"),
            "PULUMI_CONFIG_PASSPHRASE": passphrase,
        }
        if reader := environment.pop("STAGING_REGISTRY_TOKEN", None):
            secrets["STAGING_REGISTRY_TOKEN"] = reader
        variables = {"PULUMI_BACKEND_URL": environment.pop("PULUMI_BACKEND_URL")}
        environment |= {**self._act.environment, "GITHUB_API_URL": self.github_url, "PULUMI_STACK": stack}
        write_cosign(self._home / "programs", self._home)
        act = replace(self._act, environment=environment, secrets=secrets, variables=variables)
        event = "workflow_run" if payload else "workflow_dispatch"
        jobs, said = act.run(workflow, event, payload, **inputs)
        log = self.account.instance.logs / f"act-{workflow}.log"
        log.write_text(said)
        self._expect(jobs == result, f"{workflow} of {stack} ended with {jobs}, not {result}; see {log}")
        found = [name for name, secret in secrets.items() if secret in said]
        self._expect(not found, f"{log} has {found}")
        return said

    def _add_evidence(self, github):
        """Give GitHub the artifact of the run of deploy that put the release on staging."""
        files = {file.name: file.read_text() for file in (self._home / "evidence").iterdir()}
        head = git(self._act.origin, "rev-parse", "main")  # a deploy runs main's newest commit
        github.add_run(EVIDENCE, path=".github/workflows/deploy.yml", head_sha=head, head_branch="main")
        github.add_artifact("staging-release", files)
