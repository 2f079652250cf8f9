"""A service's image: built from its commit, or looked up by it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_docker as docker

from infra.source.image_digest import confirm_digest, parse_digest
from infra.source.registry_login import Login
from infra.source.release import ServiceRelease

PLATFORM = "linux/amd64"  # every DOKS node size


@dataclass(frozen=True, kw_only=True)
class ImageArgs:
    """What to build, and where to push it.

    Attributes:
        context: the folder to build from, as the service's commit has it; see build_context.
        server: the registry's, as logins name it.
        login: who pushes, secret.
        registry: exists before anything is pushed to it.
    """

    repository: str
    release: ServiceRelease
    context: Path
    build_args: dict[str, str]
    server: str
    login: pulumi.Output[Login]
    registry: pulumi.Resource


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
        self.digest = _confirm(image, tag, args.login)
        self.register_outputs({"digest": self.digest})

    def _make_image(self, name: str, tag: str, args: ImageArgs, after: docker.Image | None = None) -> docker.Image:
        return docker.Image(
            name,
            image_name=tag,
            build=docker.DockerBuildArgs(
                context=str(args.context),
                dockerfile=str(args.context / args.release.dockerfile),
                args=args.build_args,
                builder_version=docker.BuilderVersion.BUILDER_BUILD_KIT,
                platform=PLATFORM,
            ),
            # The provider leaves user and password out of its diff: a renewed login builds nothing again.
            registry=docker.RegistryArgs(
                server=args.server,
                username=args.login.apply(lambda login: login.username),
                password=args.login.apply(lambda login: login.password),
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                # A login of Docker's own configuration says nothing of the registry, which must be there.
                depends_on=[args.registry, *([after] if after else [])],
                # What an older release needs to come back must outlive the resource.
                retain_on_delete=True,
            ),
        )


def _confirm(image: docker.Image, tag: str, login: pulumi.Output[Login]) -> pulumi.Output[str]:
    """The digest of what was pushed."""
    if pulumi.runtime.is_dry_run():  # which pushes nothing that the registry could confirm
        return image.repo_digest.apply(lambda digest: parse_digest(digest, tag))
    confirmed = pulumi.Output.all(image.repo_digest, login).apply(
        lambda known: confirm_digest(known[0], tag, known[1] if known[1].username else None)
    )
    return pulumi.Output.unsecret(confirmed)  # a digest tells nothing of the login
