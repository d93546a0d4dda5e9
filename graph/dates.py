"""Partial dates: what people type, what a record keeps, what the index counts with.

A partial date is an ISO text with its end cut off: "2014", "2014-06", "2014-06-30".  A day is the
number of days since 1970-01-01, negative before.  Every door accepts what people type as well.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

__all__ = [
    "CHINA",
    "add_years",
    "day_after",
    "first_day",
    "from_excel",
    "iso",
    "known_at",
    "last_day",
    "pack",
    "parse_span",
    "period",
    "today",
    "unpack",
]

CHINA = timezone(timedelta(hours=8))
Span = tuple[str, str]

_EPOCH = date(1970, 1, 1).toordinal()
_EXCEL_EPOCH = date(1899, 12, 30).toordinal()  # right from serial 61 on; 60 never existed
_MICROSECONDS = 86_400_000_000
_PARTIAL = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")
_TIMESTAMP = re.compile(
    r"(\d{4}[-/]\d{1,2}[-/]\d{1,2})[T ] *"
    r"(\d{1,2}:?\d\d(?::?\d\d(?:\.\d+)?)?) *(Z|[-+]\d\d:?\d\d)?"
)
_DIGITS = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | {"〇": "0", "○": "0"}
_NUMERAL = re.compile("[零〇○一二三四五六七八九十]+")
_SIGNS = str.maketrans(dict.fromkeys("‐‑‒–—―−~至到", "-") | dict.fromkeys("“”\"'「」『』‘’"))
_PLAN = re.compile("十([一二三四五六七八九])五(末|时期|期间|规划)?")
_DATE = re.compile(
    r"(?P<y>\d{4})(?:年度?)?"
    r"|(?P<y3>\d{3})年"
    r"|(?P<ym>\d{4}[-./年]\d{1,2}|\d{6})月?份?(?:[上中下]旬|[初中底末])?"
    r"|(?P<ymd>\d{4}[-./年]\d{1,2}[-./月]\d{1,2}|\d{8})[日号]?"
)
_PART = re.compile(
    r"(?P<year>\d{4})(?:年|-)?"
    r"(?:(?P<half>[上下])半年|H(?P<h>[12])|第?(?P<quarter>[1-4])季度?|Q(?P<q>[1-4])"
    r"|(?P<start>前[23]季度)|年?(?P<edge>[初底末]))"
)
_REST = re.compile(r"(?:(?P<month>\d{1,2})月)?(?:(?P<day>\d{1,2})[日号])?")


@lru_cache(maxsize=1 << 17)
def first_day(text: str) -> int:
    """The first day of a partial date (or of anything `parse_span` reads)."""
    year, month, day = _parts(text, 0)
    return date(year, month or 1, day or 1).toordinal() - _EPOCH


@lru_cache(maxsize=1 << 17)
def day_after(text: str) -> int:
    """The first day after a partial date: of "2014" it is 2015-01-01."""
    year, month, day = _parts(text, 1)
    if day:
        return date(year, month, day).toordinal() - _EPOCH + 1
    if month and month < 12:
        return date(year, month + 1, 1).toordinal() - _EPOCH
    return date(year + 1, 1, 1).toordinal() - _EPOCH


def last_day(text: str) -> int:
    """The last day of a partial date; what a question's `at` means."""
    return day_after(text) - 1


@lru_cache(maxsize=1 << 17)
def pack(text: str | None) -> int:
    """A partial date as yyyymmdd with 0 for what is not said; None is 0."""
    if not text:
        return 0
    year, month, day = _parts(text, 0)
    return year * 10000 + month * 100 + day


@lru_cache(maxsize=1 << 17)
def unpack(packed: int) -> str | None:
    """The partial date of `pack`."""
    if not packed:
        return None
    year, rest = divmod(int(packed), 10000)
    month, day = divmod(rest, 100)
    return _text(year, month, day)


@lru_cache(maxsize=1 << 16)
def iso(day: int) -> str:
    """A day as yyyy-mm-dd."""
    return date.fromordinal(int(day) + _EPOCH).isoformat()


def today() -> int:
    """The current day in China."""
    return datetime.now(CHINA).date().toordinal() - _EPOCH


def add_years(day: int, years: int) -> int:
    """The same day of another year; 29 February becomes the 28th where there is none."""
    old = date.fromordinal(int(day) + _EPOCH)
    year = old.year + years
    try:
        new = old.replace(year=year)
    except ValueError:
        new = date(year, 2, 28)
    return new.toordinal() - _EPOCH


@lru_cache(maxsize=4096)
def known_at(text: str) -> int:
    """A moment in microseconds since 1970 UTC.

    A timestamp means that moment, in China unless it names a zone; a date its very end in China.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if stamp := _TIMESTAMP.fullmatch(plain):
        clock = stamp[2].zfill(5) if ":" in stamp[2][:3] else stamp[2]
        try:
            moment = datetime.fromisoformat(f"{parse_span(stamp[1])[0]}T{clock}{stamp[3] or ''}")
        except ValueError:
            raise ValueError(_sorry(text)) from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
        return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return day_after(text) * _MICROSECONDS - 8 * 3_600_000_000 - 1


@lru_cache(maxsize=1 << 16)
def parse_span(text: str | date) -> Span:
    """First and last partial date of what a person typed; equal if it is one date.

    2026/6/1, 2026.6, ２０２６年, 二〇二六年六月, 2026年6月上旬 (the month), 2026年上半年, 2026Q1,
    2026年1-6月, 2014年–2016年, “十四五”, timestamps (their date), date objects.
    Raises ValueError with a sentence.
    """
    if isinstance(text, date):
        return (_text(text.year, text.month, text.day),) * 2
    typed = unicodedata.normalize("NFKC", text).strip()
    if stamp := _TIMESTAMP.fullmatch(typed):
        typed = stamp[1]
    plain = "".join(typed.translate(_SIGNS).split()).upper()
    if plan := _PLAN.fullmatch(plain):
        start = 2001 + 5 * int(_DIGITS[plan[1]])  # 十一五 began in 2006
        return (str(start + 4),) * 2 if plan[2] == "末" else (str(start), str(start + 4))
    plain = _NUMERAL.sub(_arabic, plain)
    span = _single(plain) or _range(plain)
    if span is None:
        raise ValueError(_sorry(text))
    if first_day(span[0]) > last_day(span[1]):
        raise ValueError(f"「{text}」的起点晚于终点")
    return span


def period(text: str | date) -> str:
    """The canonical period of a figure: "2025", "2025-11", "2025-01/2025-06", "2021/2025".

    Ends are as coarse as the days allow, so that 2025年1-12月 and 2025 are one period.
    """
    first, last = parse_span(text)
    if first == last:
        return first
    start, end = iso(first_day(first)), iso(last_day(last))
    for size, opening in ((4, start[:4]), (7, start[:7]), (10, start)):
        closing = end[:size]
        if first_day(opening) == first_day(start) and last_day(closing) == last_day(end):
            return opening if opening == closing else f"{opening}/{closing}"
    raise AssertionError(text)


def from_excel(value: float | date) -> str:
    """The partial date in a spreadsheet cell that is a date or a number.

    A number is a year (2026), yyyymm, yyyymmdd, or a serial of the 1900 date system; only dates
    of 1950 to 2100 are believed, so the phantom 29 February 1900 (serial 60) never matters.
    Raises ValueError with a sentence.
    """
    if isinstance(value, date):
        return parse_span(value)[0]
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError(f"{value} 不是日期")
    whole = int(value)
    digits = str(whole)
    if whole == value and len(digits) in (4, 6, 8) and 1950 <= int(digits[:4]) <= 2100:
        return parse_span(digits)[0]
    if not 18264 <= whole < 73416:
        raise ValueError(f"数字 {value:g} 不像日期：请写成 2026-06-01 这样的文字")
    return date.fromordinal(_EXCEL_EPOCH + whole).isoformat()


def _parts(text: str, end: int) -> tuple[int, int, int]:
    """Year, month, day (0: not said) of one end of what was typed."""
    match = _PARTIAL.fullmatch(text) or _PARTIAL.fullmatch(parse_span(text)[end])
    assert match is not None
    parts = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    _text(*parts, bare=match[2] is None)
    return parts


def _text(year: int, month: int = 0, day: int = 0, *, bare: bool = True) -> str:
    """The partial date, if there is such a day."""
    if not 1 <= year <= 2999:
        raise ValueError(f"年份 {year} 超出范围")
    if not ((bare and not month and not day) or 1 <= month <= 12):
        raise ValueError(f"没有 {month} 月这个月份")
    if day:
        try:
            date(year, month, day)
        except ValueError:
            raise ValueError(f"{year} 年 {month} 月没有 {day} 日") from None
    return f"{year:04}" + (f"-{month:02}" if month else "") + (f"-{day:02}" if day else "")


def _single(plain: str) -> Span | None:
    """The span of one date, month, year or part of a year."""
    if match := _DATE.fullmatch(plain):
        if year := match["y"] or match["y3"]:
            return (_text(int(year)),) * 2
        written = match["ym"] or match["ymd"]
        if written.isdigit():
            numbers = [int(written[:4]), int(written[4:6]), *map(int, filter(None, [written[6:]]))]
        else:
            numbers = [int(number) for number in re.split("[-./年月]", written)]
        return (_text(*numbers, bare=False),) * 2
    if match := _PART.fullmatch(plain):
        year = _text(int(match["year"]))
        first, last = _months(match)
        return f"{year}-{first:02}", f"{year}-{last:02}"
    return None


def _months(part: re.Match[str]) -> tuple[int, int]:
    """First and last month of a part of a year."""
    if part["half"] or part["h"]:
        return (1, 6) if part["half"] == "上" or part["h"] == "1" else (7, 12)
    if quarter := part["quarter"] or part["q"]:
        return int(quarter) * 3 - 2, int(quarter) * 3
    if part["start"]:
        return 1, int(part["start"][1]) * 3
    return (1, 1) if part["edge"] == "初" else (12, 12)


def _range(plain: str) -> Span | None:
    """The span of 2021-2025年, 2026年1-6月, 2025-01/2025-06 …: whichever cut makes two dates."""
    for cut in re.finditer("[-/]", plain):
        left, right = _single(plain[: cut.start()]), plain[cut.end() :]
        if left is None:
            continue
        if span := _single(right) or _completed(left[0], right):
            return left[0], span[1]
    return None


def _completed(start: str, rest: str) -> Span | None:
    """The end of a range that leaves out the year (6月) or the month (5日) of its start."""
    match = _REST.fullmatch(rest)
    if match is None or not rest:
        return None
    month = match["month"] or start[5:7]
    return (_text(int(start[:4]), int(month or 0), int(match["day"] or 0), bare=False),) * 2


def _arabic(match: re.Match[str]) -> str:
    """Chinese digits (二〇二六) or a number below 100 (三十一) in Arabic digits."""
    tens, ten, ones = match[0].partition("十")
    if not ten:
        return "".join(_DIGITS[c] for c in match[0])
    if len(tens) > 1 or len(ones) > 1:
        return match[0]
    return _DIGITS.get(tens, "1") + _DIGITS.get(ones, "0")


def _sorry(text: str | date) -> str:
    return f"看不懂日期「{text}」：请写成 2026、2026-06、2026-06-01 或 2026年6月 这样"
