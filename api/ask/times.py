"""The times in a question: 14年, 十年前, 去年上半年, “十四五”, 2025年11月, in 2014."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from graph import dates

__all__ = ["Time", "times"]

_YEAR = "(?:(?:19|20)\\d\\d|[一二][零〇九][零〇一二三四五六七八九]{2})"
_ABSOLUTE = re.compile(
    f"{_YEAR}(?:-\\d{{1,2}}-\\d{{1,2}}|-\\d{{1,2}}(?!\\d))|{_YEAR}(?:年度|年|\\.|-|/)?(?:(?:前|第)?[一二三四1234]季度|[上下]半年|前?(?:\\d{{1,2}}|十[一二]?|"
    f"[一二三四五六七八九])(?:个月|月|月份)?(?:(?:\\d{{1,2}}|[一二三四五六七八九十]{{1,3}})[日号])?"
    "|年?[初底末])?(?![万亿千百元家个项多余人名位])")
_PLAN = re.compile("十[一二三四五六]五(?:时期|期间|末|规划)?")
_SHORT = re.compile("(?<!\\d)(\\d\\d)年(?![内来间前后里多以度])")
_SPAN = re.compile(f"({_YEAR})年?(?:到|至|-|—|~|和)({_YEAR})年?")
_MONTH_DAY = re.compile("(?<![\\d年.-])(\\d{1,2})月(\\d{1,2})[日号]")
_BEFORE, _SINCE = re.compile("以前|之前"), re.compile("以来|以后|至今")
_NUMBER = {c: i for i, c in enumerate("零一二三四五六七八九十")} | {"两": 2}
_AGO = re.compile("(\\d{1,2}|[一两二三四五六七八九十]{1,2})年(前|之前|以前|后|之后|以后)")
_MONTHS = re.compile("前(\\d{1,2}|[一二三四五六七八九十]{1,2})个月|前([一二三])季度|(上|下)半年")
_WORDS = {"今年": 0, "本年": 0, "去年": -1, "上年": -1, "前年": -2, "明年": 1, "后年": 2,
          "lastyear": -1, "thisyear": 0, "nextyear": 1}


@dataclass(frozen=True, slots=True)
class Time:
    """first and last partial date; `now` a word for the present, `then` for the time named."""

    start: int
    end: int
    text: str
    first: str = ""
    last: str = ""
    sort: str = "date"  # date, now

    @property
    def at(self) -> int:
        """The last day that it means."""
        return dates.last_day(self.last)

    @property
    def period(self) -> str:
        """As periods are stored: 2025, 2021/2025."""
        return self.first if self.first == self.last else f"{self.first}/{self.last}"

    @property
    def year(self) -> str:
        return self.first[:4] if self.first[:4] == self.last[:4] else ""

    def meets(self, period: str) -> bool:
        """Whether a stored period lies in this time, or this time in it."""
        first, _, last = period.partition("/")
        low, high = dates.first_day(first), dates.last_day(last or first)
        mine = dates.first_day(self.first), self.at
        return (mine[0] <= low and high <= mine[1]) or (low <= mine[0] and mine[1] <= high)


def times(text: str, today: int) -> list[Time]:
    """Every time in the plain text, from left to right, none inside another."""
    year = int(dates.iso(today)[:4])
    found: list[Time] = []
    taken = [False] * len(text)

    def add(start: int, end: int, first: str, last: str) -> None:
        if not any(taken[start:end]):
            taken[start:end] = [True] * (end - start)
            found.append(Time(start, end, text[start:end], first, last))

    for start, end, first, last in _absolute(text):
        if m := _BEFORE.match(text, end):  # the last day before it
            end, first = m.end(), dates.iso(dates.first_day(first) - 1)
            last = first
        elif (m := _SINCE.match(text, end)) and int(last[:4]) < year:
            end, last = m.end(), str(year)
        add(start, end, first, last)
    for m in _MONTH_DAY.finditer(text):
        if (day := _past_day(int(m[1]), int(m[2]), today)) is not None:
            add(*m.span(), day, day)
    for m in _PLAN.finditer(text):
        add(*m.span(), *dates.parse_span(m[0]))
    for word, shift in _WORDS.items():
        at = text.find(word)
        if at >= 0:
            rest = _MONTHS.match(text, at + len(word))
            whole = f"{year + shift}年{rest[0] if rest else ''}"
            span = _parsed(whole)
            if span is not None:
                add(at, at + len(word) + (rest.end() - rest.start() if rest else 0), *span[:2])
    for m in _AGO.finditer(text):
        base = next((int(t.first[:4]) for t in sorted(found, key=lambda t: -t.start)
                     if t.start < m.start()), year)
        shift = _count(m[1]) * (-1 if "前" in m[2] else 1)
        target = base + shift if "后" in m[2] else year + shift
        add(*m.span(), str(target), str(target))
    for m in _SHORT.finditer(text):
        short = int(m[1])
        full = 2000 + short if short <= (year - 2000) + 15 else 1900 + short
        add(*m.span(), str(full), str(full))
    return sorted(found, key=lambda t: t.start)


def _past_day(month: int, day: int, today: int) -> str | None:
    """The last day of that month and number that is not in the future."""
    year = int(dates.iso(today)[:4])
    for one in (year, year - 1):
        try:
            found = dates.parse_span(f"{one}-{month:02}-{day:02}")[0]
        except ValueError:
            return None
        if dates.first_day(found) <= today:
            return found
    return None


def _absolute(text: str) -> Iterator[tuple[int, int, str, str]]:
    """Years, months, days and spans of them that are written out."""
    for m in _SPAN.finditer(text):
        a, b = (_arabic(part) for part in m.groups())
        if "和" not in m[0] and a < b:
            yield *m.span(), a, b
    for m in _ABSOLUTE.finditer(text):
        span = None if m.start() and text[m.start() - 1].isdigit() else _parsed(m[0])
        if span is not None:
            end = m.start() + len(span[2])
            if not (text[end:end + 1].isdigit() and text[end - 1].isdigit()):
                yield m.start(), end, span[0], span[1]


def _parsed(text: str) -> tuple[str, str, str] | None:
    """First and last partial date, and as much of the text as made them."""
    for size in range(len(text), 3, -1):
        part = text[:size]
        months = re.fullmatch(f"({_YEAR})年?前(.+)个月", part)
        if months:
            year, month = _arabic(months[1]), _count(months[2])
            if 1 <= month <= 12:
                return f"{year}-01", f"{year}-{month:02}", part
        try:
            first, last = dates.parse_span(part)
        except ValueError:
            continue
        if 1900 <= int(first[:4]) <= 2100:
            return first, last, part
    return None


def _arabic(text: str) -> str:
    return dates.parse_span(text + "年")[0]


def _count(text: str) -> int:
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.partition("十")
    if not ten:
        return _NUMBER[text]
    return 10 * _NUMBER.get(tens, 1) + _NUMBER.get(ones, 0)
