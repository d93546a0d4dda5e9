"""Many chains or segments in many regions at once."""

from collections.abc import Sequence

from typing_extensions import TypedDict

from graph.analysis.answers import Envelope, Evidence, envelope
from graph.analysis.completeness import Cell, completeness, slots
from graph.analysis.template import ChainTemplate, templates
from graph.analysis.verdicts import STATES, states
from graph.index import Index
from graph.places import contains
from graph.structure import CHAIN
from graph.wording import named

__all__ = ["Matrix", "SegmentCell", "SegmentMatrix", "default_regions", "matrix",
           "segment_matrix"]


class SegmentCell(TypedDict):
    """One segment of a chain in one region."""

    chain: str
    segment: str
    id: str
    stage: str
    essential: bool
    region: str
    region_id: str
    verdict: str
    stale: bool


class Matrix(Envelope):
    templates: list[ChainTemplate]
    rows: list[Cell]
    evidence: list[Evidence]


class SegmentMatrix(Envelope):
    templates: list[ChainTemplate]
    rows: list[SegmentCell]
    evidence: list[Evidence]


def default_regions(index: Index, at: int) -> list[int]:
    """The prefectures of the province that holds most of them; without a province all."""
    dag = index.places
    every = [p for p, level in sorted(dag.level.items()) if level == "prefecture"]
    inside = [[p for p in every if contains(dag.ranges(province, at), dag.ranges(p, at))]
              for province, level in sorted(dag.level.items()) if level == "province"]
    return max(inside, key=len, default=every) or every


def matrix(index: Index, at: int, chains: Sequence[str] | None = None,
           regions: Sequence[str] | None = None) -> Matrix:
    """Completeness of chains (default: all) in regions (default: the prefectures)."""
    whats = [index.chain(c) for c in chains] if chains else index.things(CHAIN)
    wheres = [index.region(r) for r in regions] if regions else default_regions(index, at)
    known = {chain: index.members(chain, at) for chain in whats}
    segments = sorted({m.segment for members in known.values() for m in members})
    codes, stale = states(index, segments, wheres, at)
    position = {segment: i for i, segment in enumerate(segments)}
    rows: list[Cell] = []
    labels = [(named(index, region, at), index.id(region)) for region in wheres]
    for chain in whats:
        members = known[chain]
        mine = [position[m.segment] for m in members]
        cells = completeness(members, slots(index, members, at), codes[mine], stale[mine])
        rows += [{"chain": named(index, chain), "chain_id": index.id(chain), "region": region,
                  "region_id": region_id, "completeness": counts, "coverage": coverage}
                 for (region, region_id), (counts, coverage) in zip(labels, cells, strict=True)]
    return {**envelope(index, at), "templates": templates(index, whats, at), "rows": rows,
            "evidence": []}


def segment_matrix(index: Index, chain: str, at: int,
                   regions: Sequence[str] | None = None) -> SegmentMatrix:
    """The verdict on every segment of a chain in each region."""
    what = index.chain(chain)
    wheres = [index.region(r) for r in regions] if regions else default_regions(index, at)
    members = index.members(what, at)
    codes, stale = states(index, [m.segment for m in members], wheres, at)
    rows: list[SegmentCell] = [
        {"chain": named(index, what), "segment": named(index, m.segment), "id": index.id(m.segment),
         "stage": m.stage, "essential": m.essential, "region": named(index, region, at),
         "region_id": index.id(region), "verdict": STATES[codes[i, j]],
         "stale": bool(stale[i, j])}
        for i, m in enumerate(members) for j, region in enumerate(wheres)]
    return {**envelope(index, at), "templates": templates(index, [what], at), "rows": rows,
            "evidence": []}
