"""How much is known at all: of every chain in a region, and of the sources behind it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from typing_extensions import TypedDict

from graph.analysis.answers import Envelope, Evidence, envelope
from graph.analysis.completeness import Completeness, in_region
from graph.index import Index
from graph.places import EVER
from graph.structure import CHAIN

__all__ = ["Counted", "Coverage", "CoverageRow", "coverage", "home_province"]


class CoverageRow(TypedDict):
    """coverage: share of the chain's essential weight that is neither unknown nor contested."""

    chain: str
    chain_id: str
    coverage: float
    completeness: Completeness


class Counted(TypedDict):
    """kind or grade by name, with the number of things and of records."""

    name: str
    label: str
    things: int
    records: int


class Coverage(Envelope):
    """rows: the chains, least known first.

    undated: records that bear no date and so never count; doubts: names that may mean one firm
    or two and wait for a decision; faults: what is wrong with the map of regions.
    """

    region: str
    region_id: str
    rows: list[CoverageRow]
    kinds: list[Counted]
    grades: list[Counted]
    records: int
    inferred: int
    undated: int
    doubts: int
    faults: list[str]
    evidence: list[Evidence]


def home_province(index: Index, at: int) -> int:
    """The province with most places in it; raises the usual NotFound where there is none."""
    dag = index.places
    found = [(sum(high - low for low, high in dag.ranges(place, at)), -place)
             for place, level in dag.level.items() if level == "province"]
    return -max(found)[1] if found else index.region("湖南")


def coverage(index: Index, at: int, region: str | None = None,
             chains: Sequence[str] = ()) -> Coverage:
    """Chains (default: all) in a region (default: the province)."""
    where = index.region(region) if region else home_province(index, at)
    rows = [_row(index, chain, where, at)
            for chain in ([index.chain(c) for c in chains] or index.things(CHAIN))]
    t = index.table
    shown = t.grade <= index.shown
    return {
        "region": index.label(where, at), "region_id": index.id(where), **envelope(index, at),
        "rows": sorted(rows, key=lambda row: (row["coverage"], row["chain_id"])),
        "kinds": _kinds(index), "grades": _grades(index),
        "records": int(shown.sum()), "inferred": int((t.inferred & shown).sum()),
        "undated": int(((t.start == EVER) & (t.head >= 0) & shown).sum()),
        "doubts": len(index.review), "faults": index.faults, "evidence": [],
    }


def _row(index: Index, chain: int, region: int, at: int) -> CoverageRow:
    found, known = in_region(index, index.members(chain, at), region, at)
    return {"chain": index.label(chain), "chain_id": index.id(chain), "coverage": known,
            "completeness": found}


def _kinds(index: Index) -> list[Counted]:
    t, found = index.table, list[Counted]()
    for kind in index.ontology.kinds.values():
        rows = t.rows(kind.name)
        rows = rows[t.grade[rows] <= index.shown]
        things = len(index.things(kind.name)) if kind.ends is None else _distinct(
            index.canon[t.thing[rows]])
        if things:
            found.append({"name": kind.name, "label": kind.label.zh, "things": things,
                          "records": len(rows)})
    return found


def _grades(index: Index) -> list[Counted]:
    t = index.table
    return [{"name": grade.name, "label": grade.label.zh,
             "things": _distinct(t.source[t.grade == rank]),
             "records": int((t.grade == rank).sum())}
            for rank, grade in enumerate(index.ontology.grades) if rank <= index.shown]


def _distinct(numbers: NDArray[np.int32]) -> int:
    """How many different ones; they are nearly in order, which hashing would not use."""
    return int(np.count_nonzero(np.diff(np.sort(numbers, kind="stable")))) + (len(numbers) > 0)
