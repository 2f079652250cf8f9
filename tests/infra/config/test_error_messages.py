from __future__ import annotations

from pydantic import BaseModel, ValidationError

from infra.config.error_messages import describe_error


class Either(BaseModel):
    size: int | list[int]


def test_a_place_that_is_not_in_the_file_is_named_without_a_value():
    """Pydantic names the alternatives of a type as if they were keys."""
    values = {"size": "x"}
    try:
        Either.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
    assert describe_error(first, values, Either, "slipway").startswith("slipway:size.int; write Input should be")
