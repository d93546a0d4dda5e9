"""Lists narrowed and paged, one thing's records and links, and what lies around it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.analysis import things
from graph.analysis.coverage import coverage
from graph.analysis.filters import Filter
from graph.analysis.neighbourhood import neighbourhood
from graph.analysis.pages import cut, parse, token
from ontology import Ambiguous, NotFound, XianglianError
from tests.small import Small, day, hunan, index_of

SEG = "Segment:锂电池/"
NOW = day("2021")


@pytest.fixture(scope="module")
def small() -> Small:
    small = hunan()
    small.cite("名录", "industry", "2020")
    for name, region, segment in (("甲", "Region:430182", "隔膜"), ("乙", "Region:430700", "电芯"),
                                  ("丙", "Park:宁乡高新区", "电芯")):
        id = small.thing("Company", name=name, region=region)
        small.link("operatesIn", id, SEG + segment, place=region)
    small.link("honoured", "Company:甲", small.thing("Honour", name="制造业单项冠军"), year="2020")
    small.link("suppliesTo", "Company:甲", "Company:只有名字的厂", observed="2020")
    small.link("operatesIn", "Company:只有名字的厂", SEG + "电芯", place="Region:430100")
    small.link("sellsTo", "Company:乙", "Region:430100", observed="2020")
    small.thing("Project", name="甲项目", region="Region:430182", company="Company:甲",
                segment=SEG + "隔膜", status="开工")
    small.thing("Stage", project="Project:甲项目", step="started")
    small.thing("Observation", subject="Region:430100", metric="产值", period="2020", scope="全市",
                status="target", value=3.0)
    small.cite("转载", "machine", "2021")
    small.thing("Company", name="甲", region="Region:430700")
    return small


def names(small: Small, kind: str, **wanted: Any) -> list[str]:
    answer = things.listing(index_of(small.records), kind, NOW, wanted=Filter(**wanted))
    assert answer["total"] == len(answer["rows"])
    return [row.get("name", row["id"]) for row in answer["rows"]]


@pytest.mark.parametrize(("wanted", "found"), [
    ({"region": "长沙"}, ["丙", "甲", "只有名字的厂"]), ({"region": "宁乡高新区"}, ["丙"]),
    ({"region": "广东"}, []), ({"segment": "电芯"}, ["丙", "乙", "只有名字的厂"]),
    ({"chain": "锂电"}, ["丙", "乙", "甲", "只有名字的厂"]), ({"honour": "单项冠军"}, ["甲"]),
    ({"q": "厂"}, ["只有名字的厂"]),
    ({"region": "长沙", "segment": "电芯"}, ["丙", "只有名字的厂"])])
def test_firms_are_narrowed_by_what_sources_say_of_them(small: Small, wanted: dict[str, str],
                                                        found: list[str]) -> None:
    """乙 sells to 长沙, and so is not in 长沙."""
    assert sorted(names(small, "Company", **wanted)) == sorted(found)


def test_links_are_narrowed_by_their_ends_and_what_they_name(small: Small) -> None:
    assert len(names(small, "operatesIn", region="宁乡高新区")) == 1
    assert len(names(small, "suppliesTo", region="宁乡")) == 1
    assert len(names(small, "feeds", segment="电芯")) == 3


def test_fields_are_narrowed_by_choice_reference_or_words(small: Small) -> None:
    for values in ({"status": "目标"}, {"status": "target"}, {"metric": "产"},
                   {"subject": "长沙市"}, {"subject": "星城"}):
        assert len(names(small, "Observation", values=values)) == 1
    assert names(small, "Observation", values={"status": "actual"}) == []
    assert names(small, "Observation", values={"subject": "常德市"}) == []
    assert names(small, "Project", values={"company": "甲"}, region="长沙") == ["甲项目"]


def test_unknown_words_of_a_filter_are_errors(small: Small) -> None:
    for wanted in ({"region": "长沙氏"}, {"segment": "隔膜膜"}, {"honour": "没有这个"}):
        with pytest.raises((NotFound, Ambiguous)):
            names(small, "Company", **wanted)


def test_steps_and_figures_stand_with_what_they_are_about(small: Small) -> None:
    index = index_of(small.records)
    row, = things.listing(index, "Project", NOW, about=True)["rows"]
    assert [one["step"] for one in row["about"]] == ["started"]
    shown = things.entity(index, "长沙", NOW)
    assert [one["metric"] for one in shown["about"]] == ["产值"]


def test_records_are_as_given_with_their_conflicts(small: Small) -> None:
    told = things.told(index_of(small.records), "甲", NOW)
    assert [row["source"]["title"] for row in told["rows"]] == ["名录", "转载"]
    assert told["conflicts"] == {"region": ["宁乡市", "常德市"]}
    better = things.told(index_of(small.records).narrowed("industry"), "甲", NOW)
    assert len(better["rows"]) == 1 and not better["conflicts"]


def test_links_of_a_thing_come_in_pages(small: Small) -> None:
    index = index_of(small.records)
    whole = things.linked(index, "甲", NOW)
    assert [row["kind"] for row in whole["rows"]] == ["suppliesTo", "operatesIn", "honoured"]
    first = things.linked(index, "甲", NOW, limit=2)
    rest = things.linked(index, "甲", NOW, limit=2, cursor=first["next"])
    assert [*first["rows"], *rest["rows"]] == whole["rows"]
    assert (first["total"], rest["next"]) == (3, None)
    assert things.linked(index, "甲", NOW, "供应")["total"] == 1


def test_a_name_means_a_firm_or_place_before_other_things(small: Small) -> None:
    index = index_of(small.records)
    assert index.id(things.anything(index, "甲")) == "Company:甲"
    assert index.id(things.anything(index, "长沙")) == "Region:430100"
    assert index.id(things.anything(index, "甲项目")) == "Project:甲项目"
    with pytest.raises(NotFound):
        things.anything(index, "没有")


# --- pages -----------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.text(max_size=4)), unique=True),
       st.integers(1, 7))
def test_pages_are_a_partition_of_any_list(keys: list[tuple[int, str]], size: int) -> None:
    keys.sort()
    found, cursor = list[tuple[int, str]](), None
    while True:
        some, cursor = cut(keys, lambda key: key, size, cursor)
        found += some
        if cursor is None:
            break
        assert len(some) == size
    assert found == keys


def test_a_row_that_came_meanwhile_moves_no_other() -> None:
    rows = [("a",), ("c",), ("e",)]
    _, cursor = cut(rows, lambda key: key, 2, None)
    assert cut([("a",), ("b",), *rows[1:]], lambda key: key, 2, cursor)[0] == [("e",)]


@pytest.mark.parametrize("text", ["x", "", "e30", token(()) + "!", "W1tdXQ", "é", "bnVsbA"])
def test_a_cursor_that_was_not_given_out_is_refused(text: str) -> None:
    if text:
        with pytest.raises(XianglianError):
            cut([("a", 1)], lambda key: key, 1, text)
    assert parse(token((1, "甲"))) == (1, "甲")


# --- around and altogether -------------------------------------------------------------------


def test_a_neighbourhood_counts_what_it_leaves_out(small: Small) -> None:
    index = index_of(small.records)
    whole = neighbourhood(index, "甲", NOW, 2, 500)
    assert not whole["truncated"] and whole["left_out"] == {"nodes": 0, "links": 0}
    for limit in range(1, 6):
        part = neighbourhood(index, "甲", NOW, 2, limit)
        assert len(part["nodes"]) == limit + 1 and part["nodes"][0]["name"] == "甲"
        assert part["left_out"]["nodes"] == len(whole["nodes"]) - limit - 1
        assert part["left_out"]["links"] == len(whole["rows"]) - len(part["rows"])
        ids = {node["id"] for node in part["nodes"]}
        assert all({edge["from_id"], edge["to_id"]} <= ids for edge in part["rows"])


def test_one_step_is_what_is_linked_on_that_day(small: Small) -> None:
    index = index_of(small.records)
    near = neighbourhood(index, "甲", NOW, 1)
    assert {node["id"] for node in near["nodes"]} == {
        "Company:甲", "Company:只有名字的厂", "Honour:制造业单项冠军", SEG + "隔膜"}
    before = neighbourhood(index, "甲", day("2010"), 1)
    assert [node["name"] for node in before["nodes"]] == ["甲"]


def test_coverage_counts_things_records_and_grades(small: Small) -> None:
    answer = coverage(index_of(small.records), NOW)
    assert answer["region"] == "湖南省" and answer["records"] == len(small.records)
    row, = answer["rows"]
    assert row["chain"] == "锂电池" and row["coverage"] == pytest.approx(2 / 3)
    kinds = {one["name"]: one for one in answer["kinds"]}
    assert (kinds["Company"]["things"], kinds["Company"]["records"]) == (4, 4)
    assert {one["name"]: one["records"] for one in answer["grades"]}["machine"] == 2
