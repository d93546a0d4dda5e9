"""统一社会信用代码, judged by python-stdnum."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import uscc

from graph.codes import ALPHABET, check_character, check_credit_code

GOOD = "91110000600037341L"
BODIES = st.builds(
    lambda head, region, tail: head + region + tail,
    st.sampled_from(["91", "92", "93", "12", "51", "52", "11"]),
    st.sampled_from(["430100", "430000", "110108", "440300", "100000"]),
    st.text(ALPHABET, min_size=9, max_size=9),
)


@settings(max_examples=100)
@given(BODIES)
def test_the_check_character_is_that_of_the_standard(body: str) -> None:
    code = body + check_character(body)
    assert uscc.is_valid(code)
    assert check_credit_code(code) == code


@settings(max_examples=100)
@given(BODIES, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_found(body: str, place: int, char: str) -> None:
    code = body + check_character(body)
    wrong = code[:place] + char + code[place + 1 :]
    if wrong == code:
        return
    assert not uscc.is_valid(wrong)
    with pytest.raises(ValueError, match=r"[一-龥]"):
        check_credit_code(wrong)


@settings(max_examples=100)
@given(st.text(ALPHABET + "IOSVZ", min_size=16, max_size=19))
def test_nothing_passes_that_the_oracle_refuses(text: str) -> None:
    try:
        code = check_credit_code(text)
    except ValueError:
        return
    assert uscc.is_valid(code)


@pytest.mark.parametrize("text", [
    " 9111 0000 6000 3734 1l ", "９１１１００００６０００３７３４１Ｌ", "91110000600037341l\n",
])
def test_spelling_is_put_right(text: str) -> None:
    assert check_credit_code(text) == GOOD


@pytest.mark.parametrize(("text", "said"), [
    ("91110000600037341X", "应为「L」"), ("9111000060003734", "16 位"), ("", "0 位"),
    ("9111000060003734IL", "数字 1"), ("01110000600037341L", "第 1 位"),
    ("91990000600037341L", "行政区划"), ("911100A0600037341L", "行政区划"),
    ("9.14E+17", "Excel"), ("9.1430000123456e+17", "Excel"), ("914300001234560000", "Excel"),
    ("9111000060003734！L", "不能是"),
])
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_credit_code(text)
