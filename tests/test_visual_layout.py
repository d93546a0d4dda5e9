"""Cards never overlap, and crossings are counted as one would by hand."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from visual.layout import Layout, columns, crossings, lay_out

STAGES = ("upstream", "midstream", "downstream")


@st.composite
def chains(draw: st.DrawFn) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    """Up to 12 cards in stages with any feeds, rings and backward ones included."""
    names = [f"s{i}" for i in range(draw(st.integers(1, 12)))]
    stages: dict[str, list[str]] = {}
    for name in names:
        stages.setdefault(draw(st.sampled_from(STAGES)), []).append(name)
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names)).filter(
        lambda pair: pair[0] != pair[1])
    return stages, draw(st.lists(pairs, max_size=20, unique=True))


def place(stages: dict[str, list[str]], feeds: list[tuple[str, str]], most: int = 5) -> Layout:
    return lay_out(stages, feeds, most, lambda id: 30.0 + 7 * len(id), 9.0)


@settings(deadline=None)
@given(chains())
def test_cards_of_a_column_keep_their_distance(
        chain: tuple[dict[str, list[str]], list[tuple[str, str]]]) -> None:
    placed = place(*chain)
    assert set(placed.spots) == {card for cards in chain[0].values() for card in cards}
    for one, other in combinations(placed.spots, 2):
        a, b = placed.spots[one], placed.spots[other]
        if a.column == b.column:
            need = (30.0 + 7 * len(one) + 30.0 + 7 * len(other)) / 2 + 9.0
            assert abs(a.y - b.y) >= need - 0.01
    assert all(0 <= spot.y <= placed.height for spot in placed.spots.values())


@settings(deadline=None)
@given(chains(), st.integers(1, 6))
def test_columns_hold_one_stage_each_and_no_more_than_fit(
        chain: tuple[dict[str, list[str]], list[tuple[str, str]]], most: int) -> None:
    stages, feeds = chain
    found = columns(stages, feeds, most)
    assert len(found) <= max(most, len(stages))
    assert sorted(c for _, cards in found for c in cards) == sorted(
        c for cards in stages.values() for c in cards)
    assert all(card in stages[stage] for stage, cards in found for card in cards)


def test_feeds_within_a_stage_go_from_left_to_right() -> None:
    names = ["前驱体", "正极", "电芯"]
    placed = place({"midstream": names}, [("前驱体", "正极"), ("正极", "电芯")])
    assert [placed.spots[name].column for name in names] == [0, 1, 2]


def test_a_ring_of_feeds_stands_in_one_column() -> None:
    placed = place({"midstream": ["a", "b"]}, [("a", "b"), ("b", "a")])
    assert placed.spots["a"].column == placed.spots["b"].column
    assert all(route.beside for route in placed.routes)


def test_an_order_without_crossings_is_found() -> None:
    stages = {"upstream": ["a", "b", "c"], "midstream": ["x", "y", "z"]}
    assert place(stages, [("a", "z"), ("b", "y"), ("c", "x")]).crossings == 0


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=15, unique=True))
def test_crossings_are_the_pairs_of_feeds_that_cross(pairs: list[tuple[int, int]]) -> None:
    order = [[f"l{i}" for i in range(6)], [f"r{i}" for i in range(6)]]
    steps = [(f"l{a}", f"r{b}") for a, b in pairs]
    by_hand = sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(pairs, 2))
    assert crossings(order, steps) == by_hand
