"""What a chain lacks in a region, and how complete it is."""

from collections.abc import Sequence
from typing import Any

from api.ask.frame import Frame
from api.ask.premises import there
from api.ask.reply import Reply, Row, call, slot, unknown
from api.ask.say import cite, join
from api.ask.slots import chain_slot, region
from api.ask.verdicts import ORDER, WORDS, clean, segment_rows, span
from graph import dates, structure
from graph.analysis.completeness import completeness, slots
from graph.analysis.verdicts import states
from graph.index import Index

__all__ = ["completeness_of", "gap", "gaps_of_place"]


def gap(frame: Frame) -> Reply | None:
    """缺哪些环节 of a chain in a region on a day."""
    chain, where = chain_slot(frame), region(frame)
    if chain is None:
        return None
    index, at = frame.index, frame.day
    head = f"{index.label(where, at)} · {index.label(chain)} · 截至 {dates.iso(at)}"
    rows, cited, named = segment_rows(index, chain, where, at)
    slots_ = {"chain": slot(index, chain, at), "region": slot(index, where, at)}
    where_to = call("gaps", chain=index.label(chain), region=index.label(where), at=dates.iso(at))
    place = f"{index.label(where, at)}的{index.label(chain)}链"
    restated = f"{head}：缺哪些环节？"
    if not rows:
        return unknown("gap", restated, f"没有来源写过{index.label(chain)}链有哪些环节",
                       slots=slots_, call=where_to)
    if there(frame) and named["present"]:
        return Reply("gap", f"{head}：哪些环节有企业？", _present(place, rows, at)
                     + f"{cite(index, cited)}。", slots=slots_, rows=clean(rows), cited=cited,
                     call=where_to, at=at)
    needed, finer = _kinds_together(index, rows, chain, at)
    absent = needed + [f"{name}（存疑）" for name in named["contested"]]
    open_ = f"另有 {len(named['unknown'])} 个环节没有来源说过（待核）" if named["unknown"] else ""
    if absent or finer:
        said = [row for row in rows if row["verdict"] == "absent"]
        proofs = [n for row in said for n in row.pop("cited")]
        text = (f"截至 {dates.iso(at)}，有来源说{place}缺 {len(absent or finer)} 个"
                f"{'' if absent else '非必备'}环节：{join(absent or finer, 30)}"
                + (f"，另缺非必备的{join(finer, 20)}" if absent and finer else "")
                + f"{cite(index, proofs)}。{open_}{'。' if open_ else ''}")
        reply = Reply("gap", restated, text, slots=slots_, rows=clean(rows), cited=cited,
                      call=where_to, at=at)
        return reply
    if not named["unknown"]:
        return Reply("gap", restated, f"截至 {dates.iso(at)}，{place}的 {len(rows)} 个环节都有来源"
                     "说具备，不缺。", slots=slots_, rows=clean(rows), cited=cited, call=where_to,
                     at=at)
    have = f"；有来源说具备的是{join(named['present'])}" if named["present"] else ""
    return unknown("gap", restated, f"没有来源说过截至 {dates.iso(at)} {place}缺哪个环节，"
                   f"{len(named['unknown'])} 个环节待核（{join(named['unknown'])}）{have}；"
                   "没人说过不等于没有", _other_times(index, chain, where, at), slots=slots_,
                   rows=clean(rows), cited=cited, call=where_to, at=at)


def _kinds_together(index: Index, rows: Sequence[Row], chain: int,
                    at: int) -> tuple[list[str], list[str]]:
    """The essential segments that are missing, each with its missing kinds in brackets as in
    隔膜（含湿法、干法）, and the other missing ones."""
    absent = {str(row["segment"]): bool(row["essential"]) for row in rows
              if row["verdict"] == "absent"}
    kinds: dict[str, list[str]] = {name: [] for name, essential in absent.items() if essential}
    rest: list[str] = []
    for segment in index.segments_of(chain):
        name = index.label(segment)
        if absent.get(name, True):
            continue
        whole = next((label for one, _ in index.joined(structure.PART, segment, at,
                                                       forward=True, undated=True)
                      if (label := index.label(one)) in kinds), None)
        if whole is None:
            rest.append(name)
        else:
            kinds[whole].append(name.removesuffix(whole) or name)
    return [name + (f"（含{'、'.join(some)}）" if some else "")
            for name, some in kinds.items()], rest


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
    every = [(chain, *segment_rows(index, chain, where, at))
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
    told_of = [f"{name}（{index.label(chain)}）" for chain, rows, _, _ in every
               for some in _kinds_together(index, rows, chain, at) for name in some]
    return Reply("gap", restated, f"截至 {dates.iso(at)}，有来源说{place}缺 {len(told_of)} 个环节："
                 f"{join(told_of, 30)}{cite(index, cited)}。{ask}。", cited=cited,
                 rows=clean([row for _, row in lacking]), **more)


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
    needed = {m.segment: m.essential for m in index.members(chain, at)}
    return "".join(f"{span(*time)}有来源说缺" + join(name for some in _kinds_together(index, [
        {"segment": index.label(s), "verdict": "absent", "essential": needed.get(s, True)}
        for s in by_time[time]], chain, at) for name in some) for time in near) + (
            "，那不是所问的时间" if near else "")


def completeness_of(frame: Frame) -> Reply | None:
    """完整度 of a chain in a region, as an interval."""
    chain, where = chain_slot(frame), region(frame)
    if chain is None:
        return None
    index, at = frame.index, frame.day
    members = index.members(chain, at)
    codes, stale = states(index, [m.segment for m in members], [where], at)
    (found, known), = completeness(members, slots(index, members, at), codes, stale)
    rows, cited, named = segment_rows(index, chain, where, at)
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
    return Reply("completeness", restated, text, rows=clean(rows), cited=cited, at=at,
                 slots={"chain": slot(index, chain, at), "region": slot(index, where, at)},
                 call=call("gaps", chain=index.label(chain), region=index.label(where),
                           at=dates.iso(at)))
