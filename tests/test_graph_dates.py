"""Partial dates: what people type and what it means in days."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.dates import (
    add_years,
    day_after,
    first_day,
    from_excel,
    iso,
    known_at,
    last_day,
    pack,
    parse_span,
    period,
    today,
    unpack,
)

DAYS = st.dates(min_value=date(1000, 1, 1), max_value=date(2900, 12, 31))
PARTIAL = st.builds(lambda d, size: d.isoformat()[:size], DAYS, st.sampled_from([4, 7, 10]))


@pytest.mark.parametrize(("typed", "canonical"), [
    ("2026", "2026"), ("2026年", "2026"), ("2026年度", "2026"), ("２０２６", "2026"),
    ("二〇二六年", "2026"), ("976年", "0976"),
    ("2026-6", "2026-06"), ("2026.6", "2026-06"), ("2026/06", "2026-06"), ("202606", "2026-06"),
    ("2026年6月", "2026-06"), ("2026年6月 ", "2026-06"), ("2026 年 6 月", "2026-06"),
    ("2026年6月上旬", "2026-06"), ("2026年6月底", "2026-06"), ("二零二六年六月", "2026-06"),
    ("二〇二六年十二月", "2026-12"), ("2026年底", "2026-12"),
    ("2026/6/1", "2026-06-01"), ("2026.06.01", "2026-06-01"), ("20260601", "2026-06-01"),
    ("2026年6月1日", "2026-06-01"), ("二〇二六年十月三十一日", "2026-10-31"),
    ("2026-06-01T23:30:00Z", "2026-06-01"), ("2026-06-01 08:00:00", "2026-06-01"),
    ("2026/6/1 0:00", "2026-06-01"), ("十四五末", "2025"),
])
def test_one_date_in_many_spellings(typed: str, canonical: str) -> None:
    assert parse_span(typed) == (canonical, canonical)


@pytest.mark.parametrize(("typed", "first", "last"), [
    ("2026年上半年", "2026-01", "2026-06"), ("2026年下半年", "2026-07", "2026-12"),
    ("2026年一季度", "2026-01", "2026-03"), ("2026年第4季度", "2026-10", "2026-12"),
    ("2026Q1", "2026-01", "2026-03"), ("2026年Q3", "2026-07", "2026-09"),
    ("2026年前三季度", "2026-01", "2026-09"), ("2026年1-6月", "2026-01", "2026-06"),
    ("2026年1月至6月", "2026-01", "2026-06"), ("2026年6月1—5日", "2026-06-01", "2026-06-05"),
    ("“十四五”", "2021", "2025"), ("十四五时期", "2021", "2025"), ("十五五", "2026", "2030"),
    ("“十一五”期间", "2006", "2010"), ("十二五", "2011", "2015"),
    ("2021-2025年", "2021", "2025"), ("2014年–2016年", "2014", "2016"),
    ("2021/2025", "2021", "2025"), ("2025-01/2025-06", "2025-01", "2025-06"),
    ("2014-06-30-2014-07-01", "2014-06-30", "2014-07-01"),
])
def test_spans(typed: str, first: str, last: str) -> None:
    assert parse_span(typed) == (first, last)


@pytest.mark.parametrize("typed", [
    "", "abc", "2026-13", "2026-00", "2026-02-30", "2026年2月30日", "20261301", "26年", "六月",
    "一季度", "2016-2014", "2026.0", "0000", "9999", "2026-06-01 08:00x", "2026年以来", "十五",
])
def test_nonsense_is_refused_in_chinese(typed: str) -> None:
    with pytest.raises(ValueError, match=r"[一-龥]"):
        parse_span(typed)


def test_date_objects() -> None:
    assert parse_span(date(2026, 6, 1)) == ("2026-06-01", "2026-06-01")
    assert parse_span(datetime(2026, 6, 1, 8)) == ("2026-06-01", "2026-06-01")


def test_ends_of_partial_dates() -> None:
    assert iso(first_day("2014")) == "2014-01-01"
    assert iso(day_after("2014")) == "2015-01-01"
    assert iso(day_after("2014-12")) == "2015-01-01"
    assert iso(day_after("2014-06-30")) == "2014-07-01"
    assert iso(last_day("2024-02")) == "2024-02-29"
    assert iso(last_day("2014年上半年")) == "2014-06-30"
    assert first_day("1970-01-01") == 0
    for wrong in ("2014-02-30", "2014-00", "2014-13", "2014-00-01"):
        with pytest.raises(ValueError):
            first_day(wrong)


@settings(max_examples=100)
@given(PARTIAL)
def test_a_partial_date_survives_packing_and_parsing(text: str) -> None:
    assert unpack(pack(text)) == text
    assert parse_span(text) == (text, text)
    assert period(text) == text
    assert first_day(text) < day_after(text) == last_day(text) + 1
    assert iso(first_day(text)).startswith(text)
    assert iso(last_day(text)).startswith(text)


@settings(max_examples=60)
@given(DAYS)
def test_days_count_like_the_calendar(day: date) -> None:
    assert date(1970, 1, 1) + timedelta(days=first_day(day.isoformat())) == day
    assert parse_span(f"{day.year}年{day.month}月{day.day}日") == (day.isoformat(),) * 2


@settings(max_examples=60)
@given(PARTIAL, PARTIAL)
def test_a_period_is_canonical(one: str, two: str) -> None:
    first, last = sorted((one, two), key=first_day)
    if last_day(last) < first_day(first):
        return
    found = period(f"{first}/{last}")
    assert period(found) == found
    span = parse_span(found)
    assert (first_day(span[0]), last_day(span[1])) == (first_day(first), last_day(last))


@pytest.mark.parametrize(("typed", "canonical"), [
    ("2025年", "2025"), ("2025年上半年", "2025-01/2025-06"), ("十四五", "2021/2025"),
    ("2025年11月", "2025-11"), ("2025年1-12月", "2025"), ("2021-01/2025-12", "2021/2025"),
])
def test_periods(typed: str, canonical: str) -> None:
    assert period(typed) == canonical


def test_nothing_packs_to_zero() -> None:
    assert pack(None) == 0
    assert unpack(0) is None
    assert pack("2014-06") == 20140600


def test_years_are_added() -> None:
    assert iso(add_years(first_day("2014-06-30"), 5)) == "2019-06-30"
    assert iso(add_years(first_day("2024-02-29"), 1)) == "2025-02-28"
    assert iso(add_years(first_day("2024-02-29"), 4)) == "2028-02-29"


def test_excel_cells() -> None:
    assert from_excel(45000) == "2023-03-15"
    assert from_excel(45000.75) == "2023-03-15"
    assert from_excel(18264) == "1950-01-01"
    assert from_excel(2026.0) == "2026"
    assert from_excel(202606) == "2026-06"
    assert from_excel(20260601) == "2026-06-01"
    assert from_excel(datetime(2026, 6, 1, 8)) == "2026-06-01"
    for wrong in (0, 59, 60, 61, 18263, 73416, -1, 1e9, float("nan"), float("inf"), 20260231):
        with pytest.raises(ValueError, match=r"[一-龥]"):
            from_excel(wrong)


def test_moments_of_knowledge() -> None:
    second = 1_000_000
    assert known_at("1970-01-01T08:00:00") == 0
    assert known_at("1970-01-01T00:00:01Z") == second
    assert known_at("1970-01-01 8:00") == 0
    assert known_at("1970-01-01T08:00:00.5+08:00") == second // 2
    assert known_at("1970-01-01") == 16 * 3600 * second - 1
    assert known_at("2026") == known_at("2026-12") == known_at("2026-12-31")
    assert known_at("2026-12-31") < known_at("2027-01-01T00:00:00")
    for wrong in ("", "昨天", "2026-02-30", "2026-01-01T25:00:00"):
        with pytest.raises(ValueError):
            known_at(wrong)


def test_today_is_a_day_of_now() -> None:
    assert abs(today() - first_day(date.today().isoformat())) <= 1
