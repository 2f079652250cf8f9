"""The steps that start an emulated account."""

from __future__ import annotations

from functools import partial

from localcloud import versions
from localcloud.machine import objects, packages
from localcloud.machine.toolbox import KUBERNETES_VERSIONS
from localcloud.rehearsal.account import Account
from localcloud.steps import Step
from localcloud.up_steps import image_steps, machine_steps, tool_steps


def list_steps(account: Account) -> list[Step]:
    """The steps that start the account. Seconds are those of a first run on two cores."""
    images = image_steps(account)
    return [
        *tool_steps(account),
        *_service_steps(account),
        *machine_steps(account),
        *images,
        Step(
            name="push system images",
            work=lambda _: objects.push_images(account.instance, account.toolbox, account.engine),
            needs=["compile Kubernetes", "start Docker", "start the registry"],
            seconds=3,
        ),
        Step(
            name="start the DigitalOcean API",
            work=account.start_api,
            needs=[
                *(step.name for step in _service_steps(account)),
                *(step.name for step in images),
                "start the supervisor",
                "start the account's registry",
                "compile Helm and kubectl",
                "get provider plugins",
                "push system images",
            ],
            seconds=2,
        ),
    ]


def _service_steps(account: Account) -> list[Step]:
    others = [version for version in KUBERNETES_VERSIONS if version != versions.KUBERNETES]
    return [
        Step(
            name="install database servers",
            work=lambda _: packages.install_servers(account.commands, account.instance.logs / "packages.log"),
            needs=["install packages"],
            seconds=15,
        ),
        Step(name="get the Gateway API", work=account.toolbox.fetch_gateway_api, seconds=5),
        *(
            Step(
                name=f"compile Kubernetes {version}",
                work=partial(account.toolbox.build_kubernetes, version=version),
                needs=["compile Kubernetes", "compile Helm and kubectl"],
                seconds=280,
            )
            for version in others
        ),
        Step(
            name="start the account's registry",
            work=account.start_registry_of_account,
            needs=["start the supervisor", "unpack Debian programs"],
        ),
    ]
