"""Whom a firm could deal with: up and down its segments, institutes, experts; and why.

Ranked by declared reasons one after the other, never by a score.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from typing_extensions import TypedDict

from graph import structure
from graph.analysis.answers import Envelope, Evidence, envelope, evidence
from graph.analysis.pages import cut
from graph.analysis.reasons import (
    UNSAID,
    Ladder,
    Reason,
    Rows,
    grouped_with,
    honours,
    made_by,
    ordered,
    places_of,
    reason,
    shown,
    ties_between,
    workers,
    works_in,
)
from graph.index import Index
from graph.places import RUNGS
from graph.wording import Said, both, listed, named

__all__ = ["REASONS", "Partner", "Partners", "Role", "partners"]

REASONS: Mapping[str, Said] = {
    "link": both("已有联系", "linked already"), "wish": both("有合作意愿", "wants to cooperate"),
    "distance": both("离得近", "near"),
    "group": both("同集群、联盟或园区", "same cluster, alliance or park"),
    "honours": both("荣誉", "honours")}
ROLES = {"upstream": both("上游", "upstream"), "downstream": both("下游", "downstream"),
         "institute": both("科研机构", "institute"), "expert": both("专家", "expert"),
         "tie": both("已有往来", "tied already"), "wish": both("有合作意愿", "wants to cooperate")}
NOWHERE = len(RUNGS)


class Role(TypedDict):
    """Why somebody is on the list at all: their segment feeds mine (upstream), or the other way
    round; an institute or expert of the chain; or a tie that exists."""

    role: str
    role_name: str
    theirs: str | None
    mine: str | None
    evidence: list[Evidence]


class Partner(TypedDict):
    """reasons: in the order of the ranking, each with its rank and what it rests on."""

    id: str
    name: str
    now: str | None
    full_name: str
    kind: str
    kind_name: str
    places: list[str]
    roles: list[Role]
    reasons: list[Reason]


class Partners(Envelope):
    """segments: in which the firm itself works; note: what keeps the list short."""

    firm: str
    firm_id: str
    segments: list[str]
    order: list[str]
    total: int
    rows: list[Partner]
    next: str | None
    note: str
    evidence: list[Evidence]


# role, their segment, my segment (-1: none) → rows
Links = dict[tuple[str, int, int], list[int]]


def partners(index: Index, firm: str, at: int, order: Sequence[str] = (),
             limit: int | None = None, cursor: str | None = None) -> Partners:
    """Candidates ranked by `order` (names of REASONS; the others follow in their own order)."""
    names = ordered(order, REASONS)
    search = _Search(index, index.firm(firm), at)
    ranks = {thing: search.ranks(thing) for thing in search.found}

    def key(thing: int) -> tuple[Any, ...]:
        return (*(ranks[thing][name] for name in names), index.id(thing))

    some, after = cut(sorted(search.found, key=key), key, limit, cursor)
    segments = [index.label(s) for s in sorted(search.segments)]
    note = "" if segments else f"{UNSAID}{index.label(search.me, at)}做哪个环节，只能列出已有往来的"
    return {"firm": index.label(search.me, at), "firm_id": index.id(search.me),
            **envelope(index, at), "segments": segments, "order": names,
            "total": len(search.found), "rows": [search.partner(t, names) for t in some],
            "next": after, "note": note, "evidence": []}


class _Search:
    """Everybody around one firm, and what speaks for each."""

    def __init__(self, index: Index, me: int, at: int) -> None:
        self.index, self.me, self.at = index, me, at
        self.segments = works_in(index, me, at)
        self.places = places_of(index, me, at)
        self.ladder = Ladder.of(index, self.places, at)
        self.groups = grouped_with(index, me, at, self.places)
        self.honours = honours(index, me, at)
        self.found: dict[int, Links] = {}
        self._firms()
        self._institutes()
        self._experts()
        self._tied()
        self._wishing()
        self.found.pop(me, None)
        self.ties = ties_between(index, me, self.found)
        self._where: dict[int, Rows] = {}

    # --- who ------------------------------------------------------------------------------------

    def _add(self, thing: int, role: str, theirs: int, mine: int, rows: Collection[int]) -> None:
        self.found.setdefault(thing, {}).setdefault((role, theirs, mine), []).extend(rows)

    def _firms(self) -> None:
        for mine in self.segments:
            for role, forward in (("upstream", False), ("downstream", True)):
                for theirs, feed in self.index.joined(structure.FEEDS, mine, self.at,
                                                      forward=forward):
                    for firm, rows in workers(self.index, theirs, self.at).items():
                        self._add(firm, role, theirs, mine, [*rows, feed])

    @cached_property
    def chains(self) -> set[int]:
        return {c for segment in self.segments for c in self.index.chains_of(segment, self.at)}

    def _institutes(self) -> None:
        """Those of the firm's chains, and those of its parks and alliances."""
        for chain in sorted(self.chains):
            for one, rows in made_by(self.index, structure.INSTITUTE, "chain", chain).items():
                self._add(one, "institute", -1, -1, rows)
        for group, mine in self.groups.items():
            for one, row in self._ties(group):
                if self.index.kind_of(one) == structure.INSTITUTE:
                    self._add(one, "institute", -1, -1, [row, *mine])

    def _ties(self, thing: int) -> list[tuple[int, int]]:
        mine = self.index.ties.of(thing)
        pairs = zip(self.index.ties.there[mine].tolist(), self.index.ties.row[mine].tolist(),
                    strict=True)
        return [(there, row) for there, row in pairs if shown(self.index, [row])]

    def _experts(self) -> None:
        """People who hold a post in an institute on the list, or in the chain's alliances."""
        homes: dict[int, Sequence[int]] = {
            one: next(iter(self.found[one].values())) for one in self.found
            if self.index.kind_of(one) == structure.INSTITUTE}
        for chain in sorted(self.chains):
            for kind in self._group_kinds():
                homes.update(made_by(self.index, kind, "chain", chain))
        homes.update({group: rows for group, rows in self.groups.items()})
        for home, rows in homes.items():
            for person, row in self.index.joined(structure.HOLDS, home, self.at, forward=False,
                                                 undated=True):
                self._add(person, "expert", -1, -1, shown(self.index, [row, *rows]))

    def _group_kinds(self) -> list[str]:
        link = self.index.ontology.kinds.get(structure.MEMBER_OF)
        return [name for name in (link.ends[1].refers if link and link.ends else ())
                if (kind := self.index.ontology.kinds[name]).field("chain") is not None and kind]

    def _tied(self) -> None:
        kinds = (structure.COMPANY, structure.INSTITUTE, structure.PERSON)
        for there, row in self._ties(self.me):
            if self.index.kind_of(there) in kinds and self.index.table.end[row] > self.at:
                self._add(there, "tie", -1, -1, [row])

    def _wishing(self) -> None:
        """Firms that came to the same event, or ask for what this one offers."""
        for event, mine in self._events.items():
            for other, row in self.index.joined(structure.TAKES_PART, event, self.at,
                                                forward=False, undated=True):
                if self.index.kind_of(other) == structure.COMPANY:
                    self._add(other, "wish", -1, -1, shown(self.index, [mine, row]))
        offered = self._offer(self.me)
        for name in self._demands:
            for id in self.index.names([structure.COMPANY]).find(name):
                for target, rows in self._asked(self.index.number(id)):
                    if target in offered:
                        self._add(self.index.number(id), "wish", -1, -1, rows)

    # --- why ------------------------------------------------------------------------------------

    def ranks(self, thing: int) -> dict[str, int]:
        """Of each reason a whole number, smaller is better; what nobody says comes last."""
        near = self._near(thing)
        order = list(RUNGS)
        return {"link": self._link_rank(thing), "wish": 0 if self._wishes(thing) else 1,
                "distance": order.index(near[0]) if near else NOWHERE,
                "group": -len(self._shared(thing)),
                "honours": -len(honours(self.index, thing, self.at))}

    def _link_rank(self, thing: int) -> int:
        """0 a tie that holds, 1 one that is over or not yet, 2 none."""
        rows = self.ties.get(thing)
        if not rows:
            return 2
        t = self.index.table
        return 0 if any(t.start[row] <= self.at < t.end[row] or not t.valid_from[row] for row in
                        rows) else 1

    def _near(self, thing: int) -> tuple[str, int, int] | None:
        return self.ladder.meeting(self.index, self._places(thing))

    def _places(self, thing: int) -> Rows:
        if thing not in self._where:
            self._where[thing] = places_of(self.index, thing, self.at)
        return self._where[thing]

    def _shared(self, thing: int) -> Rows:
        if not self.groups:
            return {}
        theirs = grouped_with(self.index, thing, self.at, self._places(thing))
        return {group: [*self.groups[group], *rows] for group, rows in theirs.items()
                if group in self.groups}

    def _wishes(self, thing: int) -> list[tuple[Said, list[int]]]:
        """Supplies that are not firm yet, events where both were, and what one asks for."""
        found = [(both("有意向", "intends to"), [row]) for row in self.ties.get(thing, ())
                 if self.index.table.said(row).get(structure.FORM) in structure.WISHES]
        theirs = {event: row for event, row in self.index.joined(
            structure.TAKES_PART, thing, self.at, forward=True, undated=True)}
        found += [(both("一同参加{}", "both came to {}", self.index.label(event)),
                   [mine, theirs[event]])
                  for event, mine in self._events.items() if event in theirs]
        found += [(both("对方求{}", "it asks for {}", named(self.index, target)), rows)
                  for target, rows in self._asked(thing) if target in self._offer(self.me)]
        return found + [(both("本企业求{}", "this firm asks for {}", named(self.index, target)),
                         rows) for target, rows in self._own if target in self._offer(thing)]

    @cached_property
    def _events(self) -> dict[int, int]:
        return dict(self.index.joined(structure.TAKES_PART, self.me, self.at, forward=True,
                                      undated=True))

    @cached_property
    def _own(self) -> list[tuple[int, list[int]]]:
        return self._asked(self.me)

    @cached_property
    def _demands(self) -> dict[str, list[int]]:
        """Demands by who asks, in the words of the source."""
        found: dict[str, list[int]] = {}
        for demand in self.index.things(structure.DEMAND):
            asker = str(self.index.said(self.index.rows_of(demand)).get(structure.ASKER, ""))
            found.setdefault(asker, []).append(demand)
        return found

    def _asked(self, thing: int) -> list[tuple[int, list[int]]]:
        """The segments and products that it asks for, with the rows that say so."""
        names = {self.index.label(thing, self.at), self.index.full_name(thing, self.at)}
        found: list[tuple[int, list[int]]] = []
        for demand in (d for name in names - {""} for d in self._demands.get(name, ())):
            rows = shown(self.index, self.index.rows_of(demand))
            targets = [self.index.reference(self.index.said(rows).get("segment"))] if rows else []
            targets += [there for there, _ in self.index.joined(
                structure.ASKS, demand, self.at, forward=True, undated=True)]
            found += [(target, rows) for target in targets if target >= 0]
        return found

    def _offer(self, thing: int) -> set[int]:
        """The segments in which it works, and the products it makes or supplies."""
        made = {there for link in self.index.ontology.links if link.ends
                and structure.COMPANY in link.ends[0].refers
                for there, _ in self.index.joined(link.name, thing, self.at, forward=True)}
        return made | set(works_in(self.index, thing, self.at))

    # --- a row ----------------------------------------------------------------------------------

    def partner(self, thing: int, names: Sequence[str]) -> Partner:
        index, at = self.index, self.at
        name, now = index.label(thing, at), index.label(thing)
        kind = index.kind_of(thing)
        ranks = self.ranks(thing)
        return {"id": index.id(thing), "name": name, "now": now if now != name else None,
                "full_name": index.full_name(thing, at) or name, "kind": kind,
                "kind_name": index.ontology.kinds[kind].label.zh,
                "places": [named(index, p, at) for p in sorted(self._places(thing))],
                "roles": [self._role(*key, rows) for key, rows in self.found[thing].items()],
                "reasons": [self._reason(name, thing, ranks[name]) for name in names]}

    def _role(self, role: str, theirs: int, mine: int, rows: Sequence[int]) -> Role:
        return {"role": role, "role_name": ROLES[role],
                "theirs": named(self.index, theirs) if theirs >= 0 else None,
                "mine": named(self.index, mine) if mine >= 0 else None,
                "evidence": evidence(self.index, rows)}

    def _reason(self, name: str, thing: int, rank: int) -> Reason:
        said, rows = getattr(self, f"_say_{name}")(thing)
        return reason(self.index, name, REASONS, rank, said or UNSAID, rows)

    def _say_link(self, thing: int) -> tuple[str, list[int]]:
        t, rows = self.index.table, self.ties.get(thing, [])
        words: dict[Said, None] = {}
        for row in rows:
            label = self.index.ontology.kinds[t.kinds[t.kind[row]]].label
            what = both(label.zh, label.en)
            product = self.index.reference(t.said(row).get(structure.PRODUCT))
            words[both("{}（{}）", "{} ({})", what, named(self.index, product))
                  if product >= 0 else what] = None
        return listed(words), rows

    def _say_wish(self, thing: int) -> tuple[str, list[int]]:
        found = self._wishes(thing)
        return listed(dict.fromkeys(said for said, _ in found)), [
            row for _, rows in found for row in rows]

    def _say_distance(self, thing: int) -> tuple[str, list[int]]:
        near = self._near(thing)
        if near is None:
            return "", []
        name, around, place = near
        mine = self.index.places.ranges(around, self.at)
        own = [row for where, rows in self.places.items() for row in rows
               if any(low <= node < high for low, high in mine
                      for node in self.index.places.nodes_of(where).tolist())]
        rows = self._places(thing)[place]
        where = named(self.index, around, self.at)
        return (both("对方在省外的{}", "outside the province, in {}", where) if name == "outside"
                else both("都在{}", "both in {}", where)), [*rows, *own]

    def _say_group(self, thing: int) -> tuple[str, list[int]]:
        found = self._shared(thing)
        names = [named(self.index, group, self.at) for group in sorted(found)]
        return listed(names), [row for rows in found.values() for row in rows]

    def _say_honours(self, thing: int) -> tuple[str, list[int]]:
        parts, rows = list[Said](), list[int]()
        for zh, en, found in (("对方：{}", "it: {}", honours(self.index, thing, self.at)),
                              ("本企业：{}", "this firm: {}", self.honours)):
            if found:
                parts.append(both(zh, en, listed(self.index.label(h) for h in sorted(found))))
                rows += [row for some in found.values() for row in some]
        return listed(parts, "；", "; "), rows
