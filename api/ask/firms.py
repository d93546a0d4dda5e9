"""The firms that sources name for a segment or a whole chain."""

from collections.abc import Sequence

from api.ask.frame import Frame
from api.ask.reply import Reply, Row, call, slot, unknown
from api.ask.say import cite, join
from api.ask.slots import chain_slot, region, segment_slots
from api.ask.verdicts import verdict_of, verdict_on
from graph import dates

__all__ = ["firms_of", "makers"]


def makers(frame: Frame) -> Reply | None:
    """Which firms do a segment (or a whole chain) in a region on a day."""
    segments = segment_slots(frame)
    chain = chain_slot(frame)
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
    index, at, chain = frame.index, frame.day, chain_slot(frame)
    where = region(frame)
    found: dict[str, list[str]] = {}
    rows: list[Row] = []
    cited: list[int] = []
    absent: list[str] = []
    for segment in segments:
        said, proofs = verdict_on(index, segment, where, at)
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
