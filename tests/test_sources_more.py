"""The lists of listed firms and the public pages: nothing invented, nobody stands twice."""

from pathlib import Path

import pytest

from graph.analysis.gaps import gaps
from graph.analysis.supplies import suppliers
from graph.analysis.verdicts import verdict
from graph.dates import first_day, last_day
from graph.index import Index
from graph.record import Record
from graph.store import Store
from loaders.pipeline import load, shipped
from ontology.model import Ontology
from tests.shipped import table

ROWS = {
    "hunan-lists": {"sources": 6, "szse": 91, "a-shares": 56, "identities": 3,
                    "former-names": 3, "smart-factories": 12},
    "hunan-public": {"sources": 40, "firms": 57, "honours": 49, "operates": 23, "supplies": 6,
                     "presence": 20, "projects": 12, "figures": 22, "spot-check": 50},
}
TODAY = first_day("2026-11-22")


@pytest.fixture
def index(shipped_index: Index) -> Index:
    return shipped_index


@pytest.fixture(scope="module")
def records(shipped_store: Store) -> list[Record]:
    return [r for folder in ROWS for r in shipped_store.records(origin=folder)]


@pytest.mark.parametrize("folder, name, rows", [
    (folder, name, rows) for folder, tables in ROWS.items() for name, rows in tables.items()])
def test_the_tables_are_complete(folder: str, name: str, rows: int) -> None:
    assert len(table(folder, name)) == rows


def test_each_table_refuses_to_shrink() -> None:
    for folder, tables in ROWS.items():
        [path] = [path for path in shipped() if path.name == folder]
        text = Path(path / "source.toml").read_text(encoding="utf-8")
        for name, rows in tables.items():
            if name != "spot-check":
                after = text.split(f'file = "{name}.csv"', 1)[1]
                assert f"\nminimum = {rows}\n" in after.split("[[table.record]]", 1)[0]


def test_every_row_has_a_source_of_its_own(records: list[Record]) -> None:
    told = {str(r.values["title"]): r for r in records if r.kind == "Source"}
    for folder in ROWS:
        for row in table(folder, "sources"):
            source = told[row["title"]]
            assert source.values["publisher"] and source.values["date"], row
            assert source.values.get("address") or "网址" in str(source.values["note"]), row
    own = {"Source:湖南企业名单摘录(上市公司、智能工厂)", "Source:湖南企业公开网页摘录"}
    assert not [r for r in records if r.kind != "Source" and any(
        r.source.startswith(title) for title in own)]


def test_listing_codes_are_six_digits_and_stand_once() -> None:
    codes = [row["listed_code"] for name in ("szse", "a-shares")
             for row in table("hunan-lists", name)]
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert sorted(code for code in codes if codes.count(code) > 1) == ["300209", "300209"]


def test_no_credit_code_is_made_up(records: list[Record]) -> None:
    """None of these sources prints one."""
    assert not [r for r in records if "credit_code" in r.values]


def test_full_names_are_names_of_firms() -> None:
    for folder, names in (("hunan-lists", ("szse", "a-shares")), ("hunan-public", ("firms",))):
        for name in names:
            for row in table(folder, name):
                full = row["full_name"]
                assert not full or full.endswith(("公司",)), full
                assert not set(full) & set("（） \u3000"), full


def test_a_firm_that_changed_its_name_stands_once(index: Index) -> None:
    for row in table("hunan-lists", "identities"):
        assert index.firm(row["one"]) == index.firm(row["other"]), row


def test_the_name_in_use_is_kept_and_the_new_one_found(index: Index) -> None:
    firm = index.firm("五矿新能")
    assert firm == index.firm("长远锂科") == index.firm("五矿新能源材料(湖南)股份有限公司")
    assert index.label(firm) == "长远锂科"


def test_a_place_is_written_in_the_registered_address() -> None:
    for row in table("hunan-lists", "szse"):
        assert row["address"].startswith("湖南省"), row
        if row["place"].endswith(("区", "县", "市")) and not row["place"].endswith("开发区"):
            assert row["place"] in (row["city"], "祁阳市", "岳阳城陵矶综合保税区") or (
                row["place"] in row["address"]), row


def test_lists_say_nothing_of_segments(records: list[Record]) -> None:
    kinds = {r.kind for r in records if r.source.startswith("Source:深圳证券交易所")}
    assert kinds == {"Source", "Company"}


def test_more_than_four_hundred_firms_have_full_names(index: Index) -> None:
    firms = index.things("Company")
    assert len(firms) >= 740
    assert sum(bool(index.full_name(firm)) for firm in firms) >= 400


def test_the_brake_maker_of_the_pages_supplies_the_airliner(index: Index) -> None:
    names = {row["name"] for row in suppliers(index, "中国商飞", TODAY)["rows"]}
    assert "长沙鑫航机轮刹车有限公司" in names


def test_a_segment_without_named_firms_is_present_where_a_page_says_so(index: Index) -> None:
    [row] = [row for row in gaps(index, "电子元器件", "新化县", TODAY)["segments"]
             if row["segment"] == "电感与磁性元件"]
    assert (row["verdict"], row["firms"], row["stale"]) == ("present", [], True)


@pytest.mark.parametrize("at, verdicts, cathodes", [
    (last_day("2014"), ("present", "present", "absent", "absent"), {"杉杉能源", "长远锂科"}),
    (first_day("2018-06-30"), ("present", "present", "unknown", "unknown"),
     {"杉杉能源", "长远锂科"}),
    (TODAY, ("present", "present", "present", "present"), {"巴斯夫杉杉", "长远锂科"}),
])
def test_the_battery_chain_of_changsha_holds_with_everything_loaded(
        index: Index, at: int, verdicts: tuple[str, ...], cathodes: set[str]) -> None:
    rows = {row["segment"]: row for row in gaps(index, "锂电池", "长沙", at)["segments"]}
    assert tuple(rows[s]["verdict"] for s in ("正极材料", "负极材料", "隔膜", "电解液")) == verdicts
    assert {firm["name"] for firm in rows["正极材料"]["firms"]} == cathodes


@pytest.mark.parametrize(("segment", "region"), [
    ("五金打火机/零配件", "邵东市"), ("农业机械/零部件", "双峰县"), ("食品/原料", "平江县"),
    ("北斗/终端", "长沙市"), ("集成电路/芯片设计", "长沙市"), ("先进钢铁材料/硅钢", "娄底市"),
    ("生物医药/医疗器械", "长沙市"), ("永州电机/硅钢铁芯", "娄底经济技术开发区")])
def test_what_a_public_page_says_is_there_is_there(
        index: Index, segment: str, region: str) -> None:
    found = verdict(index, segment, region, TODAY)
    assert found["verdict"] == "present"
    assert all(e["source"]["address"].startswith("http") for e in found["evidence"])


def test_a_place_that_only_a_daughter_firm_suggests_proves_nothing(index: Index) -> None:
    found = verdict(index, "先进储能材料/磷酸铁", "宁乡经济技术开发区", TODAY)
    assert found["verdict"] == "unknown" and found["hinted"][0]["name"] == "湖南雅城"
    assert verdict(index, "先进储能材料/磷酸铁", "湖南省", TODAY)["verdict"] == "present"


def test_the_nearest_separator_of_2014_was_in_changde(index: Index) -> None:
    [row] = [row for row in gaps(index, "锂电池", "长沙", last_day("2014"))["segments"]
             if row["segment"] == "隔膜"]
    assert row["nearest"] is not None and row["nearest"]["region"] == "常德市"


def test_the_spot_check_left_no_wrong_row() -> None:
    drawn = table("hunan-public", "spot-check")
    outcomes = [row["outcome"] for row in drawn]
    assert (outcomes.count("right"), outcomes.count("mended")) == (49, 1)
    for row in drawn:
        line = table(row["folder"], row["file"].removesuffix(".csv"))[int(row["row"]) - 2]
        assert any(row["key"].split(" ")[0] in value for value in line.values()), row


def test_loading_them_again_changes_nothing(shipped_store: Store, ontology: Ontology) -> None:
    report = load(shipped_store, ontology, [path for path in shipped() if path.name in ROWS])
    assert (report.loaded, report.retracted, report.rejected) == (0, 0, 0)
