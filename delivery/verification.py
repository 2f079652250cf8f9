"""Whether a stack does what its release promises: healthy first, then the smoke tests of each service."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from delivery.healthy import TIMEOUT_SECONDS, wait_healthy
from delivery.outcome import DeliveryError, RefusedError
from delivery.pulumi_stack import Outputs
from delivery.smoke import smoke

KEEPS_TODOS = "backend"  # the service whose users write todos


class VerificationError(DeliveryError):
    """The release runs, and does not do what it should; the text has each check that failed."""


@dataclass(frozen=True)
class Verification:
    """Asks every service that has a URL.

    Attributes:
        timeout: seconds to become healthy in.
        urls: by service, instead of what the stack's outputs say.
    """

    timeout: float = TIMEOUT_SECONDS
    urls: Mapping[str, str] = field(default_factory=dict)
    say: Callable[[str], None] = print

    def refuse(self, stack: str, live: Outputs | None, services: Collection[str]) -> None:
        """Refuse a release that could not be verified once it runs.

        Args:
            live: what the stack runs; None where that is nothing, and the first release has yet to export its URLs.
            services: of the release.

        Raises:
            RefusedError: no service of the stack has a URL, or `urls` names one that it does not have.
        """
        known = {*services, *(live.services if live else ())}
        if unknown := sorted(self.urls.keys() - known):
            names = ", ".join(sorted(known))
            raise RefusedError(f"--url names {', '.join(unknown)}, which {stack} does not have; it has {names}")
        if live and not self.urls and not any(service.url for service in live.services.values()):
            example = next(iter(sorted(known)), "SERVICE")
            raise RefusedError(
                f"no service of {stack} has a URL, so a release could not be verified, and nothing was changed; "
                f"say where one answers: --url {example}=https://…"
            )

    def __call__(self, outputs: Outputs) -> None:
        """Return when everything that can be asked answers as it should.

        Raises:
            UnreachableError: a service does not become healthy.
            VerificationError: a smoke test failed, or no service can be asked.
        """
        urls = {name: url for name, facts in outputs.services.items() if (url := self.urls.get(name) or facts.url)}
        if not urls:
            raise VerificationError("no service of the stack has a URL, so nothing can be verified; give --url")
        wait_healthy(list(urls.values()), timeout=self.timeout, say=self.say)
        failed = []
        for name, url in urls.items():
            for check in smoke(url, tag=outputs.services[name].tag, todos=name == KEEPS_TODOS):
                self.say(f"{name}: {check.name}: {'passed' if check.passed else 'FAILED'}: {check.detail}")
                if not check.passed:
                    failed.append(f"{name}: {check.name}: {check.detail}")
        if failed:
            raise VerificationError("smoke tests failed: " + "; ".join(failed))
