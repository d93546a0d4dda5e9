"""Merging: what people see of many records."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.dates import first_day
from graph.merge import merge, source_facts
from graph.record import Record, record_id
from ontology.model import Choice, Field, Kind, Ontology, Text

BOTH = Text("", "")
GRADES = tuple(Choice(name, BOTH) for name in (
    "official", "press", "industry", "inferred", "machine"))
ONTOLOGY = Ontology("", {}, {}, GRADES)


def field(name: str, multiple: bool = False, unit: str = "") -> Field:
    return Field(name, BOTH, BOTH, "string", multiple=multiple, unit_field=unit)


KIND = Kind("Project", BOTH, BOTH, (
    field("name"), field("tags", multiple=True), field("amount", unit="amount_unit"),
    field("amount_unit"), field("status")))


def source(title: str, **values: str | tuple[str, ...]) -> Record:
    id = f"Source:{title}"
    return Record(id, "Source", id, {"title": title, **values})


SOURCES = source_facts([
    source("名单", grade="official", date="2013", publisher="工信厅"),
    source("日报", grade="press", date="2014-06"), source("晚报", grade="press", date="2014-06"),
    source("机读", grade="machine", date="2020"), source("研报", address=("http://b", "http://a"))],
    ONTOLOGY)


def project(title: str, **values: object) -> Record:
    return Record("Project:甲", "Project", f"Source:{title}", values)  # type: ignore[arg-type]


def test_the_best_grade_then_the_newest_then_the_smallest_source_wins() -> None:
    listed, daily, evening = (project(title, status=title) for title in ("名单", "日报", "晚报"))
    assert merge([evening, daily, listed], KIND, SOURCES).values == {"status": "名单"}
    assert merge([evening, daily], KIND, SOURCES).values == {"status": "日报"}
    newer = replace(evening, observed="2014-07")
    merged = merge([daily, newer], KIND, SOURCES)
    assert merged.values == {"status": "晚报"}
    assert merged.conflicts == {"status": ("晚报", "日报")}
    assert merged.records == tuple(record_id(r.id, r.source, None) for r in (newer, daily))


def test_an_inferred_record_counts_less_than_any_but_a_machine() -> None:
    inferred = replace(project("名单", status="推断"), inferred=True)
    assert merge([inferred, project("研报", status="研报")], KIND, SOURCES).values == {
        "status": "研报"}
    facts = SOURCES["Source:名单"], SOURCES["Source:机读"]
    sure = replace(inferred, inferred=False)
    ranks = facts[0].rank_of(inferred), facts[0].rank_of(sure), facts[1].rank_of(inferred)
    assert [GRADES[rank].name for rank in ranks] == ["inferred", "official", "machine"]


def test_multiple_values_are_united() -> None:
    merged = merge([project("日报", tags=("乙", "甲")), project("名单", tags=("丙", "甲"))],
                   KIND, SOURCES)
    assert merged.values == {"tags": ("丙", "乙", "甲")} and merged.conflicts == {}


def test_a_quantity_keeps_its_own_unit() -> None:
    merged = merge([project("名单", amount=5), project("日报", amount=3, amount_unit="亿元")],
                   KIND, SOURCES)
    assert merged.values == {"amount": 5} and merged.conflicts == {"amount": (5, 3)}
    merged = merge([project("名单"), project("日报", amount=3, amount_unit="亿元")], KIND, SOURCES)
    assert merged.values == {"amount": 3, "amount_unit": "亿元"}


def test_nothing_cannot_be_merged() -> None:
    with pytest.raises(ValueError):
        merge([], KIND, SOURCES)


@settings(deadline=None)
@given(st.lists(st.builds(
    lambda title, status, tags, seen, sure: replace(
        project(title, status=status, tags=tags), observed=seen, inferred=sure),
    st.sampled_from(["名单", "日报", "晚报", "未知"]), st.sampled_from("甲乙"),
    st.lists(st.sampled_from("丙丁戊"), max_size=2).map(tuple),
    st.sampled_from([None, "2014", "2015-01"]), st.booleans()),
    min_size=1, unique_by=lambda r: r.source), st.randoms(use_true_random=False))
def test_the_order_of_the_records_does_not_matter(records: list[Record], chance: object) -> None:
    mixed = list(records)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert merge(mixed, KIND, SOURCES) == merge(records, KIND, SOURCES)


def test_the_day_of_the_evidence_is_the_most_direct_that_is_known() -> None:
    record = replace(project("日报"), valid_from="2001")
    facts, blank = SOURCES["Source:日报"], SOURCES["Source:研报"]
    assert facts.evidence_day(replace(record, observed="2015")) == first_day("2015")
    assert facts.evidence_day(record) == first_day("2014-06")
    assert blank.evidence_day(record) == first_day("2001")
    assert blank.evidence_day(project("研报")) is None


def test_a_source_described_twice_counts_with_its_lower_grade_and_later_date() -> None:
    both = [source("报", grade="official", date="2013"),
            source("报", grade="press", date="2014-02")]
    for records in (both, both[::-1]):
        facts = source_facts(records, ONTOLOGY)["Source:报"]
        assert (facts.grade, facts.date) == ("press", "2014-02")
