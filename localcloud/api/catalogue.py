"""What DigitalOcean sells, as far as a cluster and its checks need it."""

from __future__ import annotations

from typing import Any

# docs.digitalocean.com/platform/regional-availability: the regions with Kubernetes.
REGIONS = {
    "ams3": "Amsterdam 3",
    "atl1": "Atlanta 1",
    "blr1": "Bangalore 1",
    "fra1": "Frankfurt 1",
    "lon1": "London 1",
    "nyc1": "New York 1",
    "nyc2": "New York 2",
    "nyc3": "New York 3",
    "sfo2": "San Francisco 2",
    "sfo3": "San Francisco 3",
    "sgp1": "Singapore 1",
    "syd1": "Sydney 1",
    "tor1": "Toronto 1",
}

# slug: (vCPUs, MiB of memory, GiB of disk, TB of transfer, $ a month): digitalocean.com/pricing/droplets.
SIZES = {
    "s-1vcpu-512mb-10gb": (1, 512, 10, 0.5, 4.0),
    "s-1vcpu-1gb": (1, 1024, 25, 1, 6.0),
    "s-1vcpu-1gb-amd": (1, 1024, 25, 1, 7.0),
    "s-1vcpu-1gb-intel": (1, 1024, 25, 1, 7.0),
    "s-1vcpu-2gb": (1, 2048, 50, 2, 12.0),
    "s-1vcpu-2gb-amd": (1, 2048, 50, 2, 14.0),
    "s-1vcpu-2gb-intel": (1, 2048, 50, 2, 14.0),
    "s-2vcpu-2gb": (2, 2048, 60, 3, 18.0),
    "s-2vcpu-2gb-amd": (2, 2048, 60, 3, 21.0),
    "s-2vcpu-2gb-intel": (2, 2048, 60, 3, 21.0),
    "s-2vcpu-4gb": (2, 4096, 80, 4, 24.0),
    "s-2vcpu-4gb-amd": (2, 4096, 80, 4, 28.0),
    "s-2vcpu-4gb-intel": (2, 4096, 80, 4, 28.0),
    "s-4vcpu-8gb": (4, 8192, 160, 5, 48.0),
    "s-4vcpu-8gb-amd": (4, 8192, 160, 5, 56.0),
    "s-4vcpu-8gb-intel": (4, 8192, 160, 5, 56.0),
    "s-8vcpu-16gb": (8, 16384, 320, 6, 96.0),
    "s-8vcpu-16gb-amd": (8, 16384, 320, 6, 112.0),
    "s-8vcpu-16gb-intel": (8, 16384, 320, 6, 112.0),
    "c-2": (2, 4096, 25, 4, 42.0),
    "c-4": (4, 8192, 50, 5, 84.0),
    "c-8": (8, 16384, 100, 6, 168.0),
    "c-16": (16, 32768, 200, 7, 336.0),
    "g-2vcpu-8gb": (2, 8192, 25, 4, 63.0),
    "g-4vcpu-16gb": (4, 16384, 50, 5, 126.0),
    "g-8vcpu-32gb": (8, 32768, 100, 6, 252.0),
    "gd-2vcpu-8gb": (2, 8192, 50, 4, 68.0),
    "gd-4vcpu-16gb": (4, 16384, 100, 5, 136.0),
    "m-2vcpu-16gb": (2, 16384, 50, 4, 84.0),
    "m-4vcpu-32gb": (4, 32768, 100, 6, 168.0),
    "m-8vcpu-64gb": (8, 65536, 200, 7, 336.0),
}
FEATURES = ["backups", "ipv6", "metadata", "install_agent", "storage", "image_transfer", "kubernetes"]
SMALLEST_NODE_MEMORY = 2048  # MiB; DOKS offers no smaller node
HOURS = 672  # a month is billed as 28 days at the most

VERSIONS = ("1.35.1-do.0", "1.34.4-do.0", "1.33.8-do.0")  # newest first: the first is the provider's "latest"
HIGHLY_AVAILABLE_FROM = (1, 36)  # from here on `ha` is on where it is not said

# tier: (repositories, bytes of storage, $ a month)
TIERS = {"starter": (1, 500 * 2**20, 0.0), "basic": (5, 5 * 2**30, 5.0), "professional": (0, 100 * 2**30, 20.0)}


def registries(tier_slug: str) -> int:
    """How many registries an account may have."""
    return 10 if tier_slug == "professional" else 1


def region(slug: str) -> dict[str, Any]:
    return next(each for each in regions() if each["slug"] == slug)


def regions() -> list[dict[str, Any]]:
    return [
        {"slug": slug, "name": name, "sizes": list(SIZES), "features": FEATURES, "available": True}
        for slug, name in REGIONS.items()
    ]


def sizes() -> list[dict[str, Any]]:
    return [
        {
            "slug": slug,
            "vcpus": vcpus,
            "memory": memory,
            "disk": disk,
            "transfer": float(transfer),
            "price_monthly": price,
            "price_hourly": round(price / HOURS, 5),
            "regions": list(REGIONS),
            "available": True,
            "description": "Basic" if slug.startswith("s-") else "Dedicated",
        }
        for slug, (vcpus, memory, disk, transfer, price) in SIZES.items()
    ]


def tier(slug: str) -> dict[str, Any]:
    repositories, storage, price = TIERS[slug]
    return {
        "slug": slug,
        "name": slug.capitalize(),
        "included_repositories": repositories,
        "included_storage_bytes": storage,
        "included_bandwidth_bytes": storage,
        "monthly_price_in_cents": int(price * 100),
        "allow_storage_overage": slug != "starter",
    }


def node_sizes() -> set[str]:
    return {slug for slug, (_, memory, *_) in SIZES.items() if memory >= SMALLEST_NODE_MEMORY}
