"""What a change would change: the same as comparing every verdict by itself."""

from graph.analysis.effects import effects
from graph.analysis.verdicts import verdict
from graph.index import Index
from graph.refresh import supposed
from tests.small import ONTOLOGY, Small, day, hunan, keep

AT = day("2020")


def judged(index: Index) -> dict[tuple[str, str], tuple[str, bool]]:
    places = {*index.places.level, *index.places.place.tolist()}
    found = {}
    for segment in index.things("Segment"):
        for place in places:
            said = verdict(index, index.id(segment), index.id(place), AT)
            found[index.id(segment), index.id(place)] = said["verdict"], said["stale"]
    return found


def changed(small: Small, news: Small) -> None:
    store = keep(small.records)
    before = Index.build(store, ONTOLOGY)
    after = supposed(before, store, {"news": news.records})
    old, new = judged(before), judged(after)
    wanted = {(key, old.get(key, ("unknown", False)), state) for key, state in new.items()
              if old.get(key, ("unknown", False)) != state}
    rows = effects(before, after, AT)
    assert {((row["id"], row["region_id"]), (row["before"], row["stale_before"]),
             (row["after"], row["stale_after"])) for row in rows} == wanted
    assert rows and len(rows) == len({(row["chain"], row["id"], row["region_id"]) for row in rows})
    store.close()


def news() -> Small:
    small = Small()
    small.cite("新报", "press", "2020")
    return small


def test_a_new_firm_is_felt_in_every_region_around_it() -> None:
    more = news()
    firm = more.thing("Company", name="甲")
    more.link("operatesIn", firm, "Segment:锂电池/隔膜", place="Region:430182")
    changed(hunan(), more)


def test_a_denial_of_the_province_is_felt_in_every_part_and_old_evidence_comes_back() -> None:
    small, more = hunan(), news()
    small.cite("旧报", "press", "2010")
    firm = small.thing("Company", name="乙")
    small.link("operatesIn", firm, "Segment:锂电池/电芯", place="Region:430700")
    more.link("absentFrom", "Segment:锂电池/正极材料", "Region:430000", observed="2020")
    more.link("operatesIn", firm, "Segment:锂电池/电芯", place="Region:430700")
    changed(small, more)


def test_a_new_region_and_segment_were_unknown_before() -> None:
    more = news()
    county = more.region("浏阳市", "county", "Region:430100", "430181")
    more.chain("铝箔链", "铝箔")
    firm = more.thing("Company", name="丙")
    more.link("operatesIn", firm, "Segment:铝箔链/铝箔", place=county)
    changed(hunan(), more)
