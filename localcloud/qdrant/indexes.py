"""Indexes of payload fields."""

from __future__ import annotations

from typing import Any

from qdrant_edge import (
    BoolIndexParams,
    DatetimeIndexParams,
    FloatIndexParams,
    GeoIndexParams,
    IntegerIndexParams,
    KeywordIndexParams,
    TextIndexParams,
    TokenizerType,
    UpdateOperation,
    UuidIndexParams,
)

from .filters import path
from .replies import malformed, not_offered, of_type, taken, whole

# By type: the engine's parameters, and their options that are booleans.
KINDS: dict[str, tuple[type[Any], tuple[str, ...]]] = {
    "keyword": (KeywordIndexParams, ("is_tenant", "on_disk", "enable_hnsw", "prefix")),
    "integer": (IntegerIndexParams, ("lookup", "range", "is_principal", "on_disk", "enable_hnsw")),
    "float": (FloatIndexParams, ("is_principal", "on_disk", "enable_hnsw")),
    "geo": (GeoIndexParams, ("on_disk", "enable_hnsw")),
    "text": (TextIndexParams, ("lowercase", "ascii_folding", "phrase_matching", "on_disk", "enable_hnsw")),
    "bool": (BoolIndexParams, ("on_disk", "enable_hnsw")),
    "datetime": (DatetimeIndexParams, ("is_principal", "on_disk", "enable_hnsw")),
    "uuid": (UuidIndexParams, ("is_tenant", "on_disk", "enable_hnsw")),
}
TOKENIZERS = {
    "prefix": TokenizerType.Prefix,
    "whitespace": TokenizerType.Whitespace,
    "word": TokenizerType.Word,
    "multilingual": TokenizerType.Multilingual,
}
LENGTHS = ("min_token_len", "max_token_len")


def indexing(body: Any) -> UpdateOperation:
    """The operation that makes the index a request asks for.

    Raises:
        QdrantError: 400 for a type or option that is wrong, 501 for one that is not offered.
    """
    asked = taken(body, "CreateFieldIndex", needs=("field_name", "field_schema"))
    schema = asked["field_schema"]
    schema = {"type": schema} if isinstance(schema, str) else of_type(schema, dict, "field_schema")
    kind = schema.get("type")
    if not isinstance(kind, str) or kind not in KINDS:
        raise malformed(f"unknown type of index `{kind}`, expected one of {', '.join(KINDS)}")
    made, switches = KINDS[kind]
    texts = ("tokenizer", *LENGTHS) if kind == "text" else ()
    options = taken(schema, f"the {kind} index", needs=("type",), may=(*switches, *texts))
    del options["type"]
    for name, value in options.items():
        if name == "tokenizer":
            if value not in TOKENIZERS:
                raise not_offered(f"tokenizer {value}")
            options[name] = TOKENIZERS[value]
        elif name in LENGTHS:
            whole(value, name)
        else:
            of_type(value, bool, name)
    return UpdateOperation.create_field_index(path(asked["field_name"]), made(**options))


def unindexing(field: str) -> UpdateOperation:
    """The operation that removes a field's index.

    Raises:
        QdrantError: 400 when the field is no path.
    """
    return UpdateOperation.delete_field_index(path(field))
