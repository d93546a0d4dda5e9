"""Questions about chains: what is missing, how complete, what changed, who does a segment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.ask.frame import Frame
from api.ask.premises import there
from api.ask.reply import Reply, Row, call, slot, unknown
from api.ask.say import cite, join
from graph import dates, structure
from graph.analysis.answers import Firm, firms
from graph.analysis.completeness import completeness, slots
from graph.analysis.nearest import nearest
from graph.analysis.verdicts import STATES, grounds, states
from graph.index import Index

__all__ = ["compare", "completeness_of", "gap", "gaps_of_place", "makers", "nearest_of",
           "verdict_of"]

ORDER = ("absent", "contested", "present", "unknown")
WORDS = {"present": "具备", "absent": "缺失", "contested": "存疑", "unknown": "待核"}


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict with the firms that were named, and those that are only inferred."""

    verdict: str
    firms: Sequence[Firm]
    hinted: Sequence[Firm]


def gap(frame: Frame) -> Reply | None:
    """缺哪些环节 of a chain in a region on a day."""
    chain, where = _chain(frame), region(frame)
    if chain is None:
        return None
    index, at = frame.index, frame.day
    head = f"{index.label(where, at)} · {index.label(chain)} · 截至 {dates.iso(at)}"
    rows, cited, named = _verdicts(index, chain, where, at)
    slots_ = {"chain": slot(index, chain, at), "region": slot(index, where, at)}
    where_to = call("gaps", chain=index.label(chain), region=index.label(where), at=dates.iso(at))
    place = f"{index.label(where, at)}的{index.label(chain)}链"
    restated = f"{head}：缺哪些环节？"
    if not rows:
        return unknown("gap", restated, f"没有来源写过{index.label(chain)}链有哪些环节",
                       slots=slots_, call=where_to)
    if there(frame) and named["present"]:
        return Reply("gap", f"{head}：哪些环节有企业？", _present(place, rows, at)
                     + f"{cite(index, cited)}。", slots=slots_, rows=_clean(rows), cited=cited,
                     call=where_to, at=at)
    absent = named["absent"] + [f"{name}（存疑）" for name in named["contested"]]
    open_ = f"另有 {len(named['unknown'])} 个环节没有来源说过（待核）" if named["unknown"] else ""
    if absent:
        said = [row for row in rows if row["verdict"] == "absent"]
        proofs = [n for row in said for n in row.pop("cited")]
        text = (f"截至 {dates.iso(at)}，有来源说{place}缺 {len(absent)} 个环节：{join(absent, 30)}"
                f"{cite(index, proofs)}。{open_}{'。' if open_ else ''}")
        reply = Reply("gap", restated, text, slots=slots_, rows=_clean(rows), cited=cited,
                      call=where_to, at=at)
        return reply
    if not named["unknown"]:
        return Reply("gap", restated, f"截至 {dates.iso(at)}，{place}的 {len(rows)} 个环节都有来源"
                     "说具备，不缺。", slots=slots_, rows=_clean(rows), cited=cited, call=where_to,
                     at=at)
    have = f"；有来源说具备的是{join(named['present'])}" if named["present"] else ""
    return unknown("gap", restated, f"没有来源说过截至 {dates.iso(at)} {place}缺哪个环节，"
                   f"{len(named['unknown'])} 个环节待核（{join(named['unknown'])}）{have}；"
                   "没人说过不等于没有", _other_times(index, chain, where, at), slots=slots_,
                   rows=_clean(rows), cited=cited, call=where_to, at=at)


def _present(place: str, rows: Sequence[Row], at: int) -> str:
    """The segments that are there, and how many of the others are missing or unknown."""
    have = [str(row["segment"]) for row in rows if row["verdict"] == "present"]
    rest = [f"{WORDS[verdict]} {many} 个" for verdict in ORDER if verdict != "present"
            and (many := sum(row["verdict"] == verdict for row in rows))]
    return (f"截至 {dates.iso(at)}，有来源说{place}具备 {len(have)} 个环节：{join(have, 40)}"
            + (f"；其余{'、'.join(rest)}" if rest else ""))


def gaps_of_place(frame: Frame) -> Reply | None:
    """长沙缺什么, of no chain: what is said to be missing, and which chains to ask about."""
    index, at, where = frame.index, frame.day, region(frame)
    place = index.label(where, at)
    every = [(chain, *_verdicts(index, chain, where, at))
             for chain in index.things(structure.CHAIN)]
    lacking = [(index.label(chain), row) for chain, rows, _, _ in every for row in rows
               if row["verdict"] == "absent"]
    known = {index.label(chain): sum(row["verdict"] != "unknown" for row in rows)
             for chain, rows, _, _ in every}
    told = sorted(filter(known.__getitem__, known), key=lambda name: -known[name])
    restated = f"{place} · 截至 {dates.iso(at)}：各条链缺哪些环节？"
    which = f"有来源说过的链有{join(told, 20, '条')}" if told else "没有来源说过那里的哪一条链"
    ask = f"{which}；请说明是哪一条链，例如“{place}{(told or ['工程机械'])[0]}缺什么”"
    more: dict[str, Any] = {
        "slots": {"region": slot(index, where, at)}, "at": at,
        "call": call("matrix", region=place, at=dates.iso(at))}
    if not lacking:
        near = "；".join(f"{index.label(chain)}链，{then}" for chain, *_ in every
                        if (then := _other_times(index, chain, where, at)))
        return unknown("gap", restated, f"没有来源说过截至 {dates.iso(at)} {place}缺哪个环节；"
                       f"没人说过不等于没有。{ask}", near, **more)
    cited = [n for _, row in lacking for n in row["cited"]]
    names = join((f"{row['segment']}（{chain}）" for chain, row in lacking), 30)
    return Reply("gap", restated, f"截至 {dates.iso(at)}，有来源说{place}缺 {len(lacking)} 个环节："
                 f"{names}{cite(index, cited)}。{ask}。", cited=cited,
                 rows=_clean([row for _, row in lacking]), **more)


def _clean(rows: Sequence[Row]) -> list[Row]:
    return [{name: value for name, value in row.items() if name != "cited"} for row in rows]


def _verdicts(index: Index, chain: int, where: int,
              at: int) -> tuple[list[Row], list[int], dict[str, list[str]]]:
    """A row a segment, all records behind them, and the essential segments by verdict."""
    members = index.members(chain, at)
    rows: list[Row] = []
    cited: list[int] = []
    named: dict[str, list[str]] = {name: [] for name in STATES}
    codes, _ = states(index, [m.segment for m in members], [where], at)
    for member, code in zip(members, codes[:, 0].tolist(), strict=True):
        said, proofs = _one(index, member.segment, where, at) if code else (None, [])
        name = index.label(member.segment)
        firms_ = [f["name"] for f in said.firms] if said else []
        told = f"{name}：{WORDS[STATES[code]]}" + (f"（{join(firms_, 8, '家')}）" if firms_ else "")
        rows.append({"segment": name, "essential": member.essential, "stage": member.stage,
                     "verdict": STATES[code], "verdict_name": WORDS[STATES[code]],
                     "firms": firms_, "text": told, "cited": proofs})
        cited += proofs
        if member.essential or STATES[code] == "absent":
            named[STATES[code]].append(name)
    rows.sort(key=lambda row: ORDER.index(row["verdict"]))
    return rows, cited, named


def _one(index: Index, segment: int, where: int, at: int) -> tuple[Said, list[int]]:
    found = grounds(index, segment, where, at)
    firms_ = {f for f in index.claims.firm[found.positive].tolist() if f >= 0}
    hinted = {f for f in index.claims.firm[found.weak].tolist() if f >= 0}
    said = Said(found.verdict, firms(index, firms_, at), firms(index, hinted, at))
    return said, [*index.claims.row[found.positive].tolist(), *found.negative]


def _other_times(index: Index, chain: int, where: int, at: int) -> str:
    """Denials of other times, as the nearest thing known: 2014年有来源说缺隔膜、电解液."""
    d = index.denials
    by_time: dict[tuple[int, int], list[int]] = {}
    for segment in index.segments_of(chain):
        mine = d.of(segment)
        for entry in range(mine.start, mine.stop):
            if d.region[entry] == where:
                by_time.setdefault((int(d.start[entry]), int(d.end[entry])), []).append(segment)
    near = sorted(by_time, key=lambda time: (abs(time[0] - at), time))[:1]
    return "".join(f"{_span(*time)}有来源说缺{join(index.label(s) for s in by_time[time])}"
                   for time in near) + ("，那不是所问的时间" if near else "")


def _span(start: int, end: int) -> str:
    first, last = dates.iso(start), dates.iso(end - 1) if end < 500_000 else ""
    if first[4:] == "-01-01" and last[4:] == "-12-31" and first[:4] == last[:4]:
        return f"{first[:4]} 年"
    return f"{first} 到 {last} " if last else f"{first} 起"


def completeness_of(frame: Frame) -> Reply | None:
    """完整度 of a chain in a region, as an interval."""
    chain, where = _chain(frame), region(frame)
    if chain is None:
        return None
    index, at = frame.index, frame.day
    members = index.members(chain, at)
    codes, stale = states(index, [m.segment for m in members], [where], at)
    (found, known), = completeness(members, slots(index, members, at), codes, stale)
    rows, cited, named = _verdicts(index, chain, where, at)
    place = f"{index.label(where, at)}的{index.label(chain)}链"
    parts = [f"{WORDS[name]} {len(named[name])} 个" + (
        f"（{join(named[name], 20)}）" if named[name] else "") for name in WORDS
        if named[name] or name != "contested"]
    text = (f"截至 {dates.iso(at)}，{place}的完整度在 {found['low']:.0%} 到 {found['high']:.0%} "
            f"之间：必备环节 {found['essential']} 个，{'，'.join(parts)}；"
            f"有来源说得清的占 {known:.0%}。")
    if frame.verb("complete") and frame.asks("yesno"):
        whole = "齐了" if found["low"] == 1 else (
            "没有齐" if found["high"] < 1 else "还说不准是不是齐了")
        text = f"{whole}。{text}"
    restated = f"截至 {dates.iso(at)}，{place}的完整度是多少？"
    return Reply("completeness", restated, text, rows=_clean(rows), cited=cited, at=at,
                 slots={"chain": slot(index, chain, at), "region": slot(index, where, at)},
                 call=call("gaps", chain=index.label(chain), region=index.label(where),
                           at=dates.iso(at)))


def compare(frame: Frame) -> Reply | None:
    """What changed between two times, or how two regions differ."""
    chain = _chain(frame)
    if chain is None:
        return None
    places = frame.things("Region", "Park")
    if len(places) > 1 and len(frame.times) < 2:
        return _regions(frame, chain, places[:2])
    index, where = frame.index, region(frame)
    first = min((dates.last_day(t.first) for t in frame.times), default=None)
    if first is None:
        return None
    last = max(t.at for t in frame.times)
    last = min(last, frame.at) if last != first else frame.at
    before, _, _ = _verdicts(index, chain, where, first)
    after, cited, _ = _verdicts(index, chain, where, last)
    cited += [n for row in before for n in row["cited"]]
    parts = _changes(frame, chain, where, last, before, after)
    was = {row["segment"]: row["verdict_name"] for row in before}
    rows: list[Row] = [{"segment": row["segment"], "firms": row["firms"],
                        "verdict_from": was.get(row["segment"], WORDS["unknown"]),
                        "verdict_to": row["verdict_name"]} for row in after]
    span = f"从 {dates.iso(first)} 到 {dates.iso(last)}"
    place = f"{index.label(where, last)}的{index.label(chain)}链"
    text = f"{span}，{place}：{'；'.join(parts) or '没有来源说过有变化'}{cite(index, cited)}。"
    return Reply("compare", f"{place}，{span}，多了或少了哪些环节？", text, rows=rows, cited=cited,
                 status="answered" if parts else "unknown", at=last,
                 slots={"chain": slot(index, chain, last), "region": slot(index, where, last),
                        "from": dates.iso(first), "to": dates.iso(last)},
                 call=call("compare", chain=index.label(chain), region=index.label(where),
                           from_=dates.iso(first), to=dates.iso(last)))


def _changes(frame: Frame, chain: int, where: int, last: int, before: Sequence[Row],
             after: Sequence[Row]) -> list[str]:
    """What came, what went, and what nobody had spoken of before; never one as the other."""
    was = {row["segment"]: row["verdict"] for row in before}
    found: dict[tuple[str, str], list[str]] = {}
    for row in after:
        change = was.get(row["segment"], "unknown"), str(row["verdict"])
        more = (_when_known(frame, chain, where, row["segment"], last)
                if change == ("absent", "unknown") else _who(row))
        found.setdefault(change, []).append(row["segment"] + more)
    heads = {("absent", "present"): "从缺失到具备",
             ("absent", "unknown"): "原来缺失、到那时还没有来源说补上",
             ("unknown", "present"): "先前没有来源说过、后来具备（不一定是新增）",
             ("present", "absent"): "从具备到缺失"}
    return [f"{head}：{join(found[change], 20)}" for change, head in heads.items()
            if change in found]


def _who(row: Row) -> str:
    return f"（{join(row['firms'], 4, '家')}）" if row["firms"] else ""


def _when_known(frame: Frame, chain: int, where: int, name: str, last: int) -> str:
    """When a source first says that the segment is there after all."""
    index = frame.index
    segment = next(s for s in index.segments_of(chain) if index.label(s) == name)
    said, proofs = _one(index, segment, where, frame.at)
    if said.verdict != "present" or frame.at <= last:
        return ""
    day = min(int(index.table.start[row]) for row in proofs)
    return f"（{dates.iso(day)} 起有来源说具备）"


def _regions(frame: Frame, chain: int, places: Sequence[int]) -> Reply:
    index, at = frame.index, frame.day
    have: list[list[str]] = []
    rows: dict[str, Row] = {}
    cited: list[int] = []
    for place in places:
        found, proofs, named = _verdicts(index, chain, place, at)
        have.append(named["present"])
        cited += proofs
        for row in found:
            rows.setdefault(row["segment"], {"segment": row["segment"]})[
                index.label(place, at)] = row["verdict_name"]
    one, other = (index.label(place, at) for place in places)
    both = [name for name in have[0] if name in have[1]]
    text = (f"截至 {dates.iso(at)}，{index.label(chain)}链有来源说具备的必备环节："
            f"{one} {len(have[0])} 个，{other} {len(have[1])} 个；"
            f"都有的是{join(both) or '（无）'}；只有{one}有的是"
            f"{join(n for n in have[0] if n not in both) or '（无）'}；只有{other}有的是"
            f"{join(n for n in have[1] if n not in both) or '（无）'}。其余没有来源说过。")
    return Reply("compare", f"{index.label(chain)}链：{one}和{other}有什么不同？", text,
                 rows=list(rows.values()), cited=cited, at=at,
                 slots={"chain": slot(index, chain, at),
                        "regions": [slot(index, p, at) for p in places]},
                 call=call("matrix", chain=index.label(chain), region=[one, other]))


def verdict_of(frame: Frame) -> Reply | None:
    """Whether one segment is there: 有没有, 缺不缺, 是不是空白."""
    segments = segment_slots(frame)
    if not segments:
        return None
    index, where, at = frame.index, region(frame), frame.day
    lacking = frame.verb("lack")
    texts: list[str] = []
    rows: list[Row] = []
    cited: list[int] = []
    known = False
    for segment in segments:
        said, proofs = _one(index, segment, where, at)
        text, sure = _yes_no(frame, segment, where, said, proofs, lacking)
        known |= sure
        texts.append(text)
        cited += proofs
        rows.append({"segment": index.label(segment), "region": index.label(where, at),
                     "verdict": said.verdict, "verdict_name": WORDS[said.verdict],
                     "firms": [f["name"] for f in said.firms]})
    name = index.label(segments[0])
    chain = next(iter(index.chains_of(segments[0])), None)
    asked = f"缺{name}吗" if lacking else f"有没有{name}"
    restated = f"截至 {dates.iso(at)}，{index.label(where, at)}{asked}？"
    return Reply("verdict", restated, "".join(texts), status="answered" if known else "unknown",
                 rows=rows, cited=cited, at=at,
                 slots={"segment": [slot(index, s, at) for s in segments],
                        "region": slot(index, where, at)},
                 call=call("gaps", chain=index.label(chain) if chain is not None else "",
                           region=index.label(where), at=dates.iso(at)))


def _yes_no(frame: Frame, segment: int, where: int, said: Said, proofs: list[int],
            lacking: bool) -> tuple[str, bool]:
    index, at = frame.index, frame.day
    name, place, day = index.label(segment), index.label(where, at), dates.iso(at)
    who = join((f["name"] for f in said.firms), 8, "家")
    if said.verdict == "present":
        firms = f"，做的企业有{who}" if who else "（来源没有点名企业）"
        head = "不缺：" if lacking else "有："
        return f"{head}截至 {day}，有来源说{place}具备{name}{firms}{cite(index, proofs)}。", True
    if said.verdict == "absent":
        near = nearest(index, segment, where, at)
        there = f"最近的在{near['region']}" + (
            f"（{join(f['name'] for f in near['firms'])}）" if near["firms"] else "") if near[
                "region"] else "没有来源说过哪里有"
        head = "是，缺：" if lacking else "没有："
        return f"{head}来源说截至 {day}{place}缺{name}{cite(index, proofs)}；{there}。", True
    if said.verdict == "contested":
        return f"说法不一：有来源说{place}缺{name}，也有来源说有（{who or '未点名'}）。", True
    chain = next(iter(index.chains_of(segment)), None)
    other = _segment_times(index, segment, where, at)
    tail = f"已知的是：{other}。" if other else ""
    hint = join((f["name"] for f in said.hinted), 5, "家")
    guess = f"只有推断的线索（{hint}），不能算数。" if hint else ""
    of = f"{index.label(chain)}链的" if chain is not None else ""
    return (f"不知道：没有来源说过截至 {day} {place}有没有{of}{name}（待核）。{guess}{tail}"), False


def _segment_times(index: Index, segment: int, where: int, at: int) -> str:
    """What is known of the segment there at other times."""
    found: list[str] = []
    d = index.denials
    for entry in range(d.of(segment).start, d.of(segment).stop):
        if d.region[entry] == where and not d.start[entry] <= at < d.end[entry]:
            found.append(f"{_span(int(d.start[entry]), int(d.end[entry]))}缺{index.label(segment)}")
    c = index.claims
    everything = c.within(segment, index.places.ranges(where, at))
    later = sorted({int(c.start[e]) for e in everything.tolist()
                    if c.grade[e] <= index.floor and at < c.start[e] < 500_000})
    found += [f"{dates.iso(later[0])} 起有来源说具备"] if later else []
    return "，".join(dict.fromkeys(found))


def makers(frame: Frame) -> Reply | None:
    """Which firms do a segment (or a whole chain) in a region on a day."""
    segments = segment_slots(frame)
    chain = _chain(frame)
    index, at = frame.index, frame.day
    if not segments and chain is None:
        return None
    whole = not segments
    if whole and chain is not None:
        segments = [m.segment for m in index.members(chain, at)]
    what = index.label(chain) + "链" if whole and chain is not None else join(
        dict.fromkeys(index.label(s) for s in segments))
    return firms_of(frame, segments, what, whole)


def firms_of(frame: Frame, segments: Sequence[int], what: str, whole: bool = True) -> Reply | None:
    """The firms that sources name for these segments in the region that is asked about."""
    index, at, chain = frame.index, frame.day, _chain(frame)
    where = region(frame)
    found: dict[str, list[str]] = {}
    rows: list[Row] = []
    cited: list[int] = []
    absent: list[str] = []
    for segment in segments:
        said, proofs = _one(index, segment, where, at)
        cited += proofs
        if said.verdict == "absent":
            absent.append(index.label(segment))
        for firm in said.firms:
            found.setdefault(firm["name"], []).append(index.label(segment))
            rows.append({"firm": firm["name"], "full_name": firm["full_name"],
                         "segment": index.label(segment), "leader": firm["leader"]})
    place = index.label(where, at)
    slots_ = {"segment": [slot(index, s, at) for s in segments][:5],
              "region": slot(index, where, at)}
    restated = f"截至 {dates.iso(at)}，{place}有哪些企业做{what}？"
    name = index.label(chain) if chain is not None else index.label(
        next(iter(index.chains_of(segments[0])), segments[0]))
    where_to = call("gaps", chain=name, region=index.label(where), at=dates.iso(at))
    if not found:
        if absent:
            reply = verdict_of(frame)
            return reply
        if not whole:
            return verdict_of(frame)
        reason = f"没有来源点名截至 {dates.iso(at)} {place}做{what}的企业"
        return unknown("makers", restated, reason, slots=slots_, call=where_to, cited=cited)
    by = [f"{firm}（{join(some, 3)}）" if whole or len(segments) > 1 else firm
          for firm, some in found.items()]
    head = "有，" if frame.asks("yesno") else ""
    text = (f"{head}截至 {dates.iso(at)}，{place}有来源点名做{what}的企业有 {len(found)} 家："
            f"{join(by, 15, '家')}{cite(index, cited)}。")
    return Reply("makers", restated, text, rows=rows, cited=cited, slots=slots_, call=where_to,
                 at=at)


def nearest_of(frame: Frame) -> Reply | None:
    """Where the nearest firms of a segment are, seen from a region."""
    segments = segment_slots(frame)
    if not segments:
        return None
    index, where, at = frame.index, region(frame), frame.day
    near = nearest(index, segments[0], where, at)
    name, place = index.label(segments[0]), index.label(where, at)
    chain = next(iter(index.chains_of(segments[0])), None)
    restated = f"截至 {dates.iso(at)}，离{place}最近的{name}在哪里？"
    slots_ = {"segment": slot(index, segments[0], at), "region": slot(index, where, at)}
    where_to = call("candidates", segment=f"{index.label(chain)}/{name}" if chain is not None
                    else name, region=index.label(where))
    said, proofs = _one(index, segments[0], where, at)
    if said.verdict == "present":
        return verdict_of(frame)
    if not near["region"]:
        return unknown("nearest", restated, f"没有来源说过哪里有{name}", slots=slots_,
                       call=where_to)
    firms = join((f["name"] for f in near["firms"]), 8, "家")
    text = (f"截至 {dates.iso(at)}，离{place}最近的{name}在{near['region']}（{near['scope_name']}）"
            f"{f'：{firms}' if firms else ''}。")
    rows = [{"region": near["region"], "scope": near["scope_name"], "firm": f["name"]}
            for f in near["firms"]] or [{"region": near["region"], "scope": near["scope_name"]}]
    numbers = {index.table.record_id(int(r)): int(r) for r in index.claims.row[
        index.claims.within(segments[0], ((0, index.claims.nodes),))].tolist()}
    cited = [numbers[e["record"]] for e in near["evidence"] if e["record"] in numbers]
    return Reply("nearest", restated, text, rows=rows, cited=[*proofs, *cited], slots=slots_,
                 call=where_to, at=at)


# --- slots ------------------------------------------------------------------------------------


def region(frame: Frame) -> int:
    """The region or park that is asked about; by default the province with most places."""
    named = frame.first("Park") if frame.first("Region") is None else None
    found = named if named is not None else _narrowest(frame)
    if found is not None:
        return found
    index = frame.index
    provinces = [p for p, level in index.places.level.items() if level == "province"]
    return max(provinces, key=lambda p: (sum(
        int(index.places.stop[n]) - n for n in index.places.nodes_of(p).tolist()), -p))


def _narrowest(frame: Frame) -> int | None:
    """Of several places that are named the one inside the others (湖南长沙 → 长沙)."""
    named = frame.things("Region", "Park")
    places = frame.index.places
    for one in named:
        mine = places.ranges(one, frame.day)
        if all(any(low <= a and b <= high for low, high in places.ranges(other, frame.day)
                   for a, b in mine) for other in named if other != one):
            return one
    return named[0] if named else None


def _chain(frame: Frame) -> int | None:
    return frame.first(structure.CHAIN)


def segment_slots(frame: Frame) -> list[int]:
    """The segments that are named: those of the chain that is named, if any is."""
    index = frame.index
    found: dict[int, None] = {}
    chain = _chain(frame)
    for token in frame.names:
        mine = [t for t in token.things if index.kind_of(t) == structure.SEGMENT]
        if not mine and not token.slip:
            products = [t for t in token.things if index.kind_of(t) == "Product"]
            mine = [s for p in products for s, _ in index.joined(
                structure.PRODUCT_OF, p, frame.day, forward=True, undated=True)]
        if chain is not None:
            inside = [s for s in mine if chain in index.chains_of(s)]
            mine = inside or mine
        found |= dict.fromkeys(mine[:3])
    return list(found)
