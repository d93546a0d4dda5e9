"""Tables to keep: rows as high as their text."""

from visual.table import LINE_HIGH, MOST_HIGH, high


def test_a_row_is_as_high_as_its_text_and_as_a_program_takes_it() -> None:
    assert high(["短", 3], [20.0, 9.0]) == LINE_HIGH + 2
    assert high(["字" * 30, "x"], [21.0, 9.0]) == 3 * LINE_HIGH + 2
    assert high(["字" * 3000], [48.0]) == MOST_HIGH == 409
