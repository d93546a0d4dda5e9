"""Widths, line breaks and escaping."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from visual.lettering import clean, cut, tag, width, wrap


def test_a_chinese_character_is_as_wide_as_its_size() -> None:
    assert width("隔膜", 14) == 28
    assert 0 < width("ab", 14) < 28


@given(st.text(), st.floats(20, 300))
def test_lines_fit_and_keep_every_letter_or_end_in_dots(text: str, room: float) -> None:
    lines = wrap(text, 12, room, 3)
    assert len(lines) <= 3
    assert "".join(lines).endswith("…") or "".join("".join(lines).split()) == "".join(text.split())


def test_what_closes_a_phrase_never_begins_a_line() -> None:
    assert wrap("正极材料、负极", 10, 40, 3) == ["正极材料、", "负极"]


def test_what_does_not_fit_is_cut_with_dots() -> None:
    assert cut("长沙市的先进储能材料", 10, 50) == "长沙市的…"


@given(st.text(), st.text())
def test_markup_of_any_text_is_well_formed(attribute: str, text: str) -> None:
    element = ElementTree.fromstring(tag("a", {"data_x": attribute}, clean(text)))
    assert not list(element)
