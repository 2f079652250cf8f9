"""The rehearsal finds each rule for the account of preview environments that is gone."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from lightkube import ApiError
from lightkube.resources.core_v1 import Namespace, Secret
from lightkube.resources.rbac_authorization_v1 import RoleBinding

from infra.config.preview_environment import parse_number
from localcloud.rehearsal.environment_access import (
    ACCOUNT,
    ACCOUNT_NAMESPACE,
    BY_LABEL,
    BY_NAME,
    ENFORCE,
    ROLE,
    EnvironmentAccessError,
    check_deployer,
)

ROOT = Path(__file__).parents[3]
MANIFEST = list(yaml.safe_load_all((ROOT / "infra/rollouts/preview-environment-access.yaml").read_text()))
RBAC = 'secrets is forbidden: User "deployer" cannot list resource "secrets"'
RULES = frozenset({"name", "label", "label on update", "rbac"})


class RefusedError(ApiError):
    """An answer of the API server, as lightkube raises it."""

    def __init__(self, message):
        Exception.__init__(self, message)


class Cluster:
    """The API server as the account sees it; it has some of the rules of the manifest."""

    def __init__(self, rules=RULES):
        self.rules = rules

    def _refuse(self, rule, message):
        if rule in self.rules:
            raise RefusedError(message)

    def _check_name(self, name):
        if parse_number(name) is None:
            self._refuse("name", BY_NAME)

    def create(self, made, dry_run):
        assert dry_run
        if isinstance(made, Namespace):
            self._check_name(made.metadata.name)
            if (made.metadata.labels or {}).get(ENFORCE) != "restricted":
                self._refuse("label", BY_LABEL)
        elif isinstance(made, RoleBinding):
            self._check_name(made.metadata.namespace)
        else:
            self._refuse("rbac", RBAC)

    def list(self, kind, namespace):
        assert (kind, namespace) == (Secret, "todo")
        self._refuse("rbac", RBAC)
        return []

    def patch(self, kind, name, change, dry_run):
        assert (kind, name, dry_run) == (Namespace, "pr-7", True)
        if ENFORCE in change["metadata"]["labels"]:
            self._refuse("label on update", BY_LABEL)

    def delete(self, _, name, dry_run):
        assert dry_run
        self._check_name(name)


def test_the_rules_of_the_manifest_are_enough():
    check_deployer(Cluster(), "todo", "pr-7")


@pytest.mark.parametrize(
    ("rule", "may"),
    [
        ("name", "may bind its role in todo"),
        ("rbac", "may create a Secret in todo"),
        ("label", "may create a namespace that takes any pod"),
        ("label on update", "may have pr-7 take any pod"),
    ],
)
def test_a_rule_that_is_gone_is_found(rule, may):
    with pytest.raises(EnvironmentAccessError, match=may):
        check_deployer(Cluster(RULES - {rule}), "todo", "pr-7")


def test_a_refusal_by_another_rule_proves_nothing():
    class Quiet(Cluster):
        def create(self, made, dry_run):
            raise RefusedError('namespaces "todo" not found')

    with pytest.raises(EnvironmentAccessError, match="expected 'this account works .* not found"):
        check_deployer(Quiet(), "todo", "pr-7")


def test_messages_and_names_are_those_of_the_manifest():
    [policy] = [each for each in MANIFEST if each["kind"] == "ValidatingAdmissionPolicy"]
    assert [each["message"] for each in policy["spec"]["validations"]] == [BY_NAME, BY_LABEL]
    assert (
        f"system:serviceaccount:{ACCOUNT_NAMESPACE}:{ACCOUNT}" in policy["spec"]["matchConditions"][0]["expression"]
    )
    assert ROLE in [each["metadata"]["name"] for each in MANIFEST if each["kind"] == "ClusterRole"]
