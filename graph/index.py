"""Everything that analysis needs of one state of the store, in memory and immutable."""

import gc
from bisect import bisect_left, bisect_right
from collections.abc import (
    Callable,
    Collection,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from graph import dates, slices, structure
from graph import resolve as resolving
from graph.claims import Claims, Denials, claims, denials
from graph.identity import Doubt, Groups
from graph.names import Names, nearest
from graph.places import EVER, Places
from graph.record import Record
from graph.slices import Adjacency, Marks, span
from graph.store import Store
from graph.table import Ints, Table, grouped
from graph.table import build as read
from graph.templates import nesting, superseded
from ontology.errors import NotFound
from ontology.model import Kind, Ontology

__all__ = ["Index", "Member", "assembled", "uncollected"]

T = TypeVar("T")
# Dated or not, start, end, seen, rank among equals, and name by role.
Called = tuple[bool, int, int, int, tuple[Any, ...], dict[str, str]]
FOREVER = dates.first_day("2999-12-31")
MEMORY = 500_000  # what an index remembers at most


@dataclass(frozen=True, slots=True)
class Member:
    """A segment's place in a chain template."""

    segment: int
    stage: str
    essential: bool
    weight: float
    position: int


@dataclass(frozen=True)
class Index:
    """One state of the store, answered from without reading it again.

    Things are int32 numbers of sorted ids; `canon` maps each to its group's canonical thing and
    every array below holds canonical numbers.  `floor` is the worst grade that counts in verdicts,
    `shown` the worst that answers show.  `mark` is the point of the store's history that it shows.
    `memory` and `called` only remember.
    """

    ontology: Ontology
    version: str
    known_at: int | None
    table: Table
    canon: Ints
    about: Ints
    owned: Ints
    places: Places
    claims: Claims
    denials: Denials
    marks: Marks
    links: Adjacency
    ties: Adjacency
    review: tuple[Doubt, ...]
    floor: int
    shown: int
    mark: str = ""
    memory: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    called: dict[int, list[Called]] = field(default_factory=dict, compare=False, repr=False)

    @staticmethod
    def build(store: Store, ontology: Ontology, known_at: int | None = None) -> "Index":
        """Read the store (its state at `known_at`, microseconds UTC) and slice it."""
        with uncollected():
            mark = store.mark()
            columns = store.columns(known_at=known_at)
            table = read(columns, ontology)
            return assembled(table, ontology, columns.version, slices.groups_of(table, ontology),
                             mark, known_at)

    def narrowed(self, min_grade: str | None) -> "Index":
        """The same, where only records of that grade or better exist.

        Verdicts never count below `industry`.  Raises NotFound for an unknown grade.
        """
        if min_grade is None:
            return self
        for rank, grade in enumerate(self.ontology.grades):
            if min_grade in (grade.name, grade.label.zh, *grade.synonyms):
                return replace(self, floor=min(rank, self.floor), shown=min(rank, self.shown))
        names = [name for grade in self.ontology.grades for name in (grade.name, grade.label.zh)]
        raise NotFound("来源等级", min_grade, nearest(min_grade, names))

    def remembered(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made at the first question; `api.reading` says what a server forgets
        once it is much."""
        if key not in self.memory:
            self.memory[key] = make()
        found: T = self.memory[key]
        return found

    # ── things ────────────────────────────────────────────────────────────────────────────────

    def id(self, thing: int) -> str:
        return self.table.terms[thing]

    def number(self, id: str) -> int:
        """The canonical thing of an id; raises NotFound."""
        if (known := self.memory.get(("number", id))) is not None:
            return int(known)
        at = bisect_left(self.table.terms, id)
        if at == len(self.table.terms) or self.table.terms[at] != id:
            raise NotFound("编号", id)
        if len(self.memory) < MEMORY:  # an id is decoded at every step of the search
            self.memory["number", id] = int(self.canon[at])
        return int(self.canon[at])

    def kind_of(self, thing: int) -> str:
        starts, kinds = self._kinds
        return kinds[bisect_right(starts, thing) - 1]

    @cached_property
    def _kinds(self) -> tuple[list[int], list[str]]:
        """Where the ids of each kind begin among the sorted terms, and the kinds."""
        spans = sorted((*span(self.table.terms, kind), kind) for kind in self.ontology.kinds)
        some = [(low, kind) for low, high, kind in spans if high > low]
        return [low for low, _ in some], [kind for _, kind in some]

    def things(self, kind: str) -> list[int]:
        """All canonical things of a class, in the order of their ids."""
        low, high = span(self.table.terms, kind)
        found: list[int] = np.unique(self.canon[low:high]).tolist()
        return found

    def rows_of(self, thing: int) -> list[int]:
        """The records about a thing, under any of its ids."""
        rows: list[int] = self.owned[self.about[thing]:self.about[thing + 1]].tolist()
        return rows

    def records(self, thing: int) -> list[Record]:
        return [self.table.as_record(row) for row in self.rows_of(thing)]

    def best_first(self, rows: Iterable[int]) -> list[int]:
        """Best grade, then newest evidence, then smallest source id."""
        t = self.table
        return sorted(rows, key=lambda row: (t.grade[row], -int(t.seen[row]), t.source[row], row))

    def said(self, rows: Iterable[int]) -> dict[str, Any]:
        """Single values of several records of one thing, the best record's winning."""
        merged: dict[str, Any] = {}
        for row in self.best_first(rows):
            for name, value in self.table.said(row).items():
                merged.setdefault(name, value)
        return merged

    def live(self, row: int, day: int) -> bool:
        return bool(self.table.start[row] <= day < self.table.end[row])

    def label(self, thing: int, at: int | None = None) -> str:
        """The short name it bore on that day; by default the latest."""
        return self._called("name", thing, at) or self._bare(thing)

    def full_name(self, thing: int, at: int | None = None) -> str:
        return self._called("full_name", thing, at)

    def english(self, thing: int) -> str:
        """Its English name, blank if it has none."""
        if (known := self.memory.get(("english", thing))) is None:
            known = str(self.said(self.rows_of(thing)).get(structure.ENGLISH, ""))
            if len(self.memory) < MEMORY:
                self.memory["english", thing] = known
        return str(known)

    def _bare(self, thing: int) -> str:
        return self.id(thing).partition(":")[2]

    def _called(self, role: str, thing: int, at: int | None) -> str:
        """Names dated to that day come first, then names already in use, then the rest."""
        day = FOREVER if at is None else at
        if (known := self.memory.get((role, thing, day))) is not None:
            return str(known)
        if thing not in self.called:
            self.called[thing] = self._names_of(thing)
        best, name = None, ""
        for dated, start, end, seen, order, names in self.called[thing]:
            if role in names:
                now = (0 if start <= day < end else 3) if dated else 1 + (seen > day)
                if best is None or (now, order) < best:
                    best, name = (now, order), names[role]
        if len(self.memory) < MEMORY:  # a server is asked about many days
            self.memory[role, thing, day] = name
        return name

    def _names_of(self, thing: int) -> list[Called]:
        """Every record's names of a thing, with the times and the order that choose among them."""
        t = self.table
        fields = self.naming.get(self.kind_of(thing), ())
        told = [(row, {role: str(said[name]) for role, name in fields if said.get(name)})
                for row in self.rows_of(thing) for said in [t.said(row)]]
        legal = {names["full_name"] for _, names in told if "full_name" in names}
        found: list[Called] = []
        for row, names in told:
            seen = int(t.seen[row])
            # Somebody who writes the full name for short does not tell the short one.
            order = (names.get("name") in legal, int(t.grade[row]), -seen, int(t.source[row]), row)
            found.append((bool(t.valid_from[row] or t.valid_to[row]), int(t.start[row]),
                          int(t.end[row]), seen, order, names))
        return found

    @cached_property
    def naming(self) -> dict[str, list[tuple[str, str]]]:
        """Of every class the fields that name it, by role."""
        return {kind.name: [(f.role, f.name) for f in reversed(kind.fields)
                            if f.role in ("name", "full_name")] for kind in self.ontology.classes}

    def is_leader(self, firm: int, day: int) -> bool:
        """Whether it was 链主, 单项冠军 or listed on that day, by records that count."""
        return any(self.live(row, day) and self.table.grade[row] <= self.floor
                   for row in self.marks.row[self.marks.of(firm)].tolist())

    # ── chain templates ───────────────────────────────────────────────────────────────────────

    def members(self, chain: int, day: int) -> tuple[Member, ...]:
        """The segments of a chain on that day, by stage, position and id."""
        return self.remembered(("members", chain, day), lambda: self._members(chain, day))

    def _members(self, chain: int, day: int) -> tuple[Member, ...]:
        rows: dict[int, list[int]] = {}
        for segment, row in self.joined(structure.MEMBER, chain, day, forward=False):
            rows.setdefault(segment, []).append(row)
        stages = [c.name for c in self.ontology.words.get("SegmentStage", ())]
        found = [_member(segment, self.said(some)) for segment, some in rows.items()]
        return tuple(sorted(found, key=lambda m: (
            stages.index(m.stage) if m.stage in stages else len(stages), m.position, m.segment)))

    def segments_of(self, chain: int, day: int = FOREVER) -> list[int]:
        return [s for s, _ in self.joined(structure.MEMBER, chain, day, forward=False)]

    def chains_of(self, segment: int, day: int = FOREVER) -> list[int]:
        return [c for c, _ in self.joined(structure.MEMBER, segment, day, forward=True)]

    def joined(self, kind: str, thing: int, day: int, *, forward: bool | None = None,
               undated: bool = False) -> list[tuple[int, int]]:
        """(other end, row) of the thing's links of that kind on that day.

        forward: only links that leave it (True) or arrive (False); undated: also those without
        any date, which are shown but never count.
        """
        mine = self.links.of(thing)
        if mine.start == mine.stop:
            return []
        keep = self._joined((kind,), mine, day, undated)
        if forward is not None:
            keep &= self.links.forward[mine] == forward
        there, row = self.links.there[mine][keep], self.links.row[mine][keep]
        return list(zip(there.tolist(), row.tolist(), strict=True))

    def joined_to(self, kinds: Iterable[str], things: Iterable[int],
                  day: int) -> tuple[Ints, Ints]:
        """(other ends, rows) of all links of those kinds that many things have on that day, or
        without any date."""
        spans = [np.arange(mine.start, mine.stop) for mine in map(self.links.of, things)]
        mine = np.concatenate([np.zeros(0, np.int64), *spans])
        mine = mine[self._joined(kinds, mine, day, True)]
        return self.links.there[mine], self.links.row[mine]

    def _joined(self, kinds: Iterable[str], mine: "slice | NDArray[np.int64]", day: int,
                undated: bool) -> NDArray[np.bool_]:
        """Which of some entries of `links` are of these kinds and hold on that day."""
        t, row = self.table, self.links.row[mine]
        wanted = np.zeros(len(t.kinds), np.bool_)
        wanted[[t.kinds.index(kind) for kind in kinds if kind in t.kinds]] = True
        began = (t.start[row] <= day) | (undated & (t.start[row] == EVER))
        found: NDArray[np.bool_] = wanted[t.kind[row]] & began & (day < t.end[row])
        return found

    # ── names ─────────────────────────────────────────────────────────────────────────────────

    def names(self, kinds: Collection[str] | None = None) -> Names:
        """Look-up in the names of all things, or of some classes; made at the first question."""
        wanted = tuple(sorted(kinds)) if kinds is not None else tuple(
            sorted(kind.name for kind in self.ontology.classes))
        return self.remembered(("names", wanted), lambda: self._spelled(wanted))

    def _spelled(self, wanted: Iterable[str]) -> Names:
        with uncollected():
            return Names(
                (self.id(thing), kind, spellings) for kind in wanted
                if kind in self.ontology.kinds
                for thing, spellings in self.spellings(self.ontology.kinds[kind]).items())

    def spellings(self, kind: Kind) -> dict[int, list[str]]:
        """Every name, alias, code and English name of every thing of a class, and its bare id."""
        t, canon = self.table, self.canon
        fields = [f.name for f in kind.fields if f.role or f.name == structure.ENGLISH]
        found = {thing: [self._bare(thing)] for thing in self.things(kind.name)}
        for row, said in t.each(t.rows(kind.name).tolist()):
            mine = found[int(canon[t.thing[row]])]
            for name in fields:
                value = said.get(name)
                if value:
                    mine += value if isinstance(value, list) else (str(value),)
        return found

    def resolve(self, text: str, kinds: Sequence[str], what: str) -> str:
        """The canonical id that a person means by a name, alias, code, id, 链/环节 or short form.

        Raises NotFound with the nearest names, or Ambiguous with the choices.
        """
        return resolving.resolve(self, text, kinds, what)

    def region(self, text: str) -> int:
        return resolving.place(self, text)

    def chain(self, text: str) -> int:
        return self.number(self.resolve(text, [structure.CHAIN], "产业链"))

    def segment(self, text: str) -> int:
        return self.number(self.resolve(text, [structure.SEGMENT], "环节"))

    def firm(self, text: str) -> int:
        return resolving.firm(self, text)

    def party(self, text: str) -> int:
        return resolving.party(self, text)

    def reference(self, value: object) -> int:
        """The canonical thing that a value refers to, -1 if none."""
        if not isinstance(value, str):
            return -1
        known = self.memory.get(("reference", value))
        if known is None:
            try:
                known = self.number(value)
            except NotFound:
                known = -1
            if len(self.memory) < MEMORY:
                self.memory["reference", value] = known
        return int(known)

    @property
    def faults(self) -> list[str]:
        """What is wrong with the regions, in Chinese; nothing here stops an answer."""
        said = {"cycle": "地区归属成环，忽略了最后一段：{}", "orphan": "没有说明在哪个地区之内：{}",
                "copies": "归属太多，只取了一部分：{}"}
        return [said[fault].format(" → ".join(self.label(place) for place in places))
                for fault, places in self.places.problems]

    @property
    def known_at_text(self) -> str | None:
        """The moment that was asked for, in China's time."""
        if self.known_at is None:
            return None
        moment = datetime(1970, 1, 1, tzinfo=dates.CHINA) + timedelta(
            microseconds=self.known_at, hours=8)
        return moment.isoformat()


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage collection: a build or a load makes millions of small things and no cycles."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _member(segment: int, said: Mapping[str, Any]) -> Member:
    return Member(segment, str(said.get("stage", "")), bool(said.get("essential", True)),
                  float(said.get("weight", 1)), int(said.get("position", 0)))


def assembled(table: Table, ontology: Ontology, version: str, found: Groups, mark: str,
              known_at: int | None = None) -> Index:
    """Everything that is worked out from the rows and from which ids are one thing."""
    canon = slices.canonical(table, found)
    owner = canon[table.thing]
    owned = np.argsort(owner, kind="stable").astype(np.int32)
    wheres = slices.place_kinds(ontology)
    number = slices.numbers(table.terms, wheres)
    dag = slices.region_dag(table, ontology, canon, number)
    about = grouped(owner[owned], len(canon))

    def rows_of(thing: int) -> list[int]:
        rows: list[int] = owned[about[thing]:about[thing + 1]].tolist()
        return rows

    home = slices.homes(table, ontology, canon, number, dag, rows_of)
    gone = superseded(table, canon)
    nested = nesting(table, canon, gone)
    free, links = slices.free_segments(table, canon, gone), slices.adjacency(table, canon, gone)
    return Index(
        ontology, version, known_at, table, canon, about, owned, dag,
        claims=claims(table, ontology, canon, dag, number, home, free, nested),
        denials=denials(table, ontology, canon, nested),
        marks=slices.marks(table, ontology, canon, rows_of),
        links=links,
        ties=slices.only(links, table, [kind.name for kind in ontology.links if kind.tie],
                         len(canon)),
        review=found.review, floor=table.usual, shown=len(ontology.grades) - 1, mark=mark)
