"""The shipped templates hang together, and every statement of theirs has a source."""

import re
from functools import partial

import pytest

from graph.analysis.chain import chain_template
from graph.analysis.gaps import gaps
from graph.dates import first_day, last_day
from graph.index import Index
from tests import shipped

table = partial(shipped.table, "hunan-reference")
TODAY = first_day("2026-11-22")
CHAINS = 31


@pytest.fixture
def index(shipped_index: Index) -> Index:
    return shipped_index


def test_every_chain_hangs_together(index: Index) -> None:
    chains = [chain_template(index, index.id(c), TODAY) for c in index.things("Chain")]
    assert len(chains) == CHAINS
    for chain in chains:
        assert chain["cycles"] == [] and chain["apart"] == [], chain["chain"]
        assert chain["name_en"] and all(row["name_en"] for row in chain["rows"])
        names = [row["segment"] for row in chain["rows"]]
        assert len(names) == len(set(names)), chain["chain"]


def test_every_segment_is_defined_in_words_of_ours(index: Index) -> None:
    told = {(r["chain"], r["segment"]): r["definition"]
            for r in (*table("segment-definitions"), *table("segments-more"))}
    products = {(r["chain"], r["segment"]): r["products"] for r in table("chains")}
    assert len(told) == len(index.things("Segment")) and all(told.values())
    copied = [key for key, said in told.items() if said == products.get(key)]
    assert copied == []


def test_a_finer_segment_comes_from_the_words_of_the_row_it_refines() -> None:
    rows = {(r["chain"], r["segment"]): r for r in table("chains")}
    new = [r for r in table("segments-more") if not r["whole"]]
    assert len(new) == 3 and all(r["source_title"] for r in new)
    for row in table("segments-more"):
        assert row["essential"] == "no"
        if row["whole"]:
            whole = rows[row["chain"], row["whole"]]
            assert (row["stage"], row["source_title"]) == (whole["stage"], whole["source_title"])


def test_a_firm_at_a_finer_segment_makes_that_product_by_the_same_source() -> None:
    told = {(r["short_name"], r["full_name"], r["chain"], r["segment"], r["source_title"],
             r["confidence"]): r for r in table("companies")}
    finer = {(r["chain"], r["segment"]): r["whole"] for r in table("segments-more")}
    for row in table("company-segments"):
        first = told[row["short_name"], row["full_name"], row["chain"], row["segment"],
                     row["source_title"], row["confidence"]]
        assert finer[row["chain"], row["finer"]] == row["segment"]
        assert all(p in re.split("[、;]", first["products"]) for p in row["products"].split("、"))
        for column in ("city", "county_or_district", "park", "year"):
            assert row[column] == first[column]


def test_what_has_no_source_is_inferred() -> None:
    for row in table("chain-links"):
        assert row["inferred"] == "yes" or row["source_title"], row


@pytest.mark.parametrize(("at", "verdicts"), [
    ("2014", {"正极材料": "present", "负极材料": "present", "隔膜": "absent", "电解液": "absent",
              "湿法隔膜": "absent", "干法隔膜": "absent", "三元材料": "unknown"}),
    ("2018-06-30", {"隔膜": "unknown", "电解液": "unknown", "湿法隔膜": "unknown"}),
    ("2026-11-22", {"隔膜": "present", "电解液": "present", "三元材料": "present"}),
])
def test_finer_segments_leave_the_story_as_it_was(
        index: Index, at: str, verdicts: dict[str, str]) -> None:
    rows = {r["segment"]: r for r in gaps(index, "锂电池", "长沙", last_day(at))["segments"]}
    assert {name: rows[name]["verdict"] for name in verdicts} == verdicts
    assert rows["湿法隔膜"]["whole"] == "隔膜" and rows["隔膜"]["whole"] is None


def test_a_part_across_chains_counts_for_the_whole(index: Index) -> None:
    """碳酸锂 is a segment of the lithium resource chain and a kind of 锂盐 of the battery chain."""
    rows = {r["segment"]: r for r in gaps(index, "锂电池", "宜章县", TODAY)["segments"]}
    assert rows["锂盐"]["verdict"] == "present"
