"""The Hunan reference: every change is listed and can be undone, nothing is lost on the way."""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from graph.analysis.gaps import gaps
from graph.dates import first_day
from graph.index import Index
from graph.record import Record
from graph.store import Store, open_store
from loaders.pipeline import load
from ontology.model import Ontology
from tests.shipped import folder, of

FOLDER = folder("hunan-reference")
TODAY = first_day("2026-11-22")

ORIGINAL = {  # SHA-256 of the ten tables as they were first collected
    "alliances": "96666f179dc40fa3a199fc07b16883a3428ae9c54261c6a4646df460acb142bc",
    "chains": "a69dd78bce920b8e56cda0cd4d21de6072df64743b1258ae4e72ee475a8d403f",
    "clusters": "61090e7f3119ae17882d8687b3e16790441ed04aa4594b56ae26601a49c43c57",
    "companies": "b4be4d1ef43ffb4b9bb3d27bf717e946d6093a679fd37b99eab27be5db83a590",
    "institutes": "d9fac563029c4d708c65c9ab3a1e654de3e2372cab31599f4e0282e7c5e2eac3",
    "parks": "27ae77b491461c122cde84c026ebc50a05cd9997777aedc31ddd40a525e3a5ea",
    "policies": "5da1ac7162e0c5223a8d9954a47a4388875ac9d6747ed3a0cf95bd28ef957e50",
    "projects": "7301b16cc2c71f693c9fa4d7fbb47821ca225c251ea1493a6d6ccffa3500e24d",
    "regions": "a73366a8c279f5b492ef0a03d2f2a9f84b6245e046b430ebd762c657860c322b",
    "supplies": "0032bbd2f4f8735dc17460c4d2a33d855d88931296121a54d4e36673ca331dc7",
}
CHANGE = ["file", "row", "key", "column", "old", "new", "why"]
NO_STEP = {"扩建", "征拆完成", "省重点建设项目", "规划建设"}
YEARS = {"获批年份", "设立年份"}


def cells(name: str) -> list[list[str]]:
    """Header and rows of a table of the folder."""
    text = (FOLDER / f"{name}.csv").read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def table(name: str) -> list[dict[str, str]]:
    head, *rows = cells(name)
    return [dict(zip(head, row, strict=True)) for row in rows]


def firm(row: dict[str, str]) -> str:
    return row["full_name"] or row["short_name"]


@pytest.fixture(scope="module")
def store(ontology: Ontology) -> Iterator[Store]:
    store = open_store("sqlite://", ontology)
    report = load(store, ontology, [FOLDER])
    assert not report.problems and report.rejected == 0
    yield store
    store.close()


@pytest.fixture(scope="module")
def records(store: Store) -> list[Record]:
    return list(store.records())


@pytest.fixture(scope="module")
def index(store: Store, ontology: Ontology) -> Index:
    return Index.build(store, ontology)


# ── what was changed ──────────────────────────────────────────────────────────

@pytest.mark.parametrize("name", ORIGINAL)
def test_undoing_the_listed_changes_gives_the_table_as_it_was(name: str) -> None:
    rows = cells(name)
    for change in table("changes"):
        if change["file"] == f"{name}.csv":
            place = rows[0].index(change["column"])
            line = rows[int(change["row"]) - 1]
            assert line[place] == change["new"], change
            line[place] = change["old"]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    assert hashlib.sha256(text.getvalue().encode()).hexdigest() == ORIGINAL[name]


def test_a_change_is_listed_once_and_says_why() -> None:
    assert cells("changes")[0] == CHANGE
    changes = table("changes")
    assert all(c["old"] != c["new"] and c["why"] and c["key"] for c in changes)
    assert max(Counter((c["file"], c["row"], c["column"]) for c in changes).values()) == 1


@pytest.mark.parametrize("side, main, keys", [
    ("cluster-figures", "clusters", {"cluster": "name"}),
    ("policy-figures", "policies", {"policy": "name"}),
    ("project-figures", "projects", {"project": "name"}),
    ("park-figures", "parks", {"park": "name", "value": "metric_value", "unit": "metric_unit"}),
    ("alliance-roles", "alliances", {"alliance": "name"}),
    ("institute-dates", "institutes", {"institute": "name"}),
    ("supply-terms", "supplies", {"supplier": "supplier", "customer": "customer",
                                  "since": "since"}),
])
def test_a_row_split_off_keeps_its_row_its_source_and_its_confidence(
        side: str, main: str, keys: dict[str, str]) -> None:
    told = {tuple(r[k] for k in (*keys.values(), "confidence", "source_title"))
            for r in table(main)}
    for row in table(side):
        assert tuple(row[k] for k in (*keys, "confidence", "source_title")) in told, row


def test_every_source_that_a_table_cites_is_listed() -> None:
    known = {r["title"] for r in table("sources")}
    for path in FOLDER.glob("*.csv"):
        for row in table(path.stem):
            assert row.get("source_title", "") in known | {""}, (path.name, row)
    assert all(r["publisher"] and r["grade"] for r in table("sources"))


# ── firms ─────────────────────────────────────────────────────────────────────

def test_a_full_name_is_a_full_name_and_has_one_short_name() -> None:
    names: dict[str, set[str]] = {}
    for row in table("companies"):
        if row["full_name"]:
            assert re.search("(公司|研究所)$", row["full_name"]), row
            names.setdefault(row["full_name"], set()).add(row["short_name"])
    assert all(len(short) == 1 for short in names.values())


def test_no_firm_is_called_by_the_name_of_another(index: Index) -> None:
    owners: dict[str, set[str]] = {}
    for row in table("companies"):
        for name in {row["short_name"], row["full_name"], *row["aliases"].split("|")} - {""}:
            owners.setdefault(name, set()).add(firm(row))
    assert {name for name, firms in owners.items() if len(firms) > 1} == {"湘电", "妙盛电源"}
    assert {doubt.name for doubt in index.review} <= {"湘电"}


def test_a_park_lies_in_the_city_of_its_firms() -> None:
    cities: dict[str, set[str]] = {}
    for row in (*table("parks"), *table("parks-more")):
        for name in {row["name"], *row["aliases"].split("|")} - {""}:
            cities.setdefault(name, set()).add(row["city"])
    for row in table("companies"):
        if row["park"] in cities:
            assert row["city"] in cities[row["park"]], row


def test_products_carry_no_quantities() -> None:
    quantity = re.compile(r"\d(?:\.\d+)?\s*万?(?:吨|台|辆|列|节|GWh|亿|只|件)|签约|规划|入库")
    for row in table("companies"):
        assert not quantity.search(row["products"]), row
    for row in table("supplies"):
        assert not quantity.search(row["product"]), row


def test_a_firm_known_only_in_hunan_belongs_to_the_province(records: list[Record]) -> None:
    blank = {firm(r) for r in table("companies") if not r["city"]}
    assert len(blank) == 24
    told = {r.id.partition(":")[2]: r.values["region"] for r in of(records, "Company")
            if r.values.get("region") == "Region:430000"}
    assert blank <= set(told)


def test_a_registered_office_proves_no_production(index: Index, records: list[Record]) -> None:
    [office] = of(records, "operatesIn", "湖南三德科技股份有限公司", "长沙高新技术产业开发区")
    assert office.values["function"] == "headquarters"
    rows = {str(r["segment"]): r for r in gaps(index, "人工智能", "益阳", TODAY)["segments"]}
    assert rows["智能装备与机床"]["verdict"] == "unknown"


def test_a_signed_project_proves_no_segment(index: Index, records: list[Record]) -> None:
    rows = {str(r["segment"]): r for r in gaps(index, "钛材", "娄底", TODAY)["segments"]}
    assert rows["钛矿与海绵钛"]["verdict"] == "unknown"
    told = of(records, "operatesIn", "湖南宏旺海外发展有限公司")
    assert told and all(r.inferred for r in told)


def test_an_editors_mark_is_never_more_than_inferred(records: list[Record]) -> None:
    leads = of(records, "leads")
    assert leads and all(r.inferred and "编者标记" in str(r.values["list"]) for r in leads)


def test_xinwei_dianke_is_the_firm_in_yiyang(index: Index) -> None:
    assert index.firm("信维电科") == index.firm("益阳信维电子") == index.firm("信维电子科技(益阳)")
    assert index.firm("信维电科") != index.firm("益阳信维通信")


@pytest.mark.parametrize("old, new, before, after", [
    ("湖南盐业", "雪天盐业", "2021-12-31", "2023-12-31"),
    ("金贵银业", "湖南白银", "2018-12-31", "2026-01-01"),
    ("南岭民爆", "易普力", "2021-12-31", "2024-01-01"),
])
def test_a_renamed_firm_is_one_firm_with_the_name_of_the_time(
        index: Index, old: str, new: str, before: str, after: str) -> None:
    assert index.firm(old) == index.firm(new)
    assert index.label(index.firm(old), first_day(before)) == old
    assert index.label(index.firm(old), first_day(after)) == new


def test_a_lawsuit_is_told_and_closes_nobody(records: list[Record]) -> None:
    for name, word in (("景峰医药", "裁定受理重整"), ("湖南桑顿", "申请破产重整"),
                       ("千山药机", "终止上市")):
        told = [r for r in of(records, "Company", name) if word in str(r.values.get("note"))]
        assert told and all("status" not in r.values for r in told)


# ── supplies ──────────────────────────────────────────────────────────────────

def test_every_supply_arrives_as_a_supply_a_sale_or_a_cooperation(records: list[Record]) -> None:
    assert len(table("supplies")) == 164
    assert len(of(records, "sellsTo")) == 6
    assert len(of(records, "cooperatesWith", "老挝科技与通信部")) == 1
    assert len(of(records, "suppliesTo", "工程机械用钢", "上下游企业现场签约")) == 0
    split = [r for r in of(records, "suppliesTo", "工程机械用钢") if "上下游企业" in r.source]
    assert len({r.ends for r in split}) == 10
    assert len(of(records, "suppliesTo")) >= 190


@pytest.mark.parametrize("supplier, customer, product, form, volume", [
    ("华菱线缆", "南方电网", "电力电缆", "bid", None),
    ("中伟", "厦钨新能", "四氧化三钴", "framework", "2-2.5万吨/年"),
    ("华菱湘钢", "三一重工", "钢材", "intent", "15万吨"),
    ("时代半导体", "法雷奥", "igbt模块", "shortlist", "项目周期内预计超250万台"),
    ("中车株机", "吉隆坡城轨", "城轨列车", "contract", None),
    ("时代新材", "中国中车及下属企业", "减振", "quota", None),
    ("威胜集团", "国家电网", "智能电表", "bid", "约60.8万台"),
])
def test_a_bid_a_framework_or_an_intent_is_told_as_such(
        records: list[Record], supplier: str, customer: str, product: str,
        form: str, volume: str | None) -> None:
    found = [r for r in of(records, "suppliesTo", supplier, customer)
             if product in str(r.values["product"]).casefold()]
    assert {(r.values.get("form"), r.values.get("volume")) for r in found} & {(form, volume)}


def test_the_other_end_of_a_supply_is_a_firm_by_name_or_says_what_it_is(
        records: list[Record]) -> None:
    named = {r.id for r in of(records, "Company")}
    ends = {end for r in of(records, "suppliesTo") for end in r.ends or ()}
    assert all(end.startswith("Company:") for end in ends)
    assert "Company:法雷奥" in named
    [line] = of(records, "Company", "'陵水17-2深水气田'")
    assert "不是企业" in str(line.values["note"])


# ── projects, figures ─────────────────────────────────────────────────────────

def test_every_state_of_a_project_is_a_stage_in_its_own_words() -> None:
    stages = {(r["project"], r["wording"]) for r in table("project-stages")}
    left = {r["status"] for r in table("projects") if (r["name"], r["status"]) not in stages}
    assert left == NO_STEP
    dated = [r for r in table("project-stages") if r["date"] or r["observed"]]
    assert len(dated) >= 78


def test_a_battery_plant_was_started_not_in_production_in_2019(records: list[Record]) -> None:
    [stage] = of(records, "Stage", "长沙弗迪宁乡动力电池生产基地一期")
    assert (stage.values["step"], stage.valid_from) == ("started", "2019-05-28")


def test_every_figure_of_a_park_or_cluster_is_an_observation() -> None:
    figures = {(r["park"], r["value"], r["unit"]) for r in table("park-figures")}
    assert figures == {(r["name"], r["metric_value"], r["metric_unit"]) for r in table("parks")
                       if r["metric_name"] and r["metric_name"] not in YEARS}
    told: dict[str, str] = {}
    for row in table("cluster-figures"):
        told[row["cluster"]] = told.get(row["cluster"], "") + row["wording"]
    for row in table("clusters"):
        for part in re.split("[;,、]", row["metrics"]):
            if re.search(r"\d", part) and "50强" not in part:  # an honour
                number = re.findall(r"\d+(?:\.\d+)?", part)[-1]
                assert number in told[row["name"]], (row["name"], part)


def test_hopes_are_not_figures(records: list[Record]) -> None:
    told = {(r.values["metric"], r.values["status"]) for r in of(records, "Observation")}
    assert ("达产后产值", "forecast") in told and ("产业规模", "target") in told
    [lithium] = of(records, "Observation", "Cluster:长沙碳基材料产业链", "'产值'")
    assert lithium.values["status"] == "forecast"


def test_only_a_list_of_recognised_clusters_gives_a_year_of_recognition(
        records: list[Record]) -> None:
    named = {r.values["name"] for r in of(records, "Cluster") if "recognised" in r.values}
    assert "长沙市工程机械集群" in named and "株洲航空航天产业链" not in named


# ── places, chains ────────────────────────────────────────────────────────────

def test_the_overlays_are_dated_and_partial(records: list[Record]) -> None:
    told = {((r.ends or ("",))[0], r.valid_from, r.values["extent"])
            for r in of(records, "partOf") if (r.ends or ("", ""))[1] == "Region:湖南湘江新区"}
    assert {("Region:430104", "2015-04", "partial"), ("Region:430104", "2023", "whole"),
            ("Region:430112", "2015-04", "partial"),
            ("Park:宁乡经济技术开发区", "2015-04", "whole")} <= told
    circle = {((r.ends or ("",))[0], r.valid_from, r.values["extent"])
              for r in of(records, "partOf", "Region:长株潭都市圈")}
    assert {("Region:430100", "2022-02", "whole"),
            ("Region:430200", "2022-02", "partial")} <= circle


def test_lithium_carbonate_feeds_the_battery_chain(records: list[Record]) -> None:
    ends = {r.ends for r in of(records, "feeds")}
    assert ("Segment:锂资源与碳酸锂/碳酸锂", "Segment:先进储能材料/正极材料") in ends
    making = {r.values["place"] for r in of(records, "operatesIn", "锂资源与碳酸锂/碳酸锂")
              if not r.inferred}
    assert {"Region:431124", "Park:望城经济技术开发区"} <= making
