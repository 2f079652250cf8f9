"""Docker images, built with BuildKit and pushed to the registry their name says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker as sdk
from docker.errors import APIError

from infra.image_digest import is_absent
from localcloud.engine.change import Change, EngineError, Outcome
from localcloud.machine.docker import Engine


@dataclass(frozen=True)
class Images:
    """Builds with `engine`; with `dry_run` nothing is built."""

    engine: Engine
    dry_run: bool

    def resource(self, inputs: dict[str, Any]) -> Outcome:
        """Have `docker:index/image:Image`: built and pushed, unless the registry holds that tag.

        A tag names one content for ever (a commit, or a hash of the changes on top of one), so one that is
        there needs no second build. The real engine knows the same from its state.

        Raises:
            EngineError: the registry did not take it.
            CommandError: the build failed.
        """
        name = str(inputs["imageName"])
        digest = self._digest(name)
        change = Change.SAME if digest else Change.CREATE
        if digest is None and not self.dry_run:
            build = inputs["build"]
            context = Path(build["context"])
            arguments = [f"--build-arg={key}={value}" for key, value in (build.get("args") or {}).items()]
            if build.get("platform"):
                arguments.append(f"--platform={build['platform']}")
            self.engine.build(
                context, name, f"--file={build.get('dockerfile') or context / 'Dockerfile'}", *arguments
            )
            self.engine.push(name)
            digest = self._digest(name)
            if digest is None:
                raise EngineError(f"{name} was pushed, and the registry does not hold it")
        repository = name.rpartition(":")[0]
        reference = f"{repository}@{digest or 'sha256:' + '0' * 64}"
        return Outcome(reference, {**inputs, "baseImageName": name, "repoDigest": reference}, change)

    def _digest(self, name: str) -> str | None:
        client = sdk.DockerClient(base_url=self.engine.host)
        try:
            return str(client.images.get_registry_data(name).id)
        except APIError as error:
            if is_absent(error):
                return None
            raise EngineError(f"cannot ask the registry for {name}: {error.explanation}") from error
