"""Parts of segments, and templates that one source states whole."""

import pytest

from graph.analysis.chain import chain_template
from graph.analysis.template import template, templates
from graph.analysis.verdicts import verdict
from graph.index import Index
from tests.small import Small, day, hunan, index_of

CHAIN, FILM, CATHODE = "Chain:锂电池", "Segment:锂电池/隔膜", "Segment:锂电池/正极材料"
CITY = "Region:430100"
NOW = day("2024")


def wet(small: Small, **when: str) -> str:
    part = small.thing("Segment", chain=CHAIN, name="湿法隔膜")
    small.link("segmentOf", part, CHAIN, stage="midstream", essential=False)
    small.link("subsegmentOf", part, FILM, **when)
    return part


def test_a_firm_of_a_part_is_a_firm_of_the_whole_and_not_the_other_way_round() -> None:
    small = hunan()
    part = wet(small)
    small.cite("报纸")
    small.link("operatesIn", small.thing("Company", name="甲厂"), part, place=CITY)
    small.link("operatesIn", small.thing("Company", name="乙厂"), FILM, place=CITY)
    index = index_of(small.records)
    assert [f["name"] for f in verdict(index, part, CITY, NOW)["firms"]] == ["甲厂"]
    assert {f["name"] for f in verdict(index, FILM, CITY, NOW)["firms"]} == {"甲厂", "乙厂"}


def test_a_dated_part_counts_for_the_whole_while_it_is_one() -> None:
    small = hunan()
    part = wet(small, valid_from="2018", valid_to="2020")
    small.cite("报纸", date="2010")
    small.link("operatesIn", small.thing("Company", name="甲厂"), part, place=CITY)
    index = index_of(small.records)
    said = {year: verdict(index, FILM, CITY, day(year))["verdict"]
            for year in ("2017", "2018", "2020", "2021")}
    assert said == {"2017": "unknown", "2018": "present", "2020": "present", "2021": "unknown"}


def test_a_survey_of_the_whole_that_names_a_firm_says_nothing_of_a_part() -> None:
    small = hunan()
    part = wet(small)
    small.cite("名录", date="2024")
    small.link("surveyed", FILM, CITY)
    assert verdict(index_of(small.records), part, CITY, NOW)["verdict"] == "absent"
    small.link("operatesIn", small.thing("Company", name="乙厂"), FILM, place=CITY)
    index = index_of(small.records)
    assert verdict(index, part, CITY, NOW)["verdict"] == "unknown"
    assert verdict(index, FILM, CITY, NOW)["verdict"] == "present"


def test_parts_in_a_ring_are_told_and_stop_nothing() -> None:
    small = hunan()
    part = wet(small)
    small.link("subsegmentOf", FILM, part)
    small.cite("报纸")
    small.link("operatesIn", small.thing("Company", name="甲厂"), part, place=CITY)
    index = index_of(small.records)
    assert verdict(index, FILM, CITY, NOW)["verdict"] == "present"
    assert chain_template(index, CHAIN, NOW)["cycles"] == [["湿法隔膜", "隔膜"]]


# ── whole templates ───────────────────────────────────────────────────────────


def own(small: Small, title: str, *segments: str, date: str | None = "2026") -> None:
    """A template of two segments and a feed, stated whole by that source."""
    small.cite(title, "industry", date)
    small.thing("Chain", name="锂电池", complete_template=True)
    for segment in segments:
        small.link("segmentOf", segment, CHAIN, stage="midstream", essential=True)


def shown(index: Index) -> set[str]:
    return {row["segment"] for row in chain_template(index, CHAIN, NOW)["rows"]}


def test_a_whole_template_replaces_what_others_say_of_the_chain() -> None:
    small = hunan()
    before = index_of(small.records)
    own(small, "联盟2026版", FILM, CATHODE)
    small.link("feeds", CATHODE, FILM)
    index = index_of(small.records)
    assert shown(before) == {"隔膜", "正极材料", "电芯", "回收"}
    answer = chain_template(index, CHAIN, NOW)
    assert shown(index) == {"隔膜", "正极材料"}
    assert [(f["upstream"], f["downstream"]) for f in answer["feeds"]] == [("正极材料", "隔膜")]
    assert answer["template"]["sources"] == ["联盟2026版"]
    assert answer["template"]["version"] != template(before, before.number(CHAIN), NOW)["version"]


@pytest.mark.parametrize(("dates", "used"), [
    (("2025", "2026"), "乙版"), (("2026", "2025"), "甲版"), (("2026", None), "甲版"),
    (("2026", "2026"), "联盟2026版")])
def test_of_several_whole_templates_the_newest_counts(
        dates: tuple[str, str | None], used: str) -> None:
    titles = ("甲版", "乙版") if used != "联盟2026版" else ("联盟2026版", "联盟2025版")
    small = hunan()
    for title, date in zip(titles, dates, strict=True):
        own(small, title, FILM, date=date)
    index = index_of(small.records)
    assert template(index, index.number(CHAIN), NOW)["sources"] == [used]


def test_a_template_read_by_a_machine_replaces_nothing() -> None:
    small = hunan()
    before = shown(index_of(small.records))
    own(small, "机器读出", FILM)
    small.cite("机器读出", "machine", "2026")
    assert shown(index_of([r for r in small.records if r.values.get("grade") != "industry"])
                 ) == before


def test_a_feed_belongs_to_the_chain_that_it_feeds_into() -> None:
    small = hunan()
    [ore] = small.chain("锂矿", "采选")
    small.link("feeds", ore, CATHODE)
    small.link("feeds", CATHODE, ore)
    own(small, "联盟2026版", FILM, CATHODE)
    index = index_of(small.records)
    feeds = chain_template(index, CHAIN, NOW)["feeds"]
    assert [(f["upstream"], f["downstream"]) for f in feeds] == [("正极材料", "采选")]


def test_the_version_is_what_is_said_and_not_who_says_it() -> None:
    one, other = hunan(), hunan()
    other.cite("另一份", date="2021")
    other.link("segmentOf", FILM, CHAIN, stage="midstream", position=0, essential=True)
    first, second = (templates(index, [index.number(CHAIN)], NOW)[0]
                     for index in (index_of(one.records), index_of(other.records)))
    assert first["version"] == second["version"]
    assert second["sources"] == [*first["sources"], "另一份"]
    other.link("segmentOf", FILM, CHAIN, weight=2.0)
    third = index_of([r for r in other.records])
    assert template(third, third.number(CHAIN), NOW)["version"] != first["version"]
