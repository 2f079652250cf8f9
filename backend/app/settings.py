"""The backend's settings, in addition to those of every service."""

from __future__ import annotations

from chassis.rate_limit import Limit
from chassis.settings import RedisSettings


class BackendSettings(RedisSettings):
    """Every variable has its field's name in capitals; see README.md."""

    sign_in_limit: Limit = "10/minute"
    sign_up_limit: Limit = "60/hour"
