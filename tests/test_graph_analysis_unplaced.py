"""Firms of a chain whose segment nobody states; what a chain rests on; how far a search went."""

import pytest

from graph.analysis.above import above
from graph.analysis.candidates import candidates
from graph.analysis.gaps import gaps
from graph.analysis.support import support
from graph.analysis.unplaced import unplaced
from graph.analysis.verdicts import verdict
from graph.index import Index
from tests.small import Small, day, hunan, index_of

NOW = day("2026-11-22")
CELL = "Segment:锂电池/电芯"


@pytest.fixture
def small() -> Small:
    small = hunan()
    small.cite("走访", "press", "2025")
    return small


def names(index: Index, region: str = "长沙") -> list[str]:
    found = unplaced(index, index.chain("锂电池"), index.region(region), NOW)
    return sorted(firm["name"] for firm in found)


def firm(small: Small, name: str, place: str = "Region:430100") -> str:
    return small.thing("Company", name=name, region=place)


def test_who_supplies_a_firm_of_the_chain_is_of_the_chain(small: Small) -> None:
    maker, part = firm(small, "电芯厂"), firm(small, "配件厂")
    small.link("operatesIn", maker, CELL, place="Region:430100")
    small.link("supports", part, maker)
    answer = gaps(index_of(small.records), "锂电池", "长沙", NOW)
    [only] = answer["unplaced"]
    assert (only["name"], only["ties"]) == ("配件厂", ["配套 电芯厂"])
    assert [e["kind"] for e in only["evidence"]] == ["supports"]


def test_a_firm_tied_to_such_a_firm_counts_too_but_no_further(small: Small) -> None:
    maker, one, two, three = (firm(small, name) for name in ("电芯厂", "甲", "乙", "丙"))
    small.link("operatesIn", maker, CELL, place="Region:430100")
    small.link("ownedBy", one, maker, inferred=True)
    small.link("supports", two, one)
    small.link("supports", three, two)
    index = index_of(small.records)
    assert names(index) == ["乙", "甲"]
    [first] = [f for f in unplaced(index, index.chain("锂电池"), index.region("长沙"), NOW)
               if f["name"] == "甲"]
    assert first["ties"][0] == "推断：控股 电芯厂"


def test_a_project_a_cluster_and_a_leader_tie_a_firm_to_the_chain(small: Small) -> None:
    one, two, three = (firm(small, name) for name in ("甲", "乙", "丙"))
    small.thing("Project", name="新线", company=one, chain="Chain:锂电池")
    small.link("memberOf", two, small.thing("Cluster", name="集群", chain="Chain:锂电池"))
    small.link("leads", three, "Chain:锂电池")
    assert names(index_of(small.records)) == ["丙", "乙", "甲"]


def test_a_stated_segment_however_doubtful_places_a_firm(small: Small) -> None:
    one = firm(small, "甲")
    small.link("leads", one, "Chain:锂电池")
    small.link("operatesIn", one, CELL, inferred=True)
    assert names(index_of(small.records)) == []


def test_only_firms_of_the_region_are_named_and_only_while_the_tie_lasts(small: Small) -> None:
    maker, far, past = firm(small, "电芯厂"), firm(small, "外地厂", "Region:430700"), firm(
        small, "旧友")
    small.link("operatesIn", maker, CELL, place="Region:430100")
    small.link("supports", far, maker)
    small.link("supports", past, maker, valid_to="2020")
    index = index_of(small.records)
    assert names(index) == [] and names(index, "常德") == ["外地厂"]


def test_such_firms_change_no_verdict(small: Small) -> None:
    maker, part = firm(small, "电芯厂"), firm(small, "配件厂")
    small.link("operatesIn", maker, CELL, place="Region:430100")
    before = gaps(index_of(small.records), "锂电池", "长沙", NOW)
    small.link("supports", part, maker)
    after = gaps(index_of(small.records), "锂电池", "长沙", NOW)
    assert before["completeness"] == after["completeness"]
    assert [s["verdict"] for s in before["segments"]] == [s["verdict"] for s in after["segments"]]


def test_strength_says_how_many_of_the_firms_are_known_only_from_long_ago(small: Small) -> None:
    for name, seen in (("甲", "2012"), ("乙", "2025"), ("丙", "2013")):
        small.link("operatesIn", firm(small, name), CELL, place="Region:430100", observed=seen)
    found = verdict(index_of(small.records), CELL, "长沙", NOW)
    assert (found["strength"], found["stale"], found["stale_firms"]) == ("strong", False, 2)


def test_a_line_is_bare_where_no_source_helps(small: Small) -> None:
    small.link("operatesIn", firm(small, "甲"), CELL, place="Region:430100")
    small.link("operatesIn", firm(small, "乙"), "Segment:锂电池/隔膜", inferred=True,
               place="Region:430700")
    check = gaps(index_of(small.records), "锂电池", "长沙", NOW)["lists"]["check"]
    assert {item["segment"]: item["bare"] for item in check} == {"隔膜": False, "正极材料": False}
    check = gaps(index_of(small.records), "锂电池", "常德", NOW)["lists"]["check"]
    assert {item["segment"]: item["bare"] for item in check} == {
        "隔膜": False, "正极材料": True, "电芯": True}


def test_the_search_for_candidates_tells_what_was_looked_for_in_vain(small: Small) -> None:
    small.thing("Trait", subject="Segment:锂电池/隔膜", type="challenge", text="查过，没有读到")
    index = index_of(small.records)
    [remark] = candidates(index, "锂电池/隔膜", "长沙", NOW)["remarks"]
    assert remark["text"] == "查过，没有读到"
    assert remark["evidence"][0]["source"]["title"] == "走访"
    assert candidates(index, "锂电池/电芯", "长沙", NOW)["remarks"] == []


def test_what_a_chain_rests_on(small: Small) -> None:
    small.link("operatesIn", firm(small, "甲"), CELL, place="Region:430100", observed="2024-11-22")
    small.link("operatesIn", firm(small, "乙"), CELL, place="Region:430100", observed="2014-11-22",
               inferred=True)
    small.cite("清单", "official", "2026")
    small.link("absentFrom", "Segment:锂电池/隔膜", "Region:430100", observed="2026-11-22")
    rows = support(index_of(small.records), NOW)["rows"]
    assert [row["region"] for row in rows] == ["常德市", "长沙市"]  # the weakest first
    nothing, city = rows
    assert (nothing["firms"], nothing["sources"], nothing["age"]) == (0, 0, None)
    assert (city["firms"], city["hinted"], city["sources"]) == (1, 1, 2)
    assert city["grades"] == {"official": 1, "press": 1, "inferred": 1} and city["age"] == 2.0
    assert city["coverage"] == pytest.approx(2 / 3)


def test_the_places_above_say_what_is_there_the_smallest_first(small: Small) -> None:
    maker = firm(small, "电芯厂")
    small.link("operatesIn", maker, CELL, place="Region:430100")
    index = index_of(small.records)
    places = above(index, "锂电池", "宁乡市", NOW)
    assert [place["region"] for place in places][:1] == ["长沙市"]
    assert all(place["present"] == ["电芯"] for place in places)
    assert above(index, "锂电池", "湖南", NOW) == []
