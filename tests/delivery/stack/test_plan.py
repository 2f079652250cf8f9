from __future__ import annotations

import copy
import json

import pytest

from delivery.github.markdown import LONGEST
from delivery.stack.plan import parse_plan
from delivery.stack.preview_summary import summary
from delivery.stack.property_change import SIGNATURE
from tests.delivery.previews import preview

TOKEN = "dop_v1_" + "a" * 64


def plan(name):
    return parse_plan(preview(name))


def test_preview_without_changes_has_no_steps():
    same = plan("same")
    assert (same.steps, same.errors) == ((), ())
    assert "Nothing changes: " in summary(same, "local", "3f2a91c4d5e6", None)


def test_replaces_and_deletes_of_what_holds_data_are_on_top():
    text = summary(plan("replace"), "prod", "v1.2.0", None)
    head, _, rest = text.partition("| create |")
    assert "> [!CAUTION]" in head
    assert "> - **replaces KubernetesCluster `cluster`**" in head
    assert "> - **replaces ContainerRegistry `registry`**, forced by `region`" in head
    assert "> - **replaces Vpc `network`**, forced by `region`" in head
    assert "Release `backend`" not in head
    assert "- replace Release `backend`" in rest
    text = summary(plan("update"), "prod", "v1.2.0", None)
    assert "> - **deletes KubernetesNodePool `apps`**" in text


def test_each_property_is_shown_before_and_after():
    text = summary(plan("update"), "prod", "v1.2.0", None)
    assert "  - `ha`: `false` → `true`" in text
    assert "  - `nodePool.maxNodes`: `2` → `5`" in text
    assert "  - `nodePool.labels`: computed" in text


def test_a_failed_preview_says_why_and_promises_nothing():
    failed = plan("fail")
    text = summary(failed, "staging", "3f2a91c4d5e6", None)
    assert "**The preview failed.**" in text
    assert 'slipway:owner is "NOT OK"; write a label' in text
    assert "unchanged" not in text


def test_what_is_secret_by_mark_by_name_or_by_form_is_not_shown():
    raw = preview("update")
    step = next(step for step in raw["steps"] if "Release" in step["urn"])
    step["newState"]["inputs"]["values"]["environment"] |= {"NOTE": TOKEN, "password": "correct horse"}
    step["newState"]["inputs"]["values"]["secrets"] = {SIGNATURE: "1b47", "ciphertext": "v1:abc"}
    step["newState"]["inputs"]["values"]["shapes"] = [{"inner": {SIGNATURE: "1b47", "plaintext": "correct horse"}}]
    step["detailedDiff"] |= {
        "values.environment.NOTE": {"kind": "add"},
        "values.environment": {"kind": "update"},
        "values.secrets": {"kind": "add"},
        "values.shapes": {"kind": "add"},
        "values.shapes[0].inner": {"kind": "add"},
        "values.shapes[0].inner.plaintext": {"kind": "add"},
    }
    text = summary(parse_plan(raw), "prod", "v1.2.0", None)
    assert TOKEN not in text
    assert TOKEN[:20] not in text
    assert "correct horse" not in text
    assert "v1:abc" not in text
    assert '  - `values.shapes[0].inner`: `nothing` → `"[secret]"`' in text
    assert "  - `values.environment.API_TOKEN_HINT`: `[secret]` → `[secret]`" in text


def test_unknown_values_are_shown_as_computed():
    raw = preview("update")
    step = next(step for step in raw["steps"] if "Release" in step["urn"])
    step["newState"]["inputs"]["values"]["image"]["digest"] = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    assert '→ `"computed"`' in summary(parse_plan(raw), "prod", "v1.2.0", None)


def test_a_value_cannot_leave_its_code_span():
    raw = preview("update")
    step = next(step for step in raw["steps"] if "Release" in step["urn"])
    step["newState"]["inputs"]["values"]["environment"]["NOTE"] = "` <img src=x> `"
    step["detailedDiff"]["values.environment.NOTE"] = {"kind": "add"}
    assert "`\"' <img src=x> '\"`" in summary(parse_plan(raw), "prod", "v1.2.0", None)


def test_a_long_preview_is_cut_between_resources_and_says_so():
    raw = preview("update")
    step = next(step for step in raw["steps"] if "Release" in step["urn"])
    steps = []
    for number in range(2000):
        more = copy.deepcopy(step)
        more["urn"] = more["urn"].replace("::backend", f"::backend{number}")
        steps.append(more)
    raw["steps"] += steps
    text = summary(parse_plan(raw), "prod", "v1.2.0", None, where="[the run](https://example.com)")
    assert len(text) <= LONGEST
    assert text.rstrip().endswith("more: [the run](https://example.com)")
    shown = text.count("- update Release `backend")
    assert f"… and {2003 - shown - text.count('- delete') - text.count('- update Kub')} more" in text


@pytest.mark.parametrize("content", [{}, {"config": {}}, {"steps": 5, "changeSummary": {}}])
def test_other_json_is_no_preview(content):
    with pytest.raises(ValueError, match="not the output of `pulumi preview --json`"):
        parse_plan(content)


@pytest.fixture
def saved(tmp_path):
    def save(name):
        file = tmp_path / "preview.json"
        file.write_text(json.dumps(preview(name)))
        return file

    return save


def test_the_command_reads_a_saved_preview(saved, slipway, summary):
    status, _ = slipway("stack", "preview", "--stack", "prod", "--from", saved("update"))
    assert status == 0
    assert "### `prod` at `the working copy`" in summary()
    assert "of the resources that change (+16.00 to +40.00)" in summary()


def test_the_command_previews_a_release_of_a_stack(world, slipway, summary):
    world.run("staging", 1)
    world.change(preview=preview("update"))
    assert slipway("stack", "preview", "--stack", "staging", "--release", "v1.0.0")[0] == 0
    assert "### `staging` at `v1.0.0`" in summary()
    assert world["calls"][-1][:3] == ["preview", "--json", "--show-sames"]
    release = world.checkout.releases[1]
    assert world["previewed"] == [
        release,
        "build",
        "release 2",
    ]  # by the release's own program, not the working copy's
    assert world.checkout.git("worktree", "list").count("\n") == 0


def test_drift_is_a_failure_when_none_is_expected(saved, slipway, summary, monkeypatch, tmp_path):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "out"))
    words = ("stack", "preview", "--stack", "prod", "--expect-no-changes", "--from")
    assert slipway(*words, saved("same"))[0] == 0
    assert slipway(*words, saved("update"))[0] == 1
    assert (tmp_path / "out").read_text() == "changed=false\nchanged=true\n"


def test_a_failed_preview_fails_the_command_and_is_still_summarised(saved, slipway, summary, tmp_path):
    folder = tmp_path / "saved"
    status, said = slipway("stack", "preview", "--stack", "prod", "--from", saved("fail"), "--save", folder)
    assert (status, "slipway:owner" in said) == (1, True)
    assert "**The preview failed.**" in summary()
    assert "**The preview failed.**" in (folder / "comment.md").read_text()


def test_more_destructive_changes_than_approved_are_refused(saved, slipway, summary, tmp_path):
    folder, words = tmp_path / "approved", ("stack", "preview", "--stack", "prod", "--from")
    assert slipway(*words, saved("update"), "--save", folder)[0] == 0
    assert slipway(*words, saved("update"), "--within", folder / "plan.json")[0] == 0
    status, said = slipway(*words, saved("replace"), "--within", folder / "plan.json")
    assert status == 3
    assert "more would be replaced or deleted than was approved: replace urn:pulumi:" in said


@pytest.mark.parametrize(
    ("content", "status", "message"),
    [
        (None, 5, "is not there"),
        ("not json", 3, "is not JSON: save it with `pulumi preview --json`"),
        ("[]", 3, "is not the output of `pulumi preview --json`"),
        ("{}", 3, "is not the output of `pulumi preview --json`"),
    ],
)
def test_a_file_that_is_no_preview_is_refused(slipway, tmp_path, content, status, message):
    file = tmp_path / "x.json"
    if content is not None:
        file.write_text(content)
    got, said = slipway("stack", "preview", "--stack", "prod", "--from", file)
    assert (got, message in said) == (status, True), said


def test_prices_are_asked_of_digitalocean_where_there_is_a_token(saved, slipway, summary, monkeypatch):
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from tests.delivery.served import served

    def sizes(request):
        page = int(request.query_params["page"])
        slug, price = [("s-2vcpu-4gb", 25.0), ("s-4vcpu-8gb", 50.0)][page - 1]
        links = {"pages": {"next": "https://example.com"}} if page == 1 else {}
        return JSONResponse({"sizes": [{"slug": slug, "price_monthly": price}], "links": links})

    with served(Starlette(routes=[Route("/v2/sizes", sizes)])) as url:
        monkeypatch.setenv("DIGITALOCEAN_API_URL", url)
        monkeypatch.setenv("DIGITALOCEAN_TOKEN", TOKEN)
        assert slipway("stack", "preview", "--stack", "prod", "--from", saved("update"))[0] == 0
    assert "(+15.00 to +40.00)" in summary()
    assert "Prices: DigitalOcean's API for nodes" in summary()


def test_drift_is_a_difference_from_the_live_release_not_the_branch(world, slipway, summary):
    world.run("staging", 2)
    world.change(preview=preview("update"))
    status, _ = slipway("stack", "preview", "--stack", "staging", "--live", "--refresh", "--expect-no-changes")
    assert status == 1
    assert "### `staging` at `what runs`" in summary()
    assert "--refresh" in world["calls"][-1]
    assert world["previewed"] == [
        world.checkout.releases[1],
        "build",
        "release 2",
    ]  # the program and the files of what runs
    assert world.checkout.git("worktree", "list").count("\n") == 0


def test_images_that_a_rollback_looked_up_are_no_drift(world, slipway, summary):
    world.run("staging", 2, 3)
    assert slipway("stack", "rollback", "--stack", "staging", "--to", "previous")[0] == 0
    assert slipway("stack", "preview", "--stack", "staging", "--live")[0] == 0
    assert world["previewed"][1] == "registry"


def test_there_is_no_drift_where_nothing_runs(world, slipway):
    status, said = slipway("stack", "preview", "--stack", "staging", "--live")
    assert (status, "staging runs nothing" in said) == (3, True)


def test_a_months_login_that_ends_is_nothing_that_was_to_be_approved():
    """Else a preview of last month would not approve the deployment of this one."""
    token = "digitalocean:index/containerRegistryDockerCredentials:ContainerRegistryDockerCredentials"
    step = {"op": "delete", "urn": f"urn:pulumi:staging::slipway::{token}::registry-push-2026-10", "oldState": {}}
    found = parse_plan({"steps": [step], "changeSummary": {"delete": 1}})
    assert found.counts["delete"] == 1
    assert found.destructive == set()
