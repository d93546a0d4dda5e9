"""The times in a question."""

import pytest

from api.ask.times import times
from graph import dates

TODAY = dates.first_day("2026-11-22")


@pytest.mark.parametrize(("text", "period"), [
    ("2014年长沙", "2014"), ("14年那会儿", "2014"), ("二〇一四年", "2014"),
    ("在2014年底", "2014-12"),
    ("2025年11月", "2025-11"), ("2025-12-10", "2025-12-10"), ("2025年12月10日", "2025-12-10"),
    ("12月10日", "2025-12-10"), ("1月2日", "2026-01-02"), ("去年上半年", "2025-01/2025-06"),
    ("前年", "2024"), ("十年前", "2016"), ("2025年前11个月", "2025-01/2025-11"),
    ("2025年前三季度", "2025-01/2025-09"), ("十四五期间", "2021/2025"),
    ("2024到2025年", "2024/2025"),
    ("2014年以前", "2013-12-31"), ("2021年以来", "2021/2026"), ("lastyear", "2025"),
])
def test_a_time_is_read(text: str, period: str) -> None:
    assert [time.period for time in times(text, TODAY)] == [period]


def test_years_after_a_year_count_from_it() -> None:
    assert [t.period for t in times("对比2014年和十年之后", TODAY)] == ["2014", "2024"]


@pytest.mark.parametrize("text", [
    "2000万元以上", "135家", "0402料号", "c919", "3月", "13月40日", "1335"])
def test_other_numbers_are_no_times(text: str) -> None:
    assert not times(text, TODAY)


def test_a_period_belongs_to_a_time_that_it_lies_in_or_that_lies_in_it() -> None:
    year = times("2025年", TODAY)[0]
    assert year.meets("2025") and year.meets("2025-11") and year.meets("2021/2025")
    assert not year.meets("2024") and not year.meets("2026-01")
