"""What changed between two dates and two states of knowledge."""

from typing_extensions import TypedDict

from graph import dates
from graph.analysis.answers import Evidence, evidence
from graph.analysis.closed import Closed, closed
from graph.analysis.completeness import Completeness, in_region
from graph.analysis.template import whole_of
from graph.analysis.verdicts import Grounds, grounds, segment_verdict
from graph.index import Index
from graph.wording import named

__all__ = ["Change", "Comparison", "Delta", "compare"]


class Delta(TypedDict):
    """Change of the interval's ends."""

    low: float
    high: float


class Change(TypedDict):
    """One segment.  from → between is what we learned about the first date, between → to what
    the world did between the dates, both as known now; closed: who filled a gap, through whom."""

    id: str
    segment: str
    whole: str | None  # the segment that this one is a part of
    stage: str
    essential: bool
    verdict_from: str
    verdict_between: str
    verdict_to: str
    learned: bool
    moved: bool
    firms_from: list[str]
    firms_to: list[str]
    closed: Closed | None
    evidence: list[Evidence]


class Comparison(TypedDict):
    """learned + moved = total, exactly, in low and in high."""

    chain: str
    chain_id: str
    region: str
    region_id: str
    at: str
    at_from: str
    known_at: str | None
    known_at_from: str | None
    version: str
    version_from: str
    completeness_from: Completeness
    completeness_to: Completeness
    learned: Delta
    moved: Delta
    total: Delta
    gained: list[str]
    newly_seen: list[str]
    lost: list[str]
    rows: list[Change]
    evidence: list[Evidence]


class _State:
    """One chain in one region at one moment, by one state of knowledge."""

    def __init__(self, index: Index, chain: str, region: str, at: int) -> None:
        self.index, self.at = index, at
        self.chain, self.region = index.chain(chain), index.region(region)
        self.members = index.members(self.chain, at)
        self.grounds: dict[str, Grounds] = {
            index.id(m.segment): grounds(index, m.segment, self.region, at) for m in self.members}
        said = {m.segment: segment_verdict(index, self.grounds[index.id(m.segment)], at)
                for m in self.members}
        self.verdicts = {index.id(s): v["verdict"] for s, v in said.items()}
        self.firms = {index.id(s): [f["name"] for f in v["firms"]] for s, v in said.items()}
        self.completeness, _ = in_region(index, self.members, self.region, at)

    def closed(self, id: str) -> Closed | None:
        if id not in self.grounds:
            return None
        return closed(self.index, self.index.number(id), self.region, self.grounds[id], self.at)

    def rows(self, id: str) -> list[Evidence]:
        if id not in self.grounds:
            return []
        found = self.grounds[id]
        return evidence(self.index, [*self.index.claims.row[found.positive].tolist(),
                                     *found.negative])


def compare(index: Index, chain: str, region: str, at_from: int, at: int,
            before: Index | None = None) -> Comparison:
    """From `at_from` as `before` knew it to `at` as `index` knows it (default: the same index)."""
    old = before or index
    first = _State(old, chain, region, at_from)
    between = _State(index, chain, region, at_from)
    last = _State(index, chain, region, at)
    rows = [_change(id, first, between, last)
            for id in dict.fromkeys([*last.verdicts, *between.verdicts, *first.verdicts])]
    learned, moved = _delta(first, between), _delta(between, last)
    return {
        "chain": named(index, last.chain), "chain_id": index.id(last.chain),
        "region": named(index, last.region, at), "region_id": index.id(last.region),
        "at": dates.iso(at), "at_from": dates.iso(at_from),
        "known_at": index.known_at_text, "known_at_from": old.known_at_text,
        "version": index.version, "version_from": old.version,
        "completeness_from": first.completeness, "completeness_to": last.completeness,
        "learned": learned, "moved": moved,
        "total": {"low": learned["low"] + moved["low"], "high": learned["high"] + moved["high"]},
        "gained": _which(rows, "absent", "present"),
        "newly_seen": _which(rows, "unknown", "present"),
        "lost": _which(rows, "present", "absent"),
        "rows": rows, "evidence": [],
    }


def _delta(one: _State, other: _State) -> Delta:
    return {"low": other.completeness["low"] - one.completeness["low"],
            "high": other.completeness["high"] - one.completeness["high"]}


def _which(rows: list[Change], before: str, after: str) -> list[str]:
    """Without parts of a wider segment, which stand in the rows: the whole is named once."""
    return [row["segment"] for row in rows if row["whole"] is None
            and row["verdict_from"] == before and row["verdict_to"] == after]


def _change(id: str, first: _State, between: _State, last: _State) -> Change:
    """A segment that a template lacks at one of the moments is unknown there."""
    verdicts = [state.verdicts.get(id, "unknown") for state in (first, between, last)]
    index = last.index if id in last.verdicts or id in between.verdicts else first.index
    member = next(m for state in (last, between, first) for m in state.members
                  if state.index.id(m.segment) == id)
    items = {item["record"]: item for state in (first, last) for item in state.rows(id)}
    return {
        "id": id, "segment": named(index, index.number(id)),
        "whole": whole_of(index, index.number(id), last.at), "stage": member.stage,
        "essential": member.essential, "verdict_from": verdicts[0],
        "verdict_between": verdicts[1], "verdict_to": verdicts[2],
        "learned": verdicts[0] != verdicts[1], "moved": verdicts[1] != verdicts[2],
        "firms_from": first.firms.get(id, []), "firms_to": last.firms.get(id, []),
        "closed": last.closed(id), "evidence": list(items.values()),
    }
