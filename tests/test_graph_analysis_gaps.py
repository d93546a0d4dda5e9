"""Verdicts, strength, completeness, the four lists, the nearest place: one behaviour each."""

from typing import Any

import pytest

from graph.analysis.compare import compare
from graph.analysis.gaps import gaps
from graph.analysis.matrix import matrix, segment_matrix
from graph.analysis.nearest import nearest
from graph.analysis.verdicts import verdict
from graph.record import record_id
from ontology.errors import NotFound
from tests.small import Small, day, hunan, index_of

FILM, CATHODE, CELL, RECYCLING = (
    f"Segment:锂电池/{name}" for name in ("隔膜", "正极材料", "电芯", "回收"))
CITY, OTHER, COUNTY, PROVINCE = "Region:430100", "Region:430700", "Region:430182", "Region:430000"
NOW = day("2016")


@pytest.fixture
def small() -> Small:
    """The chain and the regions, and a paper of 2015 that speaks from here on."""
    small = hunan()
    small.cite("报纸", "press", "2015")
    return small


def works(small: Small, firm: str, segment: str, place: str = COUNTY, **said: Any) -> str:
    id = small.thing("Company", name=firm)
    small.link("operatesIn", id, segment, place=place, **said)
    return id


def of(answer: Any, segment: str) -> Any:
    return next(row for row in answer["segments"] if row["segment"] == segment)


def ask(small: Small, segment: str, region: str = "长沙", at: int = NOW) -> Any:
    return verdict(index_of(small.records), segment, region, at)


def test_a_firm_in_a_part_makes_the_whole_present_and_nothing_else(small: Small) -> None:
    works(small, "甲", FILM)
    assert ask(small, "隔膜", "长沙")["verdict"] == "present"
    assert ask(small, "隔膜", "湖南省")["verdict"] == "present"
    assert ask(small, "隔膜", "宁乡高新区")["verdict"] == "unknown"
    assert ask(small, "隔膜", "常德")["verdict"] == "unknown"
    assert ask(small, "正极材料", "长沙")["verdict"] == "unknown"


def test_a_research_office_is_no_production(small: Small) -> None:
    works(small, "甲", FILM, function="research")
    assert ask(small, "隔膜")["verdict"] == "unknown"


def test_a_research_office_counts_for_a_design_segment(small: Small) -> None:
    small.thing("Segment", chain="Chain:锂电池", name="隔膜", any_function=True)
    works(small, "甲", FILM, function="research")
    assert ask(small, "隔膜")["verdict"] == "present"


def test_without_a_place_it_counts_where_the_source_puts_the_firm(small: Small) -> None:
    firm = small.thing("Company", name="甲", region=CITY)
    small.link("operatesIn", firm, FILM)
    assert ask(small, "隔膜", "长沙")["verdict"] == "present"
    assert ask(small, "隔膜", "宁乡")["verdict"] == "unknown"


def test_without_any_place_it_counts_for_the_province(small: Small) -> None:
    firm = small.thing("Company", name="甲")
    small.link("operatesIn", firm, FILM)
    assert ask(small, "隔膜", "湖南")["verdict"] == "present"
    assert ask(small, "隔膜", "长沙")["verdict"] == "unknown"


def test_absent_in_the_whole_is_absent_in_the_part_while_it_holds(small: Small) -> None:
    small.link("absentFrom", FILM, CITY, observed="2016")
    assert ask(small, "隔膜", "宁乡")["verdict"] == "absent"
    assert ask(small, "隔膜", "湖南")["verdict"] == "unknown"
    assert ask(small, "隔膜", "长沙", day("2017"))["verdict"] == "unknown"


def test_both_is_contested(small: Small) -> None:
    works(small, "甲", FILM)
    small.link("absentFrom", FILM, CITY, observed="2016")
    found = ask(small, "隔膜")
    assert found["verdict"] == "contested" and found["strength"] is None
    assert {item["kind"] for item in found["evidence"]} == {"operatesIn", "absentFrom"}


def test_a_survey_that_names_nobody_there_is_absent(small: Small) -> None:
    small.link("surveyed", FILM, CITY, observed="2016")
    assert ask(small, "隔膜")["verdict"] == "absent"
    works(small, "甲", FILM, function="research")
    assert ask(small, "隔膜")["verdict"] == "unknown"  # it names somebody, who does not produce
    works(small, "乙", FILM, place=OTHER)
    assert ask(small, "隔膜", "常德")["verdict"] == "present"


def test_an_end_is_the_first_day_after_it(small: Small) -> None:
    works(small, "甲", FILM, valid_from="2012", valid_to="2014")
    assert ask(small, "隔膜", at=day("2014-12-31"))["verdict"] == "present"
    assert ask(small, "隔膜", at=day("2015-01-01"))["verdict"] == "unknown"


def test_a_firm_without_a_date_keeps_a_survey_from_saying_nobody(small: Small) -> None:
    small.cite("名单", "press", None)
    small.link("surveyed", FILM, CITY, valid_from="2016", valid_to="2016")
    works(small, "甲", FILM)
    assert ask(small, "隔膜")["verdict"] == "unknown"


def test_a_survey_whose_firms_are_lost_becomes_negative(small: Small) -> None:
    firm = works(small, "甲", FILM)
    named = small.records[-1]
    small.link("surveyed", FILM, CITY, observed="2016")
    survey = small.records[-1]
    small.cite("公告", "official", "2016")
    small.link("operatesIn", firm, FILM, place=COUNTY)
    other = small.records[-1]
    ids = [record_id(r.id, r.source, r.valid_from) for r in (named, survey, other)]
    row = of(gaps(index_of(small.records), "锂电池", "长沙", NOW), "隔膜")
    assert {flip["verdict"]: flip["lose"] for flip in row["flips"]} == {
        "unknown": [sorted(ids)], "absent": [sorted([ids[0], ids[2]])], "contested": [[ids[0]]]}
    assert all(not flip["gain"] for flip in row["flips"])


def test_what_would_have_to_come_is_said(small: Small) -> None:
    row = of(gaps(index_of(small.records), "锂电池", "长沙", NOW), "隔膜")
    flips = {flip["verdict"]: flip for flip in row["flips"]}
    assert set(flips) == {"present", "absent", "contested"}
    assert all(flip["lose"] == [] and "长沙市" in flip["gain"] for flip in flips.values())


def test_an_inferred_record_alone_is_a_hint(small: Small) -> None:
    works(small, "甲", FILM, inferred=True)
    found = ask(small, "隔膜")
    assert found["verdict"] == "unknown" and found["evidence"] == []
    assert [item["grade"] for item in found["hints"]] == ["inferred"]


def test_old_evidence_is_stale_never_absent(small: Small) -> None:
    works(small, "甲", FILM)
    assert not ask(small, "隔膜", at=day("2019"))["stale"]
    found = ask(small, "隔膜", at=day("2024"))
    assert found["verdict"] == "present" and found["stale"]
    works(small, "乙", FILM, observed="2022")
    assert not ask(small, "隔膜", at=day("2024"))["stale"]


def test_strength(small: Small) -> None:
    works(small, "甲", FILM)
    assert ask(small, "隔膜")["strength"] == "single"
    second = works(small, "乙", FILM)
    assert ask(small, "隔膜")["strength"] == "weak"
    honour = small.thing("Honour", name="制造业单项冠军")
    small.link("honoured", second, honour, year="2015")
    found = ask(small, "隔膜")
    assert found["strength"] == "strong"
    assert [(firm["name"], firm["leader"]) for firm in found["firms"]] == [
        ("乙", True), ("甲", False)]
    assert ask(small, "隔膜", at=day("2014"))["strength"] is None


def test_one_firm_at_two_places_is_one_firm(small: Small) -> None:
    works(small, "甲", FILM)
    works(small, "甲", FILM, place="Park:宁乡高新区")
    assert ask(small, "隔膜")["strength"] == "single"


def test_a_source_that_says_no_publisher_or_date_says_so(small: Small) -> None:
    small.cite("无名", "press", None, publisher="")
    works(small, "甲", FILM, valid_from="2015")
    source = ask(small, "隔膜")["evidence"][0]["source"]
    assert source["date"] == source["publisher"] == source["address"] == "未载明"
    assert source["title"] == "无名"


def test_completeness_is_an_interval_with_its_coverage(small: Small) -> None:
    works(small, "甲", FILM)
    small.link("absentFrom", CATHODE, CITY, observed="2016")
    answer = gaps(index_of(small.records), "锂电", "Changsha", NOW)
    found = answer["completeness"]
    assert (found["low"], found["high"]) == pytest.approx((1 / 3, 2 / 3))
    assert answer["coverage"] == pytest.approx(2 / 3)
    assert [found[key] for key in ("essential", "present", "absent", "unknown")] == [3, 1, 1, 1]  # type: ignore[literal-required]
    assert answer["thresholds"]["strong_firms"] == 3
    assert set(answer) >= {"chain", "region", "at", "known_at", "version", "segments", "lists"}


def test_alternatives_are_one_slot(small: Small) -> None:
    small.link("alternativeTo", FILM, CATHODE)
    works(small, "甲", FILM)
    small.link("absentFrom", CATHODE, CITY, observed="2016")
    answer = gaps(index_of(small.records), "锂电池", "长沙", NOW)
    assert answer["completeness"]["essential"] == 2
    assert answer["completeness"]["low"] == 0.5
    assert answer["lists"]["fill"] == []


def test_the_four_lists(small: Small) -> None:
    works(small, "甲", CELL)
    small.link("absentFrom", FILM, CITY, observed="2016")
    works(small, "乙", CATHODE, inferred=True)
    lists = gaps(index_of(small.records), "锂电池", "长沙", NOW)["lists"]
    assert {name: [item["segment"] for item in items]  # type: ignore[attr-defined]
            for name, items in lists.items()} == {
        "fill": ["隔膜"], "strengthen": ["电芯"], "extend": ["回收"], "check": ["正极材料"]}
    fill, extend, check = lists["fill"][0], lists["extend"][0], lists["check"][0]
    assert fill["neighbours"][0]["segment"] == "电芯" and fill["neighbours"][0]["firms"] == ["甲"]
    assert "电芯" in extend["why"] and extend["neighbours"][0]["direction"] == "upstream"
    assert "报纸" in check["look_up"]


def test_a_neighbouring_chain_is_an_extension(small: Small) -> None:
    small.chain("新能源汽车", "动力电池")
    small.link("feeds", CELL, "Segment:新能源汽车/动力电池")
    works(small, "甲", CELL)
    extend = gaps(index_of(small.records), "锂电池", "长沙", NOW)["lists"]["extend"]
    assert ("动力电池", "新能源汽车") in {(item["segment"], item["chain"]) for item in extend}


def test_old_evidence_is_on_the_list_to_check(small: Small) -> None:
    works(small, "甲", CELL)
    lists = gaps(index_of(small.records), "锂电池", "长沙", day("2024"))["lists"]
    assert "电芯" in [item["segment"] for item in lists["check"]]
    assert "电芯" in [item["segment"] for item in lists["strengthen"]]


def test_the_nearest_place_and_the_unknown_rungs_before_it(small: Small) -> None:
    small.link("absentFrom", FILM, CITY, observed="2016")
    works(small, "乙", FILM, place=OTHER)
    row = of(gaps(index_of(small.records), "锂电池", "长沙", NOW), "隔膜")
    assert row["verdict"] == "absent"
    assert (row["nearest"]["scope"], row["nearest"]["region"]) == ("province", "常德市")
    assert [firm["name"] for firm in row["nearest"]["firms"]] == ["乙"]
    assert [step["scope"] for step in row["nearest"]["unknown"]] == ["overlay"]
    assert row["nearest"]["evidence"][0]["source"]["title"] == "报纸"


def test_the_nearest_place_may_be_in_another_province(small: Small) -> None:
    works(small, "丙", FILM, place="Region:440000")
    index = index_of(small.records)
    found = nearest(index, index.segment("隔膜"), index.region("宁乡"), NOW)
    assert (found["scope"], found["region"]) == ("outside", "广东省")
    assert [step["scope"] for step in found["unknown"]] == [
        "county", "prefecture", "overlay", "province"]


def test_matrices_agree_with_the_answers_one_by_one(small: Small) -> None:
    works(small, "甲", FILM)
    small.link("absentFrom", CELL, OTHER, observed="2016")
    index = index_of(small.records)
    for cell in matrix(index, NOW)["rows"]:
        answer = gaps(index, cell["chain"], cell["region"], NOW)
        assert cell["completeness"] == answer["completeness"]
        assert cell["coverage"] == answer["coverage"]
    assert {cell["region"] for cell in matrix(index, NOW)["rows"]} == {"长沙市", "常德市"}
    rows = segment_matrix(index, "锂电池", NOW, ["长沙", "常德"])["rows"]
    assert {(r["segment"], r["region"]) for r in rows if r["verdict"] == "present"} == {
        ("隔膜", "长沙市")}


def test_what_was_gained_between_two_dates(small: Small) -> None:
    small.link("absentFrom", FILM, CITY, observed="2014")
    works(small, "甲", FILM, valid_from="2020")
    found = compare(index_of(small.records), "锂电池", "长沙", day("2014"), day("2024"))
    assert found["gained"] == ["隔膜"]
    row = next(row for row in found["rows"] if row["segment"] == "隔膜")
    assert row["moved"] and not row["learned"]
    assert found["learned"] == {"low": 0, "high": 0}


def test_learning_is_told_from_the_world(small: Small) -> None:
    before = index_of(small.records)
    works(small, "甲", FILM, valid_from="2010")
    found = compare(index_of(small.records), "锂电池", "长沙", day("2014"), day("2014"), before)
    row = next(row for row in found["rows"] if row["segment"] == "隔膜")
    assert row["learned"] and not row["moved"] and found["moved"]["low"] == 0
    assert found["newly_seen"] == ["隔膜"]


def test_min_grade_narrows_what_counts(small: Small) -> None:
    works(small, "甲", FILM)
    index = index_of(small.records)
    for grade, said in (("press", "present"), ("official", "unknown")):
        found = gaps(index.narrowed(grade), "锂电池", "长沙", NOW)
        assert of(found, "隔膜")["verdict"] == said
    with pytest.raises(NotFound):
        gaps(index, "石墨烯", "长沙", NOW)


def test_one_segment_in_full_is_the_same_as_among_all(small: Small) -> None:
    works(small, "甲", CATHODE)
    works(small, "乙", FILM, OTHER)
    small.link("absentFrom", FILM, CITY, observed="2015")
    index = index_of(small.records)
    every = gaps(index, "锂电池", "长沙", NOW)
    for row in every["segments"]:
        alone = gaps(index, "锂电池", "长沙", NOW, only=row["id"])
        assert of(alone, row["segment"]) == row
        assert alone["lists"] == every["lists"]
        assert alone["completeness"] == every["completeness"]
