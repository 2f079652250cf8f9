"""What may be sent: Qdrant's own forms, with the fields that are offered and no others.

Types are exact, as Qdrant's are: no text is taken for a number, no number for a boolean. What Qdrant knows and this
does not offer must end in an error of a type of NOT_OFFERED, which is answered with 501.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

NOT_OFFERED = frozenset({"extra_forbidden", "literal_error", "not_offered"})
LARGEST_ID = 2**64 - 1
LARGEST_FLOAT = 3.4028234663852886e38  # of 32 bits, which is what the engine keeps
LARGEST_VECTOR = 65536  # dimensions
LARGEST_LIMIT = 2**32 - 1  # points


def _dense(value: Any) -> Any:
    if not isinstance(value, list) or any(isinstance(number, list) for number in value[:1]):
        raise PydanticCustomError("not_offered", "anything but one dense vector")
    return value


def _nearest(value: Any) -> Any:
    """The vector of a query, which may be wrapped; Qdrant's client does."""
    return value["nearest"] if isinstance(value, dict) and value.keys() == {"nearest"} else value


def _text(value: Any) -> Any:
    if isinstance(value, bool | int):
        raise PydanticCustomError("not_offered", "anything but text to match")
    return value


def _several(value: Any) -> Any:
    if not isinstance(value, list):
        raise PydanticCustomError("not_offered", "anything but a list of conditions")
    return value


def _schema(value: Any) -> Any:
    """The schema of a payload's field, which may be its type alone; without one Qdrant looks for one."""
    if value is None:
        raise PydanticCustomError("not_offered", "anything but a named schema")
    return {"type": value} if isinstance(value, str) else value


def _storable(payload: dict[str, Any]) -> dict[str, Any]:
    """Raises ValueError for infinite numbers and halves of characters: the reader of JSON takes them."""
    json.dumps(payload, ensure_ascii=False, allow_nan=False).encode()
    return payload


# A literal, where `bool` would do: a list of names of fields is then 501, and not the caller's mistake.
Switch = Literal[True, False]
PointId = Annotated[int, Field(ge=0, le=LARGEST_ID)] | Annotated[UUID, Field(strict=False)]
Number = Annotated[float, Field(ge=-LARGEST_FLOAT, le=LARGEST_FLOAT, allow_inf_nan=False)]
Vector = Annotated[list[Number], BeforeValidator(_dense)]


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class VectorParams(Body):
    size: int = Field(ge=1, le=LARGEST_VECTOR)
    distance: Literal["Cosine"]


class CreateCollection(Body):
    vectors: VectorParams


class PointStruct(Body):
    id: PointId
    vector: Vector
    payload: Annotated[dict[str, Any], AfterValidator(_storable)] | None = None


class PointsList(Body):
    points: list[PointStruct]


class PointIds(Body):
    points: list[PointId]


class PointRequest(Body):
    ids: list[PointId]
    with_payload: Switch = True
    with_vector: Switch = False


class MatchValue(Body):
    value: Annotated[str, BeforeValidator(_text)]


class FieldCondition(Body):
    key: str
    match: MatchValue


class Filter(Body):
    must: Annotated[list[FieldCondition], BeforeValidator(_several)]


class KeywordIndexParams(Body):
    type: Literal["keyword"]
    is_tenant: Switch | None = None


class CreateIndex(Body):
    field_name: str = Field(min_length=1)
    field_schema: Annotated[KeywordIndexParams, BeforeValidator(_schema), Field(default=None, validate_default=True)]


class QueryRequest(Body):
    # without a query Qdrant lists points: the default is looked at, so that this too is 501
    query: Annotated[Vector, BeforeValidator(_nearest), Field(default=None, validate_default=True)]
    limit: int = Field(default=10, ge=1, le=LARGEST_LIMIT)
    filter: Filter | None = None
    score_threshold: Number | None = None  # the least cosine of a point that is found
    with_payload: Switch = False
    with_vector: Switch = False


class CountRequest(Body):
    filter: Filter | None = None
    exact: Switch = True
