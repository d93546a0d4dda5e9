"""Things and links of any kind, merged over their sources."""

from graph.analysis.things import listing, show, sources
from tests.small import day, hunan, index_of

TODAY = day("2026-11-22")


def test_a_link_that_two_sources_spell_differently_is_one_row() -> None:
    small = hunan()
    small.cite("甲报", date="2024")
    firm = small.thing("Company", name="金博股份", full_name="湖南金博碳素股份有限公司")
    small.link("suppliesTo", firm, small.thing("Company", name="比亚迪"), product="Product:制动盘")
    small.cite("乙报", date="2025")
    small.link("suppliesTo", "Company:金博股份", "Company:比亚迪", product="Product:制动盘")
    answer = listing(index_of(small.records), "suppliesTo", TODAY)
    assert [(row["supplier"], row["customer"], len(row["records"])) for row in answer["rows"]] == [
        ("金博股份", "比亚迪", 2)]


def test_conflicts_are_kept_and_the_better_grade_wins() -> None:
    small = hunan()
    small.cite("报纸", "press", "2025")
    small.thing("Company", name="甲厂", listed_code="111111")
    small.cite("公告", "official", "2020")
    small.thing("Company", name="甲厂", listed_code="222222")
    row = show(index_of(small.records), "Company", "甲厂", TODAY)["rows"][0]
    assert row["listed_code"] == "222222"
    assert row["conflicts"] == {"listed_code": ["222222", "111111"]}


def test_a_thing_that_only_a_link_names_is_listed_and_shown() -> None:
    small = hunan()
    small.cite("报纸")
    small.link("suppliesTo", "Company:甲厂", "Company:乙厂")
    index = index_of(small.records)
    assert [row["name"] for row in listing(index, "Company", TODAY)["rows"]] == ["乙厂", "甲厂"]
    shown = show(index, "Company", "乙厂", TODAY)
    assert shown["rows"][0]["records"] == [] and shown["links"][0]["supplier"] == "甲厂"


def test_values_are_those_of_the_day() -> None:
    small = hunan()
    small.cite("报纸")
    small.thing("Company", name="甲厂", note="旧", when={"valid_to": "2015"})
    small.thing("Company", name="甲厂", note="新", when={"valid_from": "2016"})
    index = index_of(small.records)
    assert show(index, "Company", "甲厂", day("2014"))["rows"][0]["note"] == "旧"
    assert show(index, "Company", "甲厂", TODAY)["rows"][0]["note"] == "新"


def test_a_better_grade_alone_hides_what_it_did_not_say() -> None:
    small = hunan()
    small.cite("研报", "industry")
    small.link("suppliesTo", "Company:甲厂", "Company:乙厂")
    index = index_of(small.records)
    assert not listing(index.narrowed("official"), "suppliesTo", TODAY)["rows"]


def test_sources_are_counted() -> None:
    small = hunan()
    small.cite("甲报", address="https://example.org/a")
    small.link("suppliesTo", "Company:甲厂", "Company:乙厂")
    rows = {row["title"]: row["records"] for row in sources(index_of(small.records), TODAY)["rows"]}
    assert rows["甲报"] == 2  # its own record and the link
