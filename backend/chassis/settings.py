"""Settings from environment variables, read once at start."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

REDIS_SCHEMES = ("redis://", "rediss://")
DRIVERS = {"postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}


class ServiceSettings(BaseSettings):
    """Every variable has its field's name in capitals; see the service's README.md."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)  # the URL holds a password

    database_url: str = Field(default="sqlite+aiosqlite:///todo.db", repr=False)
    release_sha: str = "unknown"
    port: int = Field(default=8000, ge=1, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    migrate_on_start: bool = False
    database_seconds: float = Field(default=2.0, gt=0, description="how long a readiness check waits")
    otel_exporter_otlp_endpoint: str | None = Field(default=None, description="of a collector; None: no traces")

    @field_validator("otel_exporter_otlp_endpoint")
    @classmethod
    def _check_collector_url(cls, url: str | None) -> str | None:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError(
                f"OTEL_EXPORTER_OTLP_ENDPOINT is {url}; write the URL of a collector's OTLP over HTTP, "
                "such as http://collector:4318"
            )
        return url or None

    @field_validator("database_url")
    @classmethod
    def _add_driver(cls, url: str) -> str:
        """Add the driver to a managed database's `postgresql://…?sslmode=require`; the driver calls it `ssl`."""
        scheme, separator, rest = url.partition("://")
        if not separator:
            raise ValueError("DATABASE_URL is no URL; write postgresql://user:password@host/name or sqlite:///file")
        scheme = DRIVERS.get(scheme, scheme)
        if scheme not in DRIVERS.values():
            raise ValueError(f"DATABASE_URL begins with {scheme}://; write postgresql:// or sqlite://")
        return f"{scheme}://{rest.replace('sslmode=', 'ssl=')}"


class RedisSettings(ServiceSettings):
    """Settings of a service that counts in Redis or Valkey; without a URL, each process counts by itself."""

    redis_url: SecretStr | None = None
    dependency_seconds: float = Field(default=2.0, gt=0, description="how long another server may take to answer")

    @field_validator("redis_url")
    @classmethod
    def _check_redis_url(cls, url: SecretStr | None) -> SecretStr | None:
        text = url.get_secret_value() if url else ""
        if text and not text.startswith(REDIS_SCHEMES):
            scheme = (
                f"begins with {text.partition('://')[0]}://" if "://" in text else "is no URL"
            )  # never the URL: it has a password
            raise ValueError(f"REDIS_URL {scheme}; write redis://host:6379/0, rediss:// for TLS, or nothing")
        return url if text else None

    @property
    def redis(self) -> str | None:
        """The URL as text, or None."""
        return self.redis_url.get_secret_value() if self.redis_url else None
