"""The shipped sources: every row arrives, every fact has a source, the story is told right."""

from collections import Counter
from collections.abc import Iterator

import pytest

from graph.analysis.gaps import gaps
from graph.analysis.supplies import customers, suppliers
from graph.dates import first_day, last_day
from graph.index import Index
from graph.record import Record
from graph.store import Store, open_store
from loaders.pipeline import load
from ontology.model import Ontology
from tests.shipped import folder, of, table

NAMES = ("cn-provinces", "hunan-press", "hunan-reference")
TODAY = first_day("2026-11-22")
PAPER = "联盟牵线，星球石墨在长建研发中心"

REFERENCE_ROWS = {
    "alliances": 22, "chains": 258, "clusters": 54, "companies": 481, "institutes": 24,
    "parks": 82, "policies": 19, "projects": 84, "regions": 170, "supplies": 164,
}


@pytest.fixture(scope="module")
def store(ontology: Ontology) -> Iterator[Store]:
    store = open_store("sqlite://", ontology)
    report = load(store, ontology, [folder(name) for name in NAMES])
    assert not report.problems, "\n".join(map(str, report.problems[:20]))
    assert report.rejected == 0
    yield store
    store.close()


@pytest.fixture(scope="module")
def records(store: Store) -> list[Record]:
    return list(store.records())


@pytest.fixture(scope="module")
def index(store: Store, ontology: Ontology) -> Index:
    return Index.build(store, ontology)


def battery(index: Index, at: int) -> dict[str, dict[str, object]]:
    answer = gaps(index, "锂电池", "长沙", at)
    return {str(row["segment"]): dict(row) for row in answer["segments"]}


def firms(row: dict[str, object]) -> set[str]:
    return {firm["name"] for firm in row["firms"]}  # type: ignore[attr-defined]


def titles(row: dict[str, object]) -> set[str]:
    return {e["source"]["title"] for e in row["evidence"]}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", REFERENCE_ROWS)
def test_the_reference_tables_are_complete(name: str) -> None:
    assert len(table("hunan-reference", name)) == REFERENCE_ROWS[name]


@pytest.mark.parametrize("kind, least", [
    ("Chain", 31), ("Segment", 258), ("Company", 457), ("Park", 82), ("Cluster", 54),
    ("Project", 84), ("Policy", 19), ("Alliance", 22), ("Source", 378 + 19),
])
def test_every_kind_of_the_reference_arrives(
        records: list[Record], kind: str, least: int) -> None:
    assert len({r.id for r in records if r.kind == kind}) >= least


def test_every_row_about_a_firm_gives_what_it_does(records: list[Record]) -> None:
    rows = {(r["full_name"], r["chain"], r["segment"])
            for r in table("hunan-reference", "companies")}
    told = Counter(r.ends for r in records if r.kind == "operatesIn")
    assert len(told) >= len(rows)


def test_loading_again_changes_nothing(store: Store, ontology: Ontology) -> None:
    version = store.version()
    report = load(store, ontology, [folder(name) for name in NAMES])
    assert (report.loaded, report.retracted, report.rejected) == (0, 0, 0)
    assert store.version() == version


def test_the_reference_loads_alone_and_the_press_names_what_it_needs(ontology: Ontology) -> None:
    alone = load(open_store("sqlite://", ontology), ontology, [folder("hunan-reference")])
    assert alone.written and not alone.problems
    press = load(open_store("sqlite://", ontology), ontology, [folder("hunan-press")])
    assert not press.written
    assert "hunan-reference" in "".join(map(str, press.problems))


def test_every_record_has_a_source_with_title_publisher_and_grade(records: list[Record]) -> None:
    """A publisher that the page does not show stays blank, and the note says so."""
    sources = {r.id: r.values for r in records if r.kind == "Source"}
    for record in records:
        said = sources[record.source]
        assert said["title"] and said["grade"], record.source
        assert said.get("publisher") or "发布机构空着" in str(said["note"]), record.source


def test_each_row_of_the_reference_keeps_its_own_source(records: list[Record]) -> None:
    row = next(r for r in table("hunan-reference", "supplies") if r["supplier"] == "博云新材")
    [record] = of(records, "suppliesTo", "博云新材", "中国商飞")
    assert row["source_title"] in record.source
    assert record.valid_from == row["since"]


def test_a_firm_with_two_short_names_is_one_firm_at_two_places(
        index: Index, records: list[Record]) -> None:
    assert index.firm("中锂新材") == index.firm("中锂新材(常德)") == index.firm("湖南中锂")
    places = {(r.values["place"], r.observed) for r in of(records, "operatesIn", "中锂新材料")}
    assert places == {("Park:宁乡高新技术产业开发区", "2022"), ("Park:常德经济技术开发区", "2014")}


def test_a_firm_bears_the_name_of_the_time(index: Index) -> None:
    cathode, anode = index.firm("杉杉能源"), index.firm("星城石墨")
    assert cathode == index.firm("巴斯夫杉杉") and anode == index.firm("中科星城")
    assert index.label(cathode, last_day("2014")) == "杉杉能源"
    assert index.label(cathode, TODAY) == "巴斯夫杉杉"
    assert index.label(anode, last_day("2014")) == "星城石墨"
    assert index.label(anode, TODAY) == "中科星城"


def test_changsha_2014_has_cathodes_and_anodes_and_lacks_the_rest(index: Index) -> None:
    rows = battery(index, last_day("2014"))
    assert rows["正极材料"]["verdict"] == rows["负极材料"]["verdict"] == "present"
    assert firms(rows["正极材料"]) == {"杉杉能源", "长远锂科"}
    assert firms(rows["负极材料"]) == {"星城石墨"}
    for name in ("隔膜", "电解液"):
        assert rows[name]["verdict"] == "absent"
        assert titles(rows[name]) == {PAPER}
    assert rows["隔膜"]["nearest"]["region"] == "常德市"  # type: ignore[index]


def test_nobody_said_what_changsha_lacked_in_2018(index: Index) -> None:
    rows = battery(index, first_day("2018-06-30"))
    assert {rows["隔膜"]["verdict"], rows["电解液"]["verdict"]} == {"unknown"}


def test_today_changsha_has_separators_and_electrolyte(index: Index) -> None:
    rows = battery(index, TODAY)
    for name in ("隔膜", "电解液"):
        assert rows[name]["verdict"] == "present"
        assert PAPER in titles(rows[name])


def test_a_product_known_only_as_a_coating_proves_no_separator_in_yongzhou(index: Index) -> None:
    rows = {row["segment"]: row for row in gaps(index, "锂电池", "永州", TODAY)["segments"]}
    assert rows["隔膜"]["verdict"] == "unknown"


def test_yiyang_joined_the_metropolitan_area_on_the_day(records: list[Record]) -> None:
    [record] = of(records, "partOf", "Region:430900", "长株潭都市圈")
    assert record.valid_from == "2025-12-10" and record.values["extent"] == "whole"


@pytest.mark.parametrize("supplier, customer, product", [
    ("金博股份", "比亚迪", "碳陶制动盘"),
    ("信维电科", "华为", "高端mlcc"),
    ("科力尔电机", "华为", "人形机器人伺服电机"),
    ("湘投金天新材料", "国产大飞机c919", "钛焊管"),
])
def test_the_papers_supplies(
        records: list[Record], supplier: str, customer: str, product: str) -> None:
    [record] = of(records, "suppliesTo", supplier, customer, product)
    assert record.observed and record.valid_from is None


def test_the_firms_around_sany_in_yiyang_are_its_suppliers(index: Index) -> None:
    rows = suppliers(index, "三一重工益阳公司", TODAY)["rows"]
    assert {(row["name"], row["link"]) for row in rows} == {
        ("大明机械", "supports"), ("德雄机械", "supports")}
    [plane] = customers(index, "湘投金天新材料", TODAY)["rows"]
    assert plane["name"] == "国产大飞机C919" and "没有写采购单位" in str(plane["note"])


def test_figures_of_the_papers_keep_what_is_hoped_for_apart(records: list[Record]) -> None:
    told = {(r.values["metric"], r.values["period"], r.values["status"])
            for r in of(records, "Observation", "Region:430204", "轨道交通产业规模")
            if "period" in r.values}
    assert told == {("轨道交通产业规模", "2030", "target")}
    [output] = [r for r in of(records, "Observation", "Park:益阳高新技术产业开发区")
                if r.values["metric"] == "规模工业总产值"]
    assert (output.values["status"], output.values["wording"]) == ("forecast", "预计910亿元")


def test_what_the_papers_say_in_words_is_told_tersely() -> None:
    assert max(len(row["text"]) for row in table("hunan-press", "traits")) <= 40
    for file in ("companies", "events", "operates", "presence", "supplies", "facilitates"):
        for row in table("hunan-press", file):
            assert len(row["note"]) <= 70, row


def test_sources_say_where_a_reader_can_look(records: list[Record]) -> None:
    cited = {r["source_url"] for name in REFERENCE_ROWS
             for r in table("hunan-reference", name)}
    known = {address for r in records if r.kind == "Source"
             for address in r.values.get("address", ())}  # type: ignore[union-attr]
    assert cited <= known


def test_countries_are_places_not_firms(records: list[Record]) -> None:
    assert len(of(records, "sellsTo", "中车株机")) == 6
    assert not of(records, "suppliesTo", "'Company:新加坡'")


def test_the_other_provinces_stand_outside(records: list[Record]) -> None:
    assert len(of(records, "partOf", "Region:省外")) == 33
