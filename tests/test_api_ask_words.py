"""Words, names and figures: how a question is matched with what is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.ask.match import coverage, pairs
from api.ask.reply import call
from api.ask.say import amount, join, when
from api.ask.words import bare, same, words


@pytest.mark.parametrize(("one", "other"), [
    ("规上企业", "规模以上企业"), ("GDP增速", "地区生产总值同比"), ("高企", "高新技术企业"),
    ("营收增长", "营业收入增速"), ("“小巨人”企业", "小巨人"), ("排第几", "排名"),
])
def test_different_words_for_one_thing_are_one(one: str, other: str) -> None:
    assert same(one) == same(other)


@given(st.text(max_size=20))
def test_the_spelling_of_figures_is_final(text: str) -> None:
    assert bare(bare(text)) == bare(text)
    assert same(bare(text)) == same(text)


def test_no_word_is_blank_and_every_word_is_found_by_its_own_spelling() -> None:
    assert all(word and word == bare(word) for word in words())


def test_coverage_is_the_share_of_the_question_that_a_sentence_holds() -> None:
    assert coverage(["规模以上企业"], "规模以上企业数", {}, 1.0) == 1.0
    assert coverage(["税收收入"], "规模以上企业数", {}, 1.0) == 0.0
    assert 0.6 < coverage(["规模以上企业"], "规模以上工业企业", {}, 1.0) < 1.0
    assert coverage([], "什么", {}, 1.0) == 0.0


def test_figures_and_letters_stay_whole() -> None:
    assert pairs("c919钛") == ["c919\0钛"]
    assert pairs("隔") == ["隔"]


@pytest.mark.parametrize(("value", "unit", "text"), [
    (68_000_000, "元", "6800万元"), (3_171_000_000, "元", "31.71亿元"), (19077, "家", "19077家"),
    (430, "家", "430家"), (67.19, "%", "67.19%"), (109_000, "平方米", "10.9万平方米"),
])
def test_amounts_are_written_as_people_write_them(value: float, unit: str, text: str) -> None:
    assert amount(value, unit) == text


def test_dates_and_lists_are_written_short() -> None:
    assert [when(p) for p in ("2025", "2025-11", "2025-12-10", "2021/2025", "2025-01/2025-06")] == [
        "2025年", "2025年11月", "2025-12-10", "2021—2025年", "2025年1—6月"]
    assert join(["甲", "乙", "甲"]) == "甲、乙"
    assert join("甲乙丙丁", 2, "家") == "甲、乙等 4 家"


def test_an_address_keeps_chinese_and_escapes_what_has_a_meaning() -> None:
    assert call("suppliers", name="A&B 公司", at="") == "/api/v1/suppliers?name=A%26B%20公司"
    assert call("compare", from_="2014") == "/api/v1/compare?from=2014"
