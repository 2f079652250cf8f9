"""What a service answers from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from delivery.outcome import Report, Status
from delivery.stack.pulumi_stack import PulumiStack
from delivery.verification.healthy import wait_healthy
from delivery.verification.journey import run_journey
from delivery.verification.service_checks import read_checks_of
from delivery.verification.smoke import run_smoke_tests


def smoke_test(
    url: str, service: str, *, stack: str, config_file: Path | None, tag: str | None, image: str | None
) -> Report:
    """Print every check; status 1 when one failed.

    Args:
        service: whose `verify` counts.
        tag: what the service must say that it runs.
        image: to run the service's journey in; None: it is not run.
    """
    source = PulumiStack(stack, config_file=config_file)
    wanted = read_checks_of(source.configuration("HEAD"), service, source.settings_file.name)
    checks = run_smoke_tests(url, wanted.verification, readiness=wanted.readiness, tag=tag)
    if (own := wanted.verification.journey) is not None and image:
        checks.append(run_journey(own, image, url))
    for check in checks:
        print(f"{'✓' if check.passed else '✗'} {check.name}: {check.detail}")
    if own is not None and not image:
        print("· journey: not run; --image says in which image")
    status = Status.OK if all(check.passed for check in checks) else Status.FAILED
    return Report(status, {"url": url, "checks": [asdict(check) for check in checks]})


def wait(urls: Sequence[str], *, path: str, timeout: float) -> Report:
    """Return when everything is healthy."""
    wait_healthy(urls, path=path, timeout=timeout)
    return Report(facts={"healthy": list(urls)})
