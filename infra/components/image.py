"""A service's image: built from its commit, or looked up by it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_docker as docker

from infra.source.image_digest import confirm_digest, parse_digest
from infra.source.release import ServiceRelease

PLATFORM = "linux/amd64"  # every DOKS node size


@dataclass(frozen=True, kw_only=True)
class ImageArgs:
    """`context` is a folder that holds the service's folders as its commit has them; see build_context."""

    repository: str
    release: ServiceRelease
    context: Path
    build_args: dict[str, str]


class Image(pulumi.ComponentResource):
    """A built and pushed image; `digest` is `sha256:…` as the registry holds it."""

    digest: pulumi.Output[str]

    def __init__(self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:image:Image", name, {}, opts)
        tag = f"{args.repository}:{args.release.tag}"
        image = self._make_image(name, tag, args)
        if args.release.alias is not None:
            # The provider pushes one tag a resource. This one finds every layer in the cache, because it waits.
            self._make_image(f"{name}-alias", f"{args.repository}:{args.release.alias}", args, after=image)
        self.digest = image.repo_digest.apply(
            # A preview pushes nothing that the registry could confirm.
            lambda digest: (parse_digest if pulumi.runtime.is_dry_run() else confirm_digest)(digest, tag)
        )
        self.register_outputs({"digest": self.digest})

    def _make_image(self, name: str, tag: str, args: ImageArgs, after: docker.Image | None = None) -> docker.Image:
        return docker.Image(
            name,
            image_name=tag,
            build=docker.DockerBuildArgs(
                context=str(args.context),
                dockerfile=str(args.context / args.release.context / "Dockerfile"),
                args=args.build_args,
                builder_version=docker.BuilderVersion.BUILDER_BUILD_KIT,
                platform=PLATFORM,
            ),
            # No `registry`: with a password among the inputs every run would differ. The engine's own login counts.
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[after] if after else None,
                # What an older release needs to come back must outlive the resource.
                retain_on_delete=True,
            ),
        )
