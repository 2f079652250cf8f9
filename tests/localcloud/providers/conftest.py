"""The emulated API and our provider, started once for the tests that run Pulumi's engine."""

from __future__ import annotations

import pytest

from tests.localcloud.providers.engine import Stack, api_process, official_plugin, provider_process

# The official provider joins in where the CLI on PATH has it: the same table then holds both to the same answers.
PROVIDERS = ("ours", "official") if official_plugin() else ("ours",)


@pytest.fixture(scope="module", params=PROVIDERS)
def providers(request):
    return request.param


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    with api_process(tmp_path_factory.mktemp("emulated") / "api") as started:
        yield started


@pytest.fixture(scope="module")
def make_stack(tmp_path_factory, api, providers):
    """Makes an empty stack."""
    folder = tmp_path_factory.mktemp("provider")
    if providers == "official":
        yield lambda name: Stack(tmp_path_factory.mktemp(name) / "stack", api, None)
        return
    with provider_process(folder) as attached:
        yield lambda name: Stack(tmp_path_factory.mktemp(name) / "stack", api, attached)
