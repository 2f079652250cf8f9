"""The two credentials of a pull request's preview, as docs/production.md has them made, and what each must not do."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import lightkube
from lightkube import ApiError
from lightkube.codecs import load_all_yaml
from lightkube.models.authorization_v1 import SelfSubjectRulesReviewSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.authorization_v1 import SelfSubjectRulesReview
from lightkube.resources.core_v1 import ConfigMap, Pod, Secret

from delivery.account.token_scopes import ENVIRONMENTS

MANIFEST = "infra/rollouts/preview-access.yaml"
NAMESPACE, SECRET = "slipway-preview", "preview"
TOKEN_SECONDS = 60.0
READS = frozenset({"get", "list", "watch"})
# What every account may ask about itself (ClusterRole system:basic-user): it is no change.
OWN_REVIEWS = frozenset({"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"})
FORBIDDEN = 403


class PreviewAccessError(RuntimeError):
    """The view-only account may do more, or less, than a preview may; the text says what."""


def scopes(stack: str) -> list[str]:
    """The scopes of the DigitalOcean token of a stack's previews."""
    return sorted(ENVIRONMENTS[f"preview-{stack}"].scopes)


def create_view_token(kubeconfig: Mapping[str, Any], checkout: Path) -> str:
    """Apply the manifest as the cluster's administrator; returns the service account's token.

    Raises:
        PreviewAccessError: no token came.
    """
    return create_service_account(kubeconfig, checkout / MANIFEST, NAMESPACE, SECRET)


def create_service_account(kubeconfig: Mapping[str, Any], manifest: Path, namespace: str, secret: str) -> str:
    """Apply the manifest of a service account as the cluster's administrator; returns the token in its Secret.

    Raises:
        PreviewAccessError: no token came.
    """
    cluster = connect(kubeconfig)
    for each in load_all_yaml(manifest.read_text()):
        cluster.apply(each, field_manager="kubectl")
    deadline = time.monotonic() + TOKEN_SECONDS
    while time.monotonic() < deadline:
        if token := (cluster.get(Secret, secret, namespace=namespace).data or {}).get("token"):
            return base64.b64decode(token).decode()
        time.sleep(0.5)
    raise PreviewAccessError(f"Secret {namespace}/{secret} has no token after {TOKEN_SECONDS:.0f} s")


def check_view_token(kubeconfig: Mapping[str, Any], token: str, namespace: str) -> str:
    """Try what the account may do, by its own list of rights and by requests.

    Args:
        kubeconfig: of the cluster, whoever its user is.
        namespace: where the services are.

    Returns:
        what was found, for people.

    Raises:
        PreviewAccessError: it may change something or read a Secret, or cannot read what runs.
    """
    cluster = connect({**kubeconfig, "users": [{**kubeconfig["users"][0], "user": {"token": token}}]})
    pods = len(list(cluster.list(Pod, namespace=namespace)))
    if not pods:
        raise PreviewAccessError(f"the view-only account sees no pod in {namespace}")
    _expect_forbidden("list Secrets", lambda: list(cluster.list(Secret, namespace=namespace)))
    object_ = ConfigMap(metadata=ObjectMeta(name="written-by-a-preview", namespace=namespace))
    _expect_forbidden("create a ConfigMap", lambda: cluster.create(object_))
    rules = _rules(cluster, namespace)
    if excess := [rule for rule in rules if not _only_reads(*rule)]:
        raise PreviewAccessError(f"the view-only account may do more than read: {excess}")
    return f"{pods} pods seen, {len(rules)} rights, none to change and none for Secrets"


def connect(kubeconfig: Mapping[str, Any]) -> lightkube.Client:
    """A client for a cluster on this machine."""
    return lightkube.Client(lightkube.KubeConfig.from_dict(dict(kubeconfig)), trust_env=False)


def _rules(cluster: lightkube.Client, namespace: str) -> list[tuple[list[str], list[str]]]:
    """What `kubectl auth can-i --list` prints: verbs and resources."""
    asked = SelfSubjectRulesReview(spec=SelfSubjectRulesReviewSpec(namespace=namespace))
    status = cluster.create(asked).status
    return [(rule.verbs, rule.resources or []) for rule in (status.resourceRules if status else [])]


def _only_reads(verbs: list[str], resources: list[str]) -> bool:
    if set(resources) <= OWN_REVIEWS:
        return True
    return set(verbs) <= READS and not {"secrets", "*"} & set(resources)


def _expect_forbidden(what: str, act: Callable[[], object]) -> None:
    try:
        act()
    except ApiError as error:
        if error.status.code == FORBIDDEN:
            return
        raise
    raise PreviewAccessError(f"the view-only account may {what}")
