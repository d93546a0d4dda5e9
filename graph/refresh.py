"""An index brought up to date by reading only what was touched since it was built."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph import dates, slices
from graph.columns import tidy
from graph.identity import Groups
from graph.index import Index, assembled, uncollected
from graph.record import Record, canonical, digest, record_id
from graph.store import Columns, Store
from graph.table import Ints, Table, build

__all__ = ["refreshed", "supposed"]

_SHARE = 10  # more than a tenth of the rows: building anew is as quick
_FEW = 1000


def refreshed(index: Index, store: Store) -> Index | None:
    """The index of the store's present state; None if it has to be built anew.

    The rows about the touched ids are read and take the place of the old ones; all else is taken
    over, and so are the groups of the classes that nothing touched.
    """
    mark, version = store.mark(), store.version()
    touched = store.touched(index.mark, max(_FEW, len(index.table) // _SHARE))
    if touched is None:
        return None
    records = list(store.records(ids=touched))
    if (store.mark(), store.version()) != (mark, version):
        return None  # somebody wrote meanwhile
    return _exchanged(index, touched, records, version, mark)


def supposed(index: Index, store: Store, added: Mapping[str, Sequence[Record]]) -> Index:
    """The index as it would be if these records (by origin) were put into the store too.

    As there, one takes the place of its origin's record of the same (id, source, valid_from).  The
    index has no version.
    """
    touched = {record.id for records in added.values() for record in records}
    live: dict[bytes, Record] = {}  # what several origins say counts once
    for origin in sorted({*store.origins(), *added}):
        new = {record_id(r.id, r.source, r.valid_from): r for r in added.get(origin, ())}
        said = {record_id(r.id, r.source, r.valid_from): r
                for r in store.records(ids=touched, origin=origin)}
        live |= {digest(record): record for record in (said | new).values()}
    return _exchanged(index, touched, list(live.values()), "", index.mark)


def _exchanged(index: Index, touched: Collection[str], records: Sequence[Record], version: str,
               mark: str) -> Index:
    """The index with these rows in the place of all those about the touched ids."""
    with uncollected():
        old = index.table
        gone = _numbers(old.terms, touched)
        kinds = _kinds(index, records, np.flatnonzero(np.isin(old.thing, gone)).tolist())
        table = build(_spliced(old, gone, records, version), index.ontology)
        found = slices.groups_of(table, index.ontology, kinds)
        kept = {index.id(thing): index.id(int(index.canon[thing]))
                for thing in np.flatnonzero(index.canon != np.arange(len(index.canon))).tolist()
                if index.kind_of(thing) not in kinds}
        review = [doubt for doubt in index.review if doubt.kind not in kinds]
        groups = Groups({**kept, **found.canonical}, tuple(sorted([*review, *found.review])))
        return assembled(table, index.ontology, version, groups, mark)


def _numbers(terms: Sequence[str], ids: Iterable[str]) -> Ints:
    """Places of those ids that are among the sorted terms."""
    places = ((bisect_left(terms, id), id) for id in ids)
    return np.array([at for at, id in places if at < len(terms) and terms[at] == id], np.int32)


def _kinds(index: Index, records: Iterable[Record], rows: Iterable[int]) -> set[str]:
    """Classes whose groups may have changed: of all things that touched rows speak of."""
    spoken = chain(records, map(index.table.as_record, rows))
    kinds = {id.partition(":")[0] for record in spoken for id in (record.id, *(record.ends or ()))}
    if any(kind.identity and kind.name in kinds for kind in index.ontology.links):
        return {kind.name for kind in index.ontology.classes}
    return kinds


def _spliced(old: Table, gone: Ints, records: Sequence[Record], version: str) -> Columns:
    """The rows of the table but those about `gone`, and the records."""
    said = {text for r in records for text in (r.id, r.kind, r.source, *(r.ends or ()))}
    before = list(old.terms)
    new = sorted(said.difference(before[at] for at in _numbers(before, said).tolist()))
    terms = sorted(before + new)
    number = {text: bisect_left(terms, text) for text in (*said, *old.kinds)}
    moved = np.arange(len(before), dtype=np.int32)
    moved += np.searchsorted([bisect_left(before, text) for text in new], moved,
                             "right").astype(np.int32)
    moved = np.append(moved, np.int32(-1))  # -1 stays: none
    keep = np.flatnonzero(~np.isin(old.thing, gone))
    kinds = np.array([number[kind] for kind in old.kinds], np.int32)

    def column(rows: NDArray[Any], more: Iterable[int | bool]) -> NDArray[Any]:
        return np.concatenate([rows[keep], np.fromiter(more, rows.dtype, len(records))])

    def terms_of(rows: Ints, more: Iterable[str | None]) -> Ints:
        return column(moved[rows], (-1 if text is None else number[text] for text in more))

    def days(rows: Ints, more: Iterable[str | None]) -> Ints:
        return column(rows, map(dates.pack, more))

    ends = [record.ends or (None, None) for record in records]
    values = list(old.values)
    return tidy(Columns(
        terms, column(kinds[old.kind] if len(kinds) else old.kind,
                      (number[record.kind] for record in records)),
        terms_of(old.thing, (record.id for record in records)),
        terms_of(old.source, (record.source for record in records)),
        terms_of(old.head, (head for head, _ in ends)),
        terms_of(old.tail, (tail for _, tail in ends)),
        days(old.valid_from, (record.valid_from for record in records)),
        days(old.valid_to, (record.valid_to for record in records)),
        days(old.observed, (record.observed for record in records)),
        column(old.inferred, (record.inferred for record in records)),
        [values[row] for row in keep.tolist()] + [canonical(r.values) for r in records], version))
