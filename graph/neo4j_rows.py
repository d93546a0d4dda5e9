"""A stored row as the properties of a node, and back: exactly, or not at all.

A row's own properties have the names below; a value whose field bears one of them gets underscores
at its end, which are taken off on reading.
"""

from collections.abc import Mapping
from typing import Any

from graph.hashes import packed
from graph.identity import link_id
from graph.record import Record, Value, canonical, digest, record_id
from graph.store import Entry
from ontology.model import Kind

__all__ = ["OWN", "entry", "escape", "properties", "record", "said"]

OWN = frozenset({"seq", "id", "about", "kind", "source", "head", "tail", "valid_from", "valid_to",
                 "observed", "inferred", "origin", "learned", "retracted", "digest", "odd"})
_SCALARS = (str, int, float, bool)


def properties(kind: Kind, origin: str, record: Record, learned: int,
               retracted: int | None = None) -> dict[str, Any]:
    """The node's properties, all but its number.

    A link whose id does not follow from its ends and key is marked as odd.
    Raises ValueError for what Neo4j cannot hold exactly.
    """
    for date in (record.valid_from, record.valid_to, record.observed):
        packed(date)
    head, tail = record.ends or (None, None)
    own = {
        "id": record_id(record.id, record.source, record.valid_from),
        "about": record.id, "kind": record.kind, "source": record.source, "head": head,
        "tail": tail, "valid_from": record.valid_from or None, "valid_to": record.valid_to or None,
        "observed": record.observed or None, "inferred": record.inferred, "origin": origin,
        "learned": learned, "retracted": retracted,
        "digest": digest(record, canonical(record.values)),
    }
    if record.ends and record.id != link_id(kind, record.ends, record.values):
        own["odd"] = True
    return {**{escape(name, OWN): _held(name, value) for name, value in record.values.items()},
            **own}


def escape(name: str, taken: frozenset[str]) -> str:
    return f"{name}_" if name.rstrip("_") in taken else name


def _held(name: str, value: Value) -> Any:
    if not name or "\0" in name:
        raise ValueError(f"字段名「{name}」Neo4j 存不下")
    parts = value if type(value) is tuple else (value,)
    kinds = set(map(type, parts))
    if len(kinds) > 1 or not kinds.issubset(_SCALARS):
        raise ValueError(f"「{name}」的值 {value!r} Neo4j 存不下：几个值要是同一类的文字或数")
    if int in kinds and not all(-1 << 63 <= part < 1 << 63 for part in parts):  # type: ignore[operator]
        raise ValueError(f"「{name}」的值 {value!r} Neo4j 存不下：数太大")
    return list(parts) if type(value) is tuple else value


def said(row: Mapping[str, Any]) -> dict[str, Value]:
    """The record's values."""
    found: dict[str, Value] = {}
    for name, value in row.items():
        if name not in OWN:
            if name[-1] == "_" and name.rstrip("_") in OWN:
                name = name[:-1]
            found[name] = tuple(value) if type(value) is list else value
    return found


def record(row: Mapping[str, Any]) -> Record:
    """The record of a node."""
    get = row.get
    head = get("head")
    return Record(row["about"], row["kind"], row["source"], said(row),
                  None if head is None else (head, row["tail"]), get("valid_from"),
                  get("valid_to"), get("observed"), row["inferred"])


def entry(row: Mapping[str, Any], at: int) -> Entry:
    """The node as it stood at a moment."""
    gone = row.get("retracted")
    return Entry(record(row), row["origin"], row["learned"],
                 gone if gone is not None and gone <= at else None)
