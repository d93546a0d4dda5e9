"""What a load changed in the readable graph of a Neo4j store.

It is worked out from the rows as they stood before and stand now.  Only which ids are one thing is
read from the graph, where no row that came or went can have changed it.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice, product
from typing import Any

from graph import cypher
from graph.bolt import Server
from graph.merge import Sources, source_facts
from graph.neo4j_rows import OWN, escape, record
from graph.projection import Canon, canon_of, class_of, display, label_of
from graph.record import Record
from graph.structure import SOURCE
from ontology.model import Field, Kind, Ontology

__all__ = ["BATCH", "Change", "Row", "batches", "canon_at", "distinct", "shown", "sources_at"]

Row = dict[str, Any]

BATCH = 5_000


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        yield batch


class Change:
    """What came and went between two moments, and what else it touches."""

    def __init__(self, server: Server, ontology: Ontology, before: int, seq: int,
                 at: int) -> None:
        self._server, self._ontology = server, ontology
        self._before, self._seq, self._at = before, seq, at

    def came(self) -> Iterator[Row]:
        """New rows in the order of things."""
        return self._server.stream(cypher.CAME, at=self._at, seq=self._seq)

    def went(self) -> Iterator[Row]:
        return self._server.stream(cypher.WENT, at=self._at, before=self._before)

    def _both(self) -> Iterator[Row]:
        return chain(self.came(), self.went())

    def canons(self) -> tuple[Canon, Canon]:
        """Which ids were, and are, one thing; worked out only if it may have changed."""
        if any(map(self._names, batches(self._both()))):
            return (canon_at(self._server, self._ontology, self._before),
                    canon_at(self._server, self._ontology, self._at))
        chiefs: dict[str, str] = {}
        for kind in self._ontology.classes:
            for id, ids in self._server.read(cypher.aliases(label_of(kind))):
                chiefs.update((one, id) for one in ids if one != id)
        return (canon := Canon(chiefs)), canon

    def _names(self, rows: Sequence[Row]) -> bool:
        """Whether rows tell how things are called, or mention things that nothing else tells of."""
        ends: set[str] = set()
        for row in rows:
            kind = self._ontology.kinds.get(row["kind"])
            if kind is None or kind.ends is None or kind.identity:
                return True
            ends.update((row["head"], row["tail"]))
        ends = {id for id in ends if (kind := class_of(id, self._ontology)) and kind.open}
        for moment in (self._before, self._at):
            told = self._server.gather(cypher.ROWS_ABOUT, about=list(ends), at=moment)
            if not ends <= {row["about"] for row in told}:
                return True
        return False

    def touched(self, old: Canon, new: Canon, sources: Sources) -> Iterator[Row]:
        """Rows that went, and older ones that show something which these or new ones changed."""
        yield from self.went()
        moved = old.moved(new)
        for column in ("about", "head", "tail", "source"):
            yield from self._with(column, moved)
        then = sources_at(self._server, self._ontology, self._before)
        cited = {id for id in {*then, *sources} if then.get(id) != sources.get(id)}
        yield from self._with("source", cited)
        renamed = set(moved)
        for rows in batches(chain(self._both(), self._with("source", cited))):
            renamed |= self._renamed(rows, new, then, sources)
        for kind in self._ontology.kinds.values():
            for f in kind.fields:
                if f.datatype == "reference":
                    yield from self._referring(kind, f, renamed)

    def _with(self, column: str, ids: Collection[str]) -> Iterator[Row]:
        if ids:
            yield from self._server.stream(cypher.touching(column), at=self._at,
                                           before=self._before, **{column: list(ids)})

    def _renamed(self, rows: Sequence[Row], canon: Canon, then: Sources,
                 now: Sources) -> set[str]:
        """Ids of the things that these rows are about whose names are not what they were."""
        things = {canon.of(row["about"]) for row in rows
                  if class_of(row["about"], self._ontology)}
        ids = [id for thing in things for id in canon.group(thing)]
        found = [shown(things, self._server.gather(cypher.ROWS_ABOUT, about=ids, at=moment), canon,
                        facts, self._ontology)
                 for moment, facts in ((self._before, then), (self._at, now))]
        return {id for thing in things if found[0][thing] != found[1][thing]
                for id in canon.group(thing)}

    def _referring(self, kind: Kind, field: Field, ids: Collection[str]) -> Iterator[Row]:
        wanted = [id for id in ids if not field.refers or id.partition(":")[0] in field.refers]
        if wanted:
            yield from self._server.stream(
                cypher.referring(escape(field.name, OWN), field.multiple), at=self._at,
                before=self._before, kind=[kind.name], ids=wanted)


def shown(things: Iterable[str], rows: Iterable[Row], canon: Canon, sources: Sources,
           ontology: Ontology) -> dict[str, str]:
    """What a reference to each thing shows, given all rows about them."""
    told: dict[str, list[Record]] = {}
    for row in distinct(rows):
        kind = ontology.kinds.get(row["kind"])
        if kind is not None and kind.ends is None:
            told.setdefault(canon.of(row["about"]), []).append(record(row))
    return {thing: display(class_of(thing, ontology), thing, told.get(thing, ()), sources)
            for thing in things}


def distinct(rows: Iterable[Row]) -> list[Row]:
    """Each statement once, in the order of the index, on which ties in a merge depend; of those
    that several origins bring the first row."""
    found: dict[tuple[str, bytes], Row] = {}
    for row in rows:
        first = found.setdefault((row["id"], row["digest"]), row)
        if row["seq"] < first["seq"]:
            found[row["id"], row["digest"]] = row
    return sorted(found.values(), key=lambda row: (
        row["about"], row["source"], row.get("valid_from", ""), row["digest"]))


# Which ids are one thing -------------------------------------------------------------------------


def sources_at(server: Server, ontology: Ontology, at: int) -> Sources:
    """Facts of all sources at a moment."""
    rows = server.stream(cypher.rows(one_kind=True), at=at, kind=[SOURCE])
    return source_facts(map(record, rows), ontology)


def canon_at(server: Server, ontology: Ontology, at: int) -> Canon:
    """The groups that the rows of a moment make."""
    def ends(kind: Kind) -> Iterator[tuple[str, str]]:
        return ((row["head"], row["tail"]) for row in server.stream(
            cypher.rows(one_kind=True), at=at, kind=[kind.name]))

    def told(kind: Kind) -> Iterator[tuple[str, dict[str, Any]]]:
        fields = [f.name for f in kind.fields if f.role]
        for _, id, *said in server.stream(
                cypher.names([escape(name, OWN) for name in fields]), at=at, kind=[kind.name]):
            yield id, {name: v for name, v in zip(fields, said, strict=True) if v is not None}

    def mentioned(kinds: Collection[str]) -> Iterator[str]:
        for kind, column in product(kinds, ("head", "tail", "source")):
            yield from server.gather(cypher.mentions(column), at=at, prefix=f"{kind}:")

    return canon_of(ontology, ends, told, mentioned)
