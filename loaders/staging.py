"""Records on their way into the store: merged within a load, written in batches, counted by row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from graph.names import normalise
from graph.record import Record, Value
from graph.store import Put, Store, Writer
from loaders.report import Report
from loaders.resolve import Known
from ontology.errors import Problem
from ontology.model import Kind, Ontology

__all__ = ["Conflict", "Staging", "combine"]

_BATCH = 5_000
_MERGED, _UNCHANGED, _LOADED = range(3)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two statements of one source about one thing that cannot both be right."""

    field: str
    old: Value
    new: Value
    at: int  # position of the earlier row


@dataclass(slots=True)
class _Item:
    origin: str
    record: Record
    key: int
    row: list[int]  # how many of the row's records were merged, unchanged, loaded
    merged: bool


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
    """What this load has staged so far; `flush` writes it and settles the rows."""

    def __init__(self, store: Store, ontology: Ontology, known: Known, writer: Writer,
                 report: Report, additive: bool) -> None:
        self._store, self._ontology, self._known = store, ontology, known
        self._writer, self._report, self._additive = writer, report, additive
        self._seen: dict[int, int] = {}
        self._batch: list[_Item] = []
        self._place: dict[int, int] = {}
        self._rows: list[list[int]] = []
        self._changed: dict[int, list[int]] = {}  # rows that are counted at the end
        self._explicit: set[int] = set()
        self._implicit: set[tuple[str, str, str]] = set()

    def row(self, drafts: Sequence[tuple[str, Record, Sequence[str]]],
            at: int) -> tuple[int, Conflict] | None:
        """Stage the records of one row, all of them or none.

        drafts  (origin, record, its fields that may mention open things)
        at      position of the row, for `Conflict.at`
        Returns the number of the draft that contradicts an earlier row, and how.
        """
        ready: dict[int, tuple[str, Record, bool]] = {}
        for number, (origin, record, _) in enumerate(drafts):
            key = hash((origin, record.id, record.source, record.valid_from))
            earlier = None
            if key in ready:
                earlier = ready[key][1]
            elif key in self._seen:
                earlier = self._earlier(key, origin, record)
            if earlier is None:
                record = self._added(origin, record) if self._additive else record
                ready[key] = origin, record, False
                continue
            both = combine(self._ontology.kinds[record.kind], earlier, record)
            if not isinstance(both, Record):
                return number, Conflict(*both, self._seen.get(key, at))
            if key in ready:
                ready[key] = origin, both, ready[key][2]
            elif both != earlier:
                ready[key] = origin, both, True
        outcome = [len(drafts) - len(ready), 0 if drafts else 1, 0]
        self._rows.append(outcome)
        for key, (origin, record, merged) in ready.items():
            self._stage(key, origin, record, outcome, merged, at)
        for origin, record, links in drafts:
            self._mentioned(origin, record, links)
        if len(self._batch) >= _BATCH or len(self._rows) >= _BATCH:
            self.flush()
        return None

    def _earlier(self, key: int, origin: str, record: Record) -> Record | None:
        if key not in self._seen:
            return None
        if key in self._place:
            return self._batch[self._place[key]].record
        return self._writer.staged(origin, record.id, record.source, record.valid_from)

    def _added(self, origin: str, record: Record) -> Record:
        """With what the same origin said before, when a load only adds; the new word wins."""
        for old in self._store.records(ids=[record.id], source=record.source, origin=origin):
            if old.valid_from == record.valid_from:
                return replace(record, values={**old.values, **record.values},
                               valid_to=record.valid_to or old.valid_to,
                               observed=record.observed or old.observed)
        return record

    def _stage(self, key: int, origin: str, record: Record, outcome: list[int], merged: bool,
               at: int) -> None:
        self._seen.setdefault(key, at)
        if key in self._place:
            self._batch[self._place[key]].record = record
            return
        self._place[key] = len(self._batch)
        self._batch.append(_Item(origin, record, key, outcome, merged))
        if self._ontology.kinds[record.kind].open:
            self._explicit.add(hash((origin, record.source, record.id)))

    def _mentioned(self, origin: str, record: Record, links: Sequence[str]) -> None:
        mentions = self._known.mentions
        for id in record.ends or ():
            if id in mentions:
                self._implicit.add((origin, record.source, id))
        for name in links:
            said = record.values.get(name)
            for part in said if isinstance(said, tuple) else (said,):
                if part in mentions:
                    self._implicit.add((origin, record.source, str(part)))

    def flush(self) -> None:
        """Write the batch and count what became of its rows."""
        groups: dict[str, list[_Item]] = {}
        for item in self._batch:
            groups.setdefault(item.origin, []).append(item)
        for origin, items in groups.items():
            puts = self._writer.put(origin, [item.record for item in items])
            for item, put in zip(items, puts, strict=True):
                self._settle(item, put)
        changed = set(map(id, self._changed.values()))
        for row in self._rows:
            if id(row) not in changed:
                self._count(row)
        self._batch, self._rows, self._place = [], [], {}

    def _settle(self, item: _Item, put: Put) -> None:
        """A record that first looked changed may, once merged, be what was there before."""
        if item.merged:
            item.row[_MERGED] += 1
            if put is Put.UNCHANGED and item.key in self._changed:
                first = self._changed[item.key]
                first[_LOADED] -= 1
                first[_UNCHANGED] += 1
            return
        item.row[_UNCHANGED if put is Put.UNCHANGED else _LOADED] += 1
        if put is Put.CHANGED:
            self._changed[item.key] = item.row

    def _count(self, row: list[int]) -> None:
        self._report.loaded += row[_LOADED] > 0
        self._report.unchanged += row[_LOADED] == 0 and row[_UNCHANGED] > 0
        self._report.merged += row[_LOADED] == 0 and row[_UNCHANGED] == 0

    def settle(self) -> None:
        """Write what is left and count the rows that were kept back."""
        self.flush()
        for row in {id(row): row for row in self._changed.values()}.values():
            self._count(row)
        self._changed = {}

    def own(self, origin: str, record: Record) -> None:
        """Stage a record that no row gives: the Source of a folder or of a template's column."""
        key = hash((origin, record.id, record.source, record.valid_from))
        earlier = self._earlier(key, origin, record)
        if earlier is not None:
            record = replace(record, values={**record.values, **earlier.values})
        self._writer.put(origin, [record])

    def unseen(self, origin: str, kinds: set[str] | None) -> tuple[int, int]:
        """(live rows of the origin that this load has not put, all that were live before it)."""
        return self._writer.unseen(origin, kinds and sorted(kinds))

    def retract_unseen(self, origin: str, kinds: set[str] | None) -> int:
        """Retract them; how many."""
        return self._writer.retract_unseen(origin, kinds and sorted(kinds))

    def finish(self, replaced: dict[str, set[str] | None]) -> None:
        """Write the things known by name only, except where the same source says more of them."""
        self.settle()
        wanted: dict[str, list[Record]] = {}
        for origin, source, id in sorted(self._implicit):
            if hash((origin, source, id)) not in self._explicit:
                kind, values = self._known.mentions[id]
                wanted.setdefault(origin, []).append(Record(id, kind, source, values))
        for origin, records in wanted.items():
            kinds = replaced.get(origin, set())
            if kinds is not None:
                records = [r for r in records if r.kind in kinds or not self._there(origin, r)]
            for start in range(0, len(records), _BATCH):
                self._writer.put(origin, records[start:start + _BATCH])
        for origin, kinds in replaced.items():
            if kinds and any(self._ontology.kinds[kind].open for kind in kinds):
                self._writer.put(origin, list(self._needed(origin, kinds)))

    def _there(self, origin: str, record: Record) -> bool:
        return any(old.valid_from is None for old in self._store.records(
            ids=[record.id], source=record.source, origin=origin))

    def _needed(self, origin: str, kinds: set[str]) -> Iterator[Record]:
        """Things known by name only that links of the origin outside `kinds` still lean on."""
        used: set[str] = set()
        for old in self._store.records(origin=origin):
            if old.kind not in kinds:
                used.update(old.ends or ())
                used.update(str(v) for v in old.values.values() if isinstance(v, str))
        for old in self._store.records(kinds=sorted(kinds), origin=origin):
            kind = self._ontology.kinds[old.kind]
            if kind.open and old.id in used and old.valid_from is None and all(
                    (f := kind.field(name)) and f.role in ("name", "code") for name in old.values
                    ) and hash((origin, old.source, old.id)) not in self._explicit:
                yield old


def described(conflict: Conflict, kind: Kind) -> Sequence[str]:
    """The labels and values of a conflict, for a message."""
    found = kind.field(conflict.field)
    return (found.label.zh if found else conflict.field, str(conflict.old), str(conflict.new))


def shrink(origin: str, lost: int, total: int, limit: float) -> Problem | None:
    """The refusal when an origin would lose too much."""
    if not total or lost / total <= limit:
        return None
    return Problem(origin, f"这个来源原有 {total} 条记录，这次少了 {lost} 条"
                           f"（{lost / total:.0%}），超过 {limit:.0%}：确实如此请加 --allow-shrink")
