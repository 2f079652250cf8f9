"""Every command that asks a service, where it has something to do; and what there is before and after it.

A scenario prepares a world in which its command succeeds. What counts of a world is `look_at`.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.delivery.commands.test_scans import TARGET, scan, vulnerability
from tests.delivery.conftest import LOCKED
from tests.delivery.faults.environments import allow_environments, leave_environments, save_comments
from tests.delivery.faults.input_files import K6_SUMMARY, PLAN
from tests.delivery.github.approvals import approve

GROUPS = ("stack", "images", "ci", "account", "preview-environment")
# What asks nobody but git, files, the Docker Engine or a program on PATH.
WITHOUT_SERVICES = {
    ("ci", "services"), ("ci", "readiness"), ("ci", "judge-scan"), ("ci", "sign"), ("ci", "plan"),
    ("ci", "verify-signatures"), ("images", "verify"), ("stack", "graph"), ("preview-environment", "build"),
    ("preview-environment", "check"),
}  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """A command line, and the services it asks.

    Attributes:
        prepare: makes the world that it is run in; None: staging and prod run releases.
        services: `pulumi` and names of proxies.
        repeats: whether the same command may be run once more, and then changes nothing.
        status: how it ends when nothing goes wrong.
    """

    words: tuple[str, ...]
    services: tuple[str, ...]
    prepare: object = None
    repeats: bool = True
    status: int = 0

    def __str__(self):
        return " ".join(word for word in self.words if not word.startswith("{"))


def _run_releases(world):
    world.world.run("staging", 2, 4)
    world.world.run("prod", 1)


def _run_and_merge(world):
    _run_releases(world)
    for branch in ("develop", "main"):
        world.world.checkout.git("update-ref", f"refs/remotes/origin/{branch}", "HEAD")


def _lock(world):
    _run_releases(world)
    world.world.change(lock=LOCKED)


def _fail_ci(world):
    world.github.add_run(77, head_sha="b" * 40)
    world.github.add_job(77, "lint", "failure", "2026-11-20T07:00:01.1Z E501\n2026-11-20T07:00:02.5Z ##[error]exit 1")
    world.github.add_job(77, "tests", "success")


def _save_plan(world):
    folder = world.folder / "plans/staging"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan.json").write_text(json.dumps(PLAN))
    (folder / "comment.md").write_text("what differs")


def _save_load_test(world):
    (world.folder / "summary.json").write_text(json.dumps(K6_SUMMARY))
    world.github.add_artifact("performance-baseline", {"summary.json": json.dumps(K6_SUMMARY)})


def _leave_evidence(world):
    """Staging ran the release a week ago, and nobody has deployed to it since."""
    _run_and_merge(world)
    facts = world.world.outputs(world.world.checkout.releases[1])
    release = {
        "stack": "staging", "release": facts["release"], "version": "v1.0.0", "services": facts["services"],
        "at": "2026-11-20T07:00:00Z", "run": None, "checked": True,
    }  # fmt: skip
    manifest = world.world.registry.manifests[f"acme/backend:{facts['services']['backend']['digest']}"]
    files = {"release.json": json.dumps(release), "backend.manifest.json": manifest}
    world.github.add_run(80, path=".github/workflows/deploy.yml", head_sha=world.world.checkout.releases[1])
    world.github.add_artifact("staging-release", files)
    world.world.service.file.write_text(facts["services"]["backend"]["tag"])


def _check_commit(world):
    sha = world.world.checkout.releases[2]
    world.github.add_check(sha)
    world.github.add_run(60, head_sha=sha, conclusion="success")


def _find_vulnerability(world):
    """The nightly scan of staging found one."""
    folder = world.folder / "scans/scans-staging"
    folder.mkdir(parents=True)
    (folder / "targets.json").write_text(json.dumps([TARGET]))
    found = scan(vulnerability("HIGH", "2", "CVE-1"), config=TARGET["configs"][0])
    (folder / "backend.json").write_text(found)


def _store(world):
    """A branch is gone, and its cache is there still."""
    world.storage.add_cache("refs/heads/gone")


def _approve(world):
    asks = {"path": ".github/workflows/deploy.yml", "status": "in_progress", "triggering_actor": {"login": "ada"}}
    world.github.add_run(77, **asks)
    approve(world.github, "bob")


def _wait_for_approval(world):
    """A rollback is about to start, and a deploy to prod waits before it."""
    world.github.add_run(77, path=".github/workflows/rollback.yml", status="in_progress")
    world.github.add_job(77, "rollback", None)
    world.github.jobs[77][0]["status"] = "in_progress"
    world.github.add_run(80, path=".github/workflows/deploy.yml", status="waiting", waits_for=["production"])


STAGING, PROD = ("--stack", "staging"), ("--stack", "prod")
PULL_REQUEST = ("--pull-request", "7", "--release", "pull-request")
SCENARIOS = [
    Scenario(("stack", "status"), ("pulumi",), _run_releases),
    Scenario(
        ("stack", "deploy", *STAGING, "--evidence", "{folder}/evidence"),
        ("pulumi", "registry", "service"),
        lambda world: world.world.run("staging", 2),
        repeats=False,
    ),
    Scenario(("stack", "promote"), ("pulumi", "registry", "service"), _run_and_merge, repeats=False),
    Scenario(
        ("stack", "rollback", *STAGING, "--to", "v1.0.0"),
        ("pulumi", "registry", "service"),
        _run_releases,
        repeats=False,
    ),
    Scenario(("stack", "preview", *STAGING), ("pulumi",), _run_releases),
    Scenario(("stack", "freeze", *STAGING, "--reason", "an incident"), ("pulumi",), _run_releases),
    Scenario(("stack", "resume", *STAGING), ("pulumi",), _run_releases),
    Scenario(("stack", "unstick", *STAGING, "--apply"), ("pulumi", "github"), _lock),
    Scenario(("stack", "smoke", "{service}", "--service", "backend"), ("service",), _run_releases),
    Scenario(("stack", "wait", "{service}", "--timeout", "1"), ("service",), _run_releases),
    Scenario(("images", "needed", *STAGING), ("pulumi",), _run_releases),
    Scenario(("images", "cleanup", *STAGING, "--apply"), ("digitalocean", "pulumi", "registry"), _run_releases),
    Scenario(("images", "export", *STAGING, "--to", "{folder}/images"), ("registry",), _run_releases),
    Scenario(("account", "check-token", *STAGING), ("digitalocean",)),
    Scenario(("account", "setup-github", "--reviewer", "user7", "--apply"), ("github",), status=1),
    Scenario(("ci", "gate", "--release", "v1.0.0", "--without-attestations"), ("github", "service"), _leave_evidence),
    Scenario(("ci", "checks", "--release", "HEAD~1"), ("github",), _check_commit),
    Scenario(("ci", "compare-perf", "{folder}/summary.json", "--baseline-artifact", "performance-baseline"),
             ("github",), _save_load_test),
    Scenario(("ci", "report", "--run", "77"), ("github",), _fail_ci),
    Scenario(("ci", "comment", "--number", "5", "--purpose", "preview", "{folder}/plans/staging/comment.md"),
             ("github",), _save_plan),
    Scenario(("ci", "drift", "{folder}/plans", *STAGING), ("github",), _save_plan),
    Scenario(("ci", "backlog", "--branch", "HEAD"), ("github",), _leave_evidence),
    Scenario(("ci", "check-approval", "--environment", "production", "--repo", "acme/todo"), ("github",), _approve),
    Scenario(("ci", "cancel-waiting", *PROD, "--until-started", "rollback"), ("github",), _wait_for_approval),
    Scenario(("ci", "audit", "{folder}", "--osv-url", "{osv}"), ("osv",)),
    Scenario(("ci", "report-scans", "{folder}/scans", *STAGING, "--save", "{folder}/record"), ("github",),
             _find_vulnerability, repeats=False),
    Scenario(("ci", "cleanup-storage", "--apply"), ("storage",), _store),
    Scenario(("preview-environment", "plan", *PULL_REQUEST), ("digitalocean", "engine"), allow_environments),
    Scenario(("preview-environment", "up", *PULL_REQUEST, "--images", "{folder}/images", "--save", "{folder}/saved",
              "--timeout", "1"), ("digitalocean", "engine", "pulumi", "cluster", "service"), allow_environments),
    Scenario(("preview-environment", "down", "--pull-request", "7", "--save", "{folder}/saved"),
             ("digitalocean", "pulumi", "cluster"), leave_environments),
    Scenario(("preview-environment", "list"), ("digitalocean", "pulumi", "cluster"), leave_environments),
    Scenario(("preview-environment", "sweep", "--apply", "--save", "{folder}/comments"),
             ("digitalocean", "pulumi", "cluster", "github"), leave_environments),
    Scenario(("preview-environment", "comment", "{folder}/comments"), ("github",), save_comments),
    Scenario(("ci", "notify", "--status", "failure", "--title", "deploy"), ("slack", "mail"), repeats=False),
]  # fmt: skip


def look_at(world):
    """What there is, by name: each entry is either as before or as intended, whatever goes wrong."""
    found = dict(_look_at_stacks(world))
    for reference, content in world.world.registry.manifests.items():
        found[f"image {reference}"] = content
    github = world.github
    found |= {f"run {run['id']}": (run["status"], run["conclusion"]) for run in github.runs}
    for kind, entries in (("issue", github.issues), ("comment", github.comments)):
        heads = Counter(entry["body"].partition("\n")[0] for entry in entries)
        for entry in entries:
            head = entry["body"].partition("\n")[0]
            found[f"{kind} {head}"] = (heads[head], entry.get("state"), entry.get("title"))
    found |= {f"environment {name}": json.dumps(each, sort_keys=True) for name, each in github.environments.items()}
    found |= {f"rules {name}": count for name, count in Counter(each["name"] for each in github.rulesets).items()}
    found["permissions"] = json.dumps(github.workflow_permissions, sort_keys=True)
    found |= {f"deleted {name}": True for name in world.storage.deleted}
    found |= {f"deleted {digest}": True for digest in world.account.deleted}
    found |= {"slack": len(world.slack.sent), "mail": len(world.mail.messages)}
    found |= {f"{plural} {name}": True for plural, name in _list_cluster(world.cluster)}
    for file in sorted(world.folder.rglob("comment.md")):
        found[f"file {file.relative_to(world.folder)}"] = bool(file.read_text())
    for file in sorted(world.folder.rglob("*.json")):
        found[f"file {file.relative_to(world.folder)}"] = _is_whole(file)
    worktrees = world.world.checkout.git("worktree", "list").splitlines()
    found["worktrees"] = len(worktrees)
    return found


def _look_at_stacks(world):
    for name, state in world.world["stacks"].items():
        yield f"{name} runs", state["outputs"].get("release")
        yield f"{name} is frozen", any("freeze" in tag for tag in state.get("tags", {}))
    yield "lock", world.world["lock"]


def _list_cluster(cluster):
    for plural in ("namespaces", "persistentvolumes"):
        yield from ((plural, each["metadata"]["name"]) for each in cluster.objects[plural])


def _is_whole(file: Path):
    try:
        json.loads(file.read_text())
    except ValueError:
        return False
    return True
