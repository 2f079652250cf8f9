from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError

from infra.config.error_messages import describe_error


class Either(BaseModel):
    model_config = ConfigDict(strict=True)

    size: int | list[int]


def test_the_alternatives_of_a_type_are_no_keys():
    """Pydantic names the alternatives of a type as if they were keys."""
    values = {"size": "x"}
    try:
        Either.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
    assert describe_error(first, values, Either, "slipway").startswith('slipway:size is "x"; write a whole number')
