"""A release without Pulumi: `docker build`, `docker push` and `helm upgrade --install --wait`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.cloud import LocalCloud
from perf.clone import CHANGED, Clone
from perf.command import RunError, run

SERVICE = CHANGED.partition("/")[0]
RELEASE = f"{SERVICE}-bench"
NAMESPACE = "todo-app"  # where the Secrets are that the service's values name
DIGEST = re.compile(r"digest: (sha256:[0-9a-f]{64})")


@dataclass(frozen=True)
class ManualRelease:
    """The changed service under a release name of its own, beside the one that `make up` deployed.

    Attributes:
        docker: what the Docker client needs in its environment: the engine, and the registry's login.
        build: the words that begin a build, with a client here that has BuildKit.
    """

    cloud: LocalCloud
    clone: Clone
    docker: Mapping[str, str]
    build: Sequence[str]

    def deploy(self) -> None:
        """Build what the clone has, push it and roll it out."""
        tag = run(["git", "rev-parse", "--short=12", "HEAD"], self.clone.folder).strip()
        repository = f"{self.cloud.instance.registry}/slipway/{SERVICE}"
        image = f"{repository}:{tag}"
        self._docker(*self.build, "--tag", image, SERVICE)
        pushed = DIGEST.search(self._docker("docker", "push", image))
        if pushed is None:
            raise RunError(f"docker push of {image} printed no digest")
        image_values = {"repository": repository, "tag": tag, "digest": pushed[1]}
        values = own_values(json.loads(self._helm("get", "values", SERVICE, "--output=json")), image_values)
        chart = self.clone.folder / "helm/service"
        self._helm("upgrade", RELEASE, str(chart), "--install", "--wait", "--values=-", stdin=json.dumps(values))

    def remove(self) -> None:
        self._helm("uninstall", RELEASE, "--ignore-not-found", "--wait")

    def _docker(self, *words: str) -> str:
        return run(words, self.clone.folder, self.docker)

    def _helm(self, *words: str, stdin: str | None = None) -> str:
        where = [f"--kubeconfig={self.cloud.instance.kubeconfig}", f"--namespace={NAMESPACE}"]
        return run([self.cloud.toolbox.helm, *words, *where], self.clone.folder, stdin=stdin)


def own_values(values: dict[str, Any], image: dict[str, str]) -> dict[str, Any]:
    """The deployed service's values with another image; the node's port is the deployed one's."""
    return {**values, "image": image, "release": {**values["release"], "sha": image["tag"]}, "service": {}}
