"""Times that a question names by what happened then: 电池联盟刚成立那年, 广信科技上市时; and what
除了 … leaves out."""

import re
from collections.abc import Iterator
from dataclasses import replace

from api.ask.frame import Frame, Token
from api.ask.times import Time
from api.ask.words import same
from graph.analysis.facts import links, own
from graph.structure import COMPANY, TAKES_PART

__all__ = ["dated", "settled"]

_FOUNDED = re.compile("(?:刚|才|最初|最早)?(?:成立|组建|创办|创立|设立|建立)"
                      "(?:之初|初期|伊始|那会儿|那时候?|那年|当年"
                      "|的?时候?|之时)")
_LISTED = re.compile("(?:刚|才)?上市(?:之初|那会儿|那时候?|那年|当年|那天|的?时候?|之时)")
_BREAK = re.compile("[,，?？;；]")
_EXCEPT = re.compile("除了|除开|除去|除")
_EXCEPT_END = ("之外", "以外", "外")


def dated(frame: Frame) -> Frame:
    """The frame with the times that its words stand for, and without what is set aside."""
    frame = _set_aside(frame)
    for pattern, when in ((_FOUNDED, _founded), (_LISTED, _listed)):
        m = pattern.search(frame.plain)
        if m is None or any(t.time is not None and t.time.year and not _BREAK.search(
                frame.plain, *sorted((t.start, m.start()))) for t in frame.tokens):
            continue
        named = [t for t in frame.names if t.end <= m.end()]
        for token in reversed(named):
            day = next((day for thing in token.things if (day := when(frame, thing))), "")
            if day and not any(t.first == day or t.year == day for t in frame.times):
                return replace(frame, memory={}, tokens=tuple(_with_time(frame, *m.span(), day)))
    return frame


def _with_time(frame: Frame, start: int, end: int, day: str) -> Iterator[Token]:
    """The tokens with one time in the place of those between."""
    given = False
    for token in frame.tokens:
        if token.end <= start or token.start >= end:
            yield token
        elif not given:
            given = True
            text = frame.plain[start:end]
            yield Token(start, end, text, "time", time=Time(start, end, text, day, day))


def _founded(frame: Frame, thing: int) -> str:
    return str(own(frame.index, thing).said.get("founded") or "")


def _listed(frame: Frame, thing: int) -> str:
    """The date of the event by which a firm went public."""
    index = frame.index
    for fact in links(index, thing, [TAKES_PART], forward=True):
        if "上市" in index.label(fact.things[1]):
            return str(own(index, fact.things[1]).said.get("date") or "")
    return ""


def _set_aside(frame: Frame) -> Frame:
    """除了买卖电池，还一起办过什么: the part that is known already is no part of the question;
    the names in it stay where they are all that is set aside."""
    m = _EXCEPT.search(frame.plain)
    if m is None:
        return frame
    inside: list[Token] = []
    for token in frame.tokens:
        if token.start >= m.end():
            if token.sort == "break" or token.text in _EXCEPT_END:
                break
            inside.append(token)
    words = [t for t in inside if t.sort != "name" and not t.is_a("blank")]
    return frame.without(*inside) if words else frame


def settled(frame: Frame) -> Frame:
    """A short form that several bear means the project whose name the rest spells out: 紫金 …
    碳酸锂一期 is 紫金6万吨碳酸锂项目(一期3万吨)."""
    for token in frame.names:
        if sum(frame.index.kind_of(t) == COMPANY for t in token.things) > 1 and (
                thing := _spelt_with(frame, same(token.text))) is not None:
            meant = replace(token, things=(thing,))
            return replace(frame, memory={}, tokens=tuple(
                meant if t is token else t for t in frame.tokens))
    return frame


def _spelt_with(frame: Frame, text: str) -> int | None:
    """The one thing with a long name that holds the text and most of the other words."""
    _, entries, weight, whole = frame.lexicon.composed
    rest = same("".join(t.text for t in frame.tokens if t.sort in ("name", "text")
                        or t.is_a("content")))
    scored: list[tuple[float, int]] = []
    for number, (thing, name) in enumerate(entries):
        if text in name and thing not in [t for _, t in scored]:
            held = sum(weight[name[i:i + 2]] for i in range(len(name) - 1)
                       if name[i:i + 2] in rest)
            scored.append((held / whole[number], thing))
    scored.sort(reverse=True)
    alone = len(scored) < 2 or scored[0][0] >= scored[1][0] + 0.1
    return scored[0][1] if scored and alone and scored[0][0] >= 0.2 else None
