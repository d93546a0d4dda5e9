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

__all__ = ["Gaps", "Item", "Lists", "Neighbour", "SegmentRow", "gaps", "neighbours", "thresholds"]

VERDICTS = {"present": "具备", "absent": "缺失", "contested": "存疑", "unknown": "待核"}
STRENGTHS = {"strong": "较强", "weak": "偏弱", "single": "已录入的只有一家"}


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


def gaps(index: Index, chain: str, region: str, at: int) -> Gaps:
    """Chain and region as people call them, or their ids; raises NotFound or Ambiguous."""
    what, where = index.chain(chain), index.region(region)
    members = index.members(what, at)
    rows = [_row(index, member, where, at) for member in members]
    found, coverage = in_region(index, members, where, at)
    lists = _Lister(index, what, where, at, members, rows).lists()
    return {
        "chain": index.label(what), "chain_id": index.id(what),
        "region": index.label(where, at), "region_id": index.id(where),
        **envelope(index, at), "completeness": found, "coverage": coverage,
        "thresholds": thresholds(index), "template": template(index, what, at),
        "segments": rows, "unplaced": unplaced(index, what, where, at), "lists": lists,
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


def _row(index: Index, member: Member, region: int, at: int) -> SegmentRow:
    segment = member.segment
    found = grounds(index, segment, region, at)
    said = segment_verdict(index, found, at)
    near = None if said["verdict"] == "present" else nearest(index, segment, region, at)
    return {
        "id": index.id(segment), "segment": index.label(segment),
        "name_en": index.english(segment), "stage": member.stage, "essential": member.essential,
        "weight": member.weight, **said, "nearest": near,
        "closed": closed(index, segment, region, found, at),
        "flips": flips(index, found, segment, region, at),
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
        self.place = index.label(region, at)
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
                why = (f"{self.place}已有{names}，与本环节直接配套；本环节目前{VERDICTS[verdict]}")
                look = f"问{names}的企业：本环节的货从哪里来、到哪里去"
                yield self._item(member, (why, look), verdict=verdict)

    def _item(self, member: Member, reason: tuple[str, str], slot: Sequence[Member] = (),
              verdict: str | None = None) -> Item:
        index, segment = self.index, member.segment
        row = self.rows.get(segment)
        near: list[Neighbour] = [
            {"id": index.id(s), "segment": index.label(s), "direction": direction,
             "firms": self._who(s)} for s, direction in self.near[segment]]
        chain = self.chain if row else next(iter(index.chains_of(segment, self.at)), self.chain)
        return {
            "id": index.id(segment), "segment": index.label(segment),
            "chain": index.label(chain), "verdict": verdict or (row["verdict"] if row else ""),
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

    def _names(self, segment: int) -> str:
        return "、".join(dict.fromkeys(self.index.label(s) for s, _ in self.near[segment]))

    def _absent(self, member: Member) -> tuple[str, str]:
        row = self.rows[member.segment]
        near = row["nearest"]
        beside = f"，而{self.place}已有{names}" if (names := self._names(member.segment)) else ""
        where = "没有来源说过哪里有"
        if near and near["region"]:
            where = (f"最近的在{near['region']}（{near['scope_name']}）"
                     if near["region"] != near["scope_name"] else
                     f"最近的在{near['region']}，来源没有写在哪个省")
        said = "；".join(self._denied(row))
        return (f"{said}{beside}；{where}",
                f"{near['region']}的{'、'.join(f['name'] for f in near['firms'])}能否来设点或供货"
                if near and near["firms"] else f"省内外有哪些企业做{row['segment']}")

    def _denied(self, row: SegmentRow) -> Iterable[str]:
        """Who says that the segment is missing, and how."""
        for way, words in (("absence", "说{}没有{}"), ("survey", "排查过{}，没有点名一家{}企业")):
            titles = dict.fromkeys(f"《{e['source']['title']}》" for e in row["evidence"]
                                   if self.index.ontology.kinds[e["kind"]].evidence == way)
            if titles:
                yield "、".join(titles) + words.format(self.place, row["segment"])

    def _thin(self, member: Member) -> tuple[str, str]:
        row = self.rows[member.segment]
        who = "、".join(firm["name"] for firm in row["firms"]) or "没有点名企业"
        parts = [STRENGTHS[row["strength"]]] if row["strength"] not in (None, "strong") else []
        parts += ["旧证"] if row["stale"] else []
        return (f"{self.place}具备{row['segment']}，但{'、'.join(parts)}（{who}）",
                f"{self.place}还有没有别的企业做{row['segment']}，链主是谁")

    def _doubt(self, member: Member) -> tuple[str, str]:
        row = self.rows[member.segment]
        if row["verdict"] == "contested":
            denied = "；".join(self._denied(row))
            named = "、".join(firm["name"] for firm in row["firms"]) or "未点名"
            return (f"{denied}；别的来源说有（{named}）",
                    f"逐条核对{row['segment']}的证据，确认企业是否在{self.place}生产")
        if row["hints"]:
            titles = "、".join(dict.fromkeys(f"《{e['source']['title']}》" for e in row["hints"]))
            who = "、".join(firm["name"] for firm in row["hinted"])
            return (f"只有推断或机器读出的记录（{who}{titles}），还不能算数",
                    f"打开{titles}核实一次即可定下")
        beside = f"；{self.place}已有{names}" if (names := self._names(member.segment)) else ""
        return (f"已录入的来源没有说过{self.place}有没有{row['segment']}{beside}",
                f"查{self.place}的园区企业名录、统计或走访：有没有企业生产{row['segment']}")

    def _old(self, member: Member) -> tuple[str, str]:
        row = self.rows[member.segment]
        last = max((e["observed"] or e["source"]["date"] for e in row["evidence"]), default="")
        who = "、".join(firm["name"] for firm in row["firms"]) or row["segment"]
        return (f"旧证：最近的证据是 {last}", f"{who}如今是否仍在{self.place}生产{row['segment']}")
