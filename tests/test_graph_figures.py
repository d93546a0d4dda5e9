"""Figures as people write them."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.figures import Figure, parse_figure, to_decimal


@pytest.mark.parametrize(("text", "value", "unit", "bound"), [
    ("1200", 1200, "", "exact"), ("1,200万元", 12_000_000, "元", "exact"),
    ("１，２００万元", 12_000_000, "元", "exact"), ("1.2万亿元", 1_200_000_000_000, "元", "exact"),
    ("超1200亿元", 120_000_000_000, "元", "over"), ("逾 2000 亿元", 200_000_000_000, "元", "over"),
    ("突破千亿元", 100_000_000_000, "元", "over"), ("超万亿元", 10**12, "元", "over"),
    ("100亿元以上", 10**10, "元", "over"), ("50多亿元", 5 * 10**9, "元", "over"),
    ("3000余家", 3000, "家", "over"), ("30万余吨", 300_000, "吨", "over"),
    ("十余家", 10, "家", "over"), ("1000+", 1000, "", "over"), ("不低于30%", 30, "%", "over"),
    ("近300家", 300, "家", "about"), ("约5GWh", 5, "GWh", "about"), ("10%左右", 10, "%", "about"),
    ("将近两千万", 20_000_000, "", "about"), ("10来家", 10, "家", "about"),
    ("不超过3万元", 30_000, "元", "at_most"), ("最高500万元", 5_000_000, "元", "at_most"),
    ("20亩以内", 20, "亩", "at_most"), ("不足5%", 5, "%", "at_most"),
    ("85％", 85, "%", "exact"), ("百分之八十五", 85, "%", "exact"), ("-5.2%", -5.2, "%", "exact"),
    ("2.3个百分点", 2.3, "百分点", "exact"), ("三百二十", 320, "", "exact"),
    ("一百零五", 105, "", "exact"), ("一万二千三百", 12_300, "", "exact"),
    ("两千万", 20_000_000, "", "exact"), ("十二亿", 1_200_000_000, "", "exact"),
    ("百亿", 10**10, "", "exact"), ("一点五亿", 150_000_000, "", "exact"),
    ("1亿2000万元", 120_000_000, "元", "exact"), ("12.5平方公里", 12.5, "平方公里", "exact"),
    ("100万千瓦", 1_000_000, "千瓦", "exact"), ("5千克", 5, "千克", "exact"),
    ("20m²", 20, "m2", "exact"), ("5亿美元", 500_000_000, "美元", "exact"),
    ("人民币5亿元", 500_000_000, "元", "exact"), ("￥500", 500, "元", "exact"),
    ("达100亿元", 10**10, "元", "exact"), ("3,000 个", 3000, "个", "exact"),
    ("1e5", 100_000, "", "exact"), ("0.1万元", 1000, "元", "exact"),
])
def test_figures(text: str, value: float, unit: str, bound: str) -> None:
    found = parse_figure(text)
    assert found == Figure(value, unit, bound, text)
    assert type(found.value) is type(value)


@pytest.mark.parametrize("text", ["1万元至3万元", "1-3万元", "10%~20%", "10—20家"])
def test_a_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="范围"):
        parse_figure(text)


@pytest.mark.parametrize("text", [
    "", "亿元", "数十家", "几十家", "两三百家", "三四十家", "十四五", "NaN", "inf", "1e400", "1,20",
    "1 200", "5.", "100亿元，增长5%", "元", "余", "m2", "9" * 30, "9" * 400 + "亿",
])
def test_what_is_no_single_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"[一-龥]"):
        parse_figure(text)


@settings(max_examples=100)
@given(st.decimals(min_value=0, max_value=10**6, places=2),
       st.sampled_from([("", 0), ("千", 3), ("万", 4), ("百万", 6), ("亿", 8), ("万亿", 12)]))
def test_scaling_is_exact(number: Decimal, scale: tuple[str, int]) -> None:
    word, power = scale
    found = parse_figure(f"{number:,}{word}元")
    assert Decimal(str(found.value)) == number * 10**power
    assert found.unit == "元"


@settings(max_examples=100)
@given(st.text(max_size=12))
def test_any_text_is_a_figure_or_a_sentence(text: str) -> None:
    try:
        found = parse_figure(text)
    except ValueError as error:
        assert str(error)
    else:
        assert abs(found.value) < 2**63


def test_plain_numbers() -> None:
    assert to_decimal("1,200.50") == Decimal("1200.5")
    assert to_decimal("１２００") == 1200
    assert to_decimal(" -3 ") == -3
    assert to_decimal("1e5") == 100_000
    for wrong in ("", "NaN", "Infinity", "inf", "1e400", "1e-400", "-1e400", "1_000", "1,20", "abc",
                  "٣", ".", "-"):
        with pytest.raises(ValueError, match=r"[一-龥]"):
            to_decimal(wrong)
