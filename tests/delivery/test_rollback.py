from __future__ import annotations

import pytest

from tests.delivery.previews import preview


@pytest.fixture
def prod(world):
    """Prod ran releases 1, 2 and 4, and runs 4."""
    world.run("prod", 1, 2, 4)
    return world


def test_a_failed_release_is_nothing_to_go_back_to(prod, slipway):
    prod.change(failing=[prod.checkout.releases[2]])
    slipway("stack", "deploy", "--stack", "prod", "--release", "HEAD")  # what runs, once more
    with pytest.raises(Exception, match="failed"):
        prod.stack("prod").up(prod.checkout.releases[2], "deploy")
    assert slipway("stack", "rollback", "--stack", "prod", "--to", "previous", "--dry-run")[1].startswith(
        f"prod would go back to {prod.checkout.releases[1][:12]} v1.0.0"
    )


def test_release_without_its_image_is_refused_first(prod, slipway):
    tag = prod.checkout.releases[1][:12]
    del prod.registry.manifests[f"acme/backend:{tag}"]
    status, said = slipway("stack", "rollback", "--stack", "prod", "--to", "v1.0.0")
    assert status == 3
    assert f"the registry does not hold {prod.registry.host}/acme/backend:{tag}" in said
    assert "up" not in prod.commands()


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("RELEASE-3", "never ran well on prod; these did: v1.1.0, v1.0.0, "),
        ("v1.1.0", "prod runs v1.1.0 already"),
        ("v7.0.0", "'v7.0.0' names no commit here"),
        ("; rm -rf /", "names no commit here"),
    ],
)
def test_impossible_rollback_is_refused_by_name(prod, slipway, to, message):
    to = prod.checkout.releases[2] if to == "RELEASE-3" else to
    status, said = slipway("stack", "rollback", "--stack", "prod", "--to", to)
    assert (status, message in said) == (3, True), said
    assert "up" not in prod.commands()


def test_a_stack_with_one_release_has_no_previous_one(world, slipway):
    world.run("prod", 1)
    status, said = slipway("stack", "rollback", "--stack", "prod", "--to", "previous")
    assert (status, "has no other release than" in said) == (3, True)


def test_a_dry_run_names_the_digests_and_does_nothing(prod, slipway):
    status, said = slipway("stack", "rollback", "--stack", "prod", "--to", "v1.0.0", "--dry-run")
    assert status == 0
    assert prod.registry.digest("acme/backend", prod.checkout.releases[1][:12]) in said
    assert "up" not in prod.commands()


def test_the_list_of_releases_says_what_runs_where_since_when(prod, slipway):
    status, said = slipway("stack", "status")
    assert status == 0
    assert "staging: nothing runs" in said
    assert f"prod: {prod.checkout.releases[3][:12]} v1.1.0" in said
    assert prod.registry.digest("acme/backend", prod.checkout.releases[3][:12]) in said
    assert said.index("v1.1.0 ") < said.index("v1.0.0 ")


def test_a_release_comes_back_with_its_own_program_and_settings(prod, slipway):
    (prod.checkout.folder / "Pulumi.prod.yaml").write_text("config: {not what it was}")
    prod.checkout.git("commit", "-qam", "Another stack file")
    assert slipway("stack", "rollback", "--stack", "prod", "--to", "v1.0.0")[0] == 0
    assert prod["applied"] == "release 2"
    assert prod.checkout.git("worktree", "list").count("\n") == 0


def test_preview_is_shown_before_the_rollback(prod, slipway, summary):
    assert slipway("stack", "rollback", "--stack", "prod", "--to", "v1.0.0")[0] == 0
    assert summary().index("### `prod` at `v1.0.0`") < summary().index("✅ prod runs")


def test_rollback_that_deletes_data_needs_permission(prod, slipway):
    prod.change(preview=preview("update"))  # it deletes a node pool
    status, said = slipway("stack", "rollback", "--stack", "prod", "--to", "v1.0.0")
    assert (status, "would delete apps; if that is intended: --allow-destructive" in said) == (3, True)
    assert "up" not in prod.commands()
    assert slipway("stack", "rollback", "--stack", "prod", "--to", "v1.0.0", "--allow-destructive")[0] == 0


def test_rollback_whose_preview_fails_is_refused(prod, slipway):
    prod.change(preview=preview("fail"))
    status, said = slipway("stack", "rollback", "--stack", "prod", "--to", "v1.0.0")
    assert (status, "the rollback preview failed" in said) == (1, True)
    assert "up" not in prod.commands()


def test_a_release_that_failed_its_checks_is_nothing_to_go_back_to(prod, slipway):
    prod.service.broken.add(prod.checkout.releases[2][:12])
    newer = prod.checkout.commit("release 5")
    prod.change(releases={**prod["releases"], newer: prod.outputs(newer)})
    prod.service.broken.add(newer[:12])
    assert slipway("stack", "deploy", "--stack", "prod", "--release", newer)[0] == 6
    status, said = slipway("stack", "rollback", "--stack", "prod", "--to", "previous", "--dry-run")
    assert (status, f"prod would go back to {prod.checkout.releases[1][:12]}" in said) == (0, True), said
    assert slipway("stack", "rollback", "--stack", "prod", "--to", newer)[0] == 3


def cluster(version):
    kind = "digitalocean:index/kubernetesCluster:KubernetesCluster"
    return [{"type": kind, "outputs": {"version": version}}, {"type": "pulumi:pulumi:Stack"}]


@pytest.mark.parametrize(
    ("live", "sent"), [("1.35.4-do.0", "1.35"), ("1.34.9-do.1", "1.34"), ("1.33.1-do.0", "1.34")]
)
def test_a_release_from_before_an_upgrade_runs_on_the_live_cluster(prod, slipway, live, sent):
    """A cluster cannot go back, and the program refuses a lower minor."""
    prod.change(resources=cluster(live))
    assert slipway("stack", "rollback", "--stack", "prod", "--to", "v1.0.0")[0] == 0
    assert (prod["previewed minor"], prod["minor"]) == (sent, sent)


def test_a_failed_upgrade_rolls_back_on_the_upgraded_cluster(world, slipway):
    world.run("staging", 1, 2)
    world.change(resources=cluster("1.35.4-do.0"), failing=[world.checkout.releases[3]])
    assert slipway("stack", "deploy", "--stack", "staging", "--release", world.checkout.releases[3])[0] == 6
    assert world["minor"] == "1.35"


def test_a_deployment_sends_the_minor_of_its_own_stack_file(world, slipway):
    world.run("staging", 1, 2)
    world.change(resources=cluster("1.35.4-do.0"))
    assert slipway("stack", "deploy", "--stack", "staging", "--release", world.checkout.releases[3])[0] == 0
    assert world["minor"] == "1.34"


def test_a_release_before_the_last_ten_updates_can_run_again(world, slipway):
    world.run("prod", 1, 2, *[3] * 10)
    assert slipway("stack", "rollback", "--stack", "prod", "--to", "v1.0.0", "--dry-run")[0] == 0
    said = slipway("stack", "rollback", "--stack", "prod", "--to", world.checkout.releases[0], "--dry-run")[1]
    assert f"prod would go back to {world.checkout.releases[0][:12]}" in said
    assert world.checkout.releases[1][:12] in slipway("images", "needed", "--stack", "prod")[1]


@pytest.mark.parametrize("title", ["return to the old colours (#12)", "roll back automatically to 0123456789ab"])
def test_a_commit_title_makes_no_release_a_failed_one(world, slipway, title):
    """Plain `pulumi up` takes the commit's title as its message."""
    world.run("prod", 1, 2)
    world.stack("prod").up(world.checkout.releases[2], title)
    said = slipway("stack", "status", "--stack", "prod")[1]
    assert ("FAILED" in said, "ROLLED BACK" in said) == (False, False)
    assert slipway("stack", "rollback", "--stack", "prod", "--to", "v1.0.0", "--dry-run")[0] == 0


def test_a_record_in_the_committed_stack_file_is_left_out(world, slipway, checkout):
    world.run("prod", 1)
    file = checkout.folder / "Pulumi.prod.yaml"
    record = f"  delivery:rollback: {{from: {checkout.releases[0]}, by: automatic}}\n"
    file.write_text(file.read_text() + record)
    checkout.git("commit", "-qam", "A record that nobody but Slipway writes")
    release = checkout.git("rev-parse", "HEAD")
    world.change(releases={**world["releases"], release: world.outputs(release)})
    assert slipway("stack", "deploy", "--stack", "prod", "--release", release)[0] == 0
    assert "FAILED" not in slipway("stack", "status", "--stack", "prod")[1]
