"""Records: their names and digests."""

from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.record import Record, Value, canonical, digest, parse_values, record_id, record_key

SCALAR = (st.text() | st.integers(-2**60, 2**60) | st.floats(allow_nan=False, allow_infinity=False)
          | st.booleans())
VALUES = st.dictionaries(st.text(min_size=1), SCALAR | st.lists(SCALAR).map(tuple))
RECORD = Record("suppliesTo:1", "suppliesTo", "Source:报", {"product": "石墨", "share": 0.5},
                ("Company:甲", "Company:乙"), "2014", "2016-03", "2015-01-02")


def test_a_record_is_named_by_its_triple() -> None:
    name = record_id("Company:甲", "Source:报", None)
    assert name == record_id("Company:甲", "Source:报", "") == "r" + record_key(
        "Company:甲", "Source:报", None).hex()
    assert len(name) == 21
    assert len({name, record_id("Company:甲", "Source:报", "2014"),
                record_id("Company:甲", "Source:刊", None)}) == 3


def test_names_and_digests_never_change() -> None:
    """Stores in use rely on them."""
    assert record_id("Company:甲", "Source:报", "2014") == "r836f58e0479982267f75"
    assert digest(RECORD).hex() == "2dfca5001e3f8ac8e786f3fc8ab592fe"


@settings(deadline=None)
@given(VALUES)
def test_values_survive_as_text_of_one_line(values: dict[str, Value]) -> None:
    text = canonical(values)
    assert parse_values(text) == values and "\n" not in text and "\x1f" not in text
    backwards = dict(reversed(values.items()))
    assert canonical(backwards) == canonical(MappingProxyType(values)) == text


def test_values_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError):
        canonical({"share": float("nan")})


def test_everything_that_is_said_counts() -> None:
    said = [RECORD, replace(RECORD, id="x"), replace(RECORD, kind="x"), replace(RECORD, source="x"),
            replace(RECORD, values={}), replace(RECORD, values={"product": "石墨", "share": "0.5"}),
            replace(RECORD, ends=None), replace(RECORD, ends=("Company:乙", "Company:甲")),
            replace(RECORD, valid_from=None), replace(RECORD, valid_from=None, valid_to="2014"),
            replace(RECORD, valid_to=None), replace(RECORD, observed=None),
            replace(RECORD, inferred=True)]
    assert len({digest(record) for record in said}) == len(said)
    assert digest(RECORD) == digest(RECORD, canonical(RECORD.values))
