"""The rehearsal runs every workflow on emulated accounts, with the real engine, clusters, registries and databases.

GitHub is the strict fake, and act its runner. cosign, the GitHub CLI and Trivy are fakes, too: they ask services that
an offline machine cannot reach.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from delivery.images.manifest import Manifest
from delivery.images.registry import ImageRepository
from infra.source.registry_login import parse_login
from localcloud.rehearsal.runner import PROD, STAGING
from localcloud.rehearsal.steps import CRASHING
from tests.delivery.act.events import CI, end_ci, start_rollback
from tests.delivery.act.runner import ACT_RUN, SUCCEEDED
from tests.delivery.act.workflow_runner import WorkflowRunner
from tests.delivery.github.approvals import make_approvals

VERSION = "v1.0.0"
OLD = timedelta(days=60)


@dataclass
class Workflows(WorkflowRunner):
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
        said = self._deploy(sha, plan=SUCCEEDED, staging=SUCCEEDED, scan=SUCCEEDED, sign=SUCCEEDED, notify=SUCCEEDED)
        self._expect(self._release(STAGING) == sha, said)
        return f"{self._count(STAGING)}, {self._expect_signed()} images signed"

    def release_a_version(self):
        """deploy: a version goes to prod, from nothing, after facts, preview and approval, with staging's digests."""
        sha = self._release(STAGING)
        self.team.git("tag", "--force", VERSION, sha)
        self._push("--tags")
        result = dict.fromkeys(("plan", "production-facts", "production-preview"), SUCCEEDED)
        with self._github() as github:
            github.add_tag(VERSION, sha)
            self._add_evidence(github)
            ada = {"login": "ada"}
            run = github.add_run(
                ACT_RUN, path=".github/workflows/deploy.yml", status="in_progress", actor=ada, triggering_actor=ada
            )
            run["approvals"] = make_approvals("ada")
            self._pass(github, sha)
            words = {"stack": PROD, "release": VERSION}
            said = self._run(PROD, "deploy", result | {"production": "failed", "notify": SUCCEEDED}, inputs=words)
            self._expect("approve" in said, "what its own author approved was deployed")
            run["approvals"] = make_approvals("bob")
            self._run(PROD, "deploy", result | {"production": SUCCEEDED, "notify": SUCCEEDED}, inputs=words)
        self._expect_same_digests()
        return self._count(PROD)

    def deploy_another_merge(self):
        """deploy: a change to the backend goes to staging, under load."""
        sha = self._merge("# another release\n")
        with self._load() as load:
            self._deploy(sha, plan=SUCCEEDED, staging=SUCCEEDED, scan=SUCCEEDED, sign=SUCCEEDED, notify=SUCCEEDED)
        self._expect(self._release(STAGING) == sha, "another release runs")
        return str(load)

    def reject_a_bad_release(self):
        """deploy: a release that cannot start is rolled back, and neither scanned nor signed."""
        good = self._release(STAGING)
        sha = self._merge(CRASHING)
        with self._load() as load:
            self._deploy(sha, plan=SUCCEEDED, staging="failed", notify=SUCCEEDED)
        self._expect(self._release(STAGING) == good, f"staging runs {self._release(STAGING)}, not {good}")
        self._expect(not self._read_calls("sign"), "a release that failed was signed")
        self.team.git("revert", "--no-edit", "HEAD")
        return str(load)

    def roll_back(self):
        """rollback: the deploy that waits is cancelled, and the release before runs again."""
        before = self._release(STAGING)
        with self._github() as github, self._load() as load:
            start_rollback(github)
            waiting = github.add_run(90, path=".github/workflows/deploy.yml", status="waiting", waits_for=[STAGING])
            result = {"clear-queue": SUCCEEDED, "rollback": SUCCEEDED, "notify": SUCCEEDED}
            self._run(STAGING, "rollback", result, inputs={"stack": STAGING, "to": "previous"})
        self._expect(waiting["conclusion"] == "cancelled", "the deploy that waited was not cancelled")
        self._expect(self._release(STAGING) != before, "the same release still runs")
        return str(load)

    def hold_the_next_merge(self):
        """deploy: a merge after a rollback is held; when a person has resumed, the same run again deploys it."""
        before, sha = self._release(STAGING), self._merge("# a merge after the rollback\n")
        said = self._deploy(sha, plan=SUCCEEDED, staging="failed", notify=SUCCEEDED)
        self._expect("slipway stack resume --stack staging" in said, said)
        self._expect(self._release(STAGING) == before, "the hold did not hold")
        self.team.slipway("stack", "resume", stack=STAGING)
        self._deploy(sha, plan=SUCCEEDED, staging=SUCCEEDED, scan=SUCCEEDED, sign=SUCCEEDED, notify=SUCCEEDED)
        self._expect(self._release(STAGING) == sha, "another release runs")

    def clean_up(self):
        """cleanup: an old image that nobody needs is deleted; what runs and what may run again is still there."""
        repository, orphan = self._push_old_image()
        with self._github() as github:
            github.add_pull(5, state="closed")
            github.add_cache("refs/pull/5/merge")
            github.add_cache("refs/heads/develop")
            result = {"images": SUCCEEDED, "storage": SUCCEEDED}
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
            self._run(STAGING, "report", {"report": SUCCEEDED, "notify": SUCCEEDED}, end_ci("", conclusion="failure"))
            titles = [issue["title"] for issue in github.issues]
        self._expect(len(titles) == 1 and "lint" in titles[0], f"the issues are {titles}")
        return titles[0]

    def destroy_everything(self):
        """Destroy prod and staging: nothing is left in either account."""
        self._destroy(PROD, STAGING)

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
