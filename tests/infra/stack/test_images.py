"""The program builds the images that neither the stack's state nor its registry has, and runs each by its digest."""

from __future__ import annotations

import pytest
from infra_stacks import STACKS, services_of, settings_of

from infra.source.image_digest import DigestError
from infra.stack_state import IMAGE

from ..recorder import DIGEST, Recorder
from ..repository import NO_REGISTRY, registry_state


def state_of(stack, repository, *, built=True, registry=True):
    """A state in which the stack has its registry, and built the images of HEAD."""
    held = registry_state(stack) if registry else {}
    host, sha = settings_of(stack)["registry"]["host"], repository.git("rev-parse", "HEAD")
    for name in services_of(stack) if built else ():
        tag = f"{host}/{name}:{sha[:12]}"
        held[f"urn:{name}"] = {"type": IMAGE, "outputs": {"imageName": tag}}
    return held


def find_declared(recorder):
    return {each.name for each in recorder.of("docker:index/image:Image")}


def images_of(stack):
    return {f"{name}-image{suffix}" for name in services_of(stack) for suffix in ("", "-alias")}


def find_digests(recorder):
    """What each service's release runs."""
    releases = [each.inputs for each in recorder.of("v3:Release") if each.inputs["chart"] == "helm/service"]
    return {inputs["name"]: inputs["values"]["image"]["digest"] for inputs in releases}


@pytest.mark.parametrize("stack", ["staging", "local"])
def test_a_stack_that_builds_declares_an_image_and_alias_per_service(repository, stack):
    """An image's tag is its commit's, an alias has the day as well."""
    images = {each.name: each.inputs for each in repository.deploy(stack).of("Image") if each.custom}
    host = settings_of(stack)["registry"]["host"]
    day = repository.git("log", "-1", "--format=%cs").replace("-", "")
    for name, service in services_of(stack).items():
        image, alias = images.pop(f"{name}-image"), images.pop(f"{name}-image-alias")
        assert image["imageName"] == f"{host}/{name}:{repository.first[:12]}"
        assert alias["imageName"] == f"{host}/{name}:{day}-{repository.first[:7]}"
        for each in (image, alias):
            export = f".slipway/contexts/{name}/{repository.first[:12]}"
            context = export if service["shares"] else f"{export}/{service['folder']}"
            assert each["build"]["context"] == context
            assert each["build"]["dockerfile"] == f"{export}/{service['folder']}/Dockerfile"
            assert each["registry"]["server"] == host.partition("/")[0]
    assert images == {}


def test_a_stack_that_looks_up_builds_nothing_and_runs_the_digest(repository):
    recorder = repository.deploy("prod")
    assert recorder.of("Image") == []
    assert set(find_digests(recorder)) == set(services_of("prod"))


@pytest.mark.parametrize("stack", STACKS)
def test_a_release_always_runs_a_digest(repository, stack):
    found = find_digests(repository.deploy(stack))
    assert found == dict.fromkeys(services_of(stack), DIGEST)


@pytest.mark.parametrize("stack", ["staging", "local"])
def test_images_in_the_state_stay_declared_with_no_registry_request(repository, stack, registry_requests):
    recorder = repository.deploy(stack, cloud=Recorder(state=state_of(stack, repository)))
    assert find_declared(recorder) == images_of(stack)
    assert registry_requests == []


# After a rollback or a lookup (`slipway:images: registry`) the state has no image; nor after a build in CI.
@pytest.mark.parametrize("stack", ["staging", "local"])
def test_images_in_the_registry_but_not_in_the_state_are_not_built(repository, stack, registry_requests):
    cloud = Recorder(state=state_of(stack, repository, built=False))
    recorder = repository.deploy(stack, cloud=cloud)
    assert find_declared(recorder) == set()
    assert set(find_digests(recorder).values()) == {DIGEST}
    assert len(registry_requests) == len(settings_of(stack)["services"])


def test_only_images_that_nobody_built_are_built(repository, monkeypatch):
    monkeypatch.setattr(
        "infra.source.image_digest.find_digest", lambda name, _: None if "/backend:" in name else DIGEST
    )
    recorder = repository.deploy("staging", cloud=Recorder(state=state_of("staging", repository, built=False)))
    assert find_declared(recorder) == {"backend-image", "backend-image-alias"}


def test_up_by_hand_after_a_deploy_from_ci_builds_nothing(repository, registry_requests):
    """CI built the changed services only (`build:backend`), and looked the others up."""
    held = state_of("staging", repository)
    state = {urn: each for urn, each in held.items() if urn in {"urn:registry", "urn:backend"}}
    by_ci = repository.deploy("staging", cloud=Recorder(state=state), images="build:backend")
    by_hand = repository.deploy("staging", cloud=Recorder(state=state))
    assert (
        find_declared(by_ci) == find_declared(by_hand) == {"backend-image", "backend-image-alias"}
    )  # as the state has them
    assert find_digests(by_ci) == find_digests(by_hand)


def test_up_after_a_rollback_to_an_older_commit_builds_nothing(repository, registry_requests):
    repository.write("backend/main.py", "print('two')\n")
    repository.commit()
    rolled_back = repository.deploy("staging", cloud=Recorder(state=state_of("staging", repository)),
                                    images="registry", release=repository.first)  # fmt: skip
    assert find_declared(rolled_back) == set()
    again = repository.deploy("staging", cloud=Recorder(state=state_of("staging", repository, built=False)))
    assert find_declared(again) == set()


def test_prod_declares_no_image(repository, registry_requests):
    assert find_declared(repository.deploy("prod")) == set()
    assert len(registry_requests) == len(settings_of("prod")["services"])


def test_a_registry_that_does_not_exist_yet_is_not_asked_for_images(repository, registry_requests):
    recorder = repository.deploy("prod", cloud=Recorder(state=NO_REGISTRY))
    assert len(recorder.of("service:Service")) == len(settings_of("prod")["services"])
    with pytest.raises(DigestError, match="slipway stack promote` copies them"):
        repository.deploy("prod", cloud=Recorder(state=NO_REGISTRY), preview=False)
    assert registry_requests == []


def test_first_update_does_not_ask_a_registry_that_is_missing(repository, registry_requests):
    recorder = repository.deploy("staging")
    assert find_declared(recorder) == images_of("staging")
    assert registry_requests == []


def test_a_missing_image_is_refused_before_anything_is_declared(repository, monkeypatch):
    monkeypatch.setattr("infra.source.image_digest.find_digest", lambda *_: None)
    with pytest.raises(
        DigestError, match=rf"backend: registry.digitalocean.com/slipway-example-prod/backend:{repository.first[:12]}"
    ):
        repository.deploy("prod", preview=False)
