"""Which verdicts a change of the records changes, over every segment and region."""

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray
from typing_extensions import TypedDict

from graph.analysis.verdicts import STATES, states
from graph.index import Index
from graph.structure import CHAIN
from ontology.errors import NotFound

__all__ = ["Effect", "effects"]


class Effect(TypedDict):
    """The verdict on one segment of one chain in one region; stale: resting on old evidence."""

    chain: str
    segment: str
    id: str
    region: str
    region_id: str
    before: str
    after: str
    stale_before: bool
    stale_after: bool


def effects(before: Index, after: Index, at: int) -> list[Effect]:
    """Sorted by chain, segment and the size of the region, the widest first."""
    chains = [(chain, member.segment) for chain in after.things(CHAIN)
              for member in after.members(chain, at)]
    segments = sorted({segment for _, segment in chains})
    regions = sorted({*after.places.level, *after.places.place.tolist()})
    codes, stale = states(after, segments, regions, at)
    old_codes, old_stale = _before(before, after, segments, regions, at)
    changed = np.argwhere((codes != old_codes) | (stale != old_stale)).tolist()
    rows: list[tuple[tuple[str, str, int, str], Effect]] = []
    for i, j in changed:
        size = sum(high - low for low, high in after.places.ranges(regions[j], at))
        for chain in (chain for chain, segment in chains if segment == segments[i]):
            found: Effect = {
                "chain": after.label(chain), "segment": after.label(segments[i]),
                "id": after.id(segments[i]), "region": after.label(regions[j], at),
                "region_id": after.id(regions[j]), "before": STATES[old_codes[i, j]],
                "after": STATES[codes[i, j]], "stale_before": bool(old_stale[i, j]),
                "stale_after": bool(stale[i, j])}
            rows.append(((found["chain"], found["segment"], -size, found["region_id"]), found))
    return [found for _, found in sorted(rows, key=lambda row: row[0])]


def _before(before: Index, after: Index, segments: list[int], regions: list[int],
            at: int) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """The older states of the same; of a thing that was not there nothing was known."""
    mine, wheres = _known(before, after, segments), _known(before, after, regions)
    codes = np.zeros((len(segments), len(regions)), np.int8)
    stale = np.zeros(codes.shape, bool)
    if mine and wheres:
        found = states(before, [*mine.values()], [*wheres.values()], at)
        here = np.ix_([*mine], [*wheres])
        codes[here], stale[here] = found
    return codes, stale


def _known(before: Index, after: Index, things: list[int]) -> dict[int, int]:
    """Position → number in the older index, of those that it has."""
    found = {}
    for place, thing in enumerate(things):
        with suppress(NotFound):
            found[place] = before.number(after.id(thing))
    return found
