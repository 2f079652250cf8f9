"""How the cluster of a stack is reached: of the local one from this machine, of any other by DigitalOcean's API."""

from __future__ import annotations

from pathlib import Path

from delivery.cluster import StackCluster, read_namespace, request_cluster
from delivery.outcome import MissingError
from infra.config.stack_file import StackFileError, load_config
from localcloud.instance import Instance, InstanceError

LOCAL, PROD = "local", "prod"


def open_cluster(stack: str, checkout: Path = Path()) -> StackCluster:
    """Return the cluster of a stack.

    Raises:
        MissingError: the local cloud is down, the stack has no file here, or there is no token.
        RefusedError, UnreachableError, DeliveryError: as for `request_cluster`.
    """
    if stack != LOCAL:
        from delivery.stack.configuration import read_configuration  # and Pulumi with it, which takes a second

        return request_cluster(stack, read_configuration(stack, checkout))
    try:
        namespace = read_namespace(stack, load_config(checkout / f"Pulumi.{stack}.yaml"))
        kubeconfig = Instance.from_environment().kubeconfig.read_text(encoding="utf-8")
    except (StackFileError, InstanceError) as error:
        raise MissingError(str(error)) from error
    except OSError as error:
        raise MissingError("the local cloud is down: start it with `make up`") from error
    return StackCluster(stack, kubeconfig, namespace)
