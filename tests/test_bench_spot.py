"""The spot check in docs/data-check.csv is of the records that the seed draws, as they stand."""

from collections import Counter

import pytest

from bench.spot import LAST, OUTCOMES, Check, checks, drawn, lot, shipped, statement, unchecked
from graph.record import Record
from ontology.model import Ontology


@pytest.fixture(scope="module")
def records(ontology: Ontology) -> list[Record]:
    return shipped(ontology)[1]


def standing(records: list[Record], ontology: Ontology) -> set[tuple[str, str]]:
    return {(name, statement(one, ontology)) for name, one in drawn(records).items()}


def test_every_drawn_record_is_checked_as_it_stands(
        records: list[Record], ontology: Ontology) -> None:
    found = list(unchecked(records, ontology))
    assert not found, f"python -m bench.spot --write, then check: {found}"


def test_the_lines_are_what_the_seed_draws() -> None:
    assert all(lot(check.record) <= LAST for check in checks())
    assert max(lot(check.record) for check in checks()[:100]) == LAST
    assert len({check.record for check in checks()[:100]}) == 100
    again = Counter((check.record, check.statement) for check in checks())
    assert max(again.values()) == 1


def test_every_line_has_an_outcome_and_says_why() -> None:
    for check in checks():
        assert check.outcome in OUTCOMES and check.why and check.source, check


def test_what_was_wrong_is_mended_and_what_is_gone_says_so(
        records: list[Record], ontology: Ontology) -> None:
    there = standing(records, ontology)
    for check in checks():
        stands = (check.record, check.statement) in there
        assert stands != bool(check.mended), check
        assert not (stands and check.outcome == "wrong"), check


def test_a_record_is_drawn_or_not_whatever_else_there_is(records: list[Record]) -> None:
    every, half = drawn(records), drawn(records[::2])
    assert set(half) <= set(every)
    assert [*every] == sorted(every, key=lot)


def test_a_changed_record_is_to_be_checked_again(
        records: list[Record], ontology: Ontology) -> None:
    name, one = next(iter(drawn(records).items()))
    other = Record(one.id, one.kind, one.source, one.values, one.ends, one.valid_from,
                   one.valid_to, "1999-01-01", one.inferred)
    assert [check.record for check in unchecked([other], ontology)] == [name]
    assert isinstance(next(unchecked([other], ontology)), Check)
