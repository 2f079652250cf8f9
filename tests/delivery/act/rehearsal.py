"""The workflows from first to last on an emulated account: the real engine, clusters, registries, images and databases.

GitHub is the strict fake, and act its runner. cosign, the GitHub CLI and Trivy are fakes, too: they ask services that
an offline machine cannot reach.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from delivery.images.manifest import Manifest
from delivery.images.registry import ImageRepository
from infra.source.git import git
from infra.source.registry_login import parse_login
from localcloud.rehearsal.runner import PROD, STAGING, Runner
from localcloud.rehearsal.steps import CRASHING
from tests.delivery.act.runner import CI, Act, end_ci, prepare_act
from tests.delivery.fake_cosign import write_cosign
from tests.delivery.fake_gh import write_gh
from tests.delivery.fake_github import FakeGitHub
from tests.delivery.served import end_all, served

SECONDS = 40 * 60  # a stack from nothing, in a workflow
RUN = 1  # the id that act gives every run
EVIDENCE = 80  # the id of a run that is not act's
GOOD = "succeeded"
VERSION = "v1.0.0"
OLD = timedelta(days=60)
FILE = "backend/app/__init__.py"


@dataclass
class Workflows(Runner):
    """A repository's life, by its workflows alone."""

    def steps(self):
        return [
            self.start_empty,
            self.deploy_a_merge,
            self.release_a_version,
            self.deploy_another_merge,
            self.reject_a_bad_release,
            self.roll_back,
            self.hold_the_next_merge,
            self.clean_up,
            self.report_a_failure,
            self.destroy_everything,
        ]

    def run(self, first, last):
        """The same; then the server of the fake GitHub ends, whose thread would keep the process."""
        try:
            super().run(first, last)
        finally:
            end_all()

    def start_empty(self):
        """Start with two empty accounts, and a repository that nothing was deployed from."""
        self._expect_empty()
        shutil.rmtree(self._home, ignore_errors=True)
        self.team.configure(STAGING)
        self.team.configure(PROD, self.prod.instance)
        self.team.follow("docs/production.md", "2. Staging", before="pulumi up")
        self.prod_team.follow("docs/production.md", "3. Prod", shells={STAGING: self.team}, before="(")

    def deploy_a_merge(self):
        """deploy: what ci passed goes to staging, from nothing; scanned, signed and attested."""
        sha = self._merge("the first merge")
        said = self._deploy(sha, plan=GOOD, staging=GOOD, scan=GOOD, sign=GOOD, notify=GOOD)
        self._expect(self._release(STAGING) == sha, said)
        return f"{self._count(STAGING)}, {self._expect_signed()} images signed"

    def release_a_version(self):
        """deploy: a version goes to prod, from nothing, after facts, preview and approval, with staging's digests."""
        sha = self._release(STAGING)
        self.team.git("tag", "--force", VERSION, sha)
        self._push("--tags")
        result = dict.fromkeys(("plan", "production-facts", "production-preview"), GOOD)
        with self._github() as github:
            github.add_tag(VERSION, sha)
            self._add_evidence(github)
            ada = {"login": "ada"}
            run = github.add_run(
                RUN, path=".github/workflows/deploy.yml", status="in_progress", actor=ada, triggering_actor=ada
            )
            run["approvals"] = _approve("ada")
            self._pass(github, sha)
            words = {"stack": PROD, "release": VERSION}
            said = self._run(PROD, "deploy", result | {"production": "failed", "notify": GOOD}, inputs=words)
            self._expect("approve" in said, "what its own author approved was deployed")
            run["approvals"] = _approve("bob")
            self._run(PROD, "deploy", result | {"production": GOOD, "notify": GOOD}, inputs=words)
        self._expect_same_digests()
        return self._count(PROD)

    def deploy_another_merge(self):
        """deploy: a change to the backend goes to staging, under load."""
        sha = self._merge("# another release\n")
        with self._load() as load:
            self._deploy(sha, plan=GOOD, staging=GOOD, scan=GOOD, sign=GOOD, notify=GOOD)
        self._expect(self._release(STAGING) == sha, "another release runs")
        return str(load)

    def reject_a_bad_release(self):
        """deploy: a release that cannot start is rolled back, and neither scanned nor signed."""
        good = self._release(STAGING)
        sha = self._merge(CRASHING)
        with self._load() as load:
            self._deploy(sha, plan=GOOD, staging="failed", notify=GOOD)
        self._expect(self._release(STAGING) == good, f"staging runs {self._release(STAGING)}, not {good}")
        self._expect(not self._read_calls("sign"), "a release that failed was signed")
        self.team.git("revert", "--no-edit", "HEAD")
        return str(load)

    def roll_back(self):
        """rollback: the deploy that waits is cancelled, and the release before runs again."""
        before = self._release(STAGING)
        with self._github() as github, self._load() as load:
            self._start_rollback(github)
            waiting = github.add_run(90, path=".github/workflows/deploy.yml", status="waiting", waits_for=[STAGING])
            result = {"clear-queue": GOOD, "rollback": GOOD, "notify": GOOD}
            self._run(STAGING, "rollback", result, inputs={"stack": STAGING, "to": "previous"})
        self._expect(waiting["conclusion"] == "cancelled", "the deploy that waited was not cancelled")
        self._expect(self._release(STAGING) != before, "the same release still runs")
        return str(load)

    def hold_the_next_merge(self):
        """deploy: a merge after a rollback is held; when a person has resumed, the same run again deploys it."""
        before, sha = self._release(STAGING), self._merge("# a merge after the rollback\n")
        said = self._deploy(sha, plan=GOOD, staging="failed", notify=GOOD)
        self._expect("slipway stack resume --stack staging" in said, said)
        self._expect(self._release(STAGING) == before, "the hold did not hold")
        self.team.slipway("stack", "resume", stack=STAGING)
        self._deploy(sha, plan=GOOD, staging=GOOD, scan=GOOD, sign=GOOD, notify=GOOD)
        self._expect(self._release(STAGING) == sha, "another release runs")

    def clean_up(self):
        """cleanup: an old image that nobody needs is deleted; what runs and what may run again is still there."""
        repository, orphan = self._push_old_image()
        with self._github() as github:
            github.add_pull(5, state="closed")
            github.add_cache("refs/pull/5/merge")
            github.add_cache("refs/heads/develop")
            result = {"images": GOOD, "storage": GOOD}
            self._run(STAGING, "cleanup", result, inputs={"stack": STAGING, "apply": "true"})
            caches = [cache["ref"] for cache in github.caches]
        self._expect(caches == ["refs/heads/develop"], f"the caches are {caches}")
        self._expect(repository.manifest(orphan) is None, f"{orphan} is still there, and nobody needs it")
        images = [facts["image"] for facts in self._outputs(STAGING)["services"].values()]
        for image in images:
            name, _, digest = image.partition("@")
            self._expect(self._open_repository(name).manifest(digest) is not None, f"{image} runs, and is gone")
        candidates = self.team.slipway("stack", "rollback", "--dry-run", stack=STAGING)
        self._expect("not offered" not in candidates, candidates)
        return f"{len(images)} images run, and are there"

    def report_a_failure(self):
        """report: a job of ci that failed gets an issue."""
        with self._github() as github:
            github.add_run(CI, head_sha=self._release(STAGING))
            github.add_job(CI, "lint", "failure", log="2026-11-20T07:00:00Z ##[error]E501 line too long\n")
            self._run(STAGING, "report", {"report": GOOD, "notify": GOOD}, end_ci("", conclusion="failure"))
            titles = [issue["title"] for issue in github.issues]
        self._expect(len(titles) == 1 and "lint" in titles[0], f"the issues are {titles}")
        return titles[0]

    def destroy_everything(self):
        """Destroy prod and staging: nothing is left in either account."""
        self._destroy(PROD, STAGING)

    @property
    def _home(self):
        return self.account.instance.home / "rehearsal/act"

    @cached_property
    def _act(self):
        """The workflows; on from here where an earlier run left them."""
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
        """A GitHub of this step alone."""
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
        if result["staging"] == GOOD:
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
        """What the run of deploy left that put the release on staging."""
        files = {file.name: file.read_text() for file in (self._home / "evidence").iterdir()}
        head = git(self._act.origin, "rev-parse", "main")  # a deploy runs main's newest commit
        github.add_run(EVIDENCE, path=".github/workflows/deploy.yml", head_sha=head, head_branch="main")
        github.add_artifact("staging-release", files)

    def _start_rollback(self, github):
        github.add_run(RUN, path=".github/workflows/rollback.yml", status="in_progress")
        github.add_job(RUN, "rollback", None)
        github.jobs[RUN][0]["status"] = "in_progress"

    def _read_calls(self, command):
        calls = json.loads((self._home / "cosign.json").read_text())["calls"]
        return [call for call in calls if call[0] == command]

    def _expect_signed(self):
        """Every image that runs is signed, by digest; returns how many."""
        signed = {call[-1] for call in self._read_calls("sign")}
        runs = {facts["image"] for facts in self._outputs(STAGING)["services"].values()}
        self._expect(signed == runs, f"signed were {signed}, and {runs} runs")
        return len(signed)

    def _open_repository(self, name):
        login = parse_login(json.dumps(self.api.registry_credentials()), name.partition("/")[0])
        return ImageRepository(name, login)

    def _push_old_image(self):
        """Give the registry an image that is as old as cleanup wants, and that no release has."""
        name, _, digest = self._outputs(STAGING)["services"]["backend"]["image"].partition("@")
        repository = self._open_repository(name)
        manifest = repository.manifest(digest)
        if manifest.children:  # what refers to another image of the index would belong to it
            manifest = repository.manifest(manifest.children[0])
        text = json.dumps(
            {**json.loads(manifest.text), "annotations": {"org.opencontainers.image.title": "nobody's"}}
        )
        orphan = Manifest("sha256:" + hashlib.sha256(text.encode()).hexdigest(), text, manifest.media_type)
        repository.write(orphan, "abandoned")
        at = (datetime.now(UTC) - OLD).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.api.put(f"/_emulator/registry-manifests/{orphan.digest}", {"updated_at": at})
        return repository, orphan.digest


def _approve(login):
    return [{"state": "approved", "user": {"login": login}, "environments": [{"id": 1, "name": "production"}]}]
