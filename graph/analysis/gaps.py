"""The whole answer on one chain in one region: verdicts, completeness, and the four lists."""

from collections.abc import Iterable, Sequence

import numpy as np
from typing_extensions import TypedDict

from graph.analysis.answers import Envelope, Evidence, envelope
from graph.analysis.closed import Closed, closed
from graph.analysis.completeness import Cell, in_region, slots
from graph.analysis.flips import Flip, flips
from graph.analysis.nearest import Nearest, nearest
from graph.analysis.template import Template, template, whole_of
from graph.analysis.unplaced import Unplaced, unplaced
from graph.analysis.verdicts import STATES, Verdict, grounds, segment_verdict, states
from graph.index import Index, Member
from graph.structure import FEEDS
from graph.wording import Said, both, listed, named

__all__ = ["Gaps", "Item", "Lists", "Neighbour", "SegmentRow", "gaps", "neighbours", "thresholds"]

Reason = tuple[Said, Said]  # why it stands on a list, and what to look up
STRENGTHS = {"strong": both("较强", "rather strong"), "weak": both("偏弱", "weak"),
             "single": both("已录入的只有一家", "one firm on record")}


class SegmentRow(Verdict):
    """One segment of the chain; nearest is None where it is present; closed tells how a gap that
    a source once stated came to be filled."""

    id: str
    segment: str
    name_en: str
    stage: str
    essential: bool
    weight: float
    nearest: Nearest | None
    closed: Closed | None
    flips: list[Flip]
    whole: str | None  # the segment that this one is a part of


class Neighbour(TypedDict):
    """A segment of the same feed that the region has, and who works there."""

    id: str
    segment: str
    direction: str  # upstream | downstream of the item
    firms: list[str]


class Item(TypedDict):
    """One line of a list: the segment, why it stands there, and what to do next; bare: no source
    says anything that would help, not even of a neighbour."""

    id: str
    segment: str
    chain: str
    verdict: str
    weight: float
    why: str
    bare: bool
    look_up: str
    firms: list[str]
    neighbours: list[Neighbour]
    alternatives: list[str]


class Lists(TypedDict):
    """补链, 强链, 延链, 待核."""

    fill: list[Item]
    strengthen: list[Item]
    extend: list[Item]
    check: list[Item]


class Gaps(Envelope, Cell):
    """The answer of `gaps`.

    unplaced: firms here that sources tie to the chain, none saying to which of its segments.
    """

    thresholds: dict[str, float | str]
    template: Template
    segments: list[SegmentRow]
    unplaced: list[Unplaced]
    lists: Lists
    evidence: list[Evidence]


def gaps(index: Index, chain: str, region: str, at: int, only: str = "") -> Gaps:
    """Chain and region as people call them, or their ids; raises NotFound or Ambiguous.

    only: the id of the one segment of which everything is wanted; of the others the rows are
    without flips, how a gap was closed and, unless they are absent, the nearest place; the firms
    without a segment are left out.
    """
    what, where = index.chain(chain), index.region(region)
    members = index.members(what, at)
    rows = [_row(index, member, where, at, only in ("", index.id(member.segment)))
            for member in members]
    found, coverage = in_region(index, members, where, at)
    lists = _Lister(index, what, where, at, members, rows).lists()
    tied = [] if only else unplaced(index, what, where, at)
    return {
        "chain": named(index, what), "chain_id": index.id(what),
        "region": named(index, where, at), "region_id": index.id(where),
        **envelope(index, at), "completeness": found, "coverage": coverage,
        "thresholds": thresholds(index), "template": template(index, what, at),
        "segments": rows, "unplaced": tied, "lists": lists,
        "evidence": [],
    }


def thresholds(index: Index) -> dict[str, float | str]:
    """The numbers that verdicts and strengths rest on."""
    names = ("strong_firms", "strong_firms_with_leader")
    numbers: dict[str, float | str] = {name: index.ontology.thresholds[name] for name in names}
    for kind in index.ontology.links:
        if kind.evidence:
            numbers[f"{kind.name}_years"] = kind.shelf_life
    return {**numbers, "min_grade": index.ontology.grades[index.floor].name}


def _row(index: Index, member: Member, region: int, at: int, whole: bool) -> SegmentRow:
    segment = member.segment
    found = grounds(index, segment, region, at)
    said = segment_verdict(index, found, at)
    far = said["verdict"] == "absent" or (whole and said["verdict"] != "present")
    return {
        "id": index.id(segment), "segment": index.label(segment),
        "name_en": index.english(segment), "stage": member.stage, "essential": member.essential,
        "weight": member.weight, **said,
        "nearest": nearest(index, segment, region, at) if far else None,
        "closed": closed(index, segment, region, found, at) if whole else None,
        "flips": flips(index, found, segment, region, at) if whole else [],
        "whole": whole_of(index, segment, at),
    }


def neighbours(index: Index, segments: Sequence[int], region: int,
               at: int) -> dict[int, list[tuple[int, str]]]:
    """Of each segment the feed neighbours that the region has, with their direction."""
    feeds = {s: [(other, "upstream") for other, _ in index.joined(FEEDS, s, at, forward=False)]
             + [(other, "downstream") for other, _ in index.joined(FEEDS, s, at, forward=True)]
             for s in segments}
    others = sorted({other for pairs in feeds.values() for other, _ in pairs})
    codes, _ = states(index, others, [region], at)
    there = {others[i] for i in np.flatnonzero(codes[:, 0] == STATES.index("present")).tolist()}
    return {s: sorted({pair for pair in pairs if pair[0] in there}) for s, pairs in feeds.items()}


class _Lister:
    """Makes the four lists; holds what they have in common."""

    def __init__(self, index: Index, chain: int, region: int, at: int,
                 members: Sequence[Member], rows: Sequence[SegmentRow]) -> None:
        self.index, self.chain, self.region, self.at = index, chain, region, at
        self.place = named(index, region, at)
        self.members = members
        self.rows = {member.segment: row for member, row in zip(members, rows, strict=True)}
        self.slots = slots(index, members, at)
        self.around = self._around()
        self.near = neighbours(index, [*self.rows, *self.around], region, at)

    def _around(self) -> list[int]:
        """Segments of other chains that feed, or are fed by, one of this chain."""
        joined = {other for s in self.rows for forward in (True, False)
                  for other, _ in self.index.joined(FEEDS, s, self.at, forward=forward)}
        return sorted(joined - set(self.rows))

    def lists(self) -> Lists:
        fill, check = [], []
        for positions in self.slots:
            slot = [self.members[i] for i in positions]
            essential = [m for m in slot if m.essential]
            verdicts = {self.rows[m.segment]["verdict"] for m in slot}
            if essential and verdicts == {"absent"}:
                fill.append(self._item(essential[0], self._absent(essential[0]), slot))
            elif "present" not in verdicts:
                check += [self._item(m, self._doubt(m), slot) for m in essential
                          if self.rows[m.segment]["verdict"] in ("unknown", "contested")]
        strengthen = [self._item(m, self._thin(m)) for m in self.members if self._is_thin(m)]
        check += [self._item(m, self._old(m)) for m in self.members
                  if self.rows[m.segment]["stale"]]
        return {"fill": self._sorted(fill), "strengthen": self._sorted(strengthen),
                "extend": self._sorted(self._extend()), "check": self._sorted(check)}

    def _sorted(self, items: Iterable[Item]) -> list[Item]:
        def order(item: Item) -> tuple[float, int, int, str]:
            hints = self.rows.get(self.index.number(item["id"]), {"hints": []})["hints"]
            return -item["weight"], -len(item["neighbours"]), -len(hints), item["id"]
        return sorted(items, key=order)

    def _is_thin(self, member: Member) -> bool:
        row = self.rows[member.segment]
        return row["verdict"] == "present" and (row["stale"] or row["strength"] != "strong")

    def _extend(self) -> Iterable[Item]:
        codes, _ = states(self.index, self.around, [self.region], self.at)
        outer = dict(zip(self.around, codes[:, 0].tolist(), strict=True))
        optional = [m.segment for m in self.members if not m.essential]
        for segment in [*optional, *self.around]:
            row = self.rows.get(segment)
            verdict = row["verdict"] if row else STATES[outer[segment]]
            if verdict != "present" and self.near[segment]:
                known = [m for m in self.members if m.segment == segment]
                member = known[0] if known else Member(segment, "", False, 1.0, 0)
                names = self._names(segment)
                word = self._verdict(verdict)
                why = both("{}已有{}，与本环节直接配套；本环节目前{}",
                           "{} has {}, directly joined with this segment, which is {}",
                           self.place, names, word)
                look = both("问{}的企业：本环节的货从哪里来、到哪里去",
                            "ask firms in {} where the goods of this segment come from and go",
                            names)
                yield self._item(member, (why, look), verdict=verdict)

    def _verdict(self, name: str) -> Said:
        return next((both(choice.label.zh, choice.label.en)
                     for choice in self.index.ontology.words.get("Verdict", ())
                     if choice.name == name), both(name, name))

    def _item(self, member: Member, reason: Reason, slot: Sequence[Member] = (),
              verdict: str | None = None) -> Item:
        index, segment = self.index, member.segment
        row = self.rows.get(segment)
        near: list[Neighbour] = [
            {"id": index.id(s), "segment": index.label(s), "direction": direction,
             "firms": self._who(s)} for s, direction in self.near[segment]]
        chain = self.chain if row else next(iter(index.chains_of(segment, self.at)), self.chain)
        return {
            "id": index.id(segment), "segment": named(index, segment),
            "chain": named(index, chain), "verdict": verdict or (row["verdict"] if row else ""),
            "weight": member.weight, "why": reason[0],
            "bare": bool(row and row["verdict"] == "unknown" and not near and not row["hints"]),
            "look_up": reason[1],
            "firms": self._who(segment), "neighbours": near,
            "alternatives": [index.label(m.segment) for m in slot if m.segment != segment],
        }

    def _who(self, segment: int) -> list[str]:
        if segment in self.rows:
            return [firm["name"] for firm in self.rows[segment]["firms"]]
        found = grounds(self.index, segment, self.region, self.at)
        who = segment_verdict(self.index, found, self.at)["firms"]
        return [firm["name"] for firm in who]

    def _names(self, segment: int) -> Said:
        return listed(dict.fromkeys(named(self.index, s) for s, _ in self.near[segment]))

    def _absent(self, member: Member) -> Reason:
        row, what = self.rows[member.segment], named(self.index, member.segment)
        near = row["nearest"]
        beside = both("，而{}已有{}", ", while {} has {}", self.place, names) if (
            names := self._names(member.segment)) else ""
        where = both("没有来源说过哪里有", "no source names a place that has it")
        if near and near["region"]:
            where = (both("最近的在{}（{}）", "the nearest is in {} ({})", near["region"],
                          near["scope_name"]) if near["region"] != near["scope_name"] else
                     both("最近的在{}，来源没有写在哪个省",
                          "the nearest is {}; no source says in which province", near["region"]))
        look = (both("{}的{}能否来设点或供货", "ask whether {1} of {0} could settle or supply here",
                     near["region"], _firms(near))
                if near and near["firms"] else
                both("省内外有哪些企业做{}", "find out which firms anywhere make {}", what))
        return both("{}{}；{}", "{}{}; {}", self._denied(row, what), beside, where), look

    def _denied(self, row: SegmentRow, what: Said) -> Said:
        """Who says that the segment is missing, and how."""
        said = list[Said]()
        for way, zh, en in (
                ("absence", "{}说{}没有{}", "{} say{s} that {} has no {}"),
                ("survey", "{}排查过{}，没有点名一家{}企业",
                 "{} surveyed {} and named no firm that makes {}")):
            titles = dict.fromkeys(f"《{e['source']['title']}》" for e in row["evidence"]
                                   if self.index.ontology.kinds[e["kind"]].evidence == way)
            if titles:
                en = en.replace("{s}", "" if len(titles) > 1 else "s")
                said.append(both(zh, en, listed(titles), self.place, what))
        return listed(said, "；", "; ")

    def _thin(self, member: Member) -> Reason:
        row, what = self.rows[member.segment], named(self.index, member.segment)
        who = _firms(row) or both("没有点名企业", "no firm named")
        parts = [STRENGTHS[row["strength"]]] if row["strength"] not in (None, "strong") else []
        parts += [both("旧证", "old evidence")] if row["stale"] else []
        return (both("{}具备{}，但{}（{}）", "{} has {}, but {} ({})", self.place, what,
                     listed(parts), who),
                both("{}还有没有别的企业做{}，链主是谁",
                     "find out whether any other firm in {} makes {}, and who leads",
                     self.place, what))

    def _doubt(self, member: Member) -> Reason:
        row, what = self.rows[member.segment], named(self.index, member.segment)
        if row["verdict"] == "contested":
            return (both("{}；别的来源说有（{}）", "{}; others say it is there ({})",
                         self._denied(row, what), _firms(row) or both("未点名", "no firm named")),
                    both("逐条核对{}的证据，确认企业是否在{}生产",
                         "go through the evidence on {}: whether the firm produces in {}", what,
                         self.place))
        if row["hints"]:
            titles = "、".join(dict.fromkeys(f"《{e['source']['title']}》" for e in row["hints"]))
            who = "、".join(firm["name"] for firm in row["hinted"])
            return (both("只有推断或机器读出的记录（{}{}），还不能算数",
                         "only inferred or read by a machine ({}{}), which does not count", who,
                         titles),
                    both("打开{}核实一次即可定下", "open {}: one look settles it", titles))
        beside = both("；{}已有{}", "; {} has {}", self.place, names) if (
            names := self._names(member.segment)) else ""
        return (both("已录入的来源没有说过{}有没有{}{}", "no source says whether {} has {}{}",
                     self.place, what, beside),
                both("查{}的园区企业名录、统计或走访：有没有企业生产{}",
                     "look through lists of firms, statistics or visits of {}: whether any makes "
                     "{}", self.place, what))

    def _old(self, member: Member) -> Reason:
        row, what = self.rows[member.segment], named(self.index, member.segment)
        last = max((e["observed"] or e["source"]["date"] for e in row["evidence"]), default="")
        return (both("旧证：最近的证据是 {}", "old evidence, the last of {}", last),
                both("{}如今是否仍在{}生产{}", "find out whether {0} still makes {2} in {1}",
                     _firms(row) or what, self.place, what))


def _firms(row: SegmentRow | Nearest) -> Said:
    """Names of its firms; blank if none is named."""
    return listed(firm["name"] for firm in row["firms"])
