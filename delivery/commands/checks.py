"""Commands that establish facts: `smoke`, `wait-healthy`, `summarize-preview`, `gate`, `compare-perf`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from delivery import artifacts, attestation, evidence, performance, workflow_run
from delivery.commands import options as shared
from delivery.commits import commit
from delivery.cost import cost_of
from delivery.digitalocean import DigitalOcean
from delivery.gate import Gate, table
from delivery.github import Repository
from delivery.healthy import TIMEOUT_SECONDS, wait_healthy
from delivery.history import version_of
from delivery.journey import travel
from delivery.outcome import DeliveryError, MissingError, RefusedError, Status
from delivery.plan import Plan, plan_of
from delivery.preview_summary import summary
from delivery.pulumi_stack import PulumiStack
from delivery.repository_settings import BRANCHES
from delivery.service_checks import read_checks_of
from delivery.smoke import smoke


def add(commands: Any) -> None:
    """Declare the commands."""
    parser = commands.add_parser("smoke", help="a service from outside: ready, TLS, and what its `verify` says")
    parser.add_argument("url", help="https://api.example.com; plain HTTP only on loopback")
    parser.add_argument("--service", required=True, metavar="NAME", help="whose `verify` counts")
    parser.add_argument("--stack", default="staging", help="of which stack file (staging)")
    parser.add_argument("--config-file", type=Path, help="instead of Pulumi.<stack>.yaml")
    parser.add_argument("--tag", help="what the service must say that it runs")
    parser.add_argument("--image", help="of the service, to run its journey in")
    parser.set_defaults(run=smoke_test)

    parser = commands.add_parser("wait-healthy", help="wait until services answer that they are ready")
    parser.add_argument("url", nargs="+")
    parser.add_argument("--path", default="/readyz", help="what must answer 200 (/readyz)")
    parser.add_argument("--timeout", type=float, default=TIMEOUT_SECONDS, metavar="SECONDS", help="for all (300)")
    parser.set_defaults(run=wait)

    parser = commands.add_parser("summarize-preview", help="what `pulumi preview` would change, for people")
    parser.add_argument(
        "--from", dest="file", metavar="FILE", help="a saved `pulumi preview --json`; - for standard input"
    )
    parser.add_argument("--stack", required=True)
    parser.add_argument("--release", metavar="REVISION", help="commit, tag or branch to preview")
    parser.add_argument("--live", action="store_true", help="preview what runs, by its own program: drift alone")
    parser.add_argument(
        "--refresh", action="store_true", help="ask the cloud first: what differs from the state counts"
    )
    parser.add_argument("--expect-no-changes", action="store_true", help="status 1 when anything would change")
    parser.add_argument(
        "--within", type=Path, metavar="FILE", help="status 3 when more is replaced or deleted than in there"
    )
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="write comment.md and plan.json there")
    parser.set_defaults(run=summarize_preview)

    parser = commands.add_parser("gate", help="the facts before a promotion, established without secrets")
    parser.add_argument("--release", default="HEAD", metavar="REVISION")
    parser.add_argument("--without-attestations", action="store_true", help="the repository's plan has none")
    shared.repository(parser)
    parser.set_defaults(run=gate)

    parser = commands.add_parser("compare-perf", help="one k6 summary beside the last one")
    parser.add_argument("now", type=Path)
    parser.add_argument(
        "--last-artifact", metavar="NAME", help="the newest artifact of this name holds the last summary"
    )
    parser.add_argument("--last", type=Path, metavar="FILE", help="the last summary")
    shared.repository(parser)
    parser.set_defaults(run=compare_perf)


def smoke_test(options: argparse.Namespace) -> Status:
    """Print every check; status 1 when one failed."""
    stack = shared.chosen_stack(options)
    wanted = read_checks_of(stack.configuration("HEAD"), options.service, stack.settings_file.name)
    checks = smoke(options.url, wanted.verification, readiness=wanted.readiness, tag=options.tag)
    if (own := wanted.verification.journey) is not None and options.image:
        checks.append(travel(own, options.image, options.url))
    for check in checks:
        print(f"{'✓' if check.passed else '✗'} {check.name}: {check.detail}")
    if own is not None and not options.image:
        print("· journey: not run; --image says in which image")
    return Status.OK if all(check.passed for check in checks) else Status.FAILED


def wait(options: argparse.Namespace) -> Status:
    """Return when everything is healthy."""
    wait_healthy(options.url, path=options.path, timeout=options.timeout)
    return Status.OK


def summarize_preview(options: argparse.Namespace) -> Status:
    """Print the summary; it is written whatever became of the preview."""
    stack = PulumiStack(options.stack)
    revision = commit(options.release) if options.release else None
    raw = _preview(options, stack, revision)
    try:
        plan = plan_of(raw)
    except ValueError as error:
        raise RefusedError(str(error)) from error
    named = (revision and (version_of(revision) or revision[:12])) or (
        "what runs" if options.live else "the working copy"
    )
    where = f"[the run's summary]({url})" if (url := workflow_run.url()) else "the run's summary"
    cost = _cost(plan)
    if options.save:
        options.save.mkdir(parents=True, exist_ok=True)
        (options.save / "comment.md").write_text(summary(plan, stack.name, named, cost, where=where))
        facts = {"stack": stack.name, "changed": bool(plan.steps), "failed": bool(plan.errors)}
        (options.save / "plan.json").write_text(
            json.dumps({**facts, "destructive": sorted(plan.destructive)}, indent=2) + "\n"
        )
    workflow_run.summarize(summary(plan, stack.name, named, cost, longest=workflow_run.LONGEST_BYTES // 2))
    if plan.errors:
        raise DeliveryError("the preview failed: " + plan.errors[0])
    if options.within and (grown := plan.destructive - _approved(options.within)):
        raise RefusedError(f"more would be replaced or deleted than was approved: {', '.join(sorted(grown))}")
    changed = bool(plan.steps)
    workflow_run.output("changed", str(changed).lower())
    return Status.FAILED if changed and options.expect_no_changes else Status.OK


def gate(options: argparse.Namespace) -> Status:
    """Print every fact; status 3 when one does not hold."""
    repository = Repository.from_environment(options.repo)
    staged, live = Path("evidence/staging"), Path("evidence/prod")
    if artifacts.newest(repository, "staging-release", staged, BRANCHES) is None:
        raise RefusedError("no evidence of a deploy to staging is left: deploy this release to staging first")
    ran = artifacts.newest(repository, "prod-release", live) is not None
    release = commit(options.release)
    facts = Gate(
        release=release,
        staged=staged,
        live=evidence.read(live) if ran else None,
        provenance=None if options.without_attestations else lambda file: attestation.problem(file, repository.slug),
    ).facts()
    workflow_run.summarize(f"### Evidence for `{release[:12]}`\n\n{table(facts)}")
    if failed := [fact for fact in facts if fact.holds is False]:
        raise RefusedError("; ".join(f"{fact.name}: {fact.detail}" for fact in failed))
    return Status.OK


def compare_perf(options: argparse.Namespace) -> Status:
    """Print both runs; status 1 when this one is worse than it may be."""
    now = performance.Measured.read(options.now)
    if options.last_artifact:
        options.last = Path("last") / options.now.name
        artifacts.newest(Repository.from_environment(options.repo), options.last_artifact, options.last.parent)
    last = performance.Measured.read(options.last) if options.last and options.last.exists() else None
    complaints = performance.complaints(now, last)
    workflow_run.summarize(
        "### Load test\n\n" + performance.table(now, last) + "\n".join(f"- {line}" for line in complaints)
    )
    for complaint in complaints:
        print(complaint)
    return Status.FAILED if complaints else Status.OK


def _approved(file: Path) -> set[str]:
    """What was to be replaced or deleted when it was approved."""
    try:
        return set(json.loads(file.read_text())["destructive"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MissingError(f"{file} is not what --save writes: {error!r}") from error


def _preview(options: argparse.Namespace, stack: PulumiStack, revision: str | None) -> dict[str, Any]:
    if options.file:
        return _saved(options.file)
    if not options.live:
        return stack.preview(revision, refresh=options.refresh)
    if (live := stack.outputs()) is None:
        raise RefusedError(f"{stack.name} runs nothing")
    # As it was deployed: after a rollback images are looked up, whatever the stack file says.
    images = next((update.images for update in stack.history() if update.result == "succeeded"), None)
    with stack.at(live.release) as there:
        return there.preview(live.release, images=images, refresh=options.refresh)


def _saved(file: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text()
        content = json.loads(text)
    except FileNotFoundError:
        raise MissingError(f"{file} is not there") from None
    except ValueError:
        raise RefusedError(f"{file} is not JSON: save it with `pulumi preview --json`") from None
    if not isinstance(content, dict):
        raise RefusedError(f"{file} is not the output of `pulumi preview --json`")
    return content


def _cost(plan: Plan) -> Any:
    """What the plan costs; None where nobody can be asked for prices."""
    try:
        with DigitalOcean() as account:
            return cost_of(plan, account.monthly_prices())
    except DeliveryError as error:
        print(f"no prices: {error}", file=sys.stderr)
        return None
