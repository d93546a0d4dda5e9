"""How complete a chain is in a region: always an interval, never one number."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from typing_extensions import TypedDict

from graph.analysis.verdicts import STATES, states
from graph.index import Index, Member
from graph.structure import ALTERNATIVE

__all__ = ["Cell", "Completeness", "completeness", "in_region", "slots"]

UNKNOWN, PRESENT, ABSENT, CONTESTED = range(4)


class Completeness(TypedDict):
    """low: weight of present slots; high: that of unknown and contested ones added; both as
    shares of the essential weight.  The rest are numbers of essential slots."""

    low: float
    high: float
    essential: int
    present: int
    absent: int
    contested: int
    unknown: int
    stale: int


class Cell(TypedDict):
    """One chain in one region."""

    chain: str
    chain_id: str
    region: str
    region_id: str
    completeness: Completeness
    coverage: float


def slots(index: Index, members: Sequence[Member], at: int) -> list[tuple[int, ...]]:
    """Positions of the segments of which one is enough (alternativeTo), the others alone."""
    home = list(range(len(members)))
    position = {m.segment: i for i, m in enumerate(members)}
    for i, member in enumerate(members):
        for other, _ in index.joined(ALTERNATIVE, member.segment, at):
            if other in position:
                new, old = sorted((home[i], home[position[other]]))
                home = [new if one == old else one for one in home]
    together: dict[int, list[int]] = {}
    for i, first in enumerate(home):
        together.setdefault(first, []).append(i)
    return [tuple(slot) for slot in together.values()]


def in_region(index: Index, members: Sequence[Member], region: int,
              at: int) -> tuple[Completeness, float]:
    """`completeness` of one region on that day."""
    codes, stale = states(index, [m.segment for m in members], [region], at)
    return completeness(members, slots(index, members, at), codes, stale)[0]


def completeness(members: Sequence[Member], found: Sequence[Sequence[int]],
                 codes: NDArray[np.int8],
                 stale: NDArray[np.bool_]) -> list[tuple[Completeness, float]]:
    """Of each region the interval with its counts, and the share of weight that is known.

    codes and stale are shaped (members, regions).  One present segment fills a slot; a slot is
    absent only if all its segments are.  A chain without essential segments is wholly unknown:
    0 to 1, coverage 0.
    """
    needed = [slot for slot in found if any(members[i].essential for i in slot)]
    verdicts = np.array([_slot(codes[list(slot)]) for slot in needed], np.int8)
    verdicts = verdicts.reshape(len(needed), codes.shape[1])
    old = np.array([((codes[list(slot)] != PRESENT) | stale[list(slot)]).all(axis=0)
                    for slot in needed], bool).reshape(verdicts.shape) & (verdicts == PRESENT)
    weight = np.array([max(members[i].weight for i in slot if members[i].essential)
                       for slot in needed])
    total = float(weight.sum())
    shares = [(weight[:, None] * (verdicts == code)).sum(axis=0) / (total or 1.0)
              for code in range(len(STATES))]
    counts = [(verdicts == code).sum(axis=0) for code in range(len(STATES))]
    result: list[tuple[Completeness, float]] = []
    for j in range(codes.shape[1]):
        low, absent = float(shares[PRESENT][j]), float(shares[ABSENT][j])
        high = max(low, 1.0 - absent)  # both are shares: rounding must not cross them
        result.append(({
            "low": low, "high": high, "essential": len(needed),
            "present": int(counts[PRESENT][j]), "absent": int(counts[ABSENT][j]),
            "contested": int(counts[CONTESTED][j]), "unknown": int(counts[UNKNOWN][j]),
            "stale": int(old[:, j].sum())}, low + absent))
    return result


def _slot(codes: NDArray[np.int8]) -> NDArray[np.int8]:
    """The verdict on a slot in each region, from its segments'."""
    at = [(codes == code).any(axis=0) for code in range(len(STATES))]
    found: NDArray[np.int8] = codes[0] if len(codes) == 1 else np.select(
        [at[PRESENT], at[UNKNOWN], at[CONTESTED]], [PRESENT, UNKNOWN, CONTESTED],
        ABSENT).astype(np.int8)
    return found
