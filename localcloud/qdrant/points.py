"""Points: from the API's JSON to the engine's objects, and back."""

from __future__ import annotations

import array
import math
import uuid
from typing import Any

from qdrant_edge import PayloadSelector, Point, Record, ScoredPoint

from .identity import point_id, written_id
from .replies import malformed, not_offered, of_type, taken, wrong
from .settings import Settings

Vectors = list[float] | dict[str, list[float]]


def points(body: Any, settings: Settings) -> list[Point]:
    """The points of an upsert, in either of its two forms.

    All are looked at before the engine sees one: it refuses a bad point after it has stored the good ones before it.

    Raises:
        QdrantError: 400 for a bad id, vector or payload, 501 for what is not offered.
    """
    if isinstance(body, dict) and body.get("batch") is not None:
        rows = _rows(taken(body, "PointsBatch", needs=("batch",))["batch"])
    else:
        rows = of_type(taken(body, "PointsList", needs=("points",))["points"], list, "points")
    return [_point(row, settings) for row in rows]


def dense(value: Any, name: str, settings: Settings) -> list[float]:
    """A vector of finite numbers and of the length that the collection's vector of that name has.

    Raises:
        QdrantError: 400, or 501 for a vector that is not a list of numbers.
    """
    size = settings.size(name)
    if size is None:
        raise wrong(f"Not existing vector name error: {name}")
    if isinstance(value, dict):
        raise not_offered("a sparse vector, or a vector to be made of a text or an image,")
    of_type(value, list, "a vector")
    if any(isinstance(held, list) for held in value[:1]):
        raise not_offered("a multi-vector")
    if not set(map(type, value)) <= {int, float}:
        raise malformed("a vector must be a list of numbers")
    if len(value) != size:
        raise wrong(f"Vector dimension error: expected dim: {size}, got {len(value)}")
    try:
        finite = math.isfinite(sum(map(abs, array.array("f", value))))
    except OverflowError:
        finite = False
    if not finite:
        raise wrong("a vector's numbers must fit into 32 bits")
    return list(value)


def ids(value: Any) -> list[int | uuid.UUID | str]:
    """A list of ids.

    Raises:
        QdrantError: 400.
    """
    return [point_id(held) for held in of_type(value, list, "a list of ids")]


def finite_payload(value: Any) -> dict[str, Any]:
    """A payload, with no number in it too large for 64 bits: JSON's reader makes it infinite, the engine null.

    Raises:
        QdrantError: 400.
    """
    held: list[Any] = [of_type(value, dict, "payload")]
    while held:
        one = held.pop()
        if isinstance(one, dict):
            held.extend(one.values())
        elif isinstance(one, list):
            held.extend(one)
        elif isinstance(one, float) and math.isinf(one):
            raise malformed("number out of range")
    return dict(value)


def with_payload(value: Any) -> Any:
    """Which part of the payload is asked for: all, none, some fields, or all but some.

    Raises:
        QdrantError: 400.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return PayloadSelector.Include(_names(value))
    held = taken(value, "with_payload", may=("include", "exclude"))
    if len(held) != 1:
        raise malformed("with_payload needs one of include, exclude")
    if "include" in held:
        return PayloadSelector.Include(_names(held["include"]))
    return PayloadSelector.Exclude(_names(held["exclude"]))


def with_vector(value: Any, settings: Settings) -> bool | list[str]:
    """Which vectors are asked for.

    Raises:
        QdrantError: 400.
    """
    if isinstance(value, bool):
        return value
    for name in _names(value):
        if settings.size(name) is None:
            raise wrong(f"Not existing vector name error: {name}")
    return list(value)


def written(found: Record | ScoredPoint) -> dict[str, Any]:
    """A point in JSON; what was not asked for is not there."""
    made: dict[str, Any] = {"id": written_id(found.id)}
    if isinstance(found, ScoredPoint):
        made |= {"version": found.version, "score": found.score}
    if found.payload is not None:
        made["payload"] = found.payload
    if found.vector is not None:
        made["vector"] = found.vector
    return made


def _rows(value: Any) -> list[dict[str, Any]]:
    """The batch form, one point a row."""
    batch = taken(value, "Batch", needs=("ids", "vectors"), may=("payloads",))
    identities = of_type(batch["ids"], list, "ids")
    count = len(identities)
    payloads = of_type(batch.get("payloads", [None] * count), list, "payloads")
    vectors = batch["vectors"]
    if isinstance(vectors, dict):
        columns = {name: of_type(column, list, "vectors") for name, column in vectors.items()}
        rows = [{name: column[at] for name, column in columns.items() if at < len(column)} for at in range(count)]
        lengths = {len(column) for column in columns.values()}
    else:
        rows = of_type(vectors, list, "vectors")
        lengths = {len(rows)}
    if lengths - {count} or len(payloads) != count:
        raise wrong("ids, vectors and payloads of a batch must be of one length")
    return [
        {"id": identity, "vector": vector, "payload": payload}
        for identity, vector, payload in zip(identities, rows, payloads, strict=True)
    ]


def _point(value: Any, settings: Settings) -> Point:
    held = taken(value, "PointStruct", needs=("id", "vector"), may=("payload",))
    given = held["vector"]
    vectors: Vectors
    if isinstance(given, dict):
        vectors = {name: dense(vector, name, settings) for name, vector in given.items()}
    else:
        vectors = dense(given, "", settings)
    return Point(point_id(held["id"]), vectors, finite_payload(held.get("payload", {})))  # type: ignore[arg-type]  # its dict is invariant


def _names(value: Any) -> list[str]:
    return [str(of_type(held, str, "a name")) for held in of_type(value, list, "a list of names")]
