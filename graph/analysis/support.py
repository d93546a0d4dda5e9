"""What the statements about each chain in each region rest on: who, which sources, how old."""

from collections.abc import Sequence
from statistics import median

from typing_extensions import TypedDict

from graph.analysis.answers import Envelope, envelope
from graph.analysis.completeness import Cell
from graph.analysis.matrix import default_regions, matrix
from graph.analysis.verdicts import grounds
from graph.index import Index
from graph.places import EVER
from graph.structure import CHAIN

__all__ = ["Grounded", "Support", "SupportRow", "support"]

YEAR = 365.25


class Grounded(TypedDict):
    """What some statements rest on.

    firms    named by statements that count; hinted: only by such as never count (inferred, machine)
    sources  of all these statements and of those that deny something here
    grades   grade → number of these records
    age      median age in years of the records that bear a date of evidence; None without any
    """

    firms: int
    hinted: int
    sources: int
    grades: dict[str, int]
    age: float | None


class SupportRow(Cell, Grounded):
    """One chain in one region."""


class Support(Envelope):
    """rows: weakest first: least known, then fewest sources."""

    rows: list[SupportRow]


def support(index: Index, at: int, chains: Sequence[str] = (),
            regions: Sequence[str] = ()) -> Support:
    """Chains (default: all) × regions (default: the prefectures of the province)."""
    whats = [index.chain(c) for c in chains] or index.things(CHAIN)
    wheres = [index.region(r) for r in regions] or default_regions(index, at)
    counts = iter(matrix(index, at, [index.id(c) for c in whats],
                         [index.id(r) for r in wheres])["rows"])
    rows: list[SupportRow] = []
    for chain in whats:
        segments = [member.segment for member in index.members(chain, at)]
        for region in wheres:
            rows.append({**next(counts), **_rests_on(index, segments, region, at)})
    return {**envelope(index, at), "rows": sorted(rows, key=lambda row: (
        row["coverage"], row["sources"], row["chain_id"], row["region_id"]))}


def _rests_on(index: Index, segments: Sequence[int], region: int, at: int) -> Grounded:
    """Firms, sources, grades and age of the statements that bear on these segments here."""
    c, t = index.claims, index.table
    firms: set[int] = set()
    hinted: set[int] = set()
    rows: set[int] = set()
    for segment in segments:
        found = grounds(index, segment, region, at)
        firms.update(c.firm[found.positive].tolist())
        hinted.update(c.firm[found.weak].tolist())
        rows.update(c.row[found.positive].tolist(), c.row[found.weak].tolist(), found.absences,
                    (row for row, _ in found.surveys))
    ages = [(at - int(t.seen[row])) / YEAR for row in rows if t.seen[row] != EVER]
    grades = [grade.name for grade in index.ontology.grades]
    counted = {name: sum(int(t.grade[row]) == rank for row in rows)
               for rank, name in enumerate(grades)}
    return {
        "firms": len(firms - {-1}), "hinted": len(hinted - firms - {-1}),
        "sources": len({int(index.canon[t.source[row]]) for row in rows}),
        "grades": {name: n for name, n in counted.items() if n},
        "age": round(median(ages), 1) if ages else None}
