"""A git repository holds the stack files, the services and the charts, and the whole program deploys it."""

from __future__ import annotations

import runpy
import subprocess
from pathlib import Path

from infra_stacks import ROOT, STACKS, config_of, services_of, settings_of

from infra.stack_state import REGISTRY

from .recorder import Recorder, run

# A state in which the stack has resources, and no registry.
NO_REGISTRY = {"urn:x": {"type": "digitalocean:index/project:Project", "outputs": {}}}


def registry_state(stack):
    """A state with the registry that the stack owns."""
    return {"urn:registry": {"type": REGISTRY, "outputs": {"name": settings_of(stack)["registry"]["name"]}}}


def stack_config(stack: str) -> dict:
    """A stack file's configuration, with the secrets that its services name."""
    config = {"digitalocean:apiEndpoint": "http://127.0.0.1:8088", **config_of(stack)}
    for service, keys in services_of(stack).items():
        for name in keys.get("secrets", ()):
            config[f"slipway:secrets.{service}.{name}"] = f"the {name} of {service}"
    return config


class Repository:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main")
        for stack in STACKS:
            name = f"Pulumi.{stack}.yaml"
            self.write(name, (ROOT / name).read_text())
        for service in {name: each for stack in STACKS for name, each in services_of(stack).items()}.values():
            folder = service["folder"]
            self.write(f"{folder}/Dockerfile", "FROM scratch\n")
            self.write(f"{folder}/service.yaml", (ROOT / folder / "service.yaml").read_text())
            for name in (folder, *service.get("shares", ())):
                self.write(f"{name}/main.py", "print('one')\n")
        self.write(".gitignore", ".slipway/\n*.pyc\n")
        for name in ("service", "database", "gateway"):
            for path in (ROOT / "helm" / name).rglob("*"):
                if path.is_file():
                    self.write(f"helm/{path.relative_to(ROOT / 'helm')}", path.read_text())
        self.first = self.commit("first")

    def git(self, *words: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        done = subprocess.run(["git", *identity, *words], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def commit(self, message: str = "change") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def deploy(
        self, stack: str = "staging", *, preview: bool = True, cloud: Recorder | None = None, **config
    ) -> Recorder:
        """The whole program, by the root __main__, on this repository.

        A stack that looks images up has its registry, unless its state says otherwise: a promotion made it.
        """
        cloud = cloud or Recorder()
        if stack == "prod" and not cloud.state:
            cloud.state = registry_state(stack)
        given = {f"slipway:{key}": value for key, value in config.items()}

        def program():
            runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")

        return run(program, stack=stack, config={**stack_config(stack), **given}, preview=preview, recorder=cloud)
