"""Who could fill a gap, why, and what speaks against it; ranked by declared reasons.

Nothing is added up: a candidate that has the first reason stands before one that has not, then
the second reason decides, and so on.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from typing_extensions import TypedDict

from graph import dates, structure
from graph.analysis.answers import Envelope, Evidence, Firm, envelope, evidence
from graph.analysis.filters import inside, located, references
from graph.analysis.nearest import Nearest, nearest
from graph.analysis.pages import cut
from graph.analysis.reasons import (
    UNSAID,
    Counter,
    Reason,
    Rows,
    made_by,
    only_inferred,
    ordered,
    places_of,
    reason,
    shown,
    ties_between,
    workers,
    works_in,
)
from graph.analysis.verdicts import Grounds, grounds, segment_verdict
from graph.index import Index
from graph.merge import merge
from graph.wording import Said, both, listed, named
from ontology.model import Choice

__all__ = ["COUNTERS", "REASONS", "Candidate", "Candidates", "Remark", "candidates"]

REASONS: Mapping[str, Said] = {name: both(zh, en) for name, zh, en in (
    ("open", "没有来源说它已停业或搬走", "no source says that it has closed or moved"),
    ("nearest", "离得最近的地方就有它在做", "does it in the nearest place that has it"),
    ("local_feed", "在本地，做的环节只隔一道供料", "is here, one feed away"),
    ("outside_tied", "在外地做这个环节，与本地企业已有往来",
     "does it elsewhere, with ties to firms here"),
    ("outside", "在外地做这个环节", "does it elsewhere"),
    ("project", "在本地有在推进的项目", "has a project under way here"),
    ("leader", "链主、单项冠军或上市企业", "chain leader, champion or listed"))}
COUNTERS: Mapping[str, Said] = {name: both(zh, en) for name, zh, en in (
    ("gone", "已停业、注销或搬走", "closed or moved"), ("stale", "只有旧证", "only old evidence"),
    ("contested", "有来源说法相反", "sources disagree"),
    ("rival", "与别的地区也有牵连", "tied to other regions too"),
    ("no_expansion", "看不出要扩产或外设基地", "no sign that it expands or settles elsewhere"))}
OPEN: Mapping[str, Said] = {name: both(zh, en) for name, zh, en in (
    ("gone", "是否停业或搬走", "whether it has closed or moved"),
    ("stale", "证据是哪一年的", "of which year the evidence is"),
    ("contested", "来源之间有没有矛盾", "whether sources disagree"),
    ("rival", "是否与别的地区有牵连", "whether it is tied to other regions"),
    ("no_expansion", "有没有扩产打算", "whether it means to expand"))}
RECENT = 5  # years in which a project counts as a sign of expansion


class Candidate(TypedDict):
    """A firm, or a project under way; segments: what it does that matters here."""

    id: str
    name: str
    now: str | None
    full_name: str
    kind: str
    kind_name: str
    company: str | None
    places: list[str]
    segments: list[str]
    reasons: list[Reason]
    counters: list[Counter]


class Remark(TypedDict):
    """What a source says of the segment in words: also how far somebody looked in vain."""

    text: str
    evidence: list[Evidence]


class Candidates(Envelope):
    """here: who does it in the region already, if the segment is not missing at all."""

    segment: str
    segment_id: str
    region: str
    region_id: str
    verdict: str
    here: list[Firm]
    nearest: Nearest | None
    remarks: list[Remark]
    order: list[str]
    total: int
    rows: list[Candidate]
    next: str | None
    evidence: list[Evidence]


def candidates(index: Index, segment: str, region: str, at: int, order: Sequence[str] = (),
               limit: int | None = None, cursor: str | None = None) -> Candidates:
    """Candidates ranked by `order` (names of REASONS; the others follow in their own order)."""
    names = ordered(order, REASONS)
    search = _Search(index, index.segment(segment), index.region(region), at)
    ranks = {thing: search.ranks(thing) for thing in search.found}

    def key(thing: int) -> tuple[Any, ...]:
        return (*(ranks[thing][name] for name in names), index.id(thing))

    some, after = cut(sorted(search.found, key=key), key, limit, cursor)
    said = segment_verdict(index, search.grounds, at)
    return {
        "segment": named(index, search.segment), "segment_id": index.id(search.segment),
        "region": named(index, search.region, at), "region_id": index.id(search.region),
        **envelope(index, at), "verdict": said["verdict"], "here": said["firms"],
        "nearest": search.nearest, "remarks": _remarks(index, search.segment),
        "order": names, "total": len(search.found),
        "rows": [search.candidate(thing, names) for thing in some], "next": after,
        "evidence": said["evidence"],
    }


def _remarks(index: Index, segment: int) -> list[Remark]:
    """The traits of the segment, each text once, best source first."""
    rows = references(index, structure.TRAIT, [structure.SUBJECT]).get(segment, ())
    told: dict[str, list[int]] = {}
    for row in index.best_first(shown(index, rows)):
        told.setdefault(str(index.table.said(row).get(structure.TEXT, "")), []).append(row)
    return [{"text": text, "evidence": evidence(index, some)} for text, some in told.items()]


class _Search:
    """Everybody who could fill one gap, with the rows for each reason."""

    def __init__(self, index: Index, segment: int, region: int, at: int) -> None:
        self.index, self.segment, self.region, self.at = index, segment, region, at
        self.places = inside(index, region, at)
        self.grounds: Grounds = grounds(index, segment, region, at)
        self.local = self._local()
        self.doing = workers(index, segment, at)
        present = self.grounds.verdict == "present"
        self.nearest = None if present else nearest(index, segment, region, at)
        self.found: dict[int, dict[str, list[int]]] = {}
        self.joins: dict[int, set[int]] = {}
        here = set(index.claims.firm[self.grounds.positive].tolist())
        self._nearest()
        self._neighbours()
        self._outside(here)
        self._projects()
        for firm in here:
            self.found.pop(firm, None)

    def _add(self, thing: int, name: str, rows: Collection[int], segment: int) -> None:
        self.found.setdefault(thing, {}).setdefault(name, []).extend(rows)
        self.joins.setdefault(thing, set()).add(segment)

    def _local(self) -> set[int]:
        """Firms that work or sit in the region."""
        c = self.index.claims
        mask = np.zeros(len(c.node), bool)
        for low, high in self.index.places.ranges(self.region, self.at):
            mask |= (low <= c.node) & (c.node < high)
        found = set(c.firm[mask & (c.firm >= 0)].tolist())
        kind = self.index.ontology.kinds.get(structure.COMPANY)
        return found | (located(self.index, kind, self.places, self.at) if kind else set())

    def _nearest(self) -> None:
        for firm in self.nearest["firms"] if self.nearest else ():
            thing = self.index.number(firm["id"])
            self._add(thing, "nearest", self.doing.get(thing, ()), self.segment)

    def _neighbours(self) -> None:
        """Local firms one feed away, or in a segment that can stand in for this one."""
        feeds = self.index.joined(structure.FEEDS, self.segment, self.at)
        feeds += self.index.joined(structure.ALTERNATIVE, self.segment, self.at)
        for other, feed in feeds:
            for firm, rows in workers(self.index, other, self.at).items():
                if firm in self.local:
                    self._add(firm, "local_feed", [*rows, feed], other)

    def _outside(self, here: Collection[int]) -> None:
        for firm, rows in self.doing.items():
            if firm in here or firm in self.local:
                continue
            self._add(firm, "outside", rows, self.segment)
            ties = [row for some in ties_between(self.index, firm, self.local).values()
                    for row in some if self.index.table.end[row] > self.at]
            if ties:
                self._add(firm, "outside_tied", ties, self.segment)

    def _projects(self) -> None:
        """Projects for the segment in the region that are neither done nor given up."""
        rows = made_by(self.index, structure.PROJECT, "segment", self.segment)
        for project, row in self.index.joined(structure.FILLS, self.segment, self.at,
                                              forward=False, undated=True):
            rows.setdefault(project, []).append(row)
        for project, some in rows.items():
            if self.places & set(places_of(self.index, project, self.at)):
                steps = self._steps(project)
                if not steps or steps[0][0] not in (*structure.DONE, structure.ENDED):
                    self._add(project, "project", [*some, *(row for _, row in steps[:1])],
                              self.segment)

    def _steps(self, project: int) -> list[tuple[str, int]]:
        """(step, row) that were reached by that day, the furthest first."""
        order = [choice.name for choice in self.index.ontology.words.get("Step", ())]
        t, found = self.index.table, list[tuple[str, int]]()
        for rows in made_by(self.index, structure.STAGE, "project", project).values():
            found += [(str(t.said(row).get(structure.STEP)), row) for row in rows
                      if t.start[row] <= self.at or not t.valid_from[row]]
        return sorted(found, key=lambda step: (-order.index(step[0]) if step[0] in order else 1,
                                               step[1]))

    # --- why, and why not -----------------------------------------------------------------------

    def ranks(self, thing: int) -> dict[str, int]:
        """0 has the reason, 1 has it not."""
        mine = self.found[thing]
        has = {name: name in mine for name in REASONS}
        has["open"] = self._gone(thing)["holds"] is not True
        has["leader"] = self.index.is_leader(thing, self.at)
        return {name: 0 if yes else 1 for name, yes in has.items()}

    def candidate(self, thing: int, names: Sequence[str]) -> Candidate:
        index, at = self.index, self.at
        name, now, kind = index.label(thing, at), index.label(thing), index.kind_of(thing)
        owner = self._owner(thing)
        ranks = self.ranks(thing)
        return {
            "id": index.id(thing), "name": name, "now": now if now != name else None,
            "full_name": index.full_name(thing, at) or name, "kind": kind,
            "kind_name": index.ontology.kinds[kind].label.zh,
            "company": index.label(owner, at) if owner >= 0 and owner != thing else None,
            "places": [named(index, p, at) for p in sorted(places_of(index, thing, at))],
            "segments": [index.label(s) for s in sorted(self.joins[thing])],
            "reasons": [self._reason(n, thing, ranks[n]) for n in names],
            "counters": [self._counter(n)(thing) for n in COUNTERS]}

    def _owner(self, thing: int) -> int:
        """The firm itself, or that of the project; -1 if nobody says."""
        if self.index.kind_of(thing) != structure.PROJECT:
            return thing
        return self.index.reference(self.index.said(self.index.rows_of(thing)).get("company"))

    def _reason(self, name: str, thing: int, rank: int) -> Reason:
        index = self.index
        if name == "open":
            gone = self._gone(thing)
            return {"reason": name, "label": REASONS[name], "rank": rank,
                    "said": gone["said"], "evidence": gone["evidence"]}
        rows = self.found[thing].get(name, [])
        if name == "leader":
            rows = [row for row in index.marks.row[index.marks.of(thing)].tolist()
                    if index.live(row, self.at)] if rank == 0 else []
        return reason(index, name, REASONS, rank, self._said(name, thing, rank), rows)

    def _said(self, name: str, thing: int, rank: int) -> str:
        index = self.index
        if rank:
            return UNSAID
        if name == "local_feed":
            others = listed(self._does(thing, s) for s in sorted(self.joins[thing])
                            if s != self.segment)
            return both("在{}做{}", "in {}: {}", named(index, self.region, self.at), others)
        if name == "nearest" and self.nearest:
            return both("在{}做{}", "in {}: {}", self.nearest["region"],
                        self._does(thing, self.segment))
        if name == "outside_tied":
            ties = ties_between(index, thing, self.local)
            return both("与{}有往来", "with {}",
                        listed(index.label(firm, self.at) for firm in sorted(ties)))
        if name == "project":
            steps = self._steps(thing)
            return both("进展：{}", "step: {}", _chosen(
                index.ontology.words.get("Step", ()), steps[0][0])) if steps else both(
                    "没有说明进展", "no step is told")
        if name == "outside":
            where = listed(named(index, p, self.at) for p in sorted(
                places_of(index, thing, self.at)))
            return both("在{}做{}", "in {}: {}", where or both(
                "外地（来源没有说在哪里）", "another place (not said which)"),
                        self._does(thing, self.segment))
        return both("是", "yes")

    def _does(self, thing: int, segment: int) -> Said:
        """The segment's name, marked where it is only inferred that the thing works in it."""
        name = named(self.index, segment)
        rows = workers(self.index, segment, self.at).get(thing, ())
        return both("{}（推断）", "{} (inferred)", name) if rows and only_inferred(
            self.index, rows) else name

    def _counter(self, name: str) -> Callable[[int], Counter]:
        found: Callable[[int], Counter] = getattr(self, f"_{name}")
        return found

    def _against(self, name: str, holds: bool | None, said: str,
                 rows: Collection[int] = ()) -> Counter:
        return {"counter": name, "label": COUNTERS[name], "holds": holds,
                "said": said if holds is not None else both("不知道：{}", "not known: {}", said),
                "open": OPEN[name],
                "evidence": evidence(self.index, rows)}

    def _gone(self, thing: int) -> Counter:
        owner = self._owner(thing)
        rows = shown(self.index, self.index.rows_of(owner)) if owner >= 0 else []
        told = [row for row in self.index.best_first(rows)
                if self.index.table.said(row).get(structure.STATUS)]
        if not told or self.index.kind_of(owner) != structure.COMPANY:
            return self._against("gone", None, both("{}它是否还在经营",
                                                     "{} whether it still works", UNSAID))
        status = str(self.index.table.said(told[0])[structure.STATUS])
        field = self.index.ontology.kinds[structure.COMPANY].field(structure.STATUS)
        word = _chosen(field.choices if field else (), status)
        return self._against("gone", status in structure.GONE,
                             both("来源说：{}", "a source says: {}", word), told[:1])

    def _stale(self, thing: int) -> Counter:
        t = self.index.table
        rows = [row for name in ("nearest", "local_feed", "outside", "project")
                for row in self.found[thing].get(name, ())
                if t.kinds[t.kind[row]] not in (structure.FEEDS, structure.ALTERNATIVE)]
        dated = [row for row in rows if t.seen[row] <= self.at]
        if not dated:
            return self._against("stale", None, both("来源没有日期", "the source has no date"))
        last = max(dated, key=lambda row: int(t.seen[row]))
        old = bool((t.fresh[dated] < self.at).all())
        item, = evidence(self.index, [last])
        return self._against("stale", old, both(
            "最近的证据在 {}", "last evidence of {}", item["observed"] or item["source"]["date"]),
            [last])

    def _contested(self, thing: int) -> Counter:
        """Sources that disagree about it, or one that denies the segment where it works."""
        owner = self._owner(thing)
        kind = self.index.ontology.kinds[self.index.kind_of(owner if owner >= 0 else thing)]
        rows = shown(self.index, self.index.rows_of(owner if owner >= 0 else thing))
        denied = self._denied(thing)
        if denied:
            return self._against("contested", True, both(
                "有来源说它所在的地方没有这个环节",
                "a source says that its place has no such segment"), denied)
        wheres = {one.name for one in self.index.ontology.classes if one.place}
        if not rows:
            return self._against("contested", None, both(
                "没有来源单独介绍过它", "no source describes it by itself"))
        merged = merge([self.index.table.as_record(row) for row in rows], kind,
                       self.index.table.sources)
        differ = [name for name in merged.conflicts if name == structure.STATUS or (
            (field := kind.field(name)) is not None and field.refers
            and set(field.refers) <= wheres)]
        if differ:
            words = listed(both(f.label.zh, f.label.en) for f in kind.fields if f.name in differ)
            return self._against("contested", True, both(
                "各来源说的{}不一样", "sources differ on its {}", words), rows)
        return self._against("contested", False, both("各来源没有矛盾", "sources agree"), rows)

    def _denied(self, thing: int) -> list[int]:
        found: list[int] = []
        for segment in works_in(self.index, thing, self.at):
            if segment in self.joins[thing]:
                for place in places_of(self.index, thing, self.at):
                    known = grounds(self.index, segment, place, self.at)
                    if known.verdict == "contested":
                        found += known.negative
        return found

    def _rival(self, thing: int) -> Counter:
        """Projects or ties of the firm in places that neither hold this region nor lie in it."""
        owner = self._owner(thing)
        if owner < 0:
            return self._against("rival", None, both(
                "{}是哪家企业的项目", "{} whose project it is", UNSAID))
        mine = self.places | self.index.places.around(self.region, self.at)
        home = set(places_of(self.index, owner, self.at))
        home |= {above for place in home for above in self.index.places.around(place, self.at)}
        found: Rows = {}
        for project, rows in made_by(self.index, structure.PROJECT, "company", owner).items():
            for place in places_of(self.index, project, self.at):
                found.setdefault(place, []).extend(rows)
        ties = self.index.ties.of(owner)
        for there, row in zip(self.index.ties.there[ties].tolist(),
                              self.index.ties.row[ties].tolist(), strict=True):
            if self.index.ontology.kinds[self.index.kind_of(there)].place:
                found.setdefault(there, []).extend(shown(self.index, [row]))
        away = {place: rows for place, rows in found.items()
                if place not in mine and place not in home and rows}
        if not away:
            return self._against("rival", None, both(
                "{}它与别的地区有牵连", "{} that it has ties to other regions", UNSAID))
        names = listed(named(self.index, place, self.at) for place in sorted(away))
        return self._against("rival", True, both("在{}也有项目或往来",
                                                 "has projects or ties in {} too", names),
                             [row for rows in away.values() for row in rows])

    def _no_expansion(self, thing: int) -> Counter:
        owner = self._owner(thing)
        if owner != thing:
            return self._against("no_expansion", False,
                                 both("这本身就是在推进的项目", "it is itself a project under way"),
                                 self.found[thing].get("project", ()))
        t, since = self.index.table, dates.add_years(self.at, -RECENT)
        rows = [row for some in made_by(self.index, structure.PROJECT, "company", owner).values()
                for row in some if since <= t.seen[row] <= self.at]
        if not rows:
            return self._against("no_expansion", None, both(
                "{0} 年内{1}它扩产或外设基地",
                "{1} within {0} years that it expands or settles elsewhere",
                RECENT, UNSAID))
        return self._against("no_expansion", False, both(
            "{} 年内有项目", "has had a project within {} years", RECENT), rows)


def _chosen(choices: Iterable[Choice], name: str) -> Said:
    """The word for one of these choices."""
    return next((both(one.label.zh, one.label.en) for one in choices if one.name == name),
                both(name, name))
