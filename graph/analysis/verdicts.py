"""Present, absent, contested or unknown: what the records let us say of a segment in a region."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from typing_extensions import TypedDict

from graph.analysis.answers import Evidence, Firm, evidence, firms
from graph.claims import UNCOUNTED
from graph.index import Index
from graph.places import EVER, Ranges, contains, meets
from graph.table import Longs

__all__ = ["STATES", "Grounds", "Verdict", "grounds", "segment_verdict", "states", "verdict"]

STATES = ("unknown", "present", "absent", "contested")  # the code is positive + 2 * negative


class Verdict(TypedDict):
    """strength (strong, weak, single) only if present, by all firms; stale_firms: how many of
    them are named only by evidence past its shelf life; hints: inferred records, never counted,
    and the firms that they name."""

    verdict: str
    strength: str | None
    stale: bool
    firms: list[Firm]
    stale_firms: int
    evidence: list[Evidence]
    hints: list[Evidence]
    hinted: list[Firm]


@dataclass(frozen=True, slots=True)
class Grounds:
    """The statements that bear on one segment in one region on one day.

    positive  entries of index.claims that count
    weak      entries that would count if they were not inferred or machine-read
    absences  rows of absentFrom
    surveys   (row, the rows by which its source names a firm there): negative if there are none
    """

    positive: Longs
    weak: Longs
    absences: tuple[int, ...]
    surveys: tuple[tuple[int, tuple[int, ...]], ...]

    @property
    def negative(self) -> tuple[int, ...]:
        return (*self.absences, *(row for row, naming in self.surveys if not naming))

    @property
    def verdict(self) -> str:
        return STATES[bool(len(self.positive)) + 2 * bool(self.negative)]


def grounds(index: Index, segment: int, region: int, at: int) -> Grounds:
    """Collect them; every number is canonical."""
    ranges = index.places.ranges(region, at)
    claims = index.claims
    entries = claims.live(claims.within(segment, ranges), at, UNCOUNTED - 1)
    counts = claims.grade[entries] <= index.floor
    absences: list[int] = []
    surveys: list[tuple[int, tuple[int, ...]]] = []
    for row, survey in _denied(index, segment, ranges, at):
        if survey:
            surveys.append((row, _naming(index, row, ranges, at)))
        else:
            absences.append(row)
    return Grounds(entries[counts], entries[~counts], tuple(absences), tuple(surveys))


def _denied(index: Index, segment: int, ranges: Ranges, at: int) -> list[tuple[int, bool]]:
    """(row, is a survey) of live negative statements about a region that contains this one."""
    some, d = index.denials.of(segment), index.denials
    keep = ((d.start[some] <= at) & (at < d.end[some]) & (d.grade[some] <= index.floor))
    regions = d.region[some][keep].tolist()
    wide = {r for r in set(regions) if contains(index.places.ranges(r, at), ranges)}
    rows, surveys = d.row[some][keep].tolist(), d.survey[some][keep].tolist()
    return [(row, survey) for row, survey, region in zip(rows, surveys, regions, strict=True)
            if region in wide]


def _naming(index: Index, survey: int, ranges: Ranges, at: int) -> tuple[int, ...]:
    """Rows by which the survey's source names a firm that is, or may be, in the region.

    Any function and grade will do, a place that only overlaps, and a firm that may do another
    part of the surveyed segment: a doubt is enough to keep a survey from saying that there is
    nobody.
    """
    c, t = index.claims, index.table
    segment, source = int(index.canon[t.head[survey]]), int(t.source[survey])

    def named_by() -> Longs:
        every = c.within(segment, ((0, c.nodes),))
        named: Longs = every[(c.firm[every] >= 0) & (t.source[c.row[every]] == source)]
        return named

    mine = index.remembered(("named by", segment, source), named_by)
    start = c.start[mine]
    mine = mine[((start <= at) | (start == EVER)) & (at < c.end[mine])]
    named = {place: meets(index.places.ranges(place, at), ranges)
             for place in set(index.places.place[c.node[mine]].tolist())}
    return tuple(sorted({int(c.row[e]) for e in mine.tolist()
                         if named[int(index.places.place[c.node[e]])]}))


def verdict(index: Index, segment: str, region: str, at: int) -> Verdict:
    """The verdict on one segment (链/环节, name or id) in one region on one day."""
    return segment_verdict(index, grounds(index, index.segment(segment), index.region(region), at),
                           at)


def segment_verdict(index: Index, found: Grounds, at: int) -> Verdict:
    """What the grounds come to."""
    c = index.claims
    named = {firm for firm in c.firm[found.positive].tolist() if firm >= 0}
    fresh = set(c.firm[found.positive[c.fresh[found.positive] >= at]].tolist())
    present = found.verdict == "present"
    who = firms(index, named, at)
    return {
        "verdict": found.verdict,
        "strength": _strength(index, who) if present else None,
        "stale": bool(present and (c.fresh[found.positive] < at).all()),
        "firms": who, "stale_firms": len(named - fresh),
        "evidence": evidence(index, [*c.row[found.positive].tolist(), *found.negative]),
        "hints": evidence(index, c.row[found.weak].tolist()),
        "hinted": firms(index, {firm for firm in c.firm[found.weak].tolist() if firm >= 0}, at),
    }


def _strength(index: Index, who: Sequence[Firm]) -> str:
    """strong, weak or single; nobody named is weak."""
    enough = index.ontology.thresholds["strong_firms"]
    with_leader = index.ontology.thresholds["strong_firms_with_leader"]
    led = any(firm["leader"] for firm in who)
    if len(who) >= enough or (led and len(who) >= with_leader):
        return "strong"
    return "single" if len(who) == 1 else "weak"


def states(index: Index, segments: Sequence[int], regions: Sequence[int],
           at: int) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """Codes into STATES and staleness of many at once, both shaped (segments, regions)."""
    c = index.claims
    spans = [c.within(segment, ((0, c.nodes),)) for segment in segments]
    which = np.repeat(np.arange(len(spans)), [len(span) for span in spans])
    entries = np.concatenate([np.zeros(0, np.int64), *spans])
    keep = ((c.start[entries] <= at) & (at < c.end[entries]) & (c.grade[entries] <= index.floor))
    which, node, fresh = which[keep], c.node[entries[keep]], c.fresh[entries[keep]] >= at
    positive = np.zeros((len(segments), len(regions)), bool)
    recent = np.zeros_like(positive)
    for column, region in enumerate(regions):
        inside = np.zeros(len(node), bool)
        for low, high in index.places.ranges(region, at):
            inside |= (low <= node) & (node < high)
        positive[which[inside], column] = True
        recent[which[inside & fresh], column] = True
    negative = _negatives(index, segments, regions, at)
    code = positive.astype(np.int8) + 2 * negative.astype(np.int8)
    return code, (code == 1) & ~recent


def _negatives(index: Index, segments: Sequence[int], regions: Sequence[int],
               at: int) -> NDArray[np.bool_]:
    """Whether a live denial, or a survey that names nobody there, is about each region."""
    d = index.denials
    spans = [np.arange(d.of(segment).start, d.of(segment).stop) for segment in segments]
    which = np.repeat(np.arange(len(spans)), [len(span) for span in spans])
    entries = np.concatenate([np.zeros(0, np.int64), *spans])
    keep = (d.start[entries] <= at) & (at < d.end[entries]) & (d.grade[entries] <= index.floor)
    which, entries = which[keep], entries[keep]
    ranges = [index.places.ranges(region, at) for region in regions]
    wide, place = np.unique(d.region[entries], return_inverse=True)
    holds = np.array([[contains(index.places.ranges(one, at), inner) for inner in ranges]
                      for one in wide.tolist()], bool).reshape(len(wide), len(regions))
    about = holds[place]
    for i in np.flatnonzero(d.survey[entries]).tolist():
        row = int(d.row[entries[i]])
        for column in np.flatnonzero(about[i]).tolist():
            about[i, column] = not _naming(index, row, ranges[column], at)
    negative = np.zeros((len(segments), len(regions)), bool)
    np.logical_or.at(negative, which, about)
    return negative
