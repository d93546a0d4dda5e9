"""Records on their way into the store: merged within a load, written in batches, counted by row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from graph.names import normalise
from graph.record import Record, Value
from graph.store import Put, Store, Writer
from loaders.plan import Plan
from loaders.report import Report
from loaders.resolve import Known
from ontology.model import Kind, Ontology

__all__ = ["Conflict", "Draft", "Staging", "combine"]

_BATCH = 5_000

Draft = tuple[str, Record, Plan]
"""Origin, record, and the plan that made it."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two statements of one source about one thing that cannot both be right."""

    field: str
    old: Value
    new: Value
    at: int  # position of the earlier row


def combine(kind: Kind, old: Record, new: Record) -> Record | tuple[str, Value, Value]:
    """Both statements as one, or the first field in which they contradict each other.

    Multiple values are united, a blank joins; texts that differ only in spelling, and the source's
    wording of a quantity, never contradict.
    """
    values = dict(old.values)
    wordings = {f.wording_field for f in kind.fields if f.wording_field}
    for name, value in new.values.items():
        before = values.setdefault(name, value)
        if before == value:
            continue
        if isinstance(before, tuple) and isinstance(value, tuple):
            values[name] = tuple(sorted({*before, *value}, key=str))
        elif name in wordings or normalise(str(before)) == normalise(str(value)):
            values[name] = min(before, value, key=str)
        else:
            return name, before, value
    if old.valid_to and new.valid_to and old.valid_to != new.valid_to:
        return "valid_to", old.valid_to, new.valid_to
    observed = max(filter(None, (old.observed, new.observed)), default=None)
    return replace(old, values=values, valid_to=old.valid_to or new.valid_to, observed=observed,
                   inferred=old.inferred and new.inferred)


class Staging:
    """What this load has staged so far; `settle` writes the rest and counts the rows."""

    def __init__(self, store: Store, ontology: Ontology, known: Known, writer: Writer,
                 report: Report, additive: bool) -> None:
        self._store, self._ontology, self._known = store, ontology, known
        self._writer, self._report, self._additive = writer, report, additive
        self._seen: dict[int, int] = {}  # key → position of the row that said it first
        self._changed: set[int] = set()  # keys that are not as they were before the load
        self._batch: dict[int, tuple[str, Record]] = {}
        self._rows = self._silent = 0  # staged; those of them that made no record
        self._mentioned: set[tuple[str, str, str]] = set()

    def row(self, drafts: Sequence[Draft], at: int) -> tuple[Plan, Conflict] | None:
        """Stage the records of one row, all of them or none.

        `at` is the position of the row, for `Conflict.at`.
        Returns the plan of the record that contradicts an earlier row, and how.
        """
        ready: dict[int, tuple[str, Record]] = {}
        for origin, record, plan in drafts:
            key = _key(origin, record)
            earlier = None
            if key in ready or key in self._batch:
                earlier = (ready.get(key) or self._batch[key])[1]
            elif key in self._seen:
                earlier = self._writer.staged(origin, record.id, record.source, record.valid_from)
            if earlier is None:
                ready[key] = origin, self._added(origin, record) if self._additive else record
                continue
            both = combine(plan.kind, earlier, record)
            if not isinstance(both, Record):
                return plan, Conflict(*both, self._seen.get(key, at))
            if both != earlier:
                ready[key] = origin, both
        self._batch |= ready
        for key in ready:
            self._seen.setdefault(key, at)
        for origin, record, plan in drafts if self._known.mentions else ():
            self._mention(origin, record, plan.links)
        self._rows += 1
        self._silent += not drafts
        if len(self._batch) >= _BATCH:
            self._flush()
        return None

    def _mention(self, origin: str, record: Record, fields: Iterable[str]) -> None:
        """Note the open things that the record refers to.

        The end of a link is known by its id, so it needs a record only where the id does not read
        as the source wrote the name (LG化学 is Company:lg化学).
        """
        mentions = self._known.mentions
        found = [id for id in record.ends or () if id in mentions
                 and id.partition(":")[2] not in mentions[id][1].values()]
        for name in fields:
            said = record.values.get(name)
            found += [id for id in (said if isinstance(said, tuple) else (said,))
                      if isinstance(id, str) and id in mentions]
        self._mentioned.update((origin, record.source, id) for id in found)

    def _added(self, origin: str, record: Record) -> Record:
        """With what the same origin said before, when a load only adds; the new word wins."""
        for old in self._store.records(ids=[record.id], source=record.source, origin=origin):
            if old.valid_from == record.valid_from:
                return replace(record, values={**old.values, **record.values},
                               valid_to=record.valid_to or old.valid_to,
                               observed=record.observed or old.observed)
        return record

    def _flush(self) -> None:
        """Write the batch; the last word about a record tells whether the load changed it."""
        groups: dict[str, dict[int, Record]] = {}
        for key, (origin, record) in self._batch.items():
            groups.setdefault(origin, {})[key] = record
        for origin, records in groups.items():
            puts = self._writer.put(origin, [*records.values()])
            for key, put in zip(records, puts, strict=True):
                (self._changed.discard if put is Put.UNCHANGED else self._changed.add)(key)
        self._batch = {}

    def settle(self) -> None:
        """Write what is left and count the rows."""
        self._flush()
        said = set(self._seen.values())
        loaded = {at for key, at in self._seen.items() if key in self._changed}
        self._report.loaded = len(loaded)
        self._report.unchanged = len(said) - len(loaded) + self._silent
        self._report.merged = self._rows - len(said) - self._silent

    def own(self, origin: str, record: Record) -> None:
        """Stage a record that no row gives: the Source of a folder or of a template's column."""
        earlier = self._writer.staged(origin, record.id, record.source, record.valid_from)
        if earlier:
            record = replace(record, values={**record.values, **earlier.values})
        self._writer.put(origin, [record])

    def name(self, replaced: Mapping[str, set[str] | None]) -> None:
        """Write the things known by name only, except where the same source says more of them.

        replaced  origin → the kinds that this load replaces, None for the whole origin
        """
        named: dict[str, list[Record]] = {}
        for origin, source, id in sorted(self._mentioned):
            kind, values = self._known.mentions[id]
            named.setdefault(origin, []).append(Record(id, kind, source, values))
        for origin in {**named, **replaced}:
            kinds = replaced.get(origin, set())
            records = named.get(origin, [])
            if kinds is not None:
                records = [*self._kept(origin, records, kinds)]
            by_key = {_key(origin, record): record for record in records}  # an old word stays
            records = [record for key, record in by_key.items() if key not in self._seen]
            for start in range(0, len(records), _BATCH):
                self._writer.put(origin, records[start:start + _BATCH])

    def _kept(self, origin: str, records: list[Record], kinds: set[str]) -> Iterator[Record]:
        """The mentions of which the rest of a partly replaced origin says no more already, and
        what it knows by name only and still leans on."""
        things = [kind.name for kind in self._ontology.classes if kind.open]
        ids = [record.id for record in records if record.kind not in kinds]
        there = {_key(origin, old) for old in self._store.records(ids=ids, origin=origin)}
        yield from (r for r in records if r.kind in kinds or _key(origin, r) not in there)
        if kinds.isdisjoint(things):
            return
        used: set[Value] = set()
        for old in self._store.records(origin=origin):
            if old.kind not in kinds:
                used.update(old.ends or (), old.values.values())
        for old in self._store.records(kinds=kinds.intersection(things), origin=origin):
            kind = self._ontology.kinds[old.kind]
            if old.id in used and old.valid_from is None and all(
                    (f := kind.field(name)) and f.role in ("name", "code") for name in old.values):
                yield old


def _key(origin: str, record: Record) -> int:
    return hash((origin, record.id, record.source, record.valid_from))
