"""The Neo4j store beside the contract: opening, the lock, killed loaders, reading a moment."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graph import neo4j_reader as reader
from graph.bolt import TIMEOUT, Address
from graph.bolt import Server as Connection
from graph.cypher import STATE
from graph.neo4j import Neo4jStore
from graph.neo4j_rows import entry
from graph.record import Record, Value
from graph.store import PASSWORD, open_store
from ontology.errors import StoreError
from tests.drawn import query
from tests.neo4j_server import Given, Server
from tests.small import ONTOLOGY, hunan, keep

Anything = Server | Given
ROOT = Path(__file__).parent.parent


@pytest.fixture
def store(neo4j_empty: Anything) -> Iterator[Neo4jStore]:
    opened = open_store(neo4j_empty.store, ONTOLOGY)
    assert isinstance(opened, Neo4jStore)
    yield opened
    opened.close()


def firm(name: str, **values: Value) -> Record:
    return Record(f"Company:{name}", "Company", "Source:名单", {"name": name, **values})


# Addresses ---------------------------------------------------------------------------------------


def test_an_address_names_user_host_and_database() -> None:
    assert Address.parse("bolt://h") == Address("bolt://h:7687", "neo4j", None)
    assert Address.parse("neo4j+s://u%40x@h:1/链") == Address("neo4j+s://h:1", "u@x", "链")
    assert Address.parse("bolt://[::1]:7").url == "bolt://[::1]:7"


@pytest.mark.parametrize("url", ["bolt://", "bolt://h:x", "bolt://h/a/b", "bolt://h?x=1",
                                 "bolt+q://h", "neo4j+s+s://h", "bolt://a..b",
                                 f"neo4j://{'x' * 64}.cn"])
def test_a_wrong_address_is_explained(url: str) -> None:
    with pytest.raises(StoreError, match="bolt://"):
        open_store(url, ONTOLOGY)


def test_the_servers_own_database_is_not_ours() -> None:
    with pytest.raises(StoreError, match="system 是 Neo4j 自己用的库"):
        open_store("bolt://h/System", ONTOLOGY)


def test_a_password_does_not_belong_in_an_address() -> None:
    with pytest.raises(StoreError, match=PASSWORD) as refused:
        open_store("bolt://neo4j:geheim@h", ONTOLOGY)
    assert "geheim" not in str(refused.value)


def test_a_server_that_is_not_there_is_said_at_once() -> None:
    begin = time.monotonic()
    with pytest.raises(StoreError, match="连不上"):
        open_store("bolt://127.0.0.1:1", ONTOLOGY)
    assert time.monotonic() - begin < 10


# What is in the database -------------------------------------------------------------------------


def test_who_makes_the_store_a_moment_earlier_is_no_stranger(
        neo4j_empty: Anything, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people open the same empty database; one is between two looks at it."""
    read, others = Connection.read, [Connection.read]

    def slowly(server: Connection, query: str, **parameters: Any) -> list[Any]:
        found = read(server, query, **parameters)
        if query == STATE and others:
            others.clear()
            open_store(neo4j_empty.store, ONTOLOGY).close()
        return found

    monkeypatch.setattr(Connection, "read", slowly)
    with open_store(neo4j_empty.store, ONTOLOGY) as late:  # type: ignore[attr-defined]
        keep([firm("金博")], late)
    assert query(neo4j_empty, "MATCH (s:XianglianStore) RETURN count(s)") == [[1]]
    assert query(neo4j_empty, "MATCH (c:Company) RETURN c.name") == [["金博"]]


def test_reading_an_empty_database_makes_nothing(neo4j_empty: Anything) -> None:
    with open_store(neo4j_empty.store, ONTOLOGY,  # type: ignore[attr-defined]
                    create=False) as nothing:
        assert (nothing.version(), list(nothing.records()), nothing.origins()) == ("0" * 32, [], {})
        assert len(nothing.columns().thing) == 0
        with pytest.raises(StoreError, match="xianglian load"), nothing.write():
            raise AssertionError
        with pytest.raises(StoreError, match="没有可备份"):
            nothing.backup("x.db")
    assert query(neo4j_empty, "MATCH (n) RETURN count(n)") == [[0]]


def test_what_neo4j_cannot_hold_exactly_is_refused(store: Neo4jStore) -> None:
    for wrong in ((1, "x"), 2**63, (1, 2.5), (True, 1)):
        with pytest.raises(ValueError, match="存不下"), store.write() as writer:
            writer.put("a", [firm("金博", odd=wrong)])  # type: ignore[arg-type]


def test_values_keep_their_types_and_fields_their_names(store: Neo4jStore) -> None:
    odd = firm("金博", kind="x", about_="y", head=1, whole=(1, 2), part=(1.0, 2.5), none=(),
               truth=(True, False), big=2**63 - 1, tiny=-0.0, long="长" * 5000)
    keep([odd], store)
    (found,) = store.records()
    assert found == odd
    assert repr(sorted(found.values.items())) == repr(sorted(odd.values.items()))
    store.verify()


def test_the_order_is_that_of_code_points(store: Neo4jStore) -> None:
    firms = [firm(name) for name in ("𠮷", "￥", "a", "B", "é", "中", "a b", "ab", "中" * 40)]
    keep(firms, store)
    wanted = sorted(firms, key=lambda record: record.id)
    assert list(store.records()) == wanted == list(store.records(ids=[r.id for r in firms]))
    assert [entry.record for entry in store.history()] == wanted


@pytest.mark.parametrize("text", ["x", "0", "-1", "nan", "inf", "1e300"])
def test_a_time_limit_is_a_number(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TIMEOUT, text)
    with pytest.raises(StoreError, match=TIMEOUT):
        open_store("bolt://127.0.0.1:1", ONTOLOGY)


# The lock and killed loaders ---------------------------------------------------------------------


LOADER = """
import sys, time
from graph.store import open_store
from ontology import load_ontology
from tests.test_graph_neo4j import firm
with open_store(sys.argv[1], load_ontology()).write() as writer:
    writer.put("dead", [firm("金博", note="new"), firm("死者")])
    writer.retract(id="Company:星城")
    if sys.argv[2] == "commit":
        writer.commit()
    print("ready", flush=True)
    time.sleep(300)
"""


def killed(server: Anything, when: str) -> None:
    """A loader that was killed while it held the lock."""
    loader = subprocess.Popen(
        [sys.executable, "-c", LOADER, server.store, when], cwd=ROOT, stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"})
    assert loader.stdout is not None
    with loader.stdout:
        assert loader.stdout.readline().strip() == b"ready"
    loader.kill()
    loader.wait()


NAMES = "MATCH (c:Company) RETURN c.name, c.note ORDER BY c.name"


def test_a_killed_load_leaves_nothing_and_its_lock_ends_by_itself(
        store: Neo4jStore, neo4j_empty: Anything) -> None:
    keep([firm("金博"), firm("星城")], store, "dead")
    before = list(store.records()), store.version(), store.history_hash()
    killed(neo4j_empty, "stage")
    with pytest.raises(StoreError, match=r"进程 .*正在写入"), store.write(wait=0.1):
        raise AssertionError
    with open_store(neo4j_empty.store, ONTOLOGY) as other:  # type: ignore[attr-defined]
        assert (list(other.records()), other.version(), other.history_hash()) == before
        assert len(other.columns().thing) == 2 and len(list(other.history())) == 2
        assert [r.id for r in other.records(known_at=1 << 62)] == ["Company:星城", "Company:金博"]
    assert query(neo4j_empty, NAMES) == [["星城", None], ["金博", None]]
    keep([firm("长远")], store, "more")  # within the 30 s for which a writer waits
    assert [r.id for r in store.records()] == ["Company:星城", "Company:金博", "Company:长远"]
    assert query(neo4j_empty, "MATCH (r:Row) RETURN count(r)") == [[3]]
    store.verify()


def test_a_projection_that_was_cut_off_is_taken_up_by_the_next_opening(
        store: Neo4jStore, neo4j_empty: Anything) -> None:
    keep([firm("金博"), firm("星城")], store, "dead")
    killed(neo4j_empty, "commit")
    assert [r.id for r in store.records()] == ["Company:死者", "Company:金博"]
    assert query(neo4j_empty, NAMES) == [["星城", None], ["金博", None]]
    query(neo4j_empty, "MATCH (l:XianglianLock) SET l.until = 0")  # as after 25 s
    open_store(neo4j_empty.store, ONTOLOGY).close()
    assert query(neo4j_empty, NAMES) == [["死者", None], ["金博", "new"]]


def test_who_was_replaced_writes_no_more(store: Neo4jStore, neo4j_empty: Anything) -> None:
    with pytest.raises(StoreError, match="接手"), store.write() as slow:
        slow.put("a", [firm("慢")])
        query(neo4j_empty, "MATCH (l:XianglianLock) SET l.until = 0")
        keep([firm("快")], store)
        slow.put("a", [firm("更慢")])
        slow.commit()
    assert [r.id for r in store.records()] == ["Company:快"]
    assert query(neo4j_empty, NAMES) == [["快", None]]


def test_who_was_slow_but_not_replaced_goes_on(store: Neo4jStore, neo4j_empty: Anything) -> None:
    with store.write() as slow:
        query(neo4j_empty, "MATCH (l:XianglianLock) SET l.until = 0")
        slow.put("a", [firm("慢")])
        slow.commit()
    assert [r.id for r in store.records()] == ["Company:慢"]


# What is read ------------------------------------------------------------------------------------


def test_who_reads_a_moment_does_not_see_a_load_that_comes_meanwhile(store: Neo4jStore) -> None:
    """A backup of a busy store holds what it held at its beginning, and finds no damage."""
    keep([firm("金博"), firm("星城")], store, "名单")
    state, before = store._now(), list(store.history())
    with store.write() as writer:
        writer.put("名单", [firm("金博", note="new"), firm("长远")])
        writer.put("别的", [firm("星城", note="more")])
        writer.retract_unseen("名单")
        writer.commit()
    rows = reader.history_rows(store._server, state.head)
    assert [entry(row, state.head) for row in rows] == before
    assert list(reader.wrong(store._server, state.head, state.seq, state.content)) == []


def test_damage_is_found(store: Neo4jStore, neo4j_empty: Anything) -> None:
    keep(hunan().records, store)
    query(neo4j_empty, "MATCH (r:Row {about: 'Chain:锂电池'}) SET r.name = '改过'")
    with pytest.raises(StoreError, match=r"已损坏.*Chain:锂电池"):
        store.verify()
