"""The settings of the backend, beside those of every service."""

from __future__ import annotations

from limits import parse
from pydantic import Field, SecretStr, field_validator

from chassis.settings import ServiceSettings


class BackendSettings(ServiceSettings):
    """Every variable has its field's name in capitals; see README.md."""

    redis_url: SecretStr | None = None
    sign_in_limit: str = "10/minute"
    sign_up_limit: str = "60/hour"
    dependency_seconds: float = Field(default=2.0, gt=0, description="how long another server may take to answer")

    @field_validator("sign_in_limit", "sign_up_limit")
    @classmethod
    def _is_limit(cls, text: str) -> str:
        try:
            parse(text)
        except ValueError:
            raise ValueError(f"{text!r} is no limit; write a number per time such as 30/minute") from None
        return text

    @property
    def redis(self) -> str | None:
        return (self.redis_url.get_secret_value() if self.redis_url else None) or None
