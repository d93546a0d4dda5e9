"""Names: one spelling, the nearest, and look-up in all of them."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.names import Names, nearest, normalise, pinyin

ROWS = [
    ("Region:430100", "Region", ["长沙市", "长沙", "Changsha", "430100"]),
    ("Region:430700", "Region", ["常德市", "常德", "Changde"]),
    ("Chain:先进储能材料", "Chain", ["先进储能材料", "锂电池", "锂电", "lithium battery"]),
    ("Segment:先进储能材料/隔膜", "Segment", ["隔膜", "Separator"]),
    ("Segment:先进储能材料/电解液", "Segment", ["电解液", "Electrolyte"]),
    ("Company:a", "Company", ["长远锂科", "湖南长远锂科股份有限公司", "688779"]),
    ("Company:b", "Company", ["金博股份", "湖南金博碳素股份有限公司"]),
    ("Company:c", "Company", ["长沙星城石墨", "星城石墨"]),
    ("Company:d", "Company", ["湖南中锂新材料有限公司", "湖南中锂（常德）公司"]),
]
NAMES = Names(ROWS)


def ids(text: str, **limits: object) -> list[str]:
    return [id for id, _, _ in NAMES.search(text, **limits)]  # type: ignore[arg-type]


@pytest.mark.parametrize(("one", "two"), [
    ("湖南中锂（常德） 公司。", "湖南中锂(常德)公司"), ("Lithium  Battery", "lithiumbattery"),
    ("ＡＢＣ", "abc"), ("【甲】", "(甲)"), ("长沙；", "长沙"), ("\ufeff长沙\u200b", "长沙"),
    ("㈱", "(株)"), ("……", ""),
])
def test_spellings_that_are_one(one: str, two: str) -> None:
    assert normalise(one) == normalise(two) == two


def test_closing_brackets_and_signs_stay() -> None:
    assert normalise("公司(湖南)") == "公司(湖南)"
    assert normalise("C++") == "c++"
    assert normalise("99%") == "99%"


@settings(max_examples=100)
@given(st.text(max_size=20))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert not any(c.isspace() for c in once)


def test_readings() -> None:
    assert pinyin("长沙") == "changsha"
    assert pinyin("重庆银行") == "chongqingyinhang"
    assert pinyin("绿色 A1") == "lvsea1"
    assert pinyin("") == ""


@pytest.mark.parametrize(("typed", "meant"), [
    ("隔摸", "隔膜"), ("gemo", "隔膜"), ("隔模", "隔膜"), ("电解夜", "电解液"),
    ("fuji", "负极材料"), ("负极", "负极材料"), ("正级材料", "正极材料"), ("电解", "电解液"),
])
def test_the_nearest_name_is_what_was_meant(typed: str, meant: str) -> None:
    assert nearest(typed, ["正极材料", "负极材料", "隔膜", "电解液"])[:1] == [meant]


def test_nothing_near_is_nothing() -> None:
    assert nearest("完全无关", ["隔膜", "电解液"]) == []
    assert nearest("", ["隔膜"]) == []
    assert nearest("隔膜", []) == []
    assert len(nearest("有限公司", [f"第{i}有限公司" for i in range(9)], 2)) == 2


def test_find_is_exact() -> None:
    for text in ("长沙", " 长沙。", "CHANGSHA"):
        assert NAMES.find(text) == ["Region:430100"]
    assert NAMES.find("430100", ["Region"]) == ["Region:430100"]
    assert NAMES.find("长沙", ["Company"]) == NAMES.find("长") == NAMES.find("") == []
    assert NAMES.find("湖南中锂(常德)公司") == ["Company:d"]
    assert NAMES.find("长沙", ["没有的种类"]) == []
    both = Names([("b", "K", ["甲"]), ("a", "K", ["甲", "甲。"])])
    assert both.find("甲") == ["a", "b"]


def test_search_prefers_the_whole_name_then_its_start_then_its_inside() -> None:
    found = NAMES.search("长沙")
    assert found[0] == ("Region:430100", "长沙", 100.0)
    assert found[1] == ("Company:c", "长沙星城石墨", 90.0)
    assert ids("锂") == ["Chain:先进储能材料", "Company:a", "Company:d"]
    assert ids("常德") == ["Region:430700", "Company:d"]
    assert ids("常德", kinds=["Company"]) == ["Company:d"]
    assert ids("长沙", kinds=["没有的种类"]) == ids("长沙", kinds=[]) == []


def test_search_by_pinyin_initials_and_sound() -> None:
    assert ids("changsha")[:2] == ["Region:430100", "Company:c"]
    assert ids("changs")[0] == "Region:430100"
    assert ids("gemo") == ids("gem") == ids("隔摸") == ["Segment:先进储能材料/隔膜"]
    assert ids("jinbo") == ids("jbgf") == ["Company:b"]
    assert ids("angsha") == ["Region:430100"]  # inside the English name; never half a syllable
    assert all(score < 50 for _, _, score in NAMES.search("icheng"))  # 星城: half a syllable


def test_search_falls_back_to_likeness() -> None:
    assert ids("金博碳素公司")[0] == "Company:b"
    assert ids("lithum batery")[0] == "Chain:先进储能材料"
    assert ids("gemoo")[0] == "Segment:先进储能材料/隔膜"
    assert ids("电解夜")[0] == "Segment:先进储能材料/电解液"
    assert ids("zzzz") == ids("") == ids("，") == []
    assert all(score < 50 for _, _, score in NAMES.search("金博碳素公司"))


def test_order_and_limit() -> None:
    many = Names([(f"x{i:03}", "K", ["甲乙" + "丙" * (i % 3)]) for i in range(90, -1, -1)])
    found = many.search("甲", limit=40)
    assert len(found) == 40
    assert [id for id, _, _ in found] == [f"x{i:03}" for i in (*range(0, 91, 3), *range(1, 28, 3))]
    assert many.search("甲", limit=0) == []


def test_nothing_to_search() -> None:
    for empty in (Names([]), Names([("a", "K", []), ("b", "K", ["", "。"])])):
        assert empty.find("甲") == []
        assert empty.search("甲") == empty.search("jia") == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("长沙隔膜锂电ab(1", min_size=1, max_size=5), max_size=8),
       st.text("长沙隔膜锂电ab(1", min_size=1, max_size=3))
def test_search_finds_exactly_the_names_that_contain_it(names: list[str], text: str) -> None:
    found = Names([(str(i), "K", [name]) for i, name in enumerate(names)]).search(text, limit=99)
    containing = {str(i) for i, name in enumerate(names) if normalise(text) in normalise(name)}
    assert {id for id, _, score in found if score >= 80} == containing


def test_a_hundred_thousand_names_are_searched_at_once() -> None:
    parts = ["长沙", "株洲", "湘潭", "金博", "碳素", "锂科", "材料", "能源", "电子", "智造", "机械"]
    names = [f"湖南{parts[i % 11]}{parts[i // 11 % 11]}{i}公司" for i in range(100_000)]
    many = Names([(str(i), "K", [name]) for i, name in enumerate(names)])
    many.search("changsha")  # readings are made here
    start = time.perf_counter()
    for text in ("湖", "长沙", "金博", "changsha", "cs"):
        assert many.search(text)
    assert time.perf_counter() - start < 2.0  # five searches; 0.05 s on an idle machine
