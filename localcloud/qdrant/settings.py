"""What a collection was created with: read from the request, kept as JSON, told back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qdrant_edge import Distance, EdgeConfig, EdgeVectorParams

from .replies import malformed, not_offered, of_type, taken, whole

if TYPE_CHECKING:
    from qdrant_edge import ShardInfo  # the wheel's types name it, its module does not

DISTANCES = {
    "Cosine": Distance.Cosine,
    "Dot": Distance.Dot,
    "Euclid": Distance.Euclid,
    "Manhattan": Distance.Manhattan,
}
LARGEST_VECTOR = 65536  # dimensions, of Qdrant
# These three bear on speed and disk, never on an exact answer: they are kept and told back, and have no effect.
TUNING: dict[str, dict[str, Any]] = {
    "hnsw_config": {
        "m": 16,
        "ef_construct": 100,
        "full_scan_threshold": 10000,
        "max_indexing_threads": 0,
        "on_disk": False,
        "payload_m": None,
    },
    "optimizers_config": {
        "deleted_threshold": 0.2,
        "vacuum_min_vector_number": 1000,
        "default_segment_number": 0,
        "max_segment_size": None,
        "memmap_threshold": None,
        "indexing_threshold": 10000,
        "flush_interval_sec": 5,
        "max_optimization_threads": None,
    },
    "wal_config": {"wal_capacity_mb": 32, "wal_segments_ahead": 0},
}
# One node of the real server keeps these too, and answers alike whatever they say.
COUNTS = ("shard_number", "replication_factor", "write_consistency_factor")


@dataclass(frozen=True)
class Settings:
    """A collection's settings.

    Attributes:
        asked: the body of the request that created it, without nulls; safe to keep as JSON.
    """

    asked: dict[str, Any]

    @property
    def vectors(self) -> dict[str, dict[str, Any]]:
        """Parameters by the vector's name; the one vector of a collection without names is called ""."""
        held: dict[str, Any] = self.asked["vectors"]
        return {"": held} if isinstance(held.get("size"), int) else held

    def size(self, name: str) -> int | None:
        """How many dimensions a vector has, or None when the collection has no vector of that name."""
        found = self.vectors.get(name)
        return None if found is None else int(found["size"])

    def engine(self) -> EdgeConfig:
        """The same in the engine's terms."""
        return EdgeConfig(
            vectors={
                name: EdgeVectorParams(
                    size=held["size"], distance=DISTANCES[held["distance"]], on_disk=held.get("on_disk")
                )
                for name, held in self.vectors.items()
            },
            on_disk_payload=self.asked.get("on_disk_payload"),
        )

    def described(self, info: ShardInfo) -> dict[str, Any]:
        """What `GET /collections/{name}` tells; options of payload indexes are left out."""
        tuned = {name: {**held, **self.asked.get(name, {})} for name, held in TUNING.items()}
        return {
            "status": "green",
            "optimizer_status": "ok",
            "indexed_vectors_count": info.indexed_vectors_count,
            "points_count": info.points_count,
            "segments_count": info.segments_count,
            "config": {
                "params": {
                    "vectors": self.asked["vectors"],
                    **{name: self.asked.get(name, 1) for name in COUNTS},
                    "on_disk_payload": self.asked.get("on_disk_payload", True),
                },
                "hnsw_config": tuned["hnsw_config"],
                "optimizer_config": tuned["optimizers_config"],
                "wal_config": tuned["wal_config"],
                "quantization_config": None,
                "metadata": self.asked.get("metadata"),
            },
            "payload_schema": {
                # `PayloadSchemaType.Keyword` is `keyword` in the API; the engine's enumerations have no names
                field: {"data_type": repr(held.data_type).rpartition(".")[2].lower(), "points": held.points}
                for field, held in info.payload_schema.items()
            },
        }


def settings(body: Any) -> Settings:
    """The settings that a request asks for.

    Raises:
        QdrantError: 400 or 422 for what makes no sense, 501 for what is not offered.
    """
    asked = taken(body, "CreateCollection", may=("vectors", "on_disk_payload", "metadata", *COUNTS, *TUNING))
    vectors = asked.get("vectors")
    if not vectors:
        raise not_offered("a collection without dense vectors")
    of_type(vectors, dict, "vectors")
    if "size" in vectors and not isinstance(vectors["size"], dict):
        asked["vectors"] = _vector(vectors)
    else:
        asked["vectors"] = {name: _vector(held) for name, held in vectors.items()}
    for name in COUNTS:
        whole(asked.get(name, 1), name, least=1)
    of_type(asked.get("on_disk_payload", True), bool, "on_disk_payload")
    of_type(asked.get("metadata", {}), dict, "metadata")
    for name in TUNING:
        _tuned(name, asked)
    return Settings(asked)


def _vector(value: Any) -> dict[str, Any]:
    held = taken(value, "VectorParams", needs=("size", "distance"), may=("on_disk", "hnsw_config", "datatype"))
    whole(held["size"], "vectors.size", least=1, most=LARGEST_VECTOR)
    if held["distance"] not in DISTANCES:
        raise malformed(f"unknown variant `{held['distance']}`, expected one of {', '.join(DISTANCES)}")
    of_type(held.get("on_disk", False), bool, "on_disk")
    if held.get("datatype", "float32") != "float32":
        raise not_offered(f"datatype {held['datatype']}")
    _tuned("hnsw_config", held)
    return held


def _tuned(name: str, asked: dict[str, Any]) -> None:
    """Look at one of the settings that are only kept."""
    if name in asked:
        asked[name] = taken(asked[name], name, may=tuple(TUNING[name]))
        for option, value in asked[name].items():
            if type(value) not in {int, float, bool}:
                raise malformed(f"{option} of {name} must be a number or a boolean")
