"""Brings the readable graph of a Neo4j store up to the rows that count.

What a load touched is worked out from the rows as they stood before and stand now; every node and
relationship that may have changed is then made anew from all its rows.  So a projection that was
interrupted is simply done again, and one made in steps equals one made at once.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product

from graph import cypher
from graph.bolt import Server, TimedOut
from graph.lease import Lease, Step
from graph.neo4j_change import (
    BATCH,
    Change,
    Row,
    batches,
    canon_at,
    distinct,
    shown,
    sources_at,
)
from graph.neo4j_rows import OWN, escape, record
from graph.projection import (
    Canon,
    Label,
    bare,
    class_of,
    ids_in,
    label_of,
    link_of,
    node,
    references,
    relation,
    relationship_type,
)
from graph.record import Record
from graph.store import Progress, silent
from ontology.model import Kind, Ontology

__all__ = ["bring_up", "make", "make_anew", "names_of", "schema"]

_KNOWN = 100_000  # ids that are remembered, so as not to ask again


def schema(ontology: Ontology) -> list[str]:
    """Constraints and indexes of the readable graph, as the ontology wants them."""
    classes = [(label_of(kind)[0], names_of(kind)) for kind in ontology.classes]
    classes.append((label_of(None)[0], []))
    return cypher.readable(classes, map(relationship_type, ontology.links))


def make(server: Server, statements: Iterable[str]) -> None:
    """Make constraints and indexes that are not there yet, and wait until they can be used.

    Asking is quicker than "IF NOT EXISTS".  After an import of millions of rows the waiting takes
    longer than a transaction may.
    """
    there = set(server.read(cypher.MADE))
    for statement in statements:
        if cypher.makes(statement) not in there:
            server.run(statement)
    while True:
        try:
            return server.run(cypher.AWAIT_INDEXES)
        except TimedOut:
            continue


def names_of(kind: Kind) -> list[str]:
    """The fields that name a thing."""
    return [f.name for f in kind.fields if f.role in ("name", "full_name", "alias")]


def make_anew(server: Server, lease: Lease, ontology: Ontology, at: int,
              progress: Progress = silent) -> None:
    """The whole graph, whatever is there."""
    _wipe(lease, server)
    canon = canon_at(server, ontology, at)
    draw = _Drawing(server, lease, ontology, 0, at, canon, canon, progress)
    for rows in _pages(server, ontology, at):
        draw.rows(rows, whole=True)
    draw.left()


def _whole(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Batches that hold all rows about a thing, if the rows come in the order of things."""
    batch: list[Row] = []
    for row in rows:
        if len(batch) >= BATCH and row["about"] != batch[-1]["about"]:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _pages(server: Server, ontology: Ontology, at: int) -> Iterator[list[Row]]:
    """The same of all live rows, read a batch at a time."""
    for kind in ontology.kinds:
        about, limit = "", BATCH
        while True:
            rows = server.gather(cypher.PAGE, kind=kind, about=about, limit=limit, at=at)
            if len(rows) < limit:
                break
            last = rows[-1]["about"]
            if rows[0]["about"] == last:  # more rows about one thing than go into a batch
                limit *= 2
                continue
            yield [row for row in rows if row["about"] != last]
            about, limit = last, BATCH
        if rows:
            yield rows


def bring_up(server: Server, lease: Lease, ontology: Ontology, before: int, seq: int,
             at: int, progress: Progress = silent) -> None:
    """From a moment to a later one; `seq` is the last row of the earlier one."""
    change = Change(server, ontology, before, seq, at)
    old, new = change.canons()
    draw = _Drawing(server, lease, ontology, before, at, old, new, progress)
    for rows in _whole(change.came()):
        draw.rows(rows, whole=True)
    for rows in batches(change.touched(old, new, draw.sources)):
        draw.rows(rows, whole=False)
    draw.left()


def _wipe(lease: Lease, server: Server) -> None:
    """Remove everything that is read, nothing that counts, and nothing that others drew.

    Records are drawn with the first things and go last: without them there is nothing.
    """
    if not server.read(cypher.ANY_RECORD):
        return
    drawn = server.read(cypher.DRAWN)
    clear = [cypher.clear_type(name) for what, name in drawn if what == "RELATIONSHIP"]
    clear += [*cypher.CLEAR_TIES]
    clear += [cypher.clear_label(name) for what, name in drawn if what == "NODE"]
    for query in (*clear, cypher.CLEAR_RECORDS):
        while lease.count(query, limit=BATCH):
            pass


# Drawing -----------------------------------------------------------------------------------------


@dataclass
class _Touched:
    """What rows touch: canonical things to make anew, and those made; things that are mentioned;
    links by kind and id; ids that records are about."""

    things: set[str] = field(default_factory=set)
    mentioned: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    links: set[tuple[str, str]] = field(default_factory=set)
    about: set[str] = field(default_factory=set)


class _Drawing:
    """Makes nodes and relationships anew, a batch of rows in one transaction.

    Most links stand between things of one id and bear the id that follows from their ends: then
    all their records are about that id.  The others wait for `left`, with what their records are
    about, if all of them pass by, or else between which ids they stand.
    """

    def __init__(self, server: Server, lease: Lease, ontology: Ontology, before: int, at: int,
                 old: Canon, new: Canon, progress: Progress) -> None:
        self._server, self._lease, self._ontology = server, lease, ontology
        self._before, self._at = before, at
        self._old, self._new = old, new
        self.sources = sources_at(server, ontology, at)
        self._odd = bool(server.read(cypher.ODD))
        self._shown: dict[str, str] = {}
        self._there: set[str] = set()
        self._progress, self._done = progress, 0
        self._late: dict[tuple[str, str], set[tuple[str, ...]]] = {}  # link → where its rows are

    def rows(self, rows: Sequence[Row], *, whole: bool) -> None:
        """Draw everything that these rows touch.

        whole: they are live, and with the older ones all that there is about their things.
        """
        touched = _Touched()
        for row in rows:
            self._touch(row, touched)
        told = self._told(rows, touched, whole)
        links = self._links(touched.links, (row for id in touched.about for row in told[id]))
        self._lease.later(
            *self._drop_links(touched.links), *self._things(touched, told),
            *self._add_links(links), *self._marks(rows, touched, told, whole),
            *self._drop_things(touched))
        self._done += len(rows)
        self._progress("更新供浏览的图", self._done, 0)

    def left(self) -> None:
        """Draw the links that waited."""
        waiting = iter(self._late.items())
        while late := dict(islice(waiting, BATCH)):
            places = sorted(set().union(*late.values()))
            if self._before:
                rows = self._server.gather(cypher.ROWS_BETWEEN, pairs=places, at=self._at)
            else:
                rows = self._about({id for id, in places})
            links = self._links(late, rows)
            self._lease.later(*self._drop_links(late), *self._add_links(links))
        self._lease.settle()

    def _touch(self, row: Row, touched: _Touched) -> None:
        kind = self._ontology.kinds.get(row["kind"])
        if kind is None:
            return
        live = row["learned"] <= self._at and not row.get("retracted", self._at + 1) <= self._at
        touched.about.add(row["about"])
        ends = [row["head"], row["tail"]] if kind.ends and "head" in row else []
        now = {self._new.of(id) for id in (row["source"], *ends)}
        if live:
            touched.mentioned |= now
        else:
            touched.things |= now
        for id in (row["source"], *ends):
            if self._old.group(id) != self._new.group(id):
                touched.things |= {self._old.of(id), self._new.of(id)}
        if kind.ends is None:
            touched.things |= {self._old.of(row["about"]), self._new.of(row["about"])}
        elif ends:
            self._touch_link(kind, row, touched)

    def _touch_link(self, kind: Kind, row: Row, touched: _Touched) -> None:
        if self._plain(kind, row):
            touched.links.add((kind.name, row["about"]))
            return
        said = record(row)
        head, tail = (self._new.group(id) for id in said.ends or ("", ""))
        places = set(product(head, tail, (kind.name,))) if self._before else {(said.id,)}
        for canon in (self._old, self._new):
            self._late.setdefault((kind.name, link_of(kind, said, canon)), set()).update(places)

    def _plain(self, kind: Kind, row: Row) -> bool:
        """Whether everything about the link is about one id."""
        alone = (row["head"], row["tail"], *(
            id for f in kind.key if f.datatype == "reference"
            for id in ids_in(row.get(escape(f.name, OWN), ()))))
        return not self._odd and not any(
            canon.grouped(id) for canon in (self._old, self._new) for id in alone)

    def _told(self, rows: Sequence[Row], touched: _Touched,
              whole: bool) -> defaultdict[str, list[Row]]:
        """All live rows about whatever is touched, by what they are about."""
        found = defaultdict[str, list[Row]](list)
        ids = touched.about.union(*(self._new.group(id) for id in touched.things))
        if whole:
            for row in rows:
                found[row["about"]].append(row)
            ids -= touched.about
            if self._before:
                for row in self._server.gather(cypher.OLDER_ABOUT, about=sorted(touched.about),
                                             at=self._at, before=self._before):
                    found[row["about"]].append(row)
        for row in self._about(ids):
            found[row["about"]].append(row)
        return found

    def _about(self, ids: Collection[str]) -> list[Row]:
        return self._server.gather(cypher.ROWS_ABOUT, about=sorted(ids), at=self._at) if ids else []

    # Things

    def _things(self, touched: _Touched, told: Mapping[str, Sequence[Row]]) -> Iterator[Step]:
        """Nodes made anew, and nodes that only have to be there."""
        made: dict[Label, list[Row]] = {}
        spoken: dict[str, list[Record]] = {}
        for id in touched.things:
            if self._new.of(id) == id:
                rows = [row for one in self._new.group(id) for row in told.get(one, ())]
                if records := [record(row) for row in distinct(rows) if self._is_thing(row)]:
                    spoken[id] = records
        self._learn(one for records in spoken.values() for r in records
                    for one in references(self._ontology.kinds[r.kind], r))
        for id, records in sorted(spoken.items()):
            kind = class_of(id, self._ontology) or self._ontology.kinds[records[0].kind]
            made.setdefault(self._label(id), []).append(node(
                kind, id, self._new.group(id), records, self.sources, self._show))
        for label, nodes in made.items():
            yield cypher.merge_nodes(label), {"nodes": nodes}
        touched.things -= spoken.keys()
        touched.made |= spoken.keys()
        yield from self._bare(touched)

    def _bare(self, touched: _Touched) -> Iterator[Step]:
        """Things of which no record tells; those that nothing mentions stay in `things`."""
        silent = {id for id in touched.things if self._new.of(id) == id}
        unsure = sorted(silent - touched.mentioned)
        ids = [one for id in unsure for one in self._new.group(id)]
        kept = silent & touched.mentioned | {
            self._new.of(id) for id in (self._server.read(
                cypher.MENTIONED, ids=ids, at=self._at) if ids else ())}
        touched.things -= kept
        if len(self._there) > _KNOWN:
            self._there.clear()
        only = touched.mentioned - kept - touched.made - self._there
        self._there |= kept | only
        for some, query in ((kept, cypher.merge_nodes), (only, cypher.ensure_nodes)):
            by_label: dict[Label, list[Row]] = {}
            for id in sorted(some):
                by_label.setdefault(self._label(id), []).append(
                    bare(class_of(id, self._ontology), id, self._new.group(id)))
            for label, nodes in by_label.items():
                yield query(label), {"nodes": nodes}

    def _drop_things(self, touched: _Touched) -> Iterator[Step]:
        """What is left in `things` is no thing of its own any more."""
        by_label: dict[Label, list[str]] = {}
        for id in sorted(touched.things):
            by_label.setdefault(self._label(id), []).append(id)
        for label, ids in by_label.items():
            yield cypher.drop_nodes(label), {"ids": ids}

    def _label(self, id: str) -> Label:
        return label_of(class_of(id, self._ontology))

    def _is_thing(self, row: Row) -> bool:
        kind = self._ontology.kinds.get(row["kind"])
        return kind is not None and kind.ends is None

    # Names of what is referred to

    def _learn(self, ids: Iterable[str]) -> None:
        """Find out what references to these ids show."""
        if len(self._shown) > _KNOWN:
            self._shown.clear()
        new = {self._new.of(id) for id in ids} - self._shown.keys()
        rows = self._about({one for id in new for one in self._new.group(id)})
        self._shown |= shown(new, rows, self._new, self.sources, self._ontology)

    def _show(self, id: str) -> str:
        return self._shown[self._new.of(id)]

    # Links

    def _links(self, wanted: Collection[tuple[str, str]],
               rows: Iterable[Row]) -> dict[tuple[str, str], list[Record]]:
        """The records of the wanted links among these rows."""
        found: dict[tuple[str, str], list[Record]] = {}
        for row in distinct(rows):
            kind = self._ontology.kinds.get(row["kind"])
            if kind is not None and kind.ends and "head" in row:
                said = record(row)
                key = kind.name, link_of(kind, said, self._new)
                if key in wanted:
                    found.setdefault(key, []).append(said)
        return found

    def _drop_links(self, links: Iterable[tuple[str, str]]) -> Iterator[Step]:
        """Nothing, where the graph began empty: then every link is drawn once."""
        if not self._before:
            return
        by_kind: dict[str, list[str]] = {}
        for kind, id in links:
            by_kind.setdefault(kind, []).append(id)
        for kind, ids in sorted(by_kind.items()):
            yield cypher.drop_relations(relationship_type(self._ontology.kinds[kind])), {
                "ids": sorted(ids)}

    def _add_links(self, links: Mapping[tuple[str, str], Sequence[Record]]) -> Iterator[Step]:
        self._learn(one for (kind, _), records in links.items() for r in records
                    for one in references(self._ontology.kinds[kind], r))
        by_type: dict[tuple[str, Label, Label], list[Row]] = {}
        for (name, id), records in sorted(links.items(), key=lambda item: item[0]):
            kind = self._ontology.kinds[name]
            head, tail = (self._new.of(end) for end in records[0].ends or ("", ""))
            by_type.setdefault((relationship_type(kind), self._label(head), self._label(tail)),
                               []).append({"head": head, "tail": tail, "said": relation(
                                   kind, id, records, self._new, self.sources, self._show)})
        for key, some in by_type.items():
            yield cypher.add_relations(*key), {"links": some}

    # Records

    def _marks(self, rows: Sequence[Row], touched: _Touched, told: Mapping[str, Sequence[Row]],
               whole: bool) -> Iterator[Step]:
        """Every live statement is one readable record with its source and its thing."""
        live = [row for about in touched.about for row in told.get(about, ())]
        again = {row["seq"] for row in live if row["learned"] <= self._before}
        if not whole:
            again |= {row["seq"] for row in rows}
        if again:
            yield cypher.UNMARK, {"seqs": sorted(again)}
        by_label: dict[tuple[Label, Label | None], list[Row]] = {}
        for row in distinct(live):
            about = self._new.of(row["about"]) if self._is_thing(row) else None
            source = self._new.of(row["source"])
            key = self._label(source), self._label(about) if about else None
            by_label.setdefault(key, []).append(
                {"seq": row["seq"], "source": source, "about": about})
        for labels, some in by_label.items():
            yield cypher.mark(*labels, fresh=not self._before), {"rows": some}
