"""The shapes of answers, and the parts that all of them share."""

from collections.abc import Iterable

from typing_extensions import TypedDict

from graph import dates
from graph.index import Index
from graph.merge import UNKNOWN

__all__ = ["Envelope", "Evidence", "Firm", "SourceItem", "envelope", "evidence", "firms"]


class SourceItem(TypedDict):
    """Where a record comes from; no text is empty."""

    id: str
    title: str
    publisher: str
    date: str
    address: str
    grade: str


class Evidence(TypedDict):
    """One record and its source; `grade` is the record's, lowered if it was inferred."""

    record: str
    kind: str
    grade: str
    observed: str | None
    source: SourceItem


class Firm(TypedDict):
    """A firm by its name at the question's time, and today's where that differs."""

    id: str
    name: str
    now: str | None
    full_name: str
    leader: bool


class Envelope(TypedDict):
    """What every answer says of itself."""

    at: str
    known_at: str | None
    version: str


def envelope(index: Index, at: int) -> Envelope:
    """The question's world time, record time and the version of the content."""
    return {"at": dates.iso(at), "known_at": index.known_at_text, "version": index.version}


def evidence(index: Index, rows: Iterable[int]) -> list[Evidence]:
    """Evidence items, best grade first, then newest, then by record id; each record once."""
    t = index.table
    items = {t.record_id(row): row for row in rows}
    order = sorted(items, key=lambda id: (t.grade[items[id]], -int(t.seen[items[id]]), id))
    return [_item(index, id, items[id]) for id in order]


def _item(index: Index, id: str, row: int) -> Evidence:
    t = index.table
    facts = t.sources[index.id(int(t.source[row]))]
    return {
        "record": id, "kind": t.kinds[t.kind[row]],
        "grade": index.ontology.grades[t.grade[row]].name,
        "observed": dates.unpack(int(t.observed[row])),
        "source": {"id": facts.id, "title": facts.title or facts.id.partition(":")[2],
                   "publisher": facts.publisher or UNKNOWN, "date": facts.date or UNKNOWN,
                   "address": facts.address or UNKNOWN, "grade": facts.grade},
    }


def firms(index: Index, things: Iterable[int], at: int) -> list[Firm]:
    """Firms, leaders first, then by id."""
    items: list[Firm] = []
    for thing in sorted(set(things)):
        name, now = index.label(thing, at), index.label(thing)
        items.append({"id": index.id(thing), "name": name, "now": now if now != name else None,
                      "full_name": index.full_name(thing, at) or name,
                      "leader": index.is_leader(thing, at)})
    return sorted(items, key=lambda firm: (not firm["leader"], firm["id"]))
