"""Suppliers, customers, paths, the template of a chain, search."""

from itertools import pairwise
from typing import Any

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.analysis.chain import chain_template
from graph.analysis.paths import paths
from graph.analysis.search import search
from graph.analysis.supplies import customers, suppliers
from tests.small import Small, day, hunan, index_of

NOW = day("2020")


def trade() -> Small:
    """金博 → 比亚迪 (碳陶制动盘), 大明 supports 三一, 科力尔 → 华为 ← 信维."""
    small = Small()
    small.cite("报纸", "press", "2019")
    for name in ("金博股份", "比亚迪", "大明机械", "三一益阳", "科力尔", "华为", "信维电科"):
        small.thing("Company", name=name)
    disc = small.thing("Product", name="碳陶制动盘")
    small.link("suppliesTo", "Company:金博股份", "Company:比亚迪", product=disc, form="bid",
               valid_from="2018")
    small.link("supports", "Company:大明机械", "Company:三一益阳")
    small.link("suppliesTo", "Company:科力尔", "Company:华为")
    small.link("suppliesTo", "Company:信维电科", "Company:华为")
    return small


def test_suppliers_name_the_firm_and_the_product() -> None:
    index = index_of(trade().records)
    row, = suppliers(index, "比亚迪", NOW)["rows"]
    assert (row["name"], row["product"], row["form"]) == ("金博股份", "碳陶制动盘", "bid")
    assert row["valid_from"] == "2018" and row["valid_to"] is None and not row["inferred"]
    assert row["evidence"][0]["source"]["title"] == "报纸"
    assert suppliers(index, "比亚迪", day("2017"))["rows"] == []


def test_support_and_supply_without_a_product_are_rows_too() -> None:
    index = index_of(trade().records)
    row, = suppliers(index, "三一益阳", NOW)["rows"]
    assert (row["name"], row["link_name"], row["product"]) == ("大明机械", "配套", None)
    assert [row["name"] for row in customers(index, "科力尔", NOW)["rows"]] == ["华为"]


def test_several_sources_of_one_supply_are_one_row() -> None:
    small = trade()
    small.cite("公告", "official", "2020")
    small.link("suppliesTo", "Company:金博股份", "Company:比亚迪", product="Product:碳陶制动盘")
    row, = suppliers(index_of(small.records), "比亚迪", NOW)["rows"]
    assert [item["grade"] for item in row["evidence"]] == ["official", "press"]


def test_a_supply_without_any_date_is_shown() -> None:
    small = trade()
    small.cite("无日期", "press", None)
    small.link("suppliesTo", "Company:华为", "Company:比亚迪")
    names = [row["name"] for row in suppliers(index_of(small.records), "比亚迪", NOW)["rows"]]
    assert names == ["华为", "金博股份"]


def test_a_path_tells_its_steps() -> None:
    index = index_of(trade().records)
    found = paths(index, "信维电科", "科力尔", NOW)
    path, = found["rows"]
    assert path["names"] == ["信维电科", "华为", "科力尔"] and path["length"] == 2
    assert [step["forward"] for step in path["steps"]] == [True, False]
    assert all(step["evidence"] for step in path["steps"])
    assert paths(index, "信维电科", "比亚迪", NOW)["rows"] == []
    assert paths(index, "信维电科", "科力尔", NOW, max_steps=1)["rows"] == []


EDGES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda e: e[0] != e[1]),
                 max_size=16)


@settings(max_examples=40, deadline=None)
@given(EDGES, st.integers(1, 5))
def test_law_paths_are_those_of_networkx(edges: list[tuple[int, int]], steps: int) -> None:
    small = Small()
    small.cite("报纸", "press", "2019")
    firms = [small.thing("Company", name=f"厂{i}") for i in range(8)]
    for a, b in edges:
        small.link("suppliesTo", firms[a], firms[b])
    net: Any = nx.Graph()
    net.add_nodes_from(range(8))
    net.add_edges_from(edges)
    found = paths(index_of(small.records), "厂0", "厂7", NOW, steps, 100)["rows"]
    right = list(nx.all_shortest_paths(net, 0, 7)) if nx.has_path(net, 0, 7) else []
    right = [path for path in right if len(path) - 1 <= steps]
    assert sorted(path["names"] for path in found) == sorted(
        [f"厂{i}" for i in path] for path in right)
    for path in found:
        ids = [step["id"] for step in path["steps"]]
        assert all(a != b for a, b in pairwise(ids))


def test_the_template_of_a_chain() -> None:
    small = hunan()
    product = small.thing("Product", name="湿法隔膜")
    small.link("productOf", product, "Segment:锂电池/隔膜")
    answer = chain_template(index_of(small.records), "battery", NOW)
    assert [row["segment"] for row in answer["rows"]] == ["隔膜", "正极材料", "电芯", "回收"]
    assert answer["rows"][0]["products"] == ["湿法隔膜"]
    assert ("电芯", "回收") in {(f["upstream"], f["downstream"]) for f in answer["feeds"]}
    assert answer["cycles"] == [] and answer["apart"] == []


def test_a_template_that_does_not_hang_together_says_so() -> None:
    small = hunan()
    small.chain("环", "一", "二", "三")
    small.link("feeds", "Segment:环/一", "Segment:环/二")
    small.link("feeds", "Segment:环/二", "Segment:环/一")
    answer = chain_template(index_of(small.records), "环", NOW)
    assert answer["cycles"] == [["一", "二"]] and answer["apart"] == ["三"]


def test_search_finds_parts_pinyin_and_initials() -> None:
    index = index_of([*trade().records, *hunan().records])
    for query in ("金博", "jinbo", "jb"):
        assert search(index, query, NOW)["rows"][0]["name"] == "金博股份"
    assert search(index, "长", NOW, ["Region"])["rows"][0]["kind_name"] == "地区"
