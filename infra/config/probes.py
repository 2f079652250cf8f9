"""Which requests of a service's metrics are no user's."""

from __future__ import annotations

# What the cluster asks, and Slipway: a starting pod may well answer 503 there, and no user waits for it.
PROBES = frozenset({"/livez", "/readyz", "/healthz", "/metrics"})
ROUTE_LABELS = ("route", "handler", "path")  # the chassis' name, and those of other middleware
