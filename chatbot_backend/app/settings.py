"""The chat's settings, in addition to those of every service."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from chassis.rate_limit import Limit
from chassis.settings import RedisSettings

# A `str` and not pydantic's URL, which adds a slash that clients would double.
HttpUrl = Annotated[str, Field(pattern=r"^https?://[^/\s]+(/\S*)?$")]


class ChatSettings(RedisSettings):
    """Every variable has its field's name in capitals; see README.md."""

    database_url: str = Field(default="sqlite+aiosqlite:///chat.db", validate_default=True, repr=False)
    port: int = Field(default=8001, ge=1, le=65535)
    backend_url: HttpUrl = "http://127.0.0.1:8000"
    redis_url: SecretStr | None = SecretStr("redis://127.0.0.1:6379/0")
    qdrant_url: HttpUrl = "http://127.0.0.1:6333"
    qdrant_api_key: SecretStr | None = None
    assistant: Literal["embedded", "openai"] = "embedded"
    openai_base_url: HttpUrl = "https://api.openai.com/v1"
    openai_api_key: SecretStr | None = None
    openai_model: str = "gpt-4o-mini"
    chat_limit: Limit = "30/minute"
    retention_days: int = Field(default=30, ge=1, description="how long a conversation stays that nobody uses")
    answer_seconds: float = Field(default=120.0, gt=0, description="how long an answer may take in all")
    model_seconds: float = Field(default=60.0, gt=0, description="how long one call of the language model may take")
    index_seconds: float = Field(default=3.0, gt=0, description="how long a search may take to index what is new")

    @field_validator("openai_api_key")
    @classmethod
    def _none_if_empty(cls, key: SecretStr | None) -> SecretStr | None:
        return key if key and key.get_secret_value() else None

    @property
    def qdrant_key(self) -> str | None:
        return self.qdrant_api_key.get_secret_value() if self.qdrant_api_key else None
