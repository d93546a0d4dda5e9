"""What changed in a chain between two days, and how two regions differ."""

from collections.abc import Sequence

from api.ask.frame import Frame
from api.ask.reply import Reply, Row, call, slot
from api.ask.say import cite, join
from api.ask.slots import chain_slot, region
from api.ask.verdicts import WORDS, segment_rows, verdict_on
from graph import dates

__all__ = ["compare"]


def compare(frame: Frame) -> Reply | None:
    """What changed between two times, or how two regions differ."""
    chain = chain_slot(frame)
    if chain is None:
        return None
    places = frame.things("Region", "Park")
    if len(places) > 1 and len(frame.times) < 2:
        return _regions(frame, chain, places[:2])
    index, where = frame.index, region(frame)
    first = min((dates.last_day(t.first) for t in frame.times), default=None)
    if first is None:
        first = _first_denied(frame, chain, where)
    if first is None:
        return None
    last = max((t.at for t in frame.times), default=frame.at)
    last = min(last, frame.at) if last != first else frame.at
    before, _, _ = segment_rows(index, chain, where, first)
    after, cited, _ = segment_rows(index, chain, where, last)
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


def _first_denied(frame: Frame, chain: int, where: int) -> int | None:
    """The first day on which a source says that the chain lacks a segment there."""
    denials = frame.index.denials
    days = [int(denials.start[entry]) for segment in frame.index.segments_of(chain)
            for entry in range(denials.of(segment).start, denials.of(segment).stop)
            if denials.region[entry] == where]
    return min(days, default=None)


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
    said, proofs = verdict_on(index, segment, where, frame.at)
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
        found, proofs, named = segment_rows(index, chain, place, at)
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
