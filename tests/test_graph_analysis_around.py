"""What lies around several things or between two, and the firms as one list."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.analysis.filters import Filter
from graph.analysis.firms import AGES, Narrow, firms
from graph.analysis.neighbourhood import between, neighbourhood
from graph.index import Index
from ontology import NotFound
from tests.small import day, hunan, index_of
from visual.around import spots

NOW = day("2026-11-22")


@pytest.fixture(scope="module")
def index() -> Index:
    """甲 → 乙 → 丙 → 丁 by supply, 丙 with two institutes, 丁 a 链主; 戊 alone."""
    small = hunan()
    small.cite("日报", "press", "2024-05")
    one, two, three, four = (small.thing("Company", name=name, region="Region:430100")
                             for name in "甲乙丙丁")
    small.thing("Company", name="戊", listed_code="600001")
    for head, tail in ((one, two), (two, three), (three, four)):
        small.link("suppliesTo", head, tail)
    for name in ("院一", "院二"):
        small.link("cooperatesWith", three, small.thing("Institute", name=name))
    small.link("leads", four, "Chain:锂电池")
    small.cite("旧报", "press", "2015")
    small.thing("Company", name="己")
    small.cite("无日期", "press", None)
    small.thing("Company", name="庚")
    return index_of(small.records)


def names(answer: Any) -> set[str]:
    return {node["name"] for node in answer["nodes"]}


def test_what_is_opened_adds_its_own_neighbours(index: Index) -> None:
    plain = neighbourhood(index, "甲", NOW)
    assert names(plain) == {"甲", "乙"}
    assert {node["name"]: node["more"] for node in plain["nodes"]} == {"甲": 0, "乙": 1}
    opened = neighbourhood(index, "甲", NOW, opened=["Company:乙", "Company:丙"])
    assert names(opened) == {"甲", "乙", "丙", "丁", "院一", "院二"}
    assert {node["name"]: node["depth"] for node in opened["nodes"]}["院一"] == 3
    assert names(neighbourhood(index, "甲", NOW, opened=["Company:丙"])) == {"甲", "乙"}


def test_the_limit_holds_for_what_is_opened_too(index: Index) -> None:
    some = neighbourhood(index, "甲", NOW, limit=2, opened=["Company:乙", "Company:丙"])
    assert names(some) == {"甲", "乙", "丙"}
    assert some["left_out"]["nodes"] == 3 and some["truncated"]


def test_a_class_or_link_left_aside_is_not_walked(index: Index) -> None:
    def around(*without: str) -> set[str]:
        return names(neighbourhood(index, "丙", NOW, without=without))

    assert around("Institute") == {"乙", "丙", "丁"} == around("cooperatesWith")
    assert around("suppliesTo") == {"丙", "院一", "院二"}
    assert around("Company") == {"丙", "院一", "院二"}


def test_between_two_stand_the_shortest_ways(index: Index) -> None:
    way = between(index, "甲", "丁", NOW)
    assert [(node["name"], node["depth"]) for node in way["nodes"]] == [
        ("甲", 0), ("乙", 1), ("丙", 2), ("丁", 3)]
    assert (way["steps"], way["to"], len(way["rows"])) == (3, "丁", 3)
    columns = [x for x, _ in spots(way).values()]
    assert columns == sorted(set(columns)) and columns[0] == 0
    none = between(index, "甲", "戊", NOW)
    assert (names(none), none["steps"], none["rows"]) == ({"甲", "戊"}, 0, [])
    assert len(set(spots(none).values())) == 2


@given(opened=st.lists(st.sampled_from(["Company:乙", "Company:丙", "Company:丁", "x"])),
       without=st.sets(st.sampled_from(["Institute", "suppliesTo", "Company", "nothing"])),
       limit=st.integers(1, 8))
def test_everything_shown_has_a_place_of_its_own(index: Index, opened: list[str],
                                                 without: set[str], limit: int) -> None:
    around = neighbourhood(index, "甲", NOW, 2, limit, opened, without)
    places = spots(around)
    assert len(around["nodes"]) <= limit + 1
    assert set(places) == {node["id"] for node in around["nodes"]}
    assert len(set(places.values())) == len(places)


def test_ages_part_the_firms(index: Index) -> None:
    def called(age: str) -> set[str]:
        return {row["name"] for row in firms(index, NOW, Filter(), Narrow(age=age))["rows"]}

    assert [called(age) for age in AGES] == [
        set(), {"甲", "乙", "丙", "丁", "戊"}, set(), {"己"}, {"庚"}]
    rows = {row["name"]: row for row in firms(index, NOW, Filter(), Narrow())["rows"]}
    assert (rows["甲"]["newest"], rows["己"]["newest"], rows["庚"]["newest"]) == (
        "2024-05", "2015", None)


def test_leaders_listed_and_places(index: Index) -> None:
    def called(filter: Filter, narrow: Narrow) -> set[str]:
        return {row["name"] for row in firms(index, NOW, filter, narrow)["rows"]}

    everybody = called(Filter(), Narrow())
    assert called(Filter(), Narrow(leader=True)) == {"丁"}
    assert called(Filter(), Narrow(leader=False)) == everybody - {"丁"}
    assert called(Filter(), Narrow(listed=True)) == {"戊"}
    assert called(Filter(region="长沙"), Narrow()) == set("甲乙丙丁")
    assert called(Filter(region="常德"), Narrow()) == set()
    with pytest.raises(NotFound):
        called(Filter(), Narrow(age="ancient"))


@pytest.mark.parametrize("order", ["told", "name", "evidence"])
def test_pages_show_every_firm_once(index: Index, order: str) -> None:
    pages = [firms(index, NOW, Filter(), Narrow(), order, first, 2) for first in range(0, 8, 2)]
    found = [row["id"] for page in pages for row in page["rows"]]
    assert len(found) == len(set(found)) == pages[0]["total"] == 7
    if order == "told":
        told = [row["records"] for page in pages for row in page["rows"]]
        assert told == sorted(told, reverse=True)
