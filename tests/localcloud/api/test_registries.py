"""What the account's registry may hold, by its subscription."""

from __future__ import annotations

import pytest

GIB = 2**30


def create(api, tier):
    api.do("POST", "/v2/registry", {"name": "acme", "subscription_tier_slug": tier})


@pytest.mark.parametrize(
    ("tier", "limits"),
    # Storage beyond the paid tiers' is charged, and not refused.
    [("starter", (500 * 2**20, 1)), ("basic", (None, 5)), ("professional", (None, None))],
)
def test_a_registry_has_the_limits_of_its_tier(served, services, tier, limits):
    create(served, tier)
    assert services.registry_logins.limits == limits


def test_another_subscription_has_other_limits_at_once(served, services):
    create(served, "starter")
    served.do("POST", "/v2/registry/subscription", {"tier_slug": "basic"})
    assert services.registry_logins.limits == (None, 5)


def test_a_tiers_storage_can_be_set_and_left_again(served, services):
    create(served, "basic")
    served.do("PUT", "/_emulator/registry-storage/basic", {"bytes": GIB})
    assert services.registry_logins.limits == (GIB, 5)
    served.do("POST", "/v2/registry/subscription", {"tier_slug": "professional"})
    assert services.registry_logins.limits == (None, None)
    served.do("POST", "/v2/registry/subscription", {"tier_slug": "basic"})
    served.do("DELETE", "/_emulator/registry-storage/basic", status=204)
    assert services.registry_logins.limits == (None, 5)


@pytest.mark.parametrize(("tier", "size"), [("gold", 1), ("basic", -1), ("basic", "1 GiB"), ("basic", True)])
def test_storage_of_no_tier_or_size_is_refused(served, tier, size):
    text = served.do("PUT", f"/_emulator/registry-storage/{tier}", {"bytes": size}, status=422)["message"]
    assert text == f"{tier}: {size!r} bytes; tiers are starter, basic, professional, bytes a whole number"
