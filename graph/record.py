"""The one type that flows from a source to an answer, and how it gets its identity."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

__all__ = ["Record", "Value", "canonical", "digest", "parse_values", "record_id", "record_key"]

Scalar = str | int | float | bool
Value = Scalar | tuple[Scalar, ...]

# One encoder for all: making one anew costs more than the encoding.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True,
                           separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Record:
    """What ONE source says about ONE thing or link.

    id           "Company:9143…", "Segment:先进储能材料/隔膜"; of a link "suppliesTo:" and
                 20 hex digits
    source       id of a Source thing; never empty
    values       field name → value; references hold ids, dates partial ISO texts
    ends         (from id, to id) of a link
    valid_from, valid_to, observed
                 partial ISO dates as the source gives them: "2014", "2014-06", "2014-06-30" or
                 None.  A start means its first day, an end the first day after it.
    """

    id: str
    kind: str
    source: str
    values: Mapping[str, Value] = field(default_factory=dict)
    ends: tuple[str, str] | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    observed: str | None = None
    inferred: bool = False


def record_key(id: str, source: str, valid_from: str | None) -> bytes:
    """10 bytes that name a record: the digest of its triple."""
    text = "\x1f".join((id, source, valid_from or ""))
    return blake2b(text.encode(), digest_size=10).digest()


def record_id(id: str, source: str, valid_from: str | None) -> str:
    """The public name of a record: "r" and 20 hex digits of its triple."""
    return "r" + record_key(id, source, valid_from).hex()


def canonical(values: Mapping[str, Value]) -> str:
    """Values as JSON text: keys sorted, no spaces, one line; equal values, equal text.

    Raises ValueError for a number that is not finite.
    """
    return _encode(values if type(values) is dict else dict(values))


def parse_values(text: str) -> dict[str, Value]:
    """The values of `canonical`; raises ValueError if it is not such a text."""
    values = json.loads(text)
    if "[" in text:
        return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return dict(values)


def digest(record: Record, values: str | None = None) -> bytes:
    """16 bytes over everything the record says; equal records, equal digests.

    `values` is `canonical(record.values)` if the caller has it already.
    """
    head, tail = record.ends or ("", "")
    said = "\x1f".join((
        record.id, record.kind, record.source, head, tail, record.valid_from or "",
        record.valid_to or "", record.observed or "", "inferred" if record.inferred else "",
        canonical(record.values) if values is None else values,
    ))
    return blake2b(said.encode(), digest_size=16).digest()
