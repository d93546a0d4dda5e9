"""The laws of the open world, on random small graphs, against a plain re-reading of the records."""

from dataclasses import replace
from functools import cache
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from graph import dates
from graph.analysis.compare import compare
from graph.analysis.flips import flips
from graph.analysis.gaps import gaps
from graph.analysis.matrix import matrix, segment_matrix
from graph.analysis.verdicts import grounds, verdict
from graph.index import Index
from graph.record import Record, record_id
from graph.store import open_store
from tests.small import ONTOLOGY, Small, above, day, hunan, index_of, keep

CHAIN = "Chain:锂电池"
SEGMENTS = ["Segment:锂电池/隔膜", "Segment:锂电池/正极材料", "Segment:锂电池/回收",
            "Segment:锂电池/湿法隔膜", "Segment:锂电池/同步湿法"]
WIDER = {SEGMENTS[3]: SEGMENTS[0], SEGMENTS[4]: SEGMENTS[3]}
PROVINCE, CITY, OTHER, COUNTY, SECOND = (
    "Region:430000", "Region:430100", "Region:430700", "Region:430182", "Region:430112")
PARK, BORDER, RING, OUTSIDE = "Park:宁乡高新区", "Park:边界园", "Region:ring", "Region:440000"
PLACES = [PROVINCE, CITY, OTHER, COUNTY, SECOND, PARK, BORDER, RING, OUTSIDE]
FIRMS = ["甲厂", "乙厂", "丙厂"]
TIMES = ["2010", "2013-06", "2014-01-15", "2014", "2021"]
ASKED = [day("2012"), day("2014-01-01"), day("2014-01-15"), day("2014-01-16"), day("2014"),
         day("2015-01-01"), day("2024")]


@cache
def ground() -> tuple[Record, ...]:
    """Regions, a park on a border, a dated overlay member, the chain and four sources."""
    small = hunan()
    small.region("望城区", "county", CITY, "430112")
    border = small.thing("Park", name="边界园")
    for county in (COUNTY, SECOND):
        small.link("locatedIn", border, county)
    for part, whole in WIDER.items():
        small.thing("Segment", chain=CHAIN, name=part.partition("/")[2])
        small.link("segmentOf", part, CHAIN, stage="midstream", essential=False)
        small.link("subsegmentOf", part, whole)
    small.link("partOf", OTHER, RING, extent="whole", valid_from="2014-01-10")
    small.link("partOf", OUTSIDE, RING, extent="partial")
    for title, grade, date in SOURCES:
        small.cite(title, grade, date)
        for firm in FIRMS[:2]:
            small.thing("Company", name=firm, **({"region": CITY} if title == "报纸" else {}))
    return tuple(small.records)


SOURCES = [("报纸", "press", "2014"), ("名录", "industry", "2011-05"), ("无日期", "official", None),
           ("机器", "machine", "2014")]
TITLES = st.sampled_from([f"Source:{title}/湖南日报" for title, _, _ in SOURCES])
MAYBE = st.none() | st.sampled_from(TIMES)


def widening(segment: str) -> list[str]:
    """The segment and all that it is a part of."""
    return [segment, *(widening(WIDER[segment]) if segment in WIDER else ())]


@st.composite
def statements(draw, kinds=("operatesIn", "presentIn", "absentFrom", "surveyed"), titles=TITLES,
               segments=(*SEGMENTS, SEGMENTS[0]), places=PLACES) -> Record:
    small = Small(source=draw(titles))
    kind, segment = draw(st.sampled_from(kinds)), draw(st.sampled_from(segments))
    times = {"valid_from": draw(MAYBE), "valid_to": draw(st.none() | MAYBE),
             "observed": draw(MAYBE)}
    inferred = draw(st.sampled_from([False, False, False, True]))
    if kind != "operatesIn":
        return small.link(kind, segment, draw(st.sampled_from(places)), inferred=inferred, **times)
    values = {}
    if place := draw(st.none() | st.sampled_from(places)):
        values["place"] = place
    if function := draw(st.sampled_from([None, "production", "production", "research"])):
        values["function"] = function
    firm = f"Company:{draw(st.sampled_from(FIRMS))}"
    return small.link(kind, firm, segment, inferred=inferred, **times, **values)


GRAPHS = st.lists(statements(), max_size=9)
SURVEYS = st.lists(statements(kinds=("operatesIn", "operatesIn", "surveyed", "absentFrom"),
                              titles=TITLES.filter(lambda title: "机器" not in title),
                              segments=[SEGMENTS[0], SEGMENTS[0], SEGMENTS[3]],
                              places=[CITY, COUNTY, PARK]),
                   min_size=2, max_size=6)
POSITIVE = st.lists(statements(kinds=("operatesIn", "presentIn")), max_size=5)
QUESTIONS = {"segment": st.sampled_from(SEGMENTS), "region": st.sampled_from(PLACES),
             "at": st.sampled_from(ASKED)}
law = settings(max_examples=40, deadline=None)


def built(records: list[Record]) -> Index:
    return index_of([*ground(), *{record_id(r.id, r.source, r.valid_from): r
                                  for r in records}.values()])


def named(record: Record) -> str:
    return record_id(record.id, record.source, record.valid_from)


# A slow and naive reading of the same rules -----------------------------------------------------


class Naive:
    """Verdicts straight from the records."""

    def __init__(self, records: list[Record], floor: str = "industry") -> None:
        self.records = list({named(r): r for r in records}.values())
        self.grades = [grade.name for grade in ONTOLOGY.grades]
        self.floor = self.grades.index(floor)
        self.sources = {r.id: r.values for r in records if r.kind == "Source"}
        self.levels = {r.id: r.values.get("level") for r in records if r.kind == "Region"}

    def spans(self, r: Record) -> tuple[int, int] | None:
        """World time, half open; None: no date at all."""
        printed = self.sources[r.source].get("date")
        shelf = ONTOLOGY.kinds[r.kind].shelf_life
        start = r.valid_from or r.observed or printed
        if start is None:
            return None
        end = dates.day_after(r.valid_to) if r.valid_to else 10**9
        if r.kind in ("absentFrom", "surveyed") and not r.valid_to:
            told = r.observed or printed or r.valid_from
            end = dates.add_years(dates.first_day(told), shelf)
        return dates.first_day(start), end

    def grade(self, r: Record) -> int:
        return max(self.grades.index(self.sources[r.source]["grade"]), 3 if r.inferred else 0)

    def live(self, r: Record, at: int) -> bool:
        span = self.spans(r)
        return span is not None and span[0] <= at < span[1]

    def wholes(self, place: str, at: int, tree: bool) -> set[str]:
        """What it wholly belongs to: by the undated tree, or by overlay and dated membership."""
        found = set()
        for r in self.records:
            if r.kind in ("partOf", "locatedIn") and r.ends[0] == place and (
                    r.values.get("extent") != "partial"):
                beside = self.levels.get(r.ends[1]) == "overlay" or r.valid_from or r.valid_to
                now = not r.valid_from or dates.first_day(r.valid_from) <= at
                if now and bool(beside) != tree:
                    found.add(r.ends[1])
            if tree and r.kind == "Park" and r.id == place and "region" in r.values:
                found.add(r.values["region"])
        return found

    def touches(self, place: str, region: str, at: int) -> bool:
        above = self.wholes(place, at, True) | self.wholes(place, at, False)
        return place == region or any(self.touches(one, region, at) for one in above)

    def inside(self, place: str, region: str, at: int) -> bool:
        tree = self.wholes(place, at, True)
        return (place == region
                or (bool(tree) and all(self.inside(one, region, at) for one in tree))
                or any(self.inside(one, region, at) for one in self.wholes(place, at, False)))

    def place(self, r: Record) -> str:
        given_by_source = next((c.values["region"] for c in self.records if c.kind == "Company" and
                                c.id == r.ends[0] and c.source == r.source and
                                "region" in c.values), PROVINCE)
        return r.values.get("place", given_by_source)

    def positives(self, segment: str, region: str, at: int) -> set[str]:
        firm = {named(r) for r in self.records if r.kind == "operatesIn"
                and segment in widening(r.ends[1]) and r.values.get("function") != "research"
                and self.touches(self.place(r), region, at)}
        bare = {named(r) for r in self.records if r.kind == "presentIn"
                and segment in widening(r.ends[0])
                and self.touches(r.ends[1], region, at)}
        return {named(r) for r in self.records if named(r) in firm | bare
                and self.grade(r) <= self.floor and self.live(r, at)}

    def names_somebody(self, survey: Record, region: str, at: int) -> bool:
        """Whether a firm of the survey's source is, or may be, in the region."""
        for r in self.records:
            if (r.kind == "operatesIn" and r.source == survey.source
                    and survey.ends[0] in widening(r.ends[1])):
                span = self.spans(r) or (-10**9, dates.day_after(r.valid_to) if r.valid_to
                                         else 10**9)
                if span[0] <= at < span[1] and self.overlap(self.place(r), region, at):
                    return True
        return False

    def overlap(self, one: str, other: str, at: int) -> bool:
        """Whether what lies in one may lie in the other; two counties that share a park do not."""
        return (self.touches(one, other, at) or self.touches(other, one, at)
                or any(self.inside(p, one, at) and self.inside(p, other, at)
                       for p in [*PLACES, "Region:430112"]))

    def negatives(self, segment: str, region: str, at: int) -> set[str]:
        found = [r for r in self.records if r.kind in ("absentFrom", "surveyed")
                 and r.ends[0] in widening(segment) and self.grade(r) <= self.floor
                 and self.live(r, at) and self.inside(region, r.ends[1], at)]
        return {named(r) for r in found
                if r.kind == "absentFrom" or not self.names_somebody(r, region, at)}

    def verdict(self, segment: str, region: str, at: int) -> str:
        yes, no = self.positives(segment, region, at), self.negatives(segment, region, at)
        return "contested" if yes and no else "present" if yes else "absent" if no else "unknown"


@settings(max_examples=60, deadline=None)
@given(GRAPHS | SURVEYS, st.sampled_from(ASKED), st.sampled_from(["industry", "press"]))
def test_law_the_index_equals_a_plain_reading(records, at, floor) -> None:
    index, naive = built(records).narrowed(floor), Naive([*ground(), *records], floor)
    for segment in SEGMENTS:
        for region in PLACES:
            found = verdict(index, segment, region, at)
            assert found["verdict"] == naive.verdict(segment, region, at), (segment, region)
            assert {e["record"] for e in found["evidence"]} == (
                naive.positives(segment, region, at) | naive.negatives(segment, region, at))
    rows = segment_matrix(index, CHAIN, at, PLACES)["rows"]
    assert {(r["id"], r["region_id"]): r["verdict"] for r in rows if r["id"] in SEGMENTS} == {
        (s, p): naive.verdict(s, p, at) for s in SEGMENTS for p in PLACES}


@law
@given(GRAPHS, POSITIVE, QUESTIONS["region"], QUESTIONS["at"])
def test_law_low_is_below_high_and_positive_evidence_never_lowers_low(
        records, more, region, at) -> None:
    records = [r for r in records if r.kind != "surveyed"]
    extra = [r for r in more if named(r) not in {named(old) for old in records}]
    before = gaps(built(records), CHAIN, region, at)
    after = gaps(built([*records, *extra]), CHAIN, region, at)
    for answer in (before, after):
        assert 0 <= answer["completeness"]["low"] <= answer["completeness"]["high"] <= 1
    was = {row["id"]: row["verdict"] for row in before["segments"]}
    for row in after["segments"]:
        if was[row["id"]] == "present":
            assert row["verdict"] == "present"
    assert after["completeness"]["low"] >= before["completeness"]["low"]


@law
@given(GRAPHS, POSITIVE, QUESTIONS["segment"], QUESTIONS["at"])
def test_law_a_larger_region_never_loses_a_present(records, more, segment, at) -> None:
    index = built([*records, *more])
    for region in PLACES:
        if len(grounds(index, index.number(segment), index.number(region), at).positive):
            for place in above(index.places, index.number(region), at):
                assert len(grounds(index, index.number(segment), place, at).positive)


@law
@given(GRAPHS, QUESTIONS["region"], QUESTIONS["at"])
def test_law_a_part_that_is_there_is_there_as_a_whole_and_an_absent_whole_in_each_part(
        records, region, at) -> None:
    index = built(records)
    where = index.number(region)
    for part, whole in WIDER.items():
        own, wide = (grounds(index, index.number(s), where, at) for s in (part, whole))
        assert not len(own.positive) or len(wide.positive)
        assert not wide.negative or own.negative


@law
@given(GRAPHS, st.randoms(use_true_random=False), QUESTIONS["region"], QUESTIONS["at"])
def test_law_hiding_rows_never_makes_an_absent(records, random, region, at) -> None:
    """Only a denial or a survey does: without one nothing is absent, whatever is hidden."""
    records = [r for r in records if r.kind != "surveyed"]
    denied = {r.ends[0] for r in records if r.kind == "absentFrom"}
    before = built(records)
    after = built([r for r in records if random.random() < 0.6])
    for segment in SEGMENTS:
        now = verdict(after, segment, region, at)["verdict"]
        assert now in ("present", "unknown") or denied & set(widening(segment))
        if now == "absent":
            assert verdict(before, segment, region, at)["verdict"] in ("absent", "contested")


@law
@given(GRAPHS, st.randoms(use_true_random=False), QUESTIONS["region"], QUESTIONS["at"])
def test_law_order_and_repetition_change_nothing(records, random, region, at) -> None:
    once = [*ground(), *{named(r): r for r in records}.values()]
    shuffled = list(once)
    random.shuffle(shuffled)
    store = keep(shuffled)
    for record in shuffled[:10]:
        keep([record], store, origin="again")
    assert gaps(index_of(once), CHAIN, region, at) == gaps(
        Index.build(store, ONTOLOGY), CHAIN, region, at)
    store.close()


@law
@given(GRAPHS, TITLES, QUESTIONS["region"], QUESTIONS["at"])
def test_law_removing_a_source_is_never_having_loaded_it(records, source, region, at) -> None:
    every = [*ground(), *{named(r): r for r in records}.values()]
    store = keep(every)
    with store.write() as writer:
        writer.retract(source=source)
        writer.commit()
    left = Index.build(store, ONTOLOGY)
    store.close()
    never = index_of([r for r in every if r.source != source])
    assert gaps(left, CHAIN, region, at) == gaps(never, CHAIN, region, at)
    assert matrix(left, at) == matrix(never, at)


@law
@given(GRAPHS, GRAPHS, QUESTIONS["region"], QUESTIONS["at"], QUESTIONS["at"])
def test_law_world_and_knowledge_add_up_and_the_past_stays(first, later, region, one, two) -> None:
    store = open_store("sqlite://", ONTOLOGY)
    keep(list(ground()) + list({named(r): r for r in first}.values()), store, "first")
    old = Index.build(store, ONTOLOGY)
    learned = max(entry.learned for entry in store.history([CHAIN]))
    keep(list({named(r): r for r in later}.values()), store, "later")
    new, again = Index.build(store, ONTOLOGY), Index.build(store, ONTOLOGY, known_at=learned)
    store.close()
    assert gaps(again, CHAIN, region, one) == gaps(old, CHAIN, region, one) | {
        "known_at": again.known_at_text}
    found = compare(new, CHAIN, region, one, two, old)
    for end in ("low", "high"):
        total = found["completeness_to"][end] - found["completeness_from"][end]
        assert abs(found["learned"][end] + found["moved"][end] - total) < 1e-12
        assert found["total"][end] == found["learned"][end] + found["moved"][end]
    for row in found["rows"]:
        assert row["verdict_from"] == row["verdict_to"] or row["learned"] or row["moved"]


@settings(max_examples=40, deadline=None)
@given(SURVEYS, st.sampled_from([CITY, COUNTY, PARK]), QUESTIONS["at"])
def test_law_losing_a_flip_set_flips_and_a_part_of_it_does_not(records, region, at) -> None:
    records = list({named(r): r for r in records}.values())
    index = built(records)
    where = index.number(region)
    for segment in map(index.number, (SEGMENTS[0], SEGMENTS[3])):
        found = grounds(index, segment, where, at)
        for flip in flips(index, found, segment, where, at):
            for lose in flip["lose"]:
                parts = {frozenset(lose), *(frozenset(part) for part in
                                            combinations(lose, len(lose) - 1))}
                for part in parts:
                    left = built([r for r in records if named(r) not in part])
                    now = verdict(left, index.id(segment), region, at)["verdict"]
                    assert (now == flip["verdict"]) == (part == frozenset(lose))


@law
@given(GRAPHS, QUESTIONS["region"], QUESTIONS["at"])
def test_law_an_answer_is_the_same_each_time(records, region, at) -> None:
    assert gaps(built(records), CHAIN, region, at) == gaps(built(records), CHAIN, region, at)
    changed = [replace(r, values={**r.values, "note": "改"}) for r in records]
    for was, now in zip(gaps(built(records), CHAIN, region, at)["segments"],
                        gaps(built(changed), CHAIN, region, at)["segments"], strict=True):
        assert was["verdict"] == now["verdict"]
