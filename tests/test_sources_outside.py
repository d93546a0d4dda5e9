"""Firms outside Hunan for essential segments that nobody in Hunan is known to fill."""

from functools import partial

import pytest

from graph.analysis.gaps import gaps
from graph.analysis.nearest import nearest
from graph.dates import first_day
from graph.index import Index
from graph.places import contains
from tests import shipped

table = partial(shipped.table, "outside-firms")
TODAY = first_day("2026-11-22")
ENOUGH = 2


@pytest.fixture
def index(shipped_index: Index) -> Index:
    return shipped_index


def empty(index: Index) -> set[str]:
    """Essential segments that no record that counts puts anywhere in Hunan."""
    return {row["id"].partition(":")[2] for chain in index.things("Chain")
            for row in gaps(index, index.id(chain), "湖南省", TODAY)["segments"]
            if row["essential"] and row["verdict"] != "present"}


def test_every_firm_cites_a_page_with_title_publisher_and_address() -> None:
    pages = {r["title"]: r for r in table("sources")}
    assert len(pages) == len(table("sources"))
    assert {r["source_title"] for r in table("firms")} == set(pages)
    for page in pages.values():
        assert page["publisher"] and page["address"].startswith("http") and page["grade"]


def test_no_firm_from_outside_counts_in_hunan(index: Index) -> None:
    hunan = index.places.ranges(index.region("湖南省"), TODAY)
    for row in table("firms"):
        place = index.places.ranges(index.region(row["province"]), TODAY)
        assert not contains(hunan, place) and not contains(place, hunan), row


def test_a_gap_names_firms_outside_or_says_how_far_the_search_went(index: Index) -> None:
    told: dict[str, set[str]] = {}
    for row in table("firms"):
        told.setdefault(row["segment"], set()).add(row["name"])
    short = {r["segment"]: r for r in table("none-found")}
    for segment in empty(index):
        assert len(told.get(segment, ())) >= ENOUGH or segment in short, segment
    for segment, row in short.items():
        assert len(told.get(segment, ())) == int(row["firms"]) < ENOUGH, row
        assert ("还没有查" in row["text"]) == (row["state"] == "open")
        index.segment(row["segment"])


@pytest.mark.parametrize(("segment", "firm"), [
    ("先进储能材料/铜箔", "嘉元科技"), ("先进碳基材料/碳纤维", "中复神鹰西宁"),
    ("轨道交通装备/制动系统", "克诺尔苏州"), ("特高压输变电装备/取向硅钢", "首钢智新"),
    ("轨道交通装备/车体与内饰", "今创集团")])
def test_the_nearest_place_of_a_gap_is_outside_with_its_firms(
        index: Index, segment: str, firm: str) -> None:
    found = nearest(index, index.segment(segment), index.region("湖南省"), TODAY)
    assert found["scope"] == "outside"
    every = {f["name"] for f in found["firms"]}
    assert firm in every or found["others"]
    assert all(e["source"]["address"].startswith("http") for e in found["evidence"])
