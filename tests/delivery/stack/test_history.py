from __future__ import annotations

import json

import pytest

from delivery.stack.history import (
    Update,
    find_automatic_rollback,
    find_digests,
    find_previous,
    find_version,
    iterate_good,
    list_releases,
)


def test_release_named_relative_to_head_is_the_commit_it_was_then():
    head = "a" * 40
    found = [update(name, **{"git.head": head}).revision for name in ("HEAD", "HEAD~1", "b" * 40)]
    assert found == [head, f"{head}~1", "b" * 40]


def update(sha, *, result="succeeded", kind="update", records=None, **environment):
    return Update(
        kind=kind,
        start_time="2026-11-20T07:00:00Z",
        end_time="2026-11-20T07:01:00Z",
        message="deploy\n\nmore",
        result=result,
        config={
            "slipway:release": {"value": sha, "secret": False},
            **{key: {"value": text, "secret": False} for key, text in (records or {}).items()},
        },
        environment=environment,
    )


def test_releases_are_read_with_version_actor_and_run(checkout):
    sha = checkout.releases[1]
    environment = {"git.committer": "Ada", "ci.build.url": "https://github.com/acme/todo/actions/runs/7"}
    [release] = list_releases([update(sha, **environment)], checkout.folder)
    assert (release.sha, release.version, release.by) == (sha, "v1.0.0", "Ada")
    assert release.url == "https://github.com/acme/todo/actions/runs/7"
    assert (release.message, release.at.isoformat()) == ("deploy", "2026-11-20T07:01:00+00:00")


def test_what_is_no_release_is_left_out(checkout):
    updates = [
        update(checkout.releases[0], kind="destroy"),
        update(checkout.releases[0], kind="refresh"),
        update("0" * 40),
        Update(kind="update", start_time="2026-11-20T07:00:00Z", result="succeeded"),
    ]
    assert list_releases(updates, checkout.folder) == []


def test_the_previous_release_is_the_newest_other_one_that_succeeded(checkout):
    one, two, three, _ = checkout.releases
    ran = list_releases([update(three), update(two, result="failed"), update(three), update(one)], checkout.folder)
    assert find_previous(ran, three).sha == one
    assert find_previous(ran[:1], three) is None


def test_a_commit_with_several_versions_has_the_highest_by_number(checkout):
    checkout.git("tag", "v1.10.0", checkout.releases[0])
    checkout.git("tag", "v1.9.0", checkout.releases[0])
    checkout.git("tag", "nightly", checkout.releases[0])
    assert find_version(checkout.releases[0], checkout.folder) == "v1.10.0"
    assert find_version(checkout.releases[2], checkout.folder) is None


def rollback(sha, from_release, by):
    return update(sha, records={"delivery:rollback": json.dumps({"from": from_release, "by": by})})


def test_a_rolled_back_release_is_good_again_after_another_deploy(checkout):
    one, two, three, _ = checkout.releases
    earlier = [rollback(one, two, "person"), update(two), update(one)]  # newest first
    assert [release.sha for release in iterate_good(list_releases(earlier, checkout.folder), one)] == []
    later = [update(three), update(two), *earlier]
    assert [release.sha for release in iterate_good(list_releases(later, checkout.folder), three)] == [two, one]
    failed = [rollback(two, three, "automatic"), update(three), *later[1:]]
    assert [release.succeeded for release in list_releases(failed, checkout.folder)][:2] == [True, False]
    assert find_automatic_rollback(failed, three, checkout.folder) is failed[0]
    assert find_automatic_rollback([update(three), *failed], three, checkout.folder) is None
    assert find_automatic_rollback(earlier, two, checkout.folder) is None  # a person's


@pytest.mark.parametrize(
    "text",
    ["", "yes", "null", "[]", '{"from": "HEAD", "by": "automatic"}', '{"from": "' + "a" * 40 + '", "by": "me"}'],
)
def test_a_record_that_slipway_did_not_write_counts_as_none(checkout, text):
    records = {"delivery:rollback": text, "delivery:replaced": text}
    found = update(checkout.releases[0], records=records)
    assert (found.rollback, found.replaced) == (None, None)


def test_the_digests_are_from_the_last_replacement_of_a_release(checkout):
    one = checkout.releases[0]
    records = [{"release": one, "digests": {"backend": digest}} for digest in ("sha256:2", "sha256:1")]
    updates = [update("b" * 40, records={"delivery:replaced": json.dumps(each)}) for each in records]
    assert find_digests(updates, one) == {"backend": "sha256:2"}
    assert find_digests(updates, "c" * 40) is None
