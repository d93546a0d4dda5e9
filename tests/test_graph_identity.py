"""Identity: ids out of words, and groups of ids that do not depend on any order."""

import random
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.identity import Doubt, Groups, Named, groups, link_id, namer, thing_id
from ontology.model import End, Field, Kind, Text

BOTH = Text("", "")


def field(name: str, role: str = "", key: bool = False, datatype: str = "string",
          multiple: bool = False) -> Field:
    return Field(name, BOTH, BOTH, datatype, role=role, key=key, multiple=multiple)


COMPANY = Kind("Company", Text("企业", "company"), BOTH, (
    field("name", "name"), field("full_name", "full_name"), field("credit_code", "code"),
    field("aliases", "alias", multiple=True), field("former_names", "alias", multiple=True)))
SEGMENT = Kind("Segment", Text("环节", "segment"), BOTH, (
    field("chain", key=True, datatype="reference"), field("name", "name", key=True)))
SOURCE = Kind("Source", Text("来源", "source"), BOTH, (
    field("title", "name", key=True), field("publisher", key=True)))
SUPPLY = Kind("suppliesTo", Text("供应", "supplies"), BOTH, (
    field("product", key=True, datatype="reference"), field("year", key=True), field("volume")),
    ends=(End("supplier", BOTH, BOTH), End("customer", BOTH, BOTH)))


# Ids ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "values", "id"), [
    (COMPANY, {"name": "金博", "full_name": "湖南金博", "credit_code": "9143X"}, "Company:9143X"),
    (COMPANY, {"name": "金博", "full_name": "湖南金博碳素 股份（有限）公司"},
     "Company:湖南金博碳素股份(有限)公司"),
    (COMPANY, {"name": " ＫＢ 金博 "}, "Company:kb金博"),
    (SEGMENT, {"chain": "Chain:先进储能材料", "name": "隔膜"}, "Segment:先进储能材料/隔膜"),
    (SOURCE, {"title": "湖南日报 2014"}, "Source:湖南日报 2014"),
    (SOURCE, {"title": "公报", "publisher": "统计局"}, "Source:公报/统计局"),
    (SOURCE, {"publisher": "统计局"}, "Source:/统计局"),
])
def test_an_id_is_made_of_the_best_that_is_known(
        kind: Kind, values: dict[str, str], id: str) -> None:
    assert thing_id(kind, values) == id


def test_a_long_key_is_shortened() -> None:
    long, longer = thing_id(SOURCE, {"title": "题" * 81}), thing_id(SOURCE, {"title": "题" * 82})
    assert long != longer and len(long) == len(longer) == len("Source:") + 20
    assert thing_id(SOURCE, {"title": "题" * 80}) == "Source:" + "题" * 80


def test_a_thing_without_any_name_has_no_id() -> None:
    for values in ({}, {"name": " "}, {"aliases": ("甲",)}):
        with pytest.raises(ValueError, match="企业缺少名称"):
            thing_id(COMPANY, values)


def test_a_link_is_its_kind_its_ends_and_its_key() -> None:
    ends = ("Company:甲", "Company:乙")
    id = link_id(SUPPLY, ends, {"product": "Product:石墨", "volume": "3"})
    assert id.startswith("suppliesTo:") and len(id) == len("suppliesTo:") + 20
    assert id == link_id(SUPPLY, ends, {"product": "Product:石墨", "year": ""})
    assert len({id, link_id(SUPPLY, ends[::-1], {"product": "Product:石墨"}),
                link_id(SUPPLY, ends, {"year": "Product:石墨"}), link_id(SUPPLY, ends, {})}) == 4


def test_what_a_record_calls_its_thing_comes_from_the_roles_of_its_fields() -> None:
    values = {
        "name": "金博", "full_name": "湖南金博（股份）", "aliases": ("ＫＢ", " "),
        "former_names": ("博云",), "credit_code": "9143X"}
    assert namer(COMPANY)("Company:x", values) == Named(
        "Company:x", "Company", "9143X", ("湖南金博(股份)",), ("金博",), ("kb", "博云"))
    assert namer(SEGMENT)("Segment:链/隔膜", {"name": "隔膜"}) == Named(
        "Segment:链/隔膜", "Segment")


# Groups ------------------------------------------------------------------------------------------


def firm(key: str, code: str = "", full: Sequence[str] = (), names: Sequence[str] = (),
         aliases: Sequence[str] = ()) -> Named:
    return Named(f"Company:{key}", "Company", code, tuple(full), tuple(names), tuple(aliases))


def together(found: Groups, *keys: str) -> bool:
    return len({found.of(f"Company:{key}") for key in keys}) == 1


CODED = firm("C1", "C1", ["湖南金博"], ["金博"], ["kb"])
FULL = firm("湖南金博", "", ["湖南金博"], ["金博碳素"])
SHORT = firm("金博", names=["金博"])


def test_one_code_or_one_full_name_is_one_firm() -> None:
    found = groups([CODED, FULL, firm("别处", "C1")])
    assert found.canonical == {"Company:湖南金博": "Company:C1", "Company:别处": "Company:C1"}
    assert found.review == ()


def test_a_name_joins_the_one_firm_that_bears_it() -> None:
    found = groups([CODED, FULL, SHORT, firm("kb", names=["kb"]), firm("无关", names=["无关"])])
    assert found.canonical == {f"Company:{key}": "Company:C1" for key in ("湖南金博", "金博", "kb")}


def test_a_name_that_two_firms_bear_stays_apart_and_is_listed() -> None:
    other = firm("C2", "C2", ["北京金博"], ["金博"])
    found = groups([CODED, SHORT, other])
    assert found.canonical == {}
    assert found.review == (Doubt("Company", ("Company:C1", "Company:C2", "Company:金博"),
                                  "名称属于不止一家", "金博"),)
    decided = groups([CODED, SHORT, other], different=[("Company:金博", "Company:C2")])
    assert decided.canonical == {"Company:金博": "Company:C1"} and decided.review == ()
    decided = groups([CODED, SHORT, other], same=[("Company:金博", "Company:C2")])
    assert decided.canonical == {"Company:金博": "Company:C2"} and decided.review == ()


def test_two_codes_never_join() -> None:
    twin = firm("C2", "C2", ["湖南金博"])
    found = groups([CODED, twin, FULL], same=[("Company:C1", "Company:C2")])
    assert found.canonical == {}
    assert {doubt.reason for doubt in found.review} == {
        "判定为同一，但代码不同或另有判定为不同", "全称相同，但代码不同或判定为不同"}
    bridge = [firm("C1", "C1", ["甲"]), firm("C2", "C2", ["乙"]), firm("桥", "", ["甲", "乙"])]
    assert groups(bridge).canonical == {} and len(groups(bridge).review) == 1
    both = groups([firm("甲", "C1"), firm("甲", "C2", ["甲厂"]), firm("甲厂", "", ["甲厂"])])
    assert both.canonical == {}
    assert both.review == (Doubt("Company", ("Company:甲",), "有两个不同的代码"),)


def test_names_are_followed_through_other_names() -> None:
    chain = [firm("a", names=["a"]), firm("b", names=["b"], aliases=["a"]),
             firm("C", "C", names=["c"], aliases=["b"])]
    assert groups(chain).canonical == {"Company:a": "Company:C", "Company:b": "Company:C"}
    ring = [firm("a", names=["a"], aliases=["b"]), firm("b", names=["b"], aliases=["a"])]
    assert groups(ring).canonical == {"Company:b": "Company:a"}


def test_decisions_of_people_join_and_part() -> None:
    found = groups([SHORT, firm("博云", names=["博云"])], same=[("Company:博云", "Company:金博")])
    assert found.canonical == {"Company:金博": "Company:博云"}
    found = groups([CODED, FULL], different=[("Company:C1", "Company:湖南金博")])
    assert not together(found, "C1", "湖南金博") and len(found.review) == 1
    found = groups([SHORT], same=[("Company:金博", "Company:nobody")])
    assert found.canonical == {}


def test_two_names_judged_different_do_not_meet_in_a_third() -> None:
    host = firm("C1", "C1", ["湖南金博"], ["甲"], ["乙", "丙", "丁"])
    rows = [host, *(firm(name, names=[name]) for name in "乙丙丁")]
    found = groups(rows, different=[("Company:乙", "Company:丙")])
    assert found.canonical == {"Company:丁": "Company:C1"}
    assert {doubt.name for doubt in found.review} == {"乙", "丙"}


def test_things_of_two_kinds_have_nothing_to_do_with_each_other() -> None:
    rows = [Named("Region:1", "Region", "1", (), ("长沙",)), firm("长沙", names=["长沙"])]
    assert groups(rows) == Groups({}, ())


TEXT = st.sampled_from("甲乙丙丁戊己")
ROWS = st.lists(st.builds(
    firm, st.sampled_from(["C1", "C2", *"甲乙丙丁戊己"]), st.sampled_from(["", "", "", "C1", "C2"]),
    st.lists(TEXT, max_size=1), st.lists(TEXT, max_size=2), st.lists(TEXT, max_size=2)),
    max_size=14)
ID = st.sampled_from([f"Company:{key}" for key in ("C1", "C2", *"甲乙丙丁戊己")])
PAIRS = st.lists(st.tuples(ID, ID), max_size=3)


@settings(deadline=None)
@given(ROWS, PAIRS, PAIRS, st.randoms(use_true_random=False))
def test_no_order_and_no_repetition_changes_anything(
        rows: list[Named], same: list[tuple[str, str]], different: list[tuple[str, str]],
        chance: random.Random) -> None:
    found = groups(rows, same, different)
    mixed = rows + rows[:3]
    chance.shuffle(mixed)
    assert groups(mixed, [(b, a) for a, b in reversed(same)],
                  [(b, a) for a, b in reversed(different)]) == found


@settings(deadline=None)
@given(ROWS, PAIRS, PAIRS)
def test_what_must_stay_apart_stays_apart(
        rows: list[Named], same: list[tuple[str, str]],
        different: list[tuple[str, str]]) -> None:
    found = groups(rows, same, different)
    known = {row.id for row in rows}
    for a, b in different:
        if a in known and b in known and a != b:
            assert found.of(a) != found.of(b)
    codes: dict[str, set[str]] = {}
    for row in rows:
        if row.code:
            codes.setdefault(row.id, set()).add(row.code)
    of_group: dict[str, set[str]] = {}
    for id, own in codes.items():
        if len(own) == 1:
            of_group.setdefault(found.of(id), set()).update(own)
    assert all(len(own) == 1 for own in of_group.values())
    for id, root in found.canonical.items():
        assert id != root and root not in found.canonical and {id, root} <= known


@settings(deadline=None)
@given(ROWS, PAIRS, PAIRS)
def test_plain_ids_need_no_row(rows: list[Named], same: list[tuple[str, str]],
                               different: list[tuple[str, str]]) -> None:
    plain = {f"Company:{key}" for key in "甲乙丙丁"} - {row.id for row in rows}
    said = [Named(id, "Company", names=(id.partition(":")[2],)) for id in sorted(plain)]
    assert groups(rows, same, different, plain) == groups(rows + said, same, different)


def test_a_hundred_thousand_firms_take_about_a_second() -> None:
    rows = []
    for i in range(100_000):
        full, short = f"湖南{i}股份有限公司", f"{i}股份"
        rows.append(firm(f"code{i}", f"code{i}", [full], [short], [f"老{i}"]))
        if i % 10 == 0:
            rows += [firm(full, "", [full], [short]), firm(short, names=[short])]
    start = time.process_time()
    found = groups(rows)
    assert time.process_time() - start < 8  # about 1 s where nothing else runs
    assert len(found.canonical) == 20_000 and found.review == ()
