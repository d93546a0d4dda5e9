"""The contract that every back end keeps; a new back end joins by one line in `BACK_ENDS`."""

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from graph.record import Record, digest, parse_values
from graph.store import Put, Store, open_store
from ontology.errors import StoreError
from ontology.model import Ontology

BACK_ENDS: dict[str, Callable[[pytest.FixtureRequest, Path], str]] = {
    "memory": lambda request, folder: "sqlite://",
    "file": lambda request, folder: f"sqlite:///{(folder / '存 储.db').as_posix()}",
    "neo4j": lambda request, folder: str(request.getfixturevalue("neo4j_empty").store),
}
PRESS, LIST = "Source:湖南日报", "Source:名单"


@pytest.fixture(params=sorted(BACK_ENDS))
def store(request: pytest.FixtureRequest, tmp_path: Path, ontology: Ontology) -> Iterator[Store]:
    opened = open_store(BACK_ENDS[request.param](request, tmp_path), ontology)
    yield opened
    opened.close()


def firm(name: str, source: str = PRESS, **values: object) -> Record:
    return Record(f"Company:{name}", "Company", source, {"name": name, **values})  # type: ignore[dict-item]


def supply(head: str, tail: str, source: str = PRESS, **more: object) -> Record:
    return Record(f"suppliesTo:{head}-{tail}", "suppliesTo", source, {},
                  (f"Company:{head}", f"Company:{tail}"), **more)  # type: ignore[arg-type]


A, B, C = firm("金博"), firm("长远", aliases=("长远锂科", "长远"), founded="2002-06"), firm("星城")
LINK = supply("金博", "长远", valid_from="2014", valid_to="2016-03", observed="2015-01-02")


def load(store: Store, origin: str, records: Iterable[Record], replacing: bool = True) -> list[Put]:
    with store.write() as writer:
        puts = writer.put(origin, list(records))
        if replacing:
            writer.retract_unseen(origin)
        writer.commit()
    return puts


def state(store: Store) -> tuple[str, list[Record]]:
    return store.version(), list(store.records())


# Reading what was written ------------------------------------------------------------------------


def test_a_record_comes_back_as_it_went_in(store: Store) -> None:
    odd = firm("奇", aliases=("a\nb", "引'\"号", "𠮷"), listed_code="", note="\\u0000", share=0.5,
               count=3, flag=True)
    assert load(store, "press", [LINK, odd, A, B]) == [Put.NEW] * 4
    assert list(store.records()) == sorted([LINK, odd, A, B], key=lambda r: (r.kind, r.id))
    assert store.origins() == {"press": 4}


def test_an_empty_store_answers(store: Store) -> None:
    assert state(store) == ("0" * 32, [])
    assert (store.origins(), list(store.history()), list(store.neighbours(["x"]))) == ({}, [], [])
    columns = store.columns()
    assert (columns.terms, len(columns.thing), columns.values) == ([], 0, [])


def test_records_can_be_chosen(store: Store) -> None:
    load(store, "press", [A, B, LINK])
    load(store, "list", [firm("金博", LIST), C])
    assert [r.source for r in store.records(ids=[A.id, "Company:无"])] == [LIST, PRESS]
    assert list(store.records(kinds=["suppliesTo"])) == [LINK]
    assert list(store.records(kinds=["Company"], origin="list")) == [C, firm("金博", LIST)]
    assert list(store.records(source=LIST)) == [firm("金博", LIST)]
    assert list(store.records(ids=[])) == list(store.records(origin="无")) == []


def test_many_ids_are_one_question(store: Store) -> None:
    firms = [firm(f"{i:05}") for i in range(3000)]
    load(store, "press", firms)
    assert list(store.records(ids={r.id for r in firms})) == firms


def test_neighbours_are_links_at_either_end(store: Store) -> None:
    back, far = supply("长远", "金博"), supply("星城", "别家")
    load(store, "press", [A, B, C, LINK, back, far])
    assert list(store.neighbours([B.id])) == sorted([LINK, back], key=lambda r: r.id)
    assert list(store.neighbours([A.id, B.id])) == list(store.neighbours([B.id]))
    load(store, "press", [A, B, C])
    assert list(store.neighbours([B.id])) == []


# Putting -----------------------------------------------------------------------------------------


def test_put_says_what_became_of_each_record(store: Store) -> None:
    load(store, "press", [A, B])
    changed = replace(B, observed="2020")
    assert load(store, "press", [A, changed, C]) == [Put.UNCHANGED, Put.CHANGED, Put.NEW]
    assert list(store.records()) == sorted([A, changed, C], key=lambda r: r.id)
    assert store.origins() == {"press": 3}


def test_loading_again_leaves_no_trace(store: Store) -> None:
    load(store, "press", [A, B, LINK])
    before = store.version(), store.history_hash()
    assert set(load(store, "press", [LINK, B, A])) == {Put.UNCHANGED}
    assert (store.version(), store.history_hash()) == before


def test_the_same_triple_put_again_in_one_load_replaces_what_was_staged(store: Store) -> None:
    load(store, "press", [A, B, C])
    before = store.history_hash()
    with store.write() as writer:
        assert writer.put("press", [replace(A, observed="2001"), A]) == [
            Put.CHANGED, Put.UNCHANGED]
        assert writer.put("press", [replace(B, observed="2002")]) == [Put.CHANGED]
        assert writer.staged("press", B.id, PRESS, None) == replace(B, observed="2002")
        assert writer.put("press", [C, replace(C, observed="2003"), B]) == [
            Put.UNCHANGED, Put.CHANGED, Put.UNCHANGED]
        assert writer.put("press", [LINK, replace(LINK, observed=None), C]) == [
            Put.NEW, Put.NEW, Put.UNCHANGED]
        assert writer.staged("press", LINK.id, PRESS, "2014") == replace(LINK, observed=None)
        assert writer.staged("press", LINK.id, PRESS, "2015") is None
        assert writer.staged("other", A.id, PRESS, None) is None
        assert writer.unseen("press") == (0, 3)
        assert writer.retract(id=LINK.id) == 1
        writer.commit()
    assert store.history_hash() == before
    store.verify()


def test_unseen_rows_are_counted_and_retracted(store: Store) -> None:
    load(store, "press", [A, B, C, LINK])
    load(store, "other", [A])
    with store.write() as writer:
        writer.put("press", [A, replace(B, observed="2020"), supply("新", "旧")])
        assert writer.unseen("press") == (2, 4)
        assert writer.unseen("press", ["Company"]) == (1, 3)
        assert writer.unseen("nobody") == (0, 0)
        assert writer.retract_unseen("press", ["Company"]) == 1
        assert writer.unseen("press") == (1, 4)
        assert writer.retract_unseen("press", ["Company"]) == 0
        writer.commit()
    assert store.origins() == {"press": 4, "other": 1}
    assert C not in store.records() and LINK in store.records()


def test_retracting_needs_every_given_argument_to_match(store: Store) -> None:
    load(store, "press", [A, B, C])
    load(store, "list", [firm("金博", LIST), B])
    with store.write() as writer:
        with pytest.raises(ValueError, match="origin"):
            writer.retract()
        assert writer.retract(source=LIST, id=B.id) == 0
        assert writer.retract(source=LIST) == 1
        assert writer.retract(origin="press", id=A.id) == 1
        assert writer.retract(origin="nobody") == 0
        writer.commit()
    assert list(store.records()) == sorted([B, C], key=lambda r: r.id)
    assert store.origins() == {"press": 2, "list": 1}


def test_what_a_load_put_and_retracted_itself_never_was(store: Store) -> None:
    load(store, "press", [A])
    before = store.history_hash()
    with store.write() as writer:
        writer.put("press", [B])
        assert writer.retract(origin="press", id=B.id) == 1
        assert writer.staged("press", B.id, PRESS, None) is None
        writer.commit()
    assert store.history_hash() == before


def test_what_a_load_retracted_and_put_again_itself_never_went(store: Store) -> None:
    load(store, "press", [A, B])
    before = store.history_hash()
    with store.write() as writer:
        assert writer.retract(origin="press") == 2
        assert writer.put("press", [A, replace(B, observed="2001")]) == [Put.UNCHANGED, Put.CHANGED]
        assert writer.put("press", [B]) == [Put.UNCHANGED]
        assert writer.unseen("press") == (0, 2)
        writer.commit()
    assert store.history_hash() == before
    store.verify()


def test_wrong_kinds_and_dates_are_refused(store: Store) -> None:
    with store.write() as writer:
        for wrong in (replace(A, kind="Nothing"), replace(A, observed="2014年"),
                      replace(A, id="")):
            with pytest.raises(ValueError):
                writer.put("press", [wrong])


# One load is one moment --------------------------------------------------------------------------


def test_nothing_is_seen_before_the_commit_and_nothing_after_a_fault(store: Store) -> None:
    load(store, "press", [A])
    before = state(store), store.history_hash()
    with store.write() as writer:
        writer.put("press", [B])
        writer.retract(id=A.id)
        assert (state(store), store.history_hash()) == before
    with pytest.raises(ZeroDivisionError), store.write() as writer:
        writer.put("press", [B])
        raise ZeroDivisionError
    assert (state(store), store.history_hash()) == before
    with store.write() as writer:
        writer.put("press", [B])
        writer.commit()
        assert list(store.records()) == sorted([A, B], key=lambda r: r.id)
        with pytest.raises(StoreError, match="已经提交"):
            writer.put("press", [C])


def test_a_reader_sees_one_state_from_beginning_to_end(store: Store) -> None:
    load(store, "press", [firm(f"{i:04}") for i in range(2000)])
    reading = store.records()
    first = next(reading)
    load(store, "press", [A])
    assert 1 + len(list(reading)) == 2000 and first.id == "Company:0000"
    assert list(store.records()) == [A]


def test_a_second_writer_waits_and_then_hears_who_holds_the_lock(store: Store) -> None:
    with store.write() as writer:
        with pytest.raises(StoreError, match="正在写入"), store.write(wait=0.1):
            raise AssertionError
        writer.put("press", [A])
        threading.Timer(0.2, writer.commit).start()
        while store.origins() == {}:
            pass
    load(store, "list", [B])
    assert store.origins() == {"press": 1, "list": 1}


def test_many_threads_read_beside_one_writer(store: Store) -> None:
    load(store, "press", [firm(str(i)) for i in range(200)])
    faults: list[BaseException] = []
    stop = threading.Event()

    def read() -> None:
        try:
            while not stop.is_set():
                assert len(list(store.records())) % 200 == 0
                assert len(store.columns().thing) % 200 == 0
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(5):
        load(store, f"more{turn}", [firm(f"{turn}/{i}") for i in range(200)])
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == [] and len(list(store.records())) == 1200


# Record time -------------------------------------------------------------------------------------


def test_any_past_state_can_be_read_again(store: Store) -> None:
    states = []
    for records in ([A, B], [A, replace(B, observed="2020"), C], [C]):
        load(store, "press", records)
        time = max(max(e.learned, e.retracted or 0) for e in store.history())
        states.append((time, list(store.records()), store.columns()))
    assert [time for time, _, _ in states] == sorted({time for time, _, _ in states})
    for time, records, columns in states:
        assert list(store.records(known_at=time)) == records
        then = store.columns(known_at=time)
        assert (then.terms, then.values) == (columns.terms, columns.values)
        assert then.version == columns.version
    assert list(store.records(known_at=states[0][0] - 1)) == []


def test_history_tells_when_each_row_came_and_went(store: Store) -> None:
    load(store, "press", [A, B])
    load(store, "press", [replace(A, observed="2020")])
    old, new = store.history([A.id])
    assert (old.record, old.origin, old.retracted) == (A, "press", new.learned)
    assert (new.record, new.retracted) == (replace(A, observed="2020"), None)
    assert old.learned < new.learned
    assert [e.record.id for e in store.history()] == [*sorted([A.id, B.id]), A.id]


# Hashes ------------------------------------------------------------------------------------------


def test_the_version_depends_on_nothing_but_what_is_said(
        store: Store, ontology: Ontology) -> None:
    load(store, "press", [A, B, LINK])
    load(store, "list", [C, A])
    with open_store("sqlite://", ontology) as other:  # type: ignore[attr-defined]
        load(other, "x", [C, firm("先有"), replace(A, observed="1999")])
        load(other, "x", [LINK, C])
        load(other, "another", [B], replacing=False)
        assert other.version() != store.version()
        load(other, "another", [A], replacing=False)
        assert state(other) == state(store)
        assert other.history_hash() != store.history_hash()
        assert other.columns().values == store.columns().values
    assert len(list(store.records())) == 4 and sum(store.origins().values()) == 5


def test_removing_an_origin_equals_never_having_loaded_it(store: Store) -> None:
    load(store, "press", [A, B])
    before = state(store)
    load(store, "list", [B, C, LINK])
    assert store.version() != before[0]
    with store.write() as writer:
        assert writer.retract(origin="list") == 3
        writer.commit()
    assert state(store) == before and store.origins() == {"press": 2}


def test_hashes_stay_right_through_any_changes(store: Store, ontology: Ontology) -> None:
    chance = random.Random(7)
    names = [str(i) for i in range(12)]
    for _ in range(40):
        with store.write() as writer:
            for _ in range(chance.randrange(1, 4)):
                origin = chance.choice(("a", "b", "c"))
                if chance.random() < 0.2:
                    writer.retract(origin=origin, id=f"Company:{chance.choice(names)}")
                writer.put(origin, [replace(firm(chance.choice(names)), observed=chance.choice(
                    (None, "2001", "2002"))) for _ in range(chance.randrange(6))])
                if chance.random() < 0.5:
                    writer.retract_unseen(origin)
            if chance.random() < 0.9:
                writer.commit()
    store.verify()
    with open_store("sqlite://", ontology) as fresh:  # type: ignore[attr-defined]
        for origin in store.origins():
            load(fresh, origin, store.records(origin=origin))
        assert state(fresh) == state(store)


def test_a_copy_keeps_both_hashes(store: Store, ontology: Ontology) -> None:
    load(store, "press", [A, B, LINK])
    load(store, "list", [A, C])
    load(store, "press", [replace(A, inferred=True), LINK])
    with open_store("sqlite://", ontology) as copy:  # type: ignore[attr-defined]
        copy.receive(store.history())
        copy.verify()
        assert (copy.version(), copy.history_hash()) == (store.version(), store.history_hash())
        assert list(copy.history()) == list(store.history())
        with pytest.raises(StoreError, match="不是空的"):
            copy.receive(store.history())


# Columns -----------------------------------------------------------------------------------------


def test_columns_hold_the_records_in_order(store: Store) -> None:
    load(store, "press", [LINK, replace(LINK, valid_from="2014-05"), B, A])
    load(store, "list", [A, replace(B, inferred=True), firm("金博", LIST)])
    columns, records = store.columns(), list(store.records())
    assert columns.terms == sorted(set(columns.terms)) and columns.version == store.version()
    for row, record in enumerate(records):
        ends = (columns.head[row], columns.tail[row])
        assert columns.terms[columns.kind[row]] == record.kind
        assert columns.terms[columns.thing[row]] == record.id
        assert columns.terms[columns.source[row]] == record.source
        assert (ends == (-1, -1)) if record.ends is None else (
            tuple(columns.terms[end] for end in ends) == record.ends)
        assert columns.inferred[row] == record.inferred
        assert parse_values(columns.values[row]) == record.values
    assert len(records) == len(columns.thing) == len(columns.values) == 6
    assert columns.valid_from[-2:].tolist() == [20140000, 20140500]
    assert columns.valid_to[-1] == 20160300 and columns.observed[-1] == 20150102
    assert records == sorted(records, key=lambda r: (
        r.kind, r.id, r.source, r.valid_from or "", digest(r)))


def test_the_mark_is_where_the_history_stands(store: Store) -> None:
    nothing = store.mark()
    assert store.touched(nothing, 10) == set()
    load(store, "press", [A, B, LINK])
    one = store.mark()
    load(store, "press", [B, LINK, C])
    assert store.touched(one, 10) == {A.id, C.id} and store.touched(store.mark(), 10) == set()
    assert store.touched(nothing, 10) == {A.id, B.id, C.id, LINK.id}
    assert store.touched(nothing, 3) is None
    assert store.touched(f"{one.partition('-')[0]}-{'0' * 32}", 10) is None


# Closing and opening -----------------------------------------------------------------------------


def test_a_closed_store_says_so(store: Store) -> None:
    load(store, "press", [A])
    store.close()
    store.close()
    for use in (store.version, store.columns, lambda: list(store.records()), store.history_hash,
                lambda: store.write().__enter__(), store.verify, lambda: list(store.history())):
        with pytest.raises(StoreError, match="已经关闭"):
            use()


def test_each_store_has_a_cache_key_of_its_own(store: Store, ontology: Ontology) -> None:
    with open_store("sqlite://", ontology) as other:  # type: ignore[attr-defined]
        assert store.cache_key() == store.cache_key() != other.cache_key()
