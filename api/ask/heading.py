"""From where to where: 来益阳建厂 and 去湘江新区投资 are two figures, whatever words they share."""

import re
from dataclasses import dataclass, field

from api.ask.frame import Frame, Token
from api.ask.words import same

__all__ = ["Ways", "contrary", "going", "ways_of"]

_TO = re.compile("(?:来|到|去|赴|往|进|落户)(?:了|过|在)?$")
_FROM = re.compile("(?:从|由|自)$")
_AWAY = re.compile("(?:的|要|想|打算|计划)*(?:过去|出去|走出去)")
_COMES = re.compile("(?:的|要|想|打算|计划|目标|企业|有|几家)*(?:过来|进来)")


@dataclass(frozen=True)
class Ways:
    """The places that the question moves something from and to."""

    origins: frozenset[int] = field(default_factory=frozenset)
    goals: frozenset[int] = field(default_factory=frozenset)


def ways_of(frame: Frame) -> Ways:
    """What the words right before and after the names of places say."""
    origins, goals = set[int](), set[int]()
    places = [t for t in frame.names if frame.kinds(t) & {"Region", "Park"}]
    for token in places:
        before, after = frame.plain[:token.start], frame.plain[token.end:]
        if _TO.search(before):
            goals |= set(token.things)
        elif _FROM.search(before) or _AWAY.match(after) or _COMES.match(after):
            origins |= set(token.things)
    if goals and not origins and len(places) > 1:
        origins = {thing for t in places for thing in t.things} - goals
    return Ways(frozenset(origins), frozenset(goals))


def contrary(frame: Frame, ways: Ways, subject: int, metric: str) -> bool:
    """Whether a figure of the subject counts what goes the other way: 从湘江新区…, 赴湘江新区…"""
    if not (ways.origins or ways.goals):
        return False
    comes, goes = _after(frame, metric, "从"), _after(frame, metric, "赴")
    origins = comes | ({subject} if goes else set())
    goals = goes | ({subject} if comes else set())
    return bool(origins & ways.goals or goals & ways.origins)


def going(frame: Frame) -> list[Token]:
    """The words 来, 到, 去 before a place: they say the way, not what is counted."""
    return [t for t in frame.tokens if t.sort == "text" and _TO.fullmatch(t.text)]


def _after(frame: Frame, metric: str, word: str) -> set[int]:
    """The places of the question before which the word stands in the metric."""
    return {thing for t in frame.names for thing in t.things
            if f"{word}{same(t.text)}" in same(metric)}
