"""A checkout has a history of releases and the stack files of staging and prod."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import yaml

# As a service's own file says it; `broken` releases answer the request otherwise.
VERIFY = {"requests": [{"path": "/works", "json": {"works": True}}], "version": {"path": "/version", "key": "sha"}}


@dataclass
class Checkout:
    """A clone with four releases of a backend; the second carries v1.0.0, the fourth v1.1.0."""

    folder: Path
    releases: list[str] = field(default_factory=list)

    def git(self, *words):
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        command = ["git", *identity, *words]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def write_branches(self, *names):
        file = self.folder / ".github/workflows/ci.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump({"on": {"push": {"branches": list(names)}}}))

    def commit(self, text):
        (self.folder / "backend/app.py").write_text(text)
        self.git("add", ".")
        self.git("commit", "-q", "-m", f"Backend: {text}")
        self.releases.append(self.git("rev-parse", "HEAD"))
        return self.releases[-1]


def create_checkout(folder, host):
    """Make the checkout whose images are in a registry."""
    made = Checkout(folder)
    (made.folder / "backend").mkdir()
    made.git("init", "-q", "-b", "develop", "--template=")
    for stack in ("staging", "prod"):
        config = {
            "slipway:release": "HEAD",
            "slipway:images": "build" if stack == "staging" else "registry",
            "slipway:registry": {"name": "acme", "host": f"{host}/acme"},
            "slipway:services": {"backend": {"url": f"https://{stack}.example.com", "verify": VERIFY}},
            "slipway:cluster": {
                "version": "1.34",
                "clusterSubnet": "10.20.0.0/16",
                "serviceSubnet": "10.21.0.0/20",
                "defaultPool": {"size": "s-2vcpu-4gb"},
            },
            "slipway:owner": "platform",
            "slipway:region": "fra1",
            "slipway:network": {"ipRange": "10.10.0.0/20"},
            "slipway:namespace": "todo-app",
        }
        (made.folder / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": config}))
    (made.folder / "backend/service.yaml").write_text("port: 8000\n")
    (made.folder / "backend/Dockerfile").write_text("FROM scratch\n")
    (made.folder / "CHANGELOG.md").write_text("## Unreleased\n\n- A change\n")
    made.write_branches("main", "develop")
    for number in range(1, 5):
        made.commit(f"release {number}")
    made.git("tag", "v1.0.0", made.releases[1])
    made.git("tag", "v1.1.0", made.releases[3])
    return made
