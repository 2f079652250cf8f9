"""What the account of preview environments must not do, and by which rule it may not."""

from __future__ import annotations

from collections.abc import Callable

import lightkube
from lightkube import ApiError
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.models.rbac_v1 import RoleRef, Subject
from lightkube.resources.core_v1 import Namespace, Secret
from lightkube.resources.rbac_authorization_v1 import RoleBinding

ACCOUNT_NAMESPACE, ACCOUNT = "slipway-preview-environments", "deployer"
ROLE = "slipway-preview-environment"
ENFORCE = "pod-security.kubernetes.io/enforce"
# What the API server says: the two messages of the admission policy, and that of RBAC.
BY_NAME = "this account works in namespaces called pr-<number> only"
BY_LABEL = "a namespace of this account refuses pods that are not restricted"
BY_RBAC = "is forbidden: User"
Attempt = tuple[str, str, Callable[[], object]]


class EnvironmentAccessError(RuntimeError):
    """The account may do what it must not, or something else refused it; the text says what."""


def check_deployer(cluster: lightkube.Client, namespace: str, own: str) -> None:
    """Try what the account must not do, each where nothing but the rule against it is in the way; nothing is changed.

    Args:
        cluster: with the account's token.
        namespace: of the stack whose cluster it is.
        own: a namespace that the account made.

    Raises:
        EnvironmentAccessError: it may, or another rule refused it.
    """
    for what, rule, attempt in _list_attempts(cluster, namespace, own):
        try:
            attempt()
        except ApiError as error:
            if rule not in str(error):
                raise EnvironmentAccessError(f"{what}: expected {rule!r}, and the answer was: {error}") from error
        else:
            raise EnvironmentAccessError(f"the account of preview environments may {what}")


def _list_attempts(cluster: lightkube.Client, namespace: str, own: str) -> list[Attempt]:
    binding = RoleBinding(
        metadata=ObjectMeta(name="taken", namespace=namespace),
        roleRef=RoleRef(apiGroup="rbac.authorization.k8s.io", kind="ClusterRole", name=ROLE),
        subjects=[Subject(kind="ServiceAccount", name=ACCOUNT, namespace=ACCOUNT_NAMESPACE)],
    )
    outside = Namespace(metadata=ObjectMeta(name="outside", labels={ENFORCE: "restricted"}))
    without = Namespace(metadata=ObjectMeta(name="pr-99999"))
    secret = Secret(metadata=ObjectMeta(name="taken", namespace=namespace))
    unlabelled = {"metadata": {"labels": {ENFORCE: None}}}
    return [
        (f"bind its role in {namespace}", BY_NAME, lambda: cluster.create(binding, dry_run=True)),
        (f"create a Secret in {namespace}", BY_RBAC, lambda: cluster.create(secret, dry_run=True)),
        (f"read Secrets of {namespace}", BY_RBAC, lambda: list(cluster.list(Secret, namespace=namespace))),
        ("create a namespace of another name", BY_NAME, lambda: cluster.create(outside, dry_run=True)),
        (f"delete the namespace {namespace}", BY_NAME, lambda: cluster.delete(Namespace, namespace, dry_run=True)),
        ("create a namespace that takes any pod", BY_LABEL, lambda: cluster.create(without, dry_run=True)),
        (f"have {own} take any pod", BY_LABEL, lambda: cluster.patch(Namespace, own, unlabelled, dry_run=True)),
    ]
