"""The failures that users meet, each caused once; what docs/runbook.md says about it has to help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from localcloud.rehearsal import journey
from localcloud.rehearsal.runner import STAGING, Runner

BALANCERS, DOMAINS = "/v2/load_balancers", "/v2/domains"
MANY = 1000  # until it is lifted


@dataclass
class Failures(Runner):
    """One failure after the other on staging, from an empty account to an empty account."""

    def steps(self) -> list[Callable[[], str | None]]:
        """The failures in the order in which a stack's life brings them."""
        return [
            self.start_empty,
            self.meet_a_failing_api,
            self.miss_the_zone,
            self.lose_an_answer,
            self.use_the_app,
            self.destroy_everything,
        ]

    def start_empty(self) -> str | None:
        """Start with an empty account."""
        self._expect_empty()
        return None

    def meet_a_failing_api(self) -> str | None:
        """API fails during the first `up`: brief failures are passed over, a lasting one stops it without loss."""
        self.team.configure(STAGING)
        self.team.follow("docs/production.md", "2. Staging", before="pulumi up")
        self.api.plan_fault("POST", "/v2/vpcs", status=429)
        self.api.plan_fault("POST", "/v2/databases", status=500, times=2)
        self.api.plan_fault("GET", "/v2/kubernetes/clusters", drop=True, times=2)
        self.api.plan_fault("POST", BALANCERS, status=500, times=MANY)
        said = self._expect_failure(self._up, f"POST {BALANCERS}: 500")
        self._expect_hint(said, "API failure during `up`")
        self.api.lift_faults()
        return self._expect_whole_state(STAGING)

    def miss_the_zone(self) -> str | None:
        """The zone is in another account: `up` goes on as far as it can, and says so."""
        self.api.plan_fault("POST", DOMAINS, status=422, message="domain: name already exists", times=MANY)
        said = self._expect_failure(self._up, "422 domain: name already exists")
        self._expect_hint(said, "Missing zone")
        self.api.lift_faults()
        return self._expect_whole_state(STAGING)

    def lose_an_answer(self) -> str | None:
        """The connection breaks after the zone was made: it is deleted as the runbook says, and `up` ends well."""
        self.api.plan_fault("POST", DOMAINS, drop=True, late=True)
        said = self._expect_failure(self._up, "already exists")
        self._expect_hint(said, "Missing zone")
        zone = self.team.read(STAGING)["slipway:ingress"]["zone"]
        self.api.delete(f"{DOMAINS}/{zone}")
        self._up()
        self._up("--expect-no-changes")
        return self._expect_whole_state(STAGING)

    def use_the_app(self) -> str | None:
        """Use the app: nothing of that is left to be seen."""
        return journey.use(self._urls(STAGING))

    def destroy_everything(self) -> str | None:
        """Destroy staging: nothing is left in the account."""
        self._destroy(STAGING)
        return None

    def _up(self, *words: str) -> str:
        return self.team.pulumi("up", "--yes", "--skip-preview", *words, stack=STAGING)

    def _expect_hint(self, said: str, section: str) -> None:
        self._expect(f"docs/runbook.md, '{section}'" in said, f"it failed without naming '{section}': {said}")
