"""Which release may follow what runs."""

from __future__ import annotations

import pytest

STAGING = ("--stack", "staging")


@pytest.fixture
def rewritten(world, checkout):
    """Staging ran release 4 when develop was rewritten; by now it runs the new beginning."""
    world.run("staging", 4)
    checkout.git("checkout", "-q", "--orphan", "rewritten")
    new = checkout.commit("rewritten")
    world.change(releases={**world["releases"], new: world.outputs(new)})
    checkout.git("update-ref", "refs/remotes/origin/develop", new)
    world.stack("staging").up(new, "deploy")
    world.change(calls=[])
    return world


@pytest.mark.parametrize("options", [(), ("--automatic",), ("--automatic", "--allow-unmerged")])
def test_a_release_from_before_a_forced_push_is_refused(rewritten, slipway, options):
    status, said = slipway("stack", "deploy", *STAGING, "--release", rewritten.checkout.releases[3], *options)
    assert (status, "or no longer, as after a forced push" in said) == (3, True), said
    assert "--allow-unmerged" in said
    assert "up" not in rewritten.commands()


def test_a_person_may_deploy_a_release_from_before_a_forced_push(rewritten, slipway):
    release = rewritten.checkout.releases[3]
    assert slipway("stack", "deploy", *STAGING, "--release", release, "--allow-unmerged")[0] == 0
    assert rewritten["stacks"]["staging"]["outputs"]["release"] == release


def test_a_person_may_deploy_unmerged_commits_on_top_of_the_live_one(world, slipway, checkout):
    world.run("staging", 2)
    checkout.git("update-ref", "refs/remotes/origin/develop", checkout.releases[1])
    assert slipway("stack", "deploy", *STAGING, "--release", checkout.releases[2])[0] == 0
    status, said = slipway("stack", "deploy", *STAGING, "--release", checkout.releases[3], "--automatic")
    assert (status, "only what was merged is deployed automatically" in said) == (3, True), said


def test_after_an_automatic_rollback_only_that_release_is_refused(world, slipway, checkout):
    checkout.git("update-ref", "refs/remotes/origin/develop", "develop")
    world.run("staging", 2)
    bad = checkout.releases[2]
    world.service.broken.add(bad[:12])
    assert slipway("stack", "deploy", *STAGING, "--release", bad, "--automatic")[0] == 6
    status, said = slipway("stack", "deploy", *STAGING, "--release", bad, "--automatic")
    assert (status, f"{bad[:12]} failed on staging and was rolled back automatically on 20" in said) == (3, True), (
        said
    )
    world.service.broken.clear()
    assert slipway("stack", "deploy", *STAGING, "--release", bad)[0] == 0  # a person named it, and it works
    assert slipway("stack", "deploy", *STAGING, "--release", bad, "--automatic")[0] == 0
    assert slipway("stack", "deploy", *STAGING, "--release", checkout.releases[3], "--automatic")[0] == 0


def test_only_a_person_may_deploy_where_no_workflow_lists_branches(world, slipway, checkout):
    (checkout.folder / ".github/workflows/ci.yml").unlink()
    assert slipway("stack", "deploy", *STAGING, "--release", "HEAD")[0] == 0
    status, said = slipway("stack", "deploy", *STAGING, "--release", "HEAD", "--automatic")
    assert (status, "cannot read the branches that are deployed" in said) == (5, True), said
