"""How the cluster of a stack is reached: of the local one from this machine, of any other by DigitalOcean's API.

A preview environment `pr-7` is in the cluster of another stack, its parent, and has a derived stack file.
"""

from __future__ import annotations

from pathlib import Path

from delivery.cluster import CREDENTIAL_SECONDS, StackCluster, read_namespace, request_cluster
from delivery.outcome import MissingError, RefusedError
from infra.config.preview_environment import parse_number
from infra.config.stack_file import StackFileError, load_config
from localcloud.instance import Instance, InstanceError
from localcloud.preview_environment.stack import find_file, list_environments

LOCAL, PROD = "local", "prod"
SESSION_SECONDS = 8 * 3600  # of a credential for what runs until a person ends it
PREVIEW_ENVIRONMENTS = "slipway:previewEnvironments"


def open_cluster(stack: str, checkout: Path = Path(), seconds: int = CREDENTIAL_SECONDS) -> StackCluster:
    """Return the cluster of a stack; of a preview environment, its parent's.

    Args:
        seconds: after which its credential ends; the local cloud's does not.

    Raises:
        MissingError: the local cloud is down, the stack has no file here, or there is no token.
        RefusedError: there is no such preview environment.
        RefusedError, UnreachableError, DeliveryError: as for `request_cluster`.
    """
    if is_local(stack):
        return _open_local_cluster(stack, checkout)
    from delivery.stack.configuration import read_configuration  # and Pulumi with it, which takes a second

    parent = find_parent(stack, checkout)
    cluster = request_cluster(parent, read_configuration(parent, checkout), seconds)
    return cluster if parent == stack else _enter_environment(stack, cluster)


def is_local(stack: str) -> bool:
    """Whether a stack is in the local cloud: `local`, or a preview environment that `make up PR=7` made there.

    Raises:
        MissingError: the environment names no local cloud.
    """
    return stack == LOCAL or (parse_number(stack) is not None and find_file(find_instance(), stack).is_file())


def find_parent(stack: str, checkout: Path = Path()) -> str:
    """Return the stack whose cluster and stack file count for a stack: itself, unless it is a preview environment.

    Raises:
        RefusedError: not exactly one stack file here has `slipway:previewEnvironments`.
        MissingError: a stack file cannot be read.
    """
    if parse_number(stack) is None:
        return stack
    if is_local(stack):
        return LOCAL
    files = sorted(checkout.glob("Pulumi.*.yaml"))
    try:
        parents = [file for file in files if load_config(file).get(PREVIEW_ENVIRONMENTS) is not None]
    except StackFileError as error:
        raise MissingError(str(error)) from error
    if len(parents) != 1:
        there = " and ".join(file.name for file in parents) or "none"
        raise RefusedError(
            f"there is no preview environment {stack}: {_describe_local_environments()}; the cluster of others is "
            f"that of the one stack whose file has {PREVIEW_ENVIRONMENTS}, and of the files here that is {there}"
        )
    return parents[0].name.removeprefix("Pulumi.").removesuffix(".yaml")


def find_instance() -> Instance:
    """Return the local cloud that the environment names, be it there or not.

    Raises:
        MissingError: it names none.
    """
    try:
        return Instance.from_environment()
    except InstanceError as error:
        raise MissingError(str(error)) from error


def _open_local_cluster(stack: str, checkout: Path) -> StackCluster:
    instance = find_instance()
    file = checkout / f"Pulumi.{stack}.yaml" if stack == LOCAL else find_file(instance, stack)
    try:
        namespace = read_namespace(stack, load_config(file))
        kubeconfig = instance.kubeconfig.read_text(encoding="utf-8")
    except StackFileError as error:
        raise MissingError(str(error)) from error
    except OSError as error:
        raise MissingError("the local cloud is down: start it with `make up`") from error
    return StackCluster(stack, kubeconfig, namespace)


def _enter_environment(stack: str, parents: StackCluster) -> StackCluster:
    """Return a preview environment's own view of its parent's cluster.

    Raises:
        RefusedError: it is not there.
        UnreachableError, DeliveryError: the cluster does not answer, or refuses.
    """
    from delivery.preview_environment.cluster import EnvironmentCluster

    with parents:
        numbers = EnvironmentCluster(parents.client).namespaces()
    if parse_number(stack) not in numbers:
        there = ", ".join(f"pr-{number}" for number in sorted(numbers)) or "none"
        raise RefusedError(
            f"there is no preview environment {stack}: the cluster of {parents.stack} has {there} "
            f"(`slipway preview-environment list --stack {parents.stack}`); {_describe_local_environments()}"
        )
    return StackCluster(stack, parents.kubeconfig, stack)


def _describe_local_environments() -> str:
    there = ", ".join(list_environments(find_instance())) or "none"
    return f"the local cloud has {there} (`make up PR=7` makes one)"
