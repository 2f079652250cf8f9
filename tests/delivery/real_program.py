"""A Pulumi program creates two networks and exports what Slipway's own program exports.

It is small so that an update takes seconds.
"""

import json
import os
import urllib.error
import urllib.request
from hashlib import sha256
from pathlib import Path

import pulumi

from infra.source.release import Release

VPC = "digitalocean:index/vpc:Vpc"
config = pulumi.Config("slipway")
own = json.loads(Path("backend/settings.json").read_text())
release = Release(config.require("release"))
(service,) = config.require_object("services").values()
backend = release.of("backend", "backend")
repository = f"{config.require_object('registry')['host']}/backend"
host, _, path = repository.partition("/")
manifest = f"http://{host}/v2/{path}/manifests/{backend.tag}"


def digest():
    try:
        with urllib.request.urlopen(manifest) as reply:
            return "sha256:" + sha256(reply.read()).hexdigest()
    except urllib.error.HTTPError:
        if config.require("images") == "registry":
            raise pulumi.RunError(f"the registry does not hold {repository}:{backend.tag}") from None
    image = json.dumps({"mediaType": "application/vnd.oci.image.manifest.v1+json", "of": backend.tag}).encode()
    if not pulumi.runtime.is_dry_run():
        urllib.request.urlopen(urllib.request.Request(manifest, image, method="PUT")).close()
    return "sha256:" + sha256(image).hexdigest()


pulumi.log.info(f"signed in with {os.environ['DIGITALOCEAN_TOKEN']}")
if own.get("error"):
    raise pulumi.RunError(own["error"])
network = pulumi.CustomResource(
    VPC,
    "network",
    {
        "name": f"{pulumi.get_stack()}-network",
        "region": "fra1",
        "ipRange": own["range"] if pulumi.get_stack() == "staging" else "10.100.0.0/20",
        "description": config.require_secret("password"),
    },
)
running = pulumi.CustomResource(
    VPC,
    "backend",
    {
        "name": f"{pulumi.get_stack()}-backend",
        "region": "fra1",
        "ipRange": service["range"],
        "description": backend.tag,
    },
    pulumi.ResourceOptions(depends_on=[network]),
)
image = digest()
pulumi.export("release", release.sha)
pulumi.export("namespace", "todo-app")
pulumi.export("registry", config.require_object("registry")["host"])
pulumi.export(
    "services",
    {
        "backend": {
            "sha": backend.sha,
            "tag": backend.tag,
            "digest": image,
            "image": f"{repository}@{image}",
            "url": service.get("url"),
            "release": running.id,
        }
    },
)
