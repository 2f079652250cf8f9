"""A pull request's preview environment, from the push to its removal, with the credentials of its workflow."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from delivery.account.token_scopes import ENVIRONMENTS
from localcloud.machine.registry import write_private
from localcloud.rehearsal import journey
from localcloud.rehearsal.environment_access import ACCOUNT, ACCOUNT_NAMESPACE, check_deployer
from localcloud.rehearsal.preview_access import connect, create_service_account
from localcloud.rehearsal.team import Team

MANIFEST = "infra/rollouts/preview-environment-access.yaml"
SCOPES = sorted(ENVIRONMENTS["preview-environments"].scopes)
NUMBER = 7
NAME = f"pr-{NUMBER}"
DEMO = journey.Account("demo", "demo-demo-demo-demo")  # backend/app/seed.py


class PreviewEnvironmentError(RuntimeError):
    """An environment is not as it must be; the text says what was seen."""


@dataclass(frozen=True)
class PullRequest:
    """A pull request of a team, whose commands have the credentials of the workflow.

    Attributes:
        kubeconfig: of the administrator.
    """

    team: Team
    kubeconfig: Mapping[str, Any]

    def push(self, text: str) -> str:
        """Change the backend on a branch, and return the commit."""
        with self.team.branch():
            self.team.commit("backend/app/__init__.py", f"\n# {text}\n", text)
            return self.team.git("rev-parse", "HEAD")

    def deploy(self, release: str) -> tuple[dict[str, str], float]:
        """Do what the workflow does after a push; returns the URLs and the seconds until they answered."""
        started = time.monotonic()
        words = ("--pull-request", str(NUMBER), "--release", release)
        folder = self.team.account.instance.home / "rehearsal/images"
        build = self._slipway("plan", *words)["build"]
        if build:
            self._slipway("build", *words, "--services", ",".join(build), "--to", str(folder))
        urls = self._slipway("up", *words, "--images", str(folder))["urls"]
        return urls, time.monotonic() - started

    def remove(self) -> float:
        """Do what the workflow does when the pull request is closed; returns the seconds that it took.

        Raises:
            PreviewEnvironmentError: something of the environment is left.
        """
        started = time.monotonic()
        self._slipway("down", "--pull-request", str(NUMBER))
        seconds = time.monotonic() - started
        if left := self._slipway("list")["environments"]:
            raise PreviewEnvironmentError(f"of {NAME} is left: {left}")
        return seconds

    def check_rights(self, namespace: str) -> None:
        """Try what the account must not do, once there is an environment.

        Args:
            namespace: of the stack whose cluster it is.

        Raises:
            EnvironmentAccessError: it may.
        """
        token = yaml.safe_load(Path(self.team.environment["KUBECONFIG"]).read_text())["users"][0]["user"]
        cluster = connect({**self.kubeconfig, "users": [{**self.kubeconfig["users"][0], "user": token}]})
        check_deployer(cluster, namespace, NAME)

    def _slipway(self, *words: str) -> dict[str, Any]:
        said = self.team.slipway("preview-environment", *words, "--json", stack="staging")
        facts: dict[str, Any] = json.loads(said[said.index("\n{\n") + 1 if not said.startswith("{") else 0 :])
        return facts


@contextmanager
def open_pull_request(team: Team, token: str, kubeconfig: Mapping[str, Any]) -> Iterator[PullRequest]:
    """Yield a pull request with state, passphrase and credentials of its own, as docs/production.md has them made.

    Args:
        token: of DigitalOcean, with SCOPES.
        kubeconfig: of the administrator, who applies the manifest.
    """
    home = team.account.instance.home / "rehearsal"
    file, state, passphrase = home / "deployer.kubeconfig", home / "environments", home / "environments.passphrase"
    user = {"token": create_service_account(kubeconfig, team.folder / MANIFEST, ACCOUNT_NAMESPACE, ACCOUNT)}
    write_private(file, json.dumps({**kubeconfig, "users": [{**kubeconfig["users"][0], "user": user}]}))
    state.mkdir(parents=True, exist_ok=True)
    write_private(passphrase, "of the preview environments alone")
    variables = {
        "DIGITALOCEAN_TOKEN": token,
        "KUBECONFIG": str(file),
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
    }
    with team.with_environment(variables) as own:
        yield PullRequest(own, kubeconfig)


def read_todos(url: str) -> list[str]:
    """The titles of the demo user's todos behind a web app's URL."""
    with journey.sign_in(url, DEMO) as client:
        return [each["title"] for each in client.get("/api/todos").raise_for_status().json()["items"]]


def has_demo_user(url: str) -> bool:
    """Whether the demo user can sign in at a web app's URL."""
    try:
        with journey.sign_in(url, DEMO):
            return True
    except journey.JourneyError:
        return False
