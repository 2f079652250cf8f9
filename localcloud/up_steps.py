"""Every step of `up`: the table of contents of the local cloud."""

from __future__ import annotations

import shutil
from dataclasses import replace

from localcloud import disk
from localcloud.cloud import LocalCloud
from localcloud.deployment import Deployment
from localcloud.machine import objects, packages, public_images
from localcloud.pulumi_engine import cli
from localcloud.pulumi_engine.workspace import plugins_of
from localcloud.steps import Report, Step


def list_steps(cloud: LocalCloud) -> list[Step]:
    """Every step of `up`. Seconds are those of a first run on two cores."""
    images = image_steps(cloud)
    return [
        *tool_steps(cloud),
        *machine_steps(cloud),
        *images,
        *cluster_steps(cloud),
        Step(name="start the DigitalOcean API", work=cloud.start_api, needs=["start the supervisor"], seconds=2),
        Step(name="start the status page", work=cloud.start_dashboard, needs=["start the supervisor"]),
        Step(
            name="deploy",
            work=lambda report: _deploy(cloud, report),
            needs=[
                "start the node",
                "compile Helm and kubectl",
                "start the DigitalOcean API",
                "get the Python base image",
                "get provider plugins",
                *(step.name for step in images),
            ],
            seconds=90,
        ),
    ]


def list_client_steps(cloud: LocalCloud) -> list[Step]:
    """The steps that get what tests and previews need: Helm, kubectl, the Pulumi CLI and its plugins."""
    names = {
        "unpack Debian programs",
        "compile Helm and kubectl",
        "get the Pulumi CLI",
        "get provider plugins",
    }
    steps = [step for step in tool_steps(cloud) if step.name in names]
    return [replace(step, needs=[need for need in step.needs if need in names]) for step in steps]


def tool_steps(cloud: LocalCloud) -> list[Step]:
    """Get the programs: Debian's packages, Kubernetes, Helm, kubectl, the Pulumi CLI and its plugins."""
    network_log = cloud.instance.logs / "packages.log"
    return [
        Step(
            name="install packages",
            work=lambda _: packages.install(cloud.commands, network_log),
            seconds=15,
        ),
        Step(
            name="unpack Debian programs",
            work=cloud.toolbox.fetch_debian,
            needs=["install packages"],
            seconds=4,
        ),
        Step(name="compile Kubernetes", work=cloud.toolbox.build_kubernetes, seconds=280),
        Step(
            name="compile Helm and kubectl",
            work=cloud.toolbox.build_clients,
            needs=["compile Kubernetes"],  # the same module: most of its packages are compiled by then
            seconds=40,
        ),
        Step(name="get the Pulumi CLI", work=lambda report: _get_cli(cloud, report), seconds=300),
        Step(
            name="get provider plugins",
            work=lambda report: _get_plugins(cloud, report),
            needs=["get the Pulumi CLI"],
        ),
        Step(
            name="remove build caches",
            work=lambda _: cloud.toolbox.remove_build_cache(),
            needs=["compile Helm and kubectl", "get the Pulumi CLI"],
        ),
    ]


def machine_steps(cloud: LocalCloud) -> list[Step]:
    """Start what needs no cluster: the supervisor, Docker and the registry."""
    return [
        Step(name="write configuration", work=cloud.write_configuration),
        Step(name="create the namespaces", work=cloud.create_namespaces, needs=["install packages"]),
        Step(
            name="start the supervisor",
            work=cloud.start_supervisor,
            needs=["write configuration", "create the namespaces"],
        ),
        Step(name="start Docker", work=cloud.start_docker, needs=["start the supervisor"]),
        Step(
            name="get the Python base image",
            work=cloud.get_python_image,
            needs=["start Docker"],
            seconds=25,
        ),
        Step(
            name="start the registry",
            work=cloud.start_registry,
            needs=["start the supervisor", "unpack Debian programs"],
        ),
    ]


def cluster_steps(cloud: LocalCloud) -> list[Step]:
    """Start the cluster."""
    return [
        Step(
            name="start the control plane",
            work=lambda report: cloud.node.start_control_plane(cloud.supervisor, cloud.commands, report),
            needs=["compile Kubernetes", "start the supervisor", "unpack Debian programs"],
            seconds=4,
        ),
        Step(
            name="push system images",
            work=lambda _: objects.push_images(cloud.instance, cloud.toolbox, cloud.engine),
            needs=["compile Kubernetes", "start Docker", "start the registry"],
            seconds=3,
        ),
        Step(
            name="start the node",
            work=lambda _: cloud.node.start_kubelet(cloud.supervisor),
            needs=["start the control plane", "push system images"],
        ),
        Step(
            name="apply system objects",
            work=lambda _: objects.apply(cloud.instance, cloud.toolbox, cloud.commands),
            needs=["start the control plane", "compile Helm and kubectl"],
        ),
    ]


def image_steps(cloud: LocalCloud) -> list[Step]:
    """One step for each public image that is a base image or runs in the cluster."""

    def step(name: str, *, pushed: bool) -> Step:
        def work(report: Report) -> None:
            cloud.get_image(name, report, pushed=pushed)

        needs = ["get the Python base image", *(["start the registry"] if pushed else [])]
        return Step(name=f"get the image {name}", work=work, needs=needs, seconds=15)

    pushed = cloud.find_pushed_images()
    names = sorted({*public_images.base_images(cloud.stack), *pushed})
    return [step(name, pushed=name in pushed) for name in names]


def _get_cli(cloud: LocalCloud, report: Report) -> None:
    cli.get(cloud.toolbox, report)


def _get_plugins(cloud: LocalCloud, report: Report) -> None:
    log = cloud.instance.logs / "plugins.log"
    plugins_of(cloud.instance).install(cloud.pulumi, cloud.commands, log, report)


def _deploy(cloud: LocalCloud, report: Report) -> None:
    cloud.live = Deployment(cloud.open_workspace(cloud.environment or cloud.stack)).up(report)
    cloud.node.etcd.save_snapshot(cloud.commands)
    shutil.rmtree(cloud.node.etcd.damaged, ignore_errors=True)  # the deployment created all of it again
    disk.remove_old_images(cloud.instance, cloud.engine, report)
    disk.remove_old_contexts(cloud.stack.checkout)
