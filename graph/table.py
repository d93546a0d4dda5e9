"""All live records as arrays with their world time and grade: the rows that an index counts."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph import dates
from graph.columns import as_record
from graph.merge import SourceFacts, source_facts
from graph.places import ALWAYS, EVER
from graph.record import Record, parse_values, record_id
from graph.store import Columns
from graph.structure import DEFAULT_GRADE, INFERRED, SOURCE
from ontology.model import Ontology

__all__ = ["ByThing", "Ints", "Longs", "Table", "build", "grouped"]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
NEVER = EVER  # the start of what has no date at all


@dataclass(frozen=True)
class ByThing:
    """Entries sorted by thing: those of thing t are first[t] to first[t + 1]."""

    first: Ints

    def of(self, thing: int) -> slice:
        return slice(int(self.first[thing]), int(self.first[thing + 1]))

    def of_all(self, things: Ints | Longs) -> Longs:
        """The entries of many things, one thing after the other."""
        low = self.first[things].astype(np.int64)
        lengths = self.first[things + 1] - low
        return np.repeat(low - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())


def grouped(keys: Ints, size: int) -> Ints:
    """`ByThing.first` of ascending keys below `size`."""
    return np.searchsorted(keys, np.arange(size + 1, dtype=np.int32)).astype(np.int32)


@dataclass(frozen=True)
class Table:
    """n records; terms and kinds are sorted, so numbers compare like the texts.

    start, end    world time, half open, days; start == NEVER: no date at all
    seen          day of the evidence; fresh: the last day on which it is not stale
    grade         position in ontology.grades (0 best), `inferred` taken into account
    """

    terms: Sequence[str]
    kinds: tuple[str, ...]
    kind: Ints
    thing: Ints
    source: Ints
    head: Ints
    tail: Ints
    valid_from: Ints
    valid_to: Ints
    observed: Ints
    inferred: NDArray[np.bool_]
    values: Sequence[str]
    start: Ints
    end: Ints
    seen: Ints
    fresh: Ints
    grade: NDArray[np.int8]
    sources: Mapping[str, SourceFacts]
    usual: int  # the grade of a source that names none

    def __len__(self) -> int:
        return len(self.thing)

    def rows(self, kind: str) -> Longs:
        """Rows of one kind, in order."""
        if kind not in self.kinds:
            return np.zeros(0, np.int64)
        return np.flatnonzero(self.kind == self.kinds.index(kind))

    def holds(self, rows: Ints | Longs, day: int) -> NDArray[np.bool_]:
        """Which of the rows hold on that day, or bear no date."""
        start = self.start[rows]
        found: NDArray[np.bool_] = ((start <= day) | (start == NEVER)) & (day < self.end[rows])
        return found

    def said(self, row: int) -> Mapping[str, Any]:
        """The values of one row."""
        return _parsed(self.values[row])

    def each(self, rows: Sequence[int]) -> Iterator[tuple[int, dict[str, Any]]]:
        """(row, values) of many rows; parsed by the thousand, which is much quicker."""
        for at in range(0, len(rows), 1000):
            some = rows[at:at + 1000]
            together = some[-1] - some[0] == len(some) - 1
            texts = self.values[some[0]:some[-1] + 1] if together else [
                self.values[row] for row in some]
            yield from zip(some, json.loads(f"[{','.join(texts)}]"), strict=True)

    def record_id(self, row: int) -> str:
        return record_id(self.terms[self.thing[row]], self.terms[self.source[row]],
                         dates.unpack(int(self.valid_from[row])))

    def as_record(self, row: int) -> Record:
        """The row as the record that it was."""
        return as_record(self, row, self.kinds[self.kind[row]])


def build(columns: Columns, ontology: Ontology) -> Table:
    """Work out time and grade of every row."""
    terms, thing, source = columns.terms, columns.thing, columns.source
    named, place = np.unique(columns.kind, return_inverse=True)
    kinds, kind = tuple(terms[i] for i in named), place.astype(np.int32)
    at = np.flatnonzero(kind == kinds.index(SOURCE)) if SOURCE in kinds else np.zeros(0, np.int64)
    sources = source_facts((Record(terms[thing[row]], SOURCE, terms[source[row]],
                                   parse_values(columns.values[row])) for row in at), ontology)
    cited, place = np.unique(source, return_inverse=True)
    facts = [sources[terms[one]] for one in cited.tolist()]
    grade = _grades(ontology, facts, place, columns.inferred)
    start, end, seen, fresh = _times(ontology, columns, kinds, kind, facts, place)
    return Table(terms, kinds, kind, thing, source, columns.head, columns.tail, columns.valid_from,
                 columns.valid_to, columns.observed, columns.inferred, columns.values,
                 start, end, seen, fresh, grade, sources,
                 [choice.name for choice in ontology.grades].index(DEFAULT_GRADE))


def _grades(ontology: Ontology, facts: Sequence[SourceFacts], place: Longs,
            inferred: NDArray[np.bool_]) -> NDArray[np.int8]:
    names = [choice.name for choice in ontology.grades]
    grade = np.array([names.index(source.grade) for source in facts], np.int8)[place]
    return np.where(inferred, np.maximum(grade, np.int8(names.index(INFERRED))), grade)


def _times(ontology: Ontology, columns: Columns, kinds: Sequence[str], kind: Ints,
           facts: Sequence[SourceFacts],
           place: Longs) -> tuple[Ints, Ints, Ints, Ints]:
    """Start, end, day of evidence and last fresh day of every row."""
    told = np.array([dates.pack(source.date) for source in facts], np.int32)[place]
    given, heard, printed = (_first_days(packed) for packed in (
        columns.valid_from, columns.observed, told))
    seen = _first(heard, printed, given)
    models = [ontology.kinds.get(name) for name in kinds]
    timeless = np.array([bool(m and m.timeless) for m in models], bool)[kind]
    negative = np.array([bool(m and m.evidence in ("absence", "survey")) for m in models],
                        bool)[kind]
    shelf = np.array([m.shelf_life if m else 0 for m in models], np.int32)[kind]
    fresh = np.where(shelf > 0, _later(seen, shelf), EVER).astype(np.int32)
    start = np.where((columns.valid_from == 0) & timeless, ALWAYS, _first(given, heard, printed))
    end = np.where(columns.valid_to > 0, _days_after(columns.valid_to),
                   np.where(negative, fresh, EVER))
    return start.astype(np.int32), end.astype(np.int32), seen, fresh


def _first(*days: Ints) -> Ints:
    """Of every row the first day that is known, else NEVER."""
    result = days[-1]
    for column in reversed(days[:-1]):
        result = np.where(column != NEVER, column, result)
    return result


def _later(days: Ints, years: Ints) -> Ints:
    """Each day moved by its own years; NEVER stays."""
    result = days.copy()
    for span in np.unique(years[years > 0]).tolist():
        rows = (years == span) & (days != NEVER)
        some, place = np.unique(days[rows], return_inverse=True)
        moved = [dates.add_years(day, span) for day in some.tolist()]
        result[rows] = np.array(moved, np.int32)[place] if moved else result[rows]
    return result


def _first_days(packed: Ints) -> Ints:
    """First day of packed partial dates (yyyymmdd, 0 for what is not said); none is NEVER."""
    return _known(packed, _month(packed, 0) + np.maximum(packed % 100, 1) - 1)


def _days_after(packed: Ints) -> Ints:
    """The first day after packed partial dates; none is EVER."""
    year = packed // 10000
    day, month = packed % 100, packed // 100 % 100
    after = np.where(day > 0, _month(packed, 0) + day, np.where(
        month > 0, _month(packed, 1), _month((year + 1) * 10000, 0)))
    return _known(packed, after)


def _month(packed: Ints, more: int) -> Longs:
    """Day of the first of the month, `more` months on."""
    months = (packed // 10000 - 1970) * 12 + np.maximum(packed // 100 % 100, 1) - 1 + more
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _known(packed: Ints, days: Longs) -> Ints:
    return np.where(packed > 0, days, NEVER).astype(np.int32)


@lru_cache(maxsize=50_000)  # thousands of sources say the same few words of one product
def _parsed(text: str) -> Mapping[str, Any]:
    said: dict[str, Any] = json.loads(text)
    return said
