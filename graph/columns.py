"""Live rows of any back end brought into the one order that the index and the hashes rely on."""

from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.dates import unpack
from graph.record import Record, digest, parse_values
from graph.store import Columns

__all__ = ["as_record", "tidy"]


def tidy(raw: Columns) -> Columns:
    """The rows in their order, each said once, with the terms that they use.

    `raw.terms` must be sorted.  Rows with one triple come from several origins: they are ordered by
    digest, and equal ones are one.
    """
    first = raw.kind.astype(np.int64) << 31 | raw.thing
    second = raw.source.astype(np.int64) << 27 | raw.valid_from
    order = np.argsort(first, kind="stable")
    tied = _tied(_repeats(order, first))
    order[tied] = order[tied][np.lexsort((second[order[tied]], first[order[tied]]))]
    same = _repeats(order, first, second)
    if same.any():
        said = np.zeros(len(order), np.int32)
        rows = order[_tied(same)].tolist()
        digests = [digest(as_record(raw, row, raw.terms[raw.kind[row]])) for row in rows]
        ranks = {one: rank for rank, one in enumerate(sorted(set(digests)))}
        said[rows] = [ranks[one] for one in digests]
        order = np.lexsort((said, second, first))
        order = order[~_repeats(order, first, second, said)]
    used = np.zeros(len(raw.terms) + 1, np.bool_)
    for column in (raw.kind, raw.thing, raw.source, raw.head, raw.tail):
        used[column] = True
    used[-1] = False  # where -1, none, has fallen
    place = np.append(np.cumsum(used[:-1], dtype=np.int32) - 1, np.int32(-1))
    values = raw.values
    return Columns(
        list(compress(raw.terms, used.tolist())), place[raw.kind[order]], place[raw.thing[order]],
        place[raw.source[order]], place[raw.head[order]], place[raw.tail[order]],
        raw.valid_from[order], raw.valid_to[order], raw.observed[order], raw.inferred[order],
        [values[row] for row in order.tolist()], raw.version)


def _tied(repeats: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Places of the rows that equal the one before or the one after."""
    return np.flatnonzero(repeats | np.append(repeats[1:], False))


def _repeats(order: NDArray[np.int64], *columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Which rows of an order equal the one before in all these columns."""
    same = np.ones(len(order), np.bool_)
    same[:1] = False
    for column in columns:
        inorder = column[order]
        same[1:] &= inorder[1:] == inorder[:-1]
    return same


def as_record(table: Any, row: int, kind: str) -> Record:
    """A row of `Columns`, or of what has the same columns, as the record that it was."""
    terms, head, tail = table.terms, int(table.head[row]), int(table.tail[row])
    start, end, observed = (unpack(int(column[row])) for column in (
        table.valid_from, table.valid_to, table.observed))
    return Record(terms[table.thing[row]], kind, terms[table.source[row]],
                  parse_values(table.values[row]), None if head < 0 else (terms[head], terms[tail]),
                  start, end, observed, bool(table.inferred[row]))
