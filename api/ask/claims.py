"""…对吧, …没记错吧, …是34个吗: what the question takes to be so, held against the sources."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from api.ask.compound import TAGS, joined, with_tokens
from api.ask.frame import Frame, Token
from api.ask.goods import home
from api.ask.lookup import facts_reply
from api.ask.match import figures as all_figures
from api.ask.reply import Reply, Row, call, of_facts, slot
from api.ask.say import cite, figure, join, when
from api.ask.subjects import proper
from graph import structure
from graph.analysis.facts import links, own
from graph.analysis.filters import inside

__all__ = ["checked", "confirmed", "of_numbers", "placed"]

_NUMBER = re.compile(r"(第)?(\d+(?:\.\d+)?|[一二两三四五六七八九十]+|头一|首)"
                     "(个|名|位)?([万亿]*)(%|％)?")
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九十")} | {"两": 2, "头一": 1, "首": 1}
_SIZES = {"": 1.0, "万": 1e4, "亿": 1e8, "万亿": 1e12}
_ACTUAL = "actual"  # status of a figure that came about
_DATES = ("date", "signed", "issued", "year", "founded", "valid_from")
_INTENTS = ("figure", "grant", "lookup", "said", "yes_no", "field")
Told = Callable[[Frame], Reply]


def confirmed(frame: Frame, tell: Told) -> Reply | None:
    """The answer to a statement that ends with 吧 or 对不对: what sources say of it, and whether
    it is that; None if nothing is to be confirmed."""
    tags = _tags(frame)
    if not tags:
        return None
    if (reply := placed(frame)) is not None:
        return reply
    pieces = _pieces(frame.without(*tags))
    if len(pieces) > 1:
        return joined([checked(piece, tell(piece)) for piece in pieces])
    plain = tell(frame.without(*tags))
    if plain.status == "answered":
        return checked(frame, plain)
    asked = tell(frame.without(*tags[:-1])) if not tags[-1].is_a("ask", "yesno") else plain
    again = tell(replace(frame, tokens=tuple(
        replace(t, classes=(("ask", "yesno"),)) if t is tags[-1] else t
        for t in frame.tokens if t not in tags[:-1]), memory={}))
    found = asked if asked.status == "answered" else again
    if found.status == "answered":
        return checked(frame, found)
    return again if "已知的是" in again.answer and "已知的是" not in plain.answer else plain


def placed(frame: Frame) -> Reply | None:
    """智慧眼是株洲的吧: where a firm is, if it is somewhere else; None if it is there or nothing
    else than its place could be meant."""
    index, at = frame.index, frame.day
    firms, places = frame.things(structure.COMPANY), frame.things("Region", "Park")
    if len(firms) != 1 or len(places) != 1 or not any(t.text in ("是", "在", "属于")
                                                      for t in frame.tokens):
        return None
    if any(s in ("verb", "step", "status") and m not in ("has", "member", "same", "compare")
           for t in frame.tokens for s, m in t.classes):
        return None
    homes = home(index, firms[0])
    if not homes or homes & inside(index, places[0], at):
        return None
    mine = own(index, firms[0])
    facts = [f for f in (mine, *links(index, firms[0], [structure.LOCATED])) if f.rows]
    rows, cited = of_facts(frame, facts)
    name, where = index.label(firms[0], at), join(index.label(h, at) for h in sorted(homes))
    return Reply("where", f"{name}在{index.label(places[0], at)}吗？",
                 f"不是：{name}在{where}{cite(index, cited)}。", rows=rows, cited=cited, at=at,
                 slots={"thing": [slot(index, firms[0], at)]},
                 call=call(f"entities/{index.id(firms[0])}"))


def _other_day(frame: Frame, reply: Reply) -> str | None:
    """The date of the first fact that tells one, where the statement names another."""
    told = next((str(row[name]) for row in reply.rows for name in _DATES if row.get(name)), None)
    if told is None or not frame.times or reply.intent not in (*_INTENTS, "when", "member"):
        return None
    if reply.rows[0].get("kind") == structure.OBSERVATION:
        return None
    return None if any(t.meets(told) for t in frame.times) else told


def _pieces(frame: Frame) -> list[Frame]:
    """有4个集群、全国排第三: each part that claims a number, of what the first one names."""
    parts: list[list[Token]] = [[]]
    for token in frame.tokens:
        if token.sort == "break":
            parts.append([])
        else:
            parts[-1].append(token)
    found = [with_tokens(frame, part) for part in parts if part]
    if len(found) < 2 or not all(next(_numbers(part), None) for part in found):
        return []
    first = [t for t in found[0].tokens if not _is_number(t)]
    return [found[0], *(part if any(proper(frame, t) for t in part.names) else with_tokens(
        frame, [*first, *part.tokens]) for part in found[1:])]


def _is_number(token: Token) -> bool:
    return token.sort == "text" and _NUMBER.search(token.text) is not None


def _tags(frame: Frame) -> list[Token]:
    """对吧, and 吧 at the end of the question; 吗 too where a number is claimed."""
    last = [t for t in frame.tokens if t.sort != "break"][-1:]
    ends = ("吧", "吗", "么", "嘛") if next(_numbers(frame), None) else ("吧",)
    asks = ("是不是", "是否") if len(ends) > 1 else ()
    return [t for t in frame.tokens if (t.text in TAGS and not _of_firm(frame, t))
            or t.text in asks or (t.text in ends and t in last)]


def _of_firm(frame: Frame, tag: Token) -> bool:
    """智慧眼这家公司靠谱吗: nothing is stated, the firm itself is asked about."""
    if not tag.is_a("ask", "standing") or not frame.names:
        return False
    beside: list[Token] = []
    for token in reversed([t for t in frame.tokens if t.end <= tag.start]):
        if token.sort == "break" and beside:
            break
        beside += [token] if token.sort != "break" else []
    return all(t.sort == "name" or t.is_a("blank") or t.is_a("noun") or t.is_a(
        "ask", "introduce") for t in beside)


def checked(frame: Frame, reply: Reply) -> Reply:
    """With 对 or 不对 before it, where the question says a number and the answer is a figure."""
    figures = [row for row in reply.rows if row.get("kind") == structure.OBSERVATION
               and "value" in row]
    claimed = list(_numbers(frame))
    steps = {m: t.text for t in frame.tokens for s, m in t.classes if s == "step"}
    projects = [row for row in reply.rows if row.get("kind") == structure.PROJECT]
    if projects and steps and not any(row.get("kind") == structure.STAGE for row in reply.rows):
        done = "、".join(steps.values())
        return replace(reply, status="unknown", answer=f"不知道：没有来源说过已经{done}。已知的是："
                       f"{reply.answer.removeprefix('是：')}")
    if (day := _other_day(frame, reply)) is not None:
        return replace(reply, answer=f"时间不对，来源说的是{when(day)}：{reply.answer}")
    if reply.intent not in _INTENTS or not claimed or not figures:
        return reply
    values = [_value(row) for row in figures]
    rank = [row for row in figures if row.get("unit") == "位"]
    wrong = [number for number, ordinal in claimed
             if not any(_near(number, value) for value in (
                 [float(row["value"]) for row in rank] if ordinal else values))]
    text = reply.answer.removeprefix("是：")
    if not wrong and _only_hoped(frame, figures):
        return replace(reply, status="unknown", answer="不知道：没有来源说过实际数。已知的是："
                       f"{text}")
    if not wrong:
        part = _part_of_year(frame, figures)
        return replace(reply, answer=f"{f'不是全年的数，是{part}的：' if part else '是：'}{text}")
    others = "".join(dict.fromkeys(_where_said(frame, number, figures) for number in wrong))
    return replace(reply, answer=f"不对，来源说的是：{text}{others}")


def of_numbers(frame: Frame) -> Reply | None:
    """有的说910亿有的说484.79亿: what each of the numbers is, said of the same subject."""
    claimed = [number for number, ordinal in _numbers(frame) if not ordinal]
    known = all_figures(frame.index)
    if len(claimed) < 2 or not frame.asks("introduce", "which", "what", "why", "yesno"):
        return None
    for subject in frame.things():
        facts = [known.fact(one) for one in known.by_subject.get(subject, ())]
        found = {number: [f for f in facts if "value" in f.said and _near(number, _value(f.said))]
                 for number in claimed}
        if sum(map(bool, found.values())) > 1:
            every = [fact for some in found.values() for fact in some]
            return facts_reply(frame, "figure", subject, every, "两个数说的不是一件事：")
    return None


def _numbers(frame: Frame) -> Iterator[tuple[float, bool]]:
    """(number, whether it is a rank) of what is claimed: not those in names or dates."""
    taken = [(t.start, t.end) for t in frame.tokens if t.sort in ("name", "time")]
    for m in _NUMBER.finditer(frame.plain):
        if any(start <= m.start() < end for start, end in taken):
            continue
        whole = m[2]
        number = float(whole) if whole[0].isdigit() else _DIGITS.get(whole)
        ordinal = bool(m[1]) or whole in ("头一", "首")
        if number is None or (whole in ("一", "两", "首") and not m[1]) or not (
                whole[0].isdigit() or ordinal or m[3] or m[4]):
            continue
        yield number * _SIZES.get(m[4], 1.0), ordinal


def _value(row: Row) -> float:
    unit = str(row.get("unit") or "")
    return float(row["value"]) * next((size for word, size in (
        ("万亿", 1e12), ("亿", 1e8), ("万", 1e4)) if unit.startswith(word)), 1.0)


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(abs(one), abs(other))


def _only_hoped(frame: Frame, figures: Sequence[Row]) -> bool:
    """Whether a forecast or target would be taken for what came about."""
    names = {choice.label.zh: choice.name for choice in frame.index.ontology.words.get(
        "ObservationStatus", ())}
    told = {names.get(str(row.get("status") or ""), _ACTUAL) for row in figures}
    asked = frame.marks.get("status", ())
    return _ACTUAL not in told and (_ACTUAL in asked or not told & set(asked))


def _part_of_year(frame: Frame, figures: Sequence[Row]) -> str:
    """The months that a figure covers, where the whole year is asked about."""
    scopes = [str(row["scope"]) for row in figures if row.get("scope")]
    return scopes[0] if "全年" in frame.plain and scopes else ""


def _where_said(frame: Frame, number: float, figures: Sequence[Row]) -> str:
    """What the number that was claimed really is, if a source says it of the same subject."""
    index, known = frame.index, all_figures(frame.index)
    own = {str(row["id"]) for row in figures}
    units = {row.get("unit") for row in figures}
    for subject in dict.fromkeys(index.reference(index.said(index.rows_of(index.number(one))).get(
            structure.SUBJECT)) for one in own):
        for one in known.by_subject.get(subject, ()):
            fact = known.fact(one)
            if "value" in fact.said and _near(number, _value(fact.said)) and index.id(
                    fact.things[0]) not in own and fact.said.get("unit") in units:
                return f"另有：{figure(index, fact, frame.at)}{cite(index, fact.rows)}。"
    return ""
