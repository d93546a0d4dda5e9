"""Two held against each other: 甲和乙谁的产值高, 哪个先成立, 是一个级别吗."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from api.ask.aspects import field_of
from api.ask.compound import with_tokens
from api.ask.figures import figure_of
from api.ask.frame import Frame, Token
from api.ask.reply import Reply, Row, call, unknown
from api.ask.say import when
from api.ask.subjects import composed_things, proper
from api.ask.when import when_of
from graph import dates

__all__ = ["fits", "rival", "same_or_not", "versus"]

_SIGN = {**dict.fromkeys("多高大快强", 1), **dict.fromkeys("少低小慢", -1)}
_EARLY = {"早": -1, "先": -1, "晚": 1}
_WORDS = "".join([*_SIGN, *_EARLY])
_WHO = "(?:谁|哪个|哪家|哪边|哪一[个家]|哪里|哪儿|哪[个座]?(?:区|市|县|园区|城市|集群|公司|企业))"
_RIVAL = re.compile(f"{_WHO}[^,，?？]{{0,16}}?(?<!最)([{_WORDS}])"
                    "(?=$|[,，?？、]|一?[些点]|的|出|成立|上市|发布|开始|供|还是)"
                    f"|([{_WORDS}])还是|比[^,，?？]{{2,12}}?([{_WORDS}])")
_SAME = re.compile("一个级别|同一级|同一个级|一样|同一家|同一个|不同|区别|差别|差异|哪不")
_JOINS = ("和", "跟", "与", "同", "及", "还是", "、", "以及", "比")
_KINDS = ({"Region", "Park"}, {"Company"}, {"Cluster"}, {"Alliance"}, {"Institute"}, {"Policy"},
          {"Project"}, {"Platform"}, {"Fund"})
_LABELS = {"period": "时间", "scope": "口径", "status": "性质"}
_STATUS = {"actual": "实际数", "forecast": "预计数", "target": "目标", "planned": "计划数"}


def fits(frame: Frame) -> bool:
    """Whether two are named and it is asked which has more, or came first."""
    return rival(frame) and len(_sides(frame)) == 2


def rival(frame: Frame) -> bool:
    """谁多, 哪个先: whether the words ask which of two is more."""
    return _RIVAL.search(frame.plain) is not None


def versus(frame: Frame) -> Reply | None:
    """The figure or the date of each, which of them is more, and what keeps them apart."""
    m = _RIVAL.search(frame.plain)
    sides = _sides(frame)
    if m is None or len(sides) != 2:
        return None
    word = next(part for part in m.groups() if part)
    early = word in _EARLY
    synthetic = Token(0, 0, "什么时候" if early else "多少", "word",
                      classes=(("ask", "when" if early else "much"),))
    tell: Callable[[Frame], Reply | None] = when_of if early else figure_of
    found = [tell(with_tokens(frame, [*side, synthetic])) for side in sides]
    told = [reply for reply in found if reply is not None]
    if not any(reply.status == "answered" for reply in told):
        return None
    if len(told) < 2:
        return _one_sided(frame, told[0])
    both = all(reply.status == "answered" for reply in told)
    head = _verdict(frame, told, word, early) if both else "不能比较，只知道一边："
    return _pair(frame, told, head)


def same_or_not(frame: Frame) -> Reply | None:
    """是一个级别吗, 牵头的是同一家吗: the field of each, and whether they are alike."""
    sides = _sides(frame)
    if not _SAME.search(frame.plain) or len(sides) != 2 or not frame.fields:
        return None
    found = [field_of(with_tokens(frame, side)) for side in sides]
    told = [reply for reply in found if reply is not None]
    if len(told) < 2 or told[0].cited == told[1].cited:
        return None
    name = next((f for f in frame.fields if all(f in reply.rows[0] for reply in told)), "")
    values = [told[0].rows[0].get(name), told[1].rows[0].get(name)]
    head = ("一样：" if values[0] == values[1] else "不一样：") if name else ""
    return _pair(frame, told, head)


def _one_sided(frame: Frame, known: Reply) -> Reply:
    """Of one of the two nobody has said it."""
    asked = frame.text.strip().rstrip("?？。")
    return unknown("versus", f"{asked}？", "没有来源把两边的数都说过，不能比较",
                   known.answer.rstrip("。"), slots=known.slots, call=known.call,
                   cited=known.cited, rows=known.rows)


def _pair(frame: Frame, told: Sequence[Reply], head: str) -> Reply:
    text = "".join(reply.answer for reply in told)
    rows = [row for reply in told for row in reply.rows]
    cited = list(dict.fromkeys(row for reply in told for row in reply.cited))
    return Reply("versus", "；".join(reply.restated.rstrip("？") for reply in told) + "，哪个……？",
                 f"{head}{text}", rows=rows, cited=cited, call=told[0].call or call("observations"),
                 slots={"sides": [reply.slots for reply in told]},
                 status="answered" if all(r.status == "answered" for r in told) else "unknown")


def _verdict(frame: Frame, told: Sequence[Reply], word: str, early: bool) -> str:
    one, other = (reply.rows[0] for reply in told)
    names = [_name(frame, reply) for reply in told]
    if early:
        days = [dates.first_day(str(row.get("date") or "9999")) for row in (one, other)]
        if days[0] == days[1]:
            return "一样早："
        first = days.index(min(days) if word != "晚" else max(days))
        return f"{names[first]}{word}（{when(str(told[first].rows[0]['date']))}）："
    if one.get("unit") != other.get("unit") or "value" not in one or "value" not in other:
        return "单位不同，不能直接比较："
    values = [float(one["value"]), float(other["value"])]
    apart = list(_apart(one, other))
    careful = f"（{'、'.join(apart)}不同，只能参考）" if apart else ""
    if values[0] == values[1]:
        return f"一样{careful}："
    best = values.index(max(values) if _SIGN[word] > 0 else min(values))
    return f"{names[best]}{word}{careful}："


def _apart(one: Row, other: Row) -> Iterator[str]:
    """In what two figures differ besides their value."""
    for name, label in _LABELS.items():
        mine, theirs = (str(row.get(name) or "") for row in (one, other))
        if name == "status":
            mine, theirs = (_STATUS.get(text or "actual", text) for text in (mine, theirs))
        if mine != theirs:
            yield f"{label}（{mine or '未写明'}；{theirs or '未写明'}）"


def _name(frame: Frame, reply: Reply) -> str:
    slot: Any = reply.slots.get("subject") or reply.slots.get("thing") or {}
    row = reply.rows[0]
    return str(row.get("customer") or slot.get("name") or row.get("name") or "")


def _sides(frame: Frame) -> list[list[Token]]:
    """The tokens that speak of each of the two, with what is said of both."""
    return frame.once("sides", lambda one: _named_sides(one) or _spelt_sides(one))


def _named_sides(frame: Frame) -> list[list[Token]]:
    names = [t for t in frame.names if proper(frame, t)]
    for kinds in _KINDS:
        pair = [t for t in names if frame.kinds(t) & kinds]
        if len(pair) == 3 and kinds == {"Company"}:  # 甲给乙供货早还是给丙供货早
            pair = pair[1:]
        if len(pair) == 2 and not set(pair[0].things) & set(pair[1].things):
            return [_common(frame, other) for other in reversed(pair)]
    return []


def _common(frame: Frame, without: Token) -> list[Token]:
    """All but the other one, and but the words that compare."""
    found: list[Token] = []
    for token in frame.tokens:
        if token is without or token.is_a("ask", "who", "which", "yesno", "when") or token.text in (
                *_JOINS, "口径", "各", "分别", "两边") or "一样" in token.text:
            continue
        text = token.text.rstrip(_WORDS + "更") if token.sort == "text" else token.text
        if text:
            found.append(token if text == token.text else replace(
                token, text=text, end=token.start + len(text)))
    return found


def _spelt_sides(frame: Frame) -> list[list[Token]]:
    """打火机集群和小五金集群: what stands on either side of 和, each of which is some thing."""
    tokens = list(frame.tokens)
    for cut, token in enumerate(tokens):
        if token.text not in _JOINS or not cut:
            continue
        end = next((i for i in range(cut, len(tokens)) if tokens[i].sort == "break"), len(tokens))
        start = next((i + 1 for i in range(cut - 1, -1, -1) if tokens[i].sort == "break"), 0)
        left, right, tail = tokens[start:cut], tokens[cut + 1:end], tokens[end:]
        before = [t for t in tokens[:start] if t.sort in ("name", "text", "time")]
        places = [t for t in left if frame.kinds(t) <= {"Region"} and t.sort == "name"]
        rest = [t for t in tail if not t.is_a("ask")]
        one = [*before, *left]
        other = [*before, *(t for t in places if t not in before), *right]
        things = [[t for t, _ in composed_things(with_tokens(frame, side), 1)]
                  for side in (one, other)]
        if all(things) and things[0] != things[1]:
            named = [Token(0, 0, frame.index.label(t[0]), "name", things=(t[0],)) for t in things]
            return [[name, *rest] for name in named]
    return []
