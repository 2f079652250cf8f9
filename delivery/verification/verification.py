"""Whether a stack does what its release promises: healthy first, then what each service wants verified."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from delivery.cluster import StackCluster
from delivery.images import release_images
from delivery.kubectl import require_kubectl
from delivery.outcome import DeliveryError, RefusedError, UnreachableError
from delivery.stack.outputs import Outputs
from delivery.stack.pulumi_stack import PulumiStack
from delivery.verification import journey
from delivery.verification.behaviour_gate import BehaviourGate
from delivery.verification.healthy import TIMEOUT_SECONDS, wait_healthy
from delivery.verification.maintenance import find_pages
from delivery.verification.pod_port import forward_pod
from delivery.verification.service_checks import ServiceChecks, read_service_checks
from delivery.verification.smoke import Check, run_smoke_tests
from infra.config.verification import BehaviourLimits, Journey


class VerificationError(DeliveryError):
    """The release runs, and does not do what it should; the text has each check that failed."""


@dataclass(frozen=True)
class Verification:
    """Asks every service that has a URL, by what the release's own stack file says of it.

    A service that shows a maintenance page is asked at one of its pods instead, and the page stays. So is a service
    without a URL, if its `verify` asks anything.

    Attributes:
        open_cluster: called when pods are to be asked.
        automatic: whether no person named the release: it is refused during maintenance, which is somebody's work.
        timeout: seconds to become healthy in.
        urls: by service, instead of what the stack's outputs say.
        gate: judges a release by its requests, where services want that; None: it is not judged.
    """

    stack: PulumiStack
    open_cluster: Callable[[], StackCluster]
    automatic: bool = False
    timeout: float = TIMEOUT_SECONDS
    urls: Mapping[str, str] = field(default_factory=dict)
    say: Callable[[str], None] = print
    gate: BehaviourGate | None = None

    def refuse(self, release: str, live: Outputs | None) -> None:
        """Refuse a release that could not be verified once it runs.

        Args:
            live: what the stack runs; None where that is nothing, and the first release has yet to export its URLs.

        Raises:
            RefusedError: no service of the stack has a URL, `urls` names one that it does not have, or a service is
                in maintenance and no person named the release.
            MissingError: the release has a journey, and this machine no Docker Engine; a pod is to be asked, and this
                machine has no kubectl; or the release's stack file cannot be read.
        """
        checks, stack = self._checks(release), self.stack.name
        known = {*checks, *(live.services if live else ())}
        if unknown := sorted(self.urls.keys() - known):
            names = ", ".join(sorted(known))
            raise RefusedError(f"--url names {', '.join(unknown)}, which {stack} does not have; it has {names}")
        if live and not self.urls and not any(service.url for service in live.services.values()):
            example = next(iter(sorted(known)), "SERVICE")
            raise RefusedError(
                f"no service of {stack} has a URL, so a release could not be verified, and nothing was changed; "
                f"say where one answers: --url {example}=https://…"
            )
        if live and (pages := find_pages(self._find_urls(live))):
            self._refuse_pages(pages)
        if any(each.asks and not each.has_url for name, each in checks.items() if name not in self.urls):
            require_kubectl()
        if any(each.verification.journey for each in checks.values()):
            journey.open_engine().close()
        if self.gate is not None:
            self.gate.record_baseline({name for name, each in checks.items() if each.is_judged} if live else set())

    def __call__(self, outputs: Outputs) -> None:
        """Return when everything that can be asked answers as it should.

        Raises:
            UnreachableError: a service does not become healthy, or no port leads to a pod of it.
            VerificationError: a check failed, or no service can be asked.
            DeliveryError: no pod can be asked of a service that shows a maintenance page.
        """
        urls = self._find_urls(outputs)
        if not urls:
            raise VerificationError("no service of the stack has a URL, so nothing can be verified; give --url")
        pages = find_pages(urls)
        while True:
            try:
                return self._verify_past(pages, outputs, urls)
            except (VerificationError, UnreachableError):
                if not (new := find_pages(urls) - pages):
                    raise
                self.say(f"{_name(new)} shows a maintenance page since the checks began: they begin again")
                pages |= new

    def takes_canary(self, live: Outputs) -> bool:
        """Whether a canary would get requests: a maintenance page gets all of them."""
        return not find_pages(self._find_urls(live))

    def judge(self, outputs: Outputs) -> None:
        """Watch a release's requests for a time, where its services want that.

        Raises:
            BehaviourError: the release answers too many requests with errors, or too slowly.
            DeliveryError: its metrics cannot be read.
        """
        if self.gate is not None:
            limits = _find_limits(self._checks(outputs.release))
            self.gate.judge({name: limits[name] for name in limits if name in outputs.services}, outputs.digests)

    def judge_canary(self, limits: Mapping[str, BehaviourLimits]) -> None:
        """Watch the requests that canaries answer, for the time of one step.

        Raises:
            BehaviourError, DeliveryError: as for `judge`.
        """
        if self.gate is not None:
            self.gate.judge_canary(limits)

    def _refuse_pages(self, pages: Collection[str]) -> None:
        stack = self.stack.name
        if self.automatic:
            raise RefusedError(
                f"{_name(pages)} of {stack} shows a maintenance page, and only a release that a person names goes "
                "out meanwhile; nothing was changed; end it with "
                f"`slipway maintenance off --stack {stack} --service {min(pages)}`"
            )
        require_kubectl()
        self.say(
            f"{_name(pages)} shows a maintenance page, which stays: no canary goes out, and pods are asked instead"
        )

    def _verify_past(self, pages: Collection[str], outputs: Outputs, urls: Mapping[str, str]) -> None:
        with ExitStack() as stack:
            pods: dict[str, str] = {}
            reasons = {name: f"not verified at {urls[name]}, which shows a maintenance page" for name in pages}
            reasons |= dict.fromkeys(self._find_hidden(self._checks(outputs.release), outputs), "has no URL")
            if reasons:
                cluster = stack.enter_context(self.open_cluster())
            for name, reason in sorted(reasons.items()):
                pods[name] = stack.enter_context(forward_pod(cluster, name, outputs.services[name].digest))
                self.say(f"{name}: {reason}; a pod is asked instead")
            self._verify_all(outputs, urls, pods)

    def _verify_all(self, outputs: Outputs, urls: Mapping[str, str], pods: Mapping[str, str]) -> None:
        """Ask each service at its URL, or where `pods` has one instead."""
        known = self._checks(outputs.release)
        asked = {**urls, **pods}
        checks = {name: known.get(name, ServiceChecks()) for name in asked}
        ready = [url.rstrip("/") + path for name, url in asked.items() if (path := checks[name].ready_path)]
        wait_healthy(ready, path="", timeout=self.timeout, say=self.say)
        failed = []
        for name, url in asked.items():
            headers = _describe_request(urls[name]) if name in pods and name in urls else {}
            for check in self._verify(outputs, name, url, checks[name], headers):
                self.say(f"{name}: {check.name}: {'passed' if check.passed else 'FAILED'}: {check.detail}")
                if not check.passed:
                    failed.append(f"{name}: {check.name}: {check.detail}")
        if failed:
            raise VerificationError("smoke tests failed: " + "; ".join(failed))

    def _find_urls(self, outputs: Outputs) -> dict[str, str]:
        return {name: url for name, facts in outputs.services.items() if (url := self.urls.get(name) or facts.url)}

    def _find_hidden(self, checks: Mapping[str, ServiceChecks], outputs: Outputs) -> set[str]:
        """The services without a URL whose `verify` asks something."""
        asking = {name for name, each in checks.items() if each.asks}
        return (asking & outputs.services.keys()) - self._find_urls(outputs).keys()

    def _checks(self, release: str) -> dict[str, ServiceChecks]:
        return read_service_checks(self.stack.configuration(release))

    def _verify(
        self, outputs: Outputs, name: str, url: str, checks: ServiceChecks, headers: Mapping[str, str]
    ) -> Iterator[Check]:
        facts, verification = outputs.services[name], checks.verification
        yield from run_smoke_tests(url, verification, readiness=checks.readiness, tag=facts.tag, headers=headers)
        if verification.journey is not None:
            yield self._run_journey(verification.journey, outputs.release, facts.image, url)

    def _run_journey(self, wanted: Journey, release: str, image: str, url: str) -> Check:
        try:
            login = release_images.login(self.stack, release)
        except DeliveryError as error:  # the release runs by now: a failure like any other, which is undone
            return Check(journey.NAME, passed=False, detail=f"no login to pull {image}: {error}")
        return journey.run_journey(wanted, image, url, login)


def _find_limits(checks: Mapping[str, ServiceChecks]) -> dict[str, BehaviourLimits]:
    """The limits of each service that is judged by its requests."""
    found = {name: each.verification.behaviour for name, each in checks.items()}
    return {name: limits for name, limits in found.items() if limits is not None}


def _describe_request(url: str) -> dict[str, str]:
    """What a gateway tells a service of a request to its URL."""
    parts = urlsplit(url)
    return {"Host": parts.netloc, "X-Forwarded-Host": parts.netloc, "X-Forwarded-Proto": parts.scheme}


def _name(services: Collection[str]) -> str:
    return ", ".join(sorted(services))
