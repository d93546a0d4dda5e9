"""What sources say of each segment of a chain, and of one of them: there or not, and where else."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from api.ask.frame import Frame
from api.ask.reply import Reply, Row, call, slot, unknown
from api.ask.say import cite, join
from api.ask.slots import places_named, region, segment_slots
from graph import dates
from graph.analysis.answers import Firm, firms
from graph.analysis.nearest import nearest
from graph.analysis.verdicts import STATES, grounds, states
from graph.index import Index

__all__ = ["ORDER", "WORDS", "Said", "clean", "nearest_of", "segment_rows", "span", "verdict_of",
           "verdict_on", "why_lacking"]

ORDER = ("absent", "contested", "present", "unknown")
WORDS = {"present": "具备", "absent": "缺失", "contested": "存疑", "unknown": "待核"}


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict with the firms that were named, and those that are only inferred."""

    verdict: str
    firms: Sequence[Firm]
    hinted: Sequence[Firm]


def segment_rows(index: Index, chain: int, where: int,
              at: int) -> tuple[list[Row], list[int], dict[str, list[str]]]:
    """A row a segment, all records behind them, and the essential segments by verdict."""
    members = index.members(chain, at)
    rows: list[Row] = []
    cited: list[int] = []
    named: dict[str, list[str]] = {name: [] for name in STATES}
    codes, _ = states(index, [m.segment for m in members], [where], at)
    for member, code in zip(members, codes[:, 0].tolist(), strict=True):
        said, proofs = verdict_on(index, member.segment, where, at) if code else (None, [])
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


def verdict_on(index: Index, segment: int, where: int, at: int) -> tuple[Said, list[int]]:
    found = grounds(index, segment, where, at)
    firms_ = {f for f in index.claims.firm[found.positive].tolist() if f >= 0}
    hinted = {f for f in index.claims.firm[found.weak].tolist() if f >= 0}
    said = Said(found.verdict, firms(index, firms_, at), firms(index, hinted, at))
    return said, [*index.claims.row[found.positive].tolist(), *found.negative]


def clean(rows: Sequence[Row]) -> list[Row]:
    return [{name: value for name, value in row.items() if name != "cited"} for row in rows]


def span(start: int, end: int) -> str:
    first, last = dates.iso(start), dates.iso(end - 1) if end < 500_000 else ""
    if first[4:] == "-01-01" and last[4:] == "-12-31" and first[:4] == last[:4]:
        return f"{first[:4]} 年"
    return f"{first} 到 {last} " if last else f"{first} 起"


def verdict_of(frame: Frame) -> Reply | None:
    """Whether a segment is there: 有没有, 缺不缺, 是不是空白; of each place that is named."""
    segments = segment_slots(frame)
    if not segments:
        return None
    index, places, at = frame.index, places_named(frame), frame.day
    lacking = frame.verb("lack")
    texts: list[str] = []
    rows: list[Row] = []
    cited: list[int] = []
    known = False
    for where in places:
        for segment in segments:
            said, proofs = verdict_on(index, segment, where, at)
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
    all_ = "、".join(index.label(where, at) for where in places)
    if len(places) > 1:  # 都缺吗: each with its place before it
        texts = [f"{index.label(where, at)}：{text}" for where, text in zip(
            [where for where in places for _ in segments], texts, strict=True)]
    return Reply("verdict", f"截至 {dates.iso(at)}，{all_}{asked}？", "".join(texts),
                 status="answered" if known else "unknown", rows=rows, cited=cited, at=at,
                 slots={"segment": [slot(index, s, at) for s in segments],
                        "region": slot(index, places[0], at)},
                 call=call("gaps", chain=index.label(chain) if chain is not None else "",
                           region=index.label(places[0]), at=dates.iso(at)))


def why_lacking(frame: Frame) -> Reply | None:
    """为什么缺隔膜: that it is said to lack, what the record adds, and that no source says why."""
    reply = verdict_of(frame)
    if reply is None:
        return None
    index = frame.index
    notes = list(dict.fromkeys(str(said["note"]) for _, said in index.table.each(
        sorted(set(reply.cited))) if said.get("note")))
    lacks = any(row["verdict"] == "absent" for row in reply.rows)
    told = f"来源只说：{'；'.join(notes)}。" if notes and lacks else ""
    reason = "来源没有说为什么缺" if lacks else "没有来源说那时缺，也就没有来源说为什么"
    return replace(reply, intent="why", restated=f"为什么{reply.restated.partition('，')[2]}",
                   status="unknown", answer=f"不知道原因：{reason}。{told}已知的是：{reply.answer}")


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
    guess = f"只有推断的线索（{hint}），不能算数。" if hint else _hinted(frame, segment, where)
    of = f"{index.label(chain)}链的" if chain is not None else ""
    return (f"不知道：没有来源说过截至 {day} {place}有没有{of}{name}（待核）。{guess}{tail}"), False


def _hinted(frame: Frame, segment: int, where: int) -> str:
    """What a record says that only lets one infer that the segment is there."""
    index = frame.index
    weak = grounds(index, segment, where, frame.day).weak
    rows = sorted(set(index.claims.row[weak].tolist()))
    notes = [str(said["note"]) for _, said in index.table.each(rows) if said.get("note")]
    return f"只有推断的线索（{'；'.join(notes)}{cite(index, rows)}），不能算数。" if notes else ""


def _segment_times(index: Index, segment: int, where: int, at: int) -> str:
    """What is known of the segment there at other times."""
    found: list[str] = []
    d = index.denials
    for entry in range(d.of(segment).start, d.of(segment).stop):
        if d.region[entry] == where and not d.start[entry] <= at < d.end[entry]:
            found.append(f"{span(int(d.start[entry]), int(d.end[entry]))}缺{index.label(segment)}")
    c = index.claims
    everything = c.within(segment, index.places.ranges(where, at))
    later = sorted({int(c.start[e]) for e in everything.tolist()
                    if c.grade[e] <= index.floor and at < c.start[e] < 500_000})
    found += [f"{dates.iso(later[0])} 起有来源说具备"] if later else []
    return "，".join(dict.fromkeys(found))


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
    said, proofs = verdict_on(index, segments[0], where, at)
    if said.verdict == "present":
        return verdict_of(frame)
    if not near["region"]:
        return unknown("nearest", restated, f"没有来源说过哪里有{name}", slots=slots_,
                       call=where_to)
    known = [f["name"] for f in near["firms"]]
    firms = (f"{'、'.join(known[:8])}等 {len(known) + near['more']} 家" if near["more"]
             else join(known, 8, "家"))
    text = (f"截至 {dates.iso(at)}，离{place}最近的{name}在{near['region']}（{near['scope_name']}）"
            f"{f'：{firms}' if firms else ''}。")
    rows = [{"region": near["region"], "scope": near["scope_name"], "firm": f["name"]}
            for f in near["firms"]] or [{"region": near["region"], "scope": near["scope_name"]}]
    numbers = {index.table.record_id(int(r)): int(r) for r in index.claims.row[
        index.claims.within(segments[0], ((0, index.claims.nodes),))].tolist()}
    cited = [numbers[e["record"]] for e in near["evidence"] if e["record"] in numbers]
    return Reply("nearest", restated, text, rows=rows, cited=[*proofs, *cited], slots=slots_,
                 call=where_to, at=at)
