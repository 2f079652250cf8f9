"""What the rehearsal lets the account of previews do, and refuses."""

from __future__ import annotations

import pytest
from lightkube import ApiError
from lightkube.core.exceptions import ConfigError

from localcloud.rehearsal import preview_access
from localcloud.rehearsal.preview_access import PreviewAccessError, _expect_forbidden, _only_reads


class RefusedError(ApiError):
    """An answer of the API server, as lightkube raises it."""

    def __init__(self, code):
        Exception.__init__(self, str(code))
        self.status = type("Status", (), {"code": code})()


@pytest.mark.parametrize(
    ("verbs", "resources", "only_reads"),
    [
        (["get", "list", "watch"], ["pods", "configmaps"], True),
        (["create"], ["selfsubjectaccessreviews"], True),
        (["create"], ["selfsubjectaccessreviews", "pods"], False),
        (["create"], ["pods/exec"], False),
        (["get", "*"], ["pods"], False),
        (["get"], ["secrets"], False),
        (["get"], ["*"], False),
    ],
)
def test_a_preview_has_no_right_that_writes_or_that_reads_secrets(verbs, resources, only_reads):
    assert _only_reads(verbs, resources) is only_reads


def test_what_must_be_forbidden_is_no_failure_where_it_is():
    def refuse():
        raise RefusedError(403)

    _expect_forbidden("list Secrets", refuse)


def test_what_must_be_forbidden_and_works_is_named():
    with pytest.raises(PreviewAccessError, match="the view-only account may list Secrets"):
        _expect_forbidden("list Secrets", list)


@pytest.mark.parametrize("error", [RefusedError(404), ConfigError("no token")])
def test_another_failure_proves_nothing(error):
    def fail():
        raise error

    with pytest.raises(type(error)):
        _expect_forbidden("list Secrets", fail)


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_the_token_of_previews_has_scopes_to_read_alone(stack):
    assert {scope.partition(":")[2] for scope in preview_access.scopes(stack)} == {"read"}
