"""The rehearsal, step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from localcloud.rehearsal import journey, preview_access, preview_environment
from localcloud.rehearsal.client import ApiClient
from localcloud.rehearsal.runner import PROD, STAGING, Runner
from localcloud.screen import duration

NEWER_MINOR = "1.35"
RESIZED_POOL = "s-4vcpu-8gb"
EXAMPLE_TODOS = 4  # backend/app/seed.py
CRASHING = "\nraise SystemExit('a release that cannot start')\n"


@dataclass
class Rehearsal(Runner):
    """Everything a team does with staging and prod, in the order in which it first does it."""

    def steps(self) -> list[Callable[[], str | None]]:
        """The steps of that journey."""
        return [
            self.start_empty,
            self.bring_up_staging,
            self.change_nothing,
            self.use_the_app,
            self.preview_a_pull_request,
            self.open_a_preview_environment,
            self.upgrade_a_patch,
            self.bring_up_prod,
            self.release_under_load,
            self.reject_a_bad_release,
            self.roll_back,
            self.show_a_maintenance_page,
            self.renew_the_certificate,
            self.upgrade_the_minor,
            self.resize_a_pool,
            self.rotate_the_token,
            self.detect_drift,
            self.destroy_everything,
        ]

    def start_empty(self) -> str | None:
        """Start with two empty accounts."""
        self._expect_empty()
        return None

    def bring_up_staging(self) -> str | None:
        """Bring staging up from nothing, by the commands of docs/production.md."""
        self.team.configure(STAGING)
        self.team.configure(PROD, self.prod.instance if self.prod else None)
        self.team.follow("docs/production.md", "2. Staging")
        return self._count(STAGING)

    def change_nothing(self) -> str | None:
        """Run `pulumi up` again: nothing changes."""
        self.team.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", stack=STAGING)
        return None

    def use_the_app(self) -> str | None:
        """Use the app through its public host name, over verified HTTPS."""
        return journey.use(self._urls(STAGING))

    def preview_a_pull_request(self) -> str | None:
        """Preview a change as a pull request does: its credentials change nothing, and read no Secret."""
        cluster, (domain, record) = self._cluster(STAGING)["id"], self.api.address_record()
        _, secret = self.api.create_token(preview_access.scopes(STAGING))
        view = preview_access.create_view_token(self.api.kubeconfig(cluster), self.team.folder)
        found = preview_access.check_view_token(
            self.api.kubeconfig(cluster), view, self._outputs(STAGING)["namespace"]
        )
        reader = ApiClient(self.account.instance, secret)
        for method, path, body in (
            ("PUT", f"/v2/domains/{domain}/records/{record['id']}", {"type": "A", "data": record["data"]}),
            ("GET", f"/v2/kubernetes/clusters/{cluster}/credentials", None),
        ):
            self._expect(reader.is_refused(method, path, body), f"a preview's token may {method} {path}")
        with self.team.with_token(secret, KUBERNETES_VIEW_TOKEN=view) as team, self.team.branch():
            team.slipway("account", "check-token", "--for", "preview", stack=STAGING)
            team.edit(STAGING, {"slipway:cluster": {"kubeconfig": "doctl"}}, "Reach the cluster as pull requests do")
            team.commit("backend/app/__init__.py", "\n# a pull request\n", "change the backend")
            summary = team.slipway("stack", "preview", stack=STAGING)
        self._expect("backend" in summary, f"the preview does not show the change:\n{summary}")
        return found

    def open_a_preview_environment(self) -> str | None:
        """Give a pull request an environment of its own, update it, and remove it: nothing is left."""
        kubeconfig = self.api.kubeconfig(self._cluster(STAGING)["id"])
        _, secret = self.api.create_token(preview_environment.SCOPES)
        with preview_environment.open_pull_request(self.team, secret, kubeconfig) as pull_request:
            urls, first = pull_request.deploy(pull_request.push("the first push"))
            pull_request.check_rights(self._outputs(STAGING)["namespace"])
            todos = preview_environment.read_todos(urls[journey.WEB])
            self._expect(len(todos) == EXAMPLE_TODOS, f"the environment has the todos {todos}")
            staged = preview_environment.has_demo_user(self._urls(STAGING)[journey.WEB])
            self._expect(not staged, "staging has the environment's demo user")
            _, second = pull_request.deploy(pull_request.push("the second push"))
            removed = pull_request.remove()
        url, pushes = (
            urls[journey.WEB],
            f"{duration(first)} after the first push, {duration(second)} after the next",
        )
        return f"{url} {pushes}, removed in {duration(removed)}"

    def upgrade_a_patch(self) -> str | None:
        """Let DigitalOcean upgrade staging to a newer patch under load: no preview shows a change."""
        before = self._cluster(STAGING)
        nodes = self.api.node_names(before["id"])
        with self._load() as load:
            version = self.api.upgrade_patches()[before["id"]]
            self._wait(lambda: self._cluster(STAGING)["status"]["state"] == "running", "the upgrade does not end")
        self._expect(nodes.isdisjoint(self.api.node_names(before["id"])), "a node of the old patch is left")
        self.team.pulumi("preview", "--refresh", "--expect-no-changes", stack=STAGING)
        return f"{before['version']} to {version}, every node replaced, {load}"

    def bring_up_prod(self) -> str | None:
        """Bring prod up in an account of its own, by the commands of docs/production.md, with staging's images."""
        self.prod_team.follow("docs/production.md", "3. Prod", shells={STAGING: self.team})
        self.team = self.team.log_in_to_registry(self.api.registry_credentials())
        self._expect_same_digests()
        self._expect_separate_accounts()
        return self._count(PROD)

    def release_under_load(self) -> str | None:
        """Release a change to staging under load."""
        self.team.commit("backend/app/__init__.py", "\n# a release of the rehearsal\n", "change the backend")
        with self._load() as load:
            self.team.slipway("stack", "deploy", stack=STAGING)
        return str(load)

    def reject_a_bad_release(self) -> str | None:
        """Deploy a release that cannot start: the one before runs again, and no request fails."""
        good = self._release(STAGING)
        self.team.commit("backend/app/__init__.py", CRASHING, "break the backend")
        with self._load() as load:
            self._expect_failure(lambda: self.team.slipway("stack", "deploy", stack=STAGING))
        self._expect(self._release(STAGING) == good, f"staging runs {self._release(STAGING)}, not {good}")
        self.team.git("revert", "--no-edit", "HEAD")
        return str(load)

    def roll_back(self) -> str | None:
        """Roll back to the release before."""
        before = self._release(STAGING)
        with self._load() as load:
            self.team.slipway("stack", "rollback", "--to", "previous", stack=STAGING)
        self._expect(self._release(STAGING) != before, "the same release still runs")
        return str(load)

    def show_a_maintenance_page(self) -> str | None:
        """Show a maintenance page instead of the app: health paths answer, and a person's deploy leaves it."""
        url = self._urls(STAGING)[journey.WEB]
        words = ("--service", journey.WEB)
        self.team.slipway("maintenance", "on", *words, stack=STAGING)
        self._wait(lambda: journey.read_status(url) == httpx.codes.SERVICE_UNAVAILABLE, "no page")
        self._expect(journey.read_status(f"{url}/readyz") == httpx.codes.OK, "a health path leads to the page")
        self.team.slipway("stack", "deploy", stack=STAGING)  # verified at a pod, as the URL has the page
        self._expect(journey.read_status(url) == httpx.codes.SERVICE_UNAVAILABLE, "the page is gone")
        self.team.slipway("maintenance", "off", *words, stack=STAGING)
        self._expect(journey.read_status(url) == httpx.codes.OK, "the app does not answer again")
        return None

    def renew_the_certificate(self) -> str | None:
        """Renew the certificate: its id changes, its name stays, and the load balancer serves the new one."""
        host = journey.host_of(self._urls(STAGING)[journey.WEB])
        served = journey.read_certificate(host)
        name = next(
            each["name"] for each in self.api.entries("certificates") if journey.host_matches(host, each["dns_names"])
        )
        with self._load() as load:
            self.api.post(f"/_emulator/certificates/{name}/renew")
            self._wait(lambda: journey.read_certificate(host) != served, "the old certificate is still served")
        return str(load)

    def upgrade_the_minor(self) -> str | None:
        """Raise the cluster's minor version and release another change in one `pulumi up`, under load."""
        changes = {
            "slipway:cluster": {"version": NEWER_MINOR},
            "slipway:services": {"backend": {"environment": {"REHEARSED": "yes"}}},
        }
        self.team.edit(STAGING, changes, "Raise the minor version, and change the backend's environment")
        with self._load() as load:
            self.team.pulumi("up", "--yes", "--skip-preview", stack=STAGING)
            self._expect(self._release(STAGING) == self.team.git("rev-parse", "HEAD"), "another release runs")
            self._wait(lambda: self._versions(STAGING) == {NEWER_MINOR}, "not every node has the new version")
        return str(load)

    def resize_a_pool(self) -> str | None:
        """Change a node pool's size under load: a new pool, then the old one is drained and removed."""
        pools = self.team.read(STAGING)["slipway:cluster"]["workloadPools"]
        resized = [{**pools[0], "size": RESIZED_POOL}, *pools[1:]]
        self.team.edit(STAGING, {"slipway:cluster": {"workloadPools": resized}}, "Take larger nodes")
        with self._load() as load:
            self.team.pulumi("up", "--yes", "--skip-preview", stack=STAGING)
        sizes = {pool["size"] for pool in self._cluster(STAGING)["node_pools"]}
        self._expect(RESIZED_POOL in sizes, f"the cluster's pools have {sizes}")
        return str(load)

    def rotate_the_token(self) -> str | None:
        """Replace the API token: the new one works, the old one is refused with a clear error."""
        identity, fresh = self.api.create_token()
        with self.team.with_token(fresh) as team:
            team.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", stack=STAGING)
            self.api.revoke_token(identity)
            self._expect_failure(
                lambda: team.pulumi("refresh", "--yes", "--skip-preview", stack=STAGING), "Unable to authenticate you"
            )
        return None

    def detect_drift(self) -> str | None:
        """Change a DNS record by hand: the preview shows it, and `pulumi up` restores it."""
        domain, record = self.api.address_record()
        self.api.put(f"/v2/domains/{domain}/records/{record['id']}", {"type": "A", "data": "192.0.2.1"})
        self._expect_failure(lambda: self.team.pulumi("preview", "--refresh", "--expect-no-changes", stack=STAGING))
        self.team.pulumi("up", "--yes", "--skip-preview", "--refresh", stack=STAGING)
        restored = self.api.get(f"/v2/domains/{domain}/records/{record['id']}")["domain_record"]["data"]
        self._expect(restored == record["data"], f"the record has {restored}")
        return None

    def destroy_everything(self) -> str | None:
        """Destroy prod and staging: nothing is left in either account."""
        self._destroy(PROD, STAGING)
        return None
