"""The failures that users meet, each caused once; what docs/runbook.md says about it has to help."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.rehearsal import journey
from localcloud.rehearsal.full_disk import small_disk
from localcloud.rehearsal.runner import STAGING, Runner

BALANCERS, DOMAINS = "/v2/load_balancers", "/v2/domains"
MANY = 1000  # until it is lifted
DROPLETS = 25
SPARE = {"name": "spare", "size": "s-2vcpu-4gb", "minNodes": 0, "maxNodes": 1, "labels": {}, "taints": []}
FREE_BYTES = 64 * 2**10  # enough for a lock, and not for a state


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
            self.run_two_updates,
            self.exceed_the_droplet_quota,
            self.fill_the_registry,
            self.fill_the_disk,
            self.restore_an_old_state,
            self.delete_the_cluster,
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
        self.api.plan_fault("POST", DOMAINS, status=500, times=MANY)
        said = self._expect_failure(self._up, f"POST {BALANCERS}: 500")
        self._expect_hint(said, "API failure during `up`")
        self.api.lift_faults()
        return self._expect_whole_state(STAGING)

    def miss_the_zone(self) -> str | None:
        """The zone is in another account: `up` continues as far as it can, and says so."""
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
        self.team = self.team.log_in_to_registry(self.api.registry_credentials())
        return journey.use(self._urls(STAGING))

    def run_two_updates(self) -> str | None:
        """Two updates at once: the second is refused, names who is at work, and ends well afterwards."""
        self.team.edit(STAGING, {"slipway:services": {"backend": self._other_level()}}, "Change what is logged")
        with ThreadPoolExecutor(1) as background:
            first = background.submit(self._up)
            locks = self.account.workspace.state / ".pulumi/locks"
            self._wait(lambda: any(locks.rglob("*.json")), "the first update takes no lock")
            self._expect_failure(self._up, "the stack is currently locked by 1 lock", "pulumi cancel")
            said = self._expect_failure(self._deploy, "ended with status 3", "staging stays locked by")
            self._expect_hint(said, "Two `up` at once")
            self._expect(not first.done(), "the first update ended before the second was refused")
            first.result()
        self._deploy()
        return self._expect_whole_state(STAGING)

    def _other_level(self) -> dict[str, Any]:
        """A backend with another level of logging than it has, for an update that takes a while."""
        own = self.team.read(STAGING)["slipway:services"]["backend"].get("environment", {})
        return {"environment": {"LOG_LEVEL": "INFO" if own.get("LOG_LEVEL") == "DEBUG" else "DEBUG"}}

    def exceed_the_droplet_quota(self) -> str | None:
        """A pool may outgrow the account's droplet limit: refused, nothing changes, and works once it is raised."""
        before = self._cluster(STAGING)["node_pools"]
        self.api.put("/_emulator/limits", {"droplets": len(self.api.entries("droplets")) + 1})
        pools = self.team.read(STAGING)["slipway:cluster"]["workloadPools"]
        larger = [{**pools[0], "maxNodes": 5}, *pools[1:]]
        self.team.edit(STAGING, {"slipway:cluster": {"workloadPools": larger}}, "Take more nodes")
        said = self._expect_failure(self._up, "not enough available droplet limit")
        self._expect_hint(said, "Droplet quota")
        self._expect(self._cluster(STAGING)["node_pools"] == before, "the pools are others")
        journey.use(self._urls(STAGING))
        self.api.put("/_emulator/limits", {"droplets": DROPLETS})
        self._up()
        return self._expect_whole_state(STAGING)

    def fill_the_registry(self) -> str | None:
        """The registry is full: the release before runs on, and a larger registry takes the new one."""
        good = self._release(STAGING)
        self.api.put("/_emulator/registry-storage/basic", {"bytes": 0})
        self.team.commit("backend/app/__init__.py", "\n# a release of the rehearsal\n", "change the backend")
        said = self._expect_failure(self._deploy, "ended with status 6", "denied: registry contains")
        self._expect_hint(said, "Full registry")
        self._expect(self._release(STAGING) == good, f"staging runs {self._release(STAGING)}, not {good}")
        journey.use(self._urls(STAGING))
        self.team.edit(STAGING, {"slipway:registry": {"tier": "professional"}}, "Take a larger registry")
        self._deploy()
        self.api.delete("/_emulator/registry-storage/basic")
        return self._expect_whole_state(STAGING)

    def fill_the_disk(self) -> str | None:
        """The disk with the state is full: it stays readable, and once there is room `up` ends well."""
        self.team.edit(STAGING, {"slipway:ingress": {"ttl": 90}}, "Ask for names less often")
        with small_disk(self.account.workspace.state) as disk:
            before = self._count(STAGING)
            disk.fill(free=FREE_BYTES)
            self._expect_failure(self._up, "no space left on device")
            self._expect(self._count(STAGING) == before, f"the state has {self._count(STAGING)}, not {before}")
            journey.use(self._urls(STAGING))
            disk.make_room()
            self._deploy()
        return self._expect_whole_state(STAGING)

    def restore_an_old_state(self) -> str | None:
        """The state of the day before is restored: what it lacks is imported, and nothing is made twice."""
        backup = self.account.instance.home / "rehearsal/yesterday.json"
        backup.write_text(self.team.pulumi("stack", "export", stack=STAGING))
        pools = self.team.read(STAGING)["slipway:cluster"]["workloadPools"]
        self.team.edit(STAGING, {"slipway:cluster": {"workloadPools": [*pools, SPARE]}}, "Add a pool")
        self._up()
        self.team.pulumi("stack", "import", "--file", str(backup), stack=STAGING)
        said = self._expect_failure(self._up, "already exists")
        self._expect_hint(said, "Already exists")
        self._import_what_exists(backup.with_name("import.json"))
        self._deploy()
        names = Counter(pool["name"] for pool in self._cluster(STAGING)["node_pools"])
        self._expect(len(names) == len(pools) + 2 == names.total(), f"the cluster's pools are {names}")
        return self._expect_whole_state(STAGING)

    def _import_what_exists(self, file: Path) -> None:
        """Follow the runbook: list what would be created, write the ids of what exists, import that."""
        self.team.pulumi("refresh", "--yes", "--skip-preview", stack=STAGING)
        self.team.pulumi("preview", "--import-file", str(file), stack=STAGING)
        wanted = json.loads(file.read_text())
        ids = {pool["name"]: pool["id"] for pool in self._cluster(STAGING)["node_pools"]}
        wanted["resources"] = [
            {**each, "id": next(identity for name, identity in ids.items() if name.endswith(each["name"]))}
            for each in wanted["resources"]
            if each["type"].endswith(":KubernetesNodePool")
        ]
        file.write_text(json.dumps(wanted))
        words = ["--yes", "--skip-preview", "--generate-code=false", "--protect=false"]
        self.team.pulumi("import", "--file", str(file), *words, stack=STAGING)

    def delete_the_cluster(self) -> str | None:
        """The cluster is deleted by hand: it is made again, and the databases have their data."""
        account, todo = journey.add_todo(self._urls(STAGING))
        self.api.delete(f"/v2/kubernetes/clusters/{self._cluster(STAGING)['id']}")
        said = self._expect_failure(self._deploy, "ended with status 1")
        self._expect_hint(said, "Cluster deleted by hand")
        with self.team.with_environment({"PULUMI_K8S_DELETE_UNREACHABLE": "true"}) as team:
            team.pulumi("refresh", "--yes", "--skip-preview", stack=STAGING)
        self._deploy()
        self._expect(journey.has_todo(self._urls(STAGING), account, todo), "the todo of before is gone")
        return self._expect_whole_state(STAGING)

    def destroy_everything(self) -> str | None:
        """Destroy staging: nothing is left in the account."""
        self._destroy(STAGING)
        return None

    def _up(self, *words: str) -> str:
        return self.team.pulumi("up", "--yes", "--skip-preview", *words, stack=STAGING)

    def _deploy(self) -> str:
        return self.team.slipway("stack", "deploy", stack=STAGING)

    def _expect_hint(self, said: str, section: str) -> None:
        self._expect(f"docs/runbook.md, '{section}'" in said, f"it failed without naming '{section}': {said}")
