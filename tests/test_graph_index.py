"""The index: names over time, who is meant, grades, and one version for one content."""

import json

import pytest

from graph import dates
from graph.analysis.things import listing
from graph.index import Index
from graph.record import digest
from graph.store import open_store
from ontology.errors import Ambiguous, NotFound
from tests.small import ONTOLOGY, Small, above, day, hunan, index_of, keep


def shanshan() -> Small:
    """杉杉能源 became 巴斯夫杉杉 in 2021; a paper of 2014 knows only its short name."""
    small = hunan()
    small.cite("公告", "official", "2024")
    new = {"valid_from": "2021-08-31"}
    small.thing("Company", name="巴斯夫杉杉", full_name="巴斯夫杉杉电池材料有限公司",
                aliases=("杉杉能源",), when=new)
    small.cite("报纸", "press", "2014-06")
    old = small.thing("Company", name="杉杉能源")
    small.link("operatesIn", old, "Segment:锂电池/正极材料", place="Region:430182")
    return small


def test_a_firm_bears_the_name_of_the_time() -> None:
    index = index_of(shanshan().records)
    firm = index.firm("杉杉能源")
    assert firm == index.firm("巴斯夫杉杉") == index.firm("巴斯夫杉杉电池材料有限公司")
    assert index.id(firm) == "Company:巴斯夫杉杉电池材料有限公司"
    assert index.label(firm, day("2014")) == "杉杉能源"
    assert index.label(firm, day("2024")) == index.label(firm) == "巴斯夫杉杉"


@pytest.mark.parametrize("typed", ["长沙", "长沙市", "星城", "Changsha", "changsha city", "430100",
                                   " 长沙 ", "Region:430100"])
def test_a_region_answers_to_all_its_names(typed: str) -> None:
    index = index_of(hunan().records)
    assert index.id(index.region(typed)) == "Region:430100"


def test_the_short_form_is_the_city_before_the_county() -> None:
    small = hunan()
    small.region("常德县", "county", "Region:430700")
    index = index_of(small.records)
    assert index.id(index.region("常德")) == "Region:430700"
    assert index.label(index.region("常德县")) == "常德县"


def test_an_unknown_name_names_the_nearest() -> None:
    index = index_of(hunan().records)
    with pytest.raises(NotFound, match="隔膜") as caught:
        index.segment("隔摸")
    assert caught.value.nearest == ("隔膜",)


def test_a_segment_of_two_chains_must_be_qualified() -> None:
    small = hunan()
    small.chain("氢能", "隔膜", aliases=("燃料电池",))
    index = index_of(small.records)
    with pytest.raises(Ambiguous) as caught:
        index.segment("隔膜")
    assert set(caught.value.choices) == {"锂电池/隔膜", "氢能/隔膜"}
    assert index.id(index.segment("锂电/隔膜")) == "Segment:锂电池/隔膜"
    assert index.id(index.segment("燃料电池/隔膜")) == "Segment:氢能/隔膜"


def test_a_place_may_be_a_park_or_a_site() -> None:
    small = hunan()
    small.thing("Site", name="一号厂房", region="Park:宁乡高新区")
    index = index_of(small.records)
    site = index.region("一号厂房")
    assert [index.label(p) for p in above(index.places, site, 0)] == [
        "宁乡高新区", "宁乡市", "长沙市", "长株潭都市圈", "湖南省"]
    assert index.faults == []


def test_regions_without_a_parent_are_reported() -> None:
    small = hunan()
    small.region("飞地县", "county")
    assert index_of(small.records).faults == ["没有说明在哪个地区之内：飞地县"]


def test_a_grade_narrows_what_counts_and_never_widens_it() -> None:
    index = index_of(hunan().records)
    assert index.narrowed("official").floor == 0
    assert index.narrowed("machine").floor == index.floor
    assert index.narrowed(None) is index
    with pytest.raises(NotFound, match="press"):
        index.narrowed("pres")


def test_world_time_of_every_sort_of_record() -> None:
    small = hunan()
    segment = "Segment:锂电池/隔膜"
    firm = small.thing("Company", name="甲")
    place = {"place": "Region:430100"}
    small.cite("有日期", "press", "2015-03")
    small.link("operatesIn", firm, segment, valid_from="2010", valid_to="2014", **place)
    small.link("absentFrom", segment, "Region:430700", observed="2013-05")
    small.cite("没有日期", "press", None)
    small.link("operatesIn", firm, segment, **place)
    small.cite("只有来源日期", "press", "2015-03")
    small.link("operatesIn", firm, segment, **place)
    t = index_of(small.records).table
    times = {(t.kinds[t.kind[row]], t.sources[t.terms[t.source[row]]].title):
             (int(t.start[row]), int(t.end[row])) for row in range(len(t))}
    first = dates.first_day
    assert times["operatesIn", "有日期"] == (first("2010"), first("2015"))
    assert times["absentFrom", "有日期"] == (first("2013-05"), first("2014-05"))
    assert times["operatesIn", "没有日期"][0] == 2**31 - 1
    assert times["operatesIn", "只有来源日期"] == (first("2015-03"), 2**31 - 1)
    assert times["segmentOf", "区划"][0] < -(10**9)


def test_version_is_the_content_and_known_at_brings_the_old_one_back() -> None:
    store = open_store("sqlite://", ONTOLOGY)
    keep(hunan().records, store, "one")
    first = Index.build(store, ONTOLOGY)
    said = sum(int.from_bytes(digest(record), "little") for record in store.records())
    assert first.version == store.version() == f"{said % 2**128:032x}"
    learned = max(entry.learned for entry in store.history())
    more = Small(source=first.id(int(first.table.source[0])))
    more.thing("Company", name="后来的")
    keep(more.records, store, "two")
    again = Index.build(store, ONTOLOGY, known_at=learned)
    assert again.version == first.version != Index.build(store, ONTOLOGY).version
    assert again.known_at_text is not None and again.known_at_text.endswith("+08:00")
    store.close()


def test_every_record_can_be_read_back() -> None:
    small = shanshan()
    index = index_of(small.records)
    back = {json.dumps(index.table.as_record(row).values, sort_keys=True, ensure_ascii=False)
            for row in range(len(index.table))}
    assert back == {json.dumps(dict(r.values), sort_keys=True, ensure_ascii=False)
                    for r in small.records}


def test_an_empty_store_has_an_index_that_knows_nothing() -> None:
    index = index_of([])
    with pytest.raises(NotFound):
        index.chain("锂电池")
    assert listing(index, "Company", 0)["rows"] == []
