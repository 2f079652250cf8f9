"""What a value must be beyond its type, for pydantic, for editors and for people."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True)
class Pattern:
    """A regular expression that a whole text must match."""

    text: str

    def __call__(self, value: str) -> bool:
        return re.fullmatch(self.text, value) is not None

    @property
    def json_schema(self) -> dict[str, Any]:
        return {"pattern": f"^({self.text})$"}


@dataclass(frozen=True)
class Range:
    """Numbers from `lowest` to `highest`, both included."""

    lowest: int
    highest: int

    def __call__(self, value: int) -> bool:
        return self.lowest <= value <= self.highest

    @property
    def json_schema(self) -> dict[str, Any]:
        return {"minimum": self.lowest, "maximum": self.highest}


@dataclass(frozen=True)
class Kind:
    """What a value must be beyond its type.

    Attributes:
        example: a usable value; shown where one is missing.
        advice: completes "write …".
        accepts: whether a value is usable; a `Pattern` or a `Range` is checked by editors, too.
    """

    example: str | int
    advice: str
    accepts: Pattern | Range | Callable[[Any], object]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def check(value: Any) -> Any:
            if not self.accepts(value):
                raise ValueError(self.advice)
            return value

        return core_schema.no_info_after_validator_function(check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        rule = self.accepts.json_schema if isinstance(self.accepts, Pattern | Range) else {}
        return {**handler(schema), **rule, "description": f"Write {self.advice}.", "examples": [self.example]}
