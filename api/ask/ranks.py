"""Which of several regions has the most complete chain: ordered by the interval."""

from collections.abc import Sequence
from dataclasses import replace

from api.ask.changes import compare
from api.ask.frame import Frame
from api.ask.reply import Reply, Row, call, slot
from api.ask.say import cite, join
from api.ask.slots import chain_slot
from api.ask.verdicts import segment_rows
from graph import dates
from graph.analysis.completeness import Completeness, completeness, slots
from graph.analysis.verdicts import states

__all__ = ["fits", "most_complete"]


def fits(frame: Frame) -> bool:
    """哪个市州的链最完整, 甲和乙的链哪个更完整."""
    if not frame.verb("complete") or chain_slot(frame) is None or len(frame.times) > 1:
        return False
    return len(_named(frame)) > 1 or (not _named(frame) and (
        frame.asks("where") or ("Region" in frame.nouns and frame.asks("which", "who"))))


def most_complete(frame: Frame) -> Reply | None:
    """The regions by the lower, then the upper end of their intervals; every one is a row."""
    index, at, chain = frame.index, frame.day, chain_slot(frame)
    if chain is None:
        return None
    places = _named(frame) or [p for p, level in sorted(index.places.level.items())
                               if level == "prefecture"]
    members = index.members(chain, at)
    if not members or not places:
        return None
    codes, stale = states(index, [m.segment for m in members], places, at)
    told = completeness(members, slots(index, members, at), codes, stale)
    found = sorted(((one, place) for (one, _), place in zip(told, places, strict=True)),
                   key=lambda pair: (-pair[0]["low"], -pair[0]["high"], index.id(pair[1])))
    rows: list[Row] = [{
        "region": index.label(place, at), "low": one["low"], "high": one["high"],
        "present": one["present"], "essential": one["essential"],
        "text": f"{index.label(place, at)}：{_span(one)}，{one['essential']} 个必备环节里"
                f"有来源说具备 {one['present']} 个"} for one, place in found]
    best, first = found[0]
    sure = best["low"] > max((one["high"] for one, _ in found[1:]), default=1.0)
    name, of = index.label(first, at), index.label(chain)
    ties = [index.label(p, at) for one, p in found if one["low"] == best["low"]]
    head = ("没有来源说过其中哪一个具备哪个必备环节，比不出来" if not best["present"] else
            f"{'、'.join(ties)}并列最前" if len(ties) > 1 else f"{name}最完整" if sure else
            f"有来源说具备的最多的是{name}，但区间有重叠，没有来源说过的环节还说不准")
    listed = join((f"{index.label(p, at)} {_span(one)}" for one, p in found
                   if one["low"] or len(found) < 8), 14)
    proofs = [n for _, p in found[:2] for n in segment_rows(index, chain, p, at)[1]]
    restated = f"截至 {dates.iso(at)}，哪里的{of}链最完整？"
    text = (f"{head}。截至 {dates.iso(at)}，{of}链的完整度：{listed or '都没有来源说过'}"
            f"{cite(index, proofs)}。")
    reply = Reply("completeness", restated, text, rows=rows, cited=proofs, at=at,
                  slots={"chain": slot(index, chain, at),
                         "regions": [slot(index, p, at) for _, p in found]},
                  call=call("matrix", chain=of, at=dates.iso(at) if frame.times else ""))
    two = compare(frame) if len(_named(frame)) == 2 else None
    return reply if two is None else replace(
        two, answer=text + two.answer, restated=restated, at=at)


def _named(frame: Frame) -> Sequence[int]:
    return [p for p in frame.things("Region", "Park")
            if frame.index.places.level_of(p) not in ("province", "country")]


def _span(one: Completeness) -> str:
    return f"{one['low']:.0%} 到 {one['high']:.0%}"
