"""A connection that breaks while the Neo4j store works: nothing is lost, nothing done twice."""

import threading
import time

import pytest

from graph.cypher import MOVE_HEAD
from graph.neo4j import Neo4jStore
from graph.store import open_store
from ontology.errors import StoreError
from tests.disturbed import World, firms, load, meanwhile
from tests.drawn import query
from tests.small import ONTOLOGY
from tests.tcp_proxy import Proxy


def test_a_connection_that_drops_again_and_again(
        world: World, through: Neo4jStore, neo4j_proxy: Proxy,
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph.bolt._FETCH", 10)
    rows = through.records()
    some = [next(rows) for _ in range(15)]
    neo4j_proxy.drop()
    assert some + list(rows) == list(world.twin.records())
    with meanwhile(lambda: load(through, firms("新"), size=20, between=neo4j_proxy.drop)):
        for _ in range(3):
            time.sleep(0.7)
            neo4j_proxy.drop()
    load(world.twin, firms("新"))
    world.same()


def test_a_connection_that_trickles_and_one_that_stalls_for_20_s(
        world: World, through: Neo4jStore, neo4j_proxy: Proxy) -> None:
    neo4j_proxy.trickle(2000, 0.01)
    assert list(through.records()) == list(world.twin.records())
    load(through, firms("新"), size=20)
    neo4j_proxy.flow()
    began = time.monotonic()
    with meanwhile(lambda: load(through, firms("更新"), size=20,
                                between=lambda: began_stall(neo4j_proxy, stalled))):
        stalled.wait()
        assert len(list(through.records())) > 50
    assert time.monotonic() - began > 20
    for note in ("新", "更新"):
        load(world.twin, firms(note))
    world.same()


stalled = threading.Event()


def began_stall(proxy: Proxy, once: threading.Event) -> None:
    if not once.is_set():
        proxy.stall(20)
        once.set()


def test_a_commit_of_which_nobody_hears_counts_once(
        world: World, through: Neo4jStore, neo4j_proxy: Proxy,
        monkeypatch: pytest.MonkeyPatch) -> None:
    def commit(note: str, part: float = 0.0) -> int:
        """The bytes of answers that a commit takes; if given, only a part of them comes through."""
        with through.write() as writer:
            writer.put("名单", firms(note))
            writer.unseen("名单")  # waits until the batch is there
            before = neo4j_proxy.passed
            if part:
                neo4j_proxy.drop_after(int(size * part))
            writer.commit()
            return neo4j_proxy.passed - before

    def loads() -> int:
        count: int = query(world.server, "MATCH (l:XianglianLoad) RETURN count(l)")[0][0]
        return count

    parts = (0.3, 0.6, 0.8, 0.97)
    size, before = commit("零"), loads()
    for part in parts:
        commit(f"到{part}", part)
    assert loads() == before + len(parts)
    monkeypatch.setattr("graph.bolt.RETRY", 1.0)
    neo4j_proxy.unheard(MOVE_HEAD)
    with pytest.raises(StoreError, match="连不上"):
        commit("没有听到")
    neo4j_proxy.accept()
    assert loads() == before + len(parts) + 1  # it counts, and cleaning up has left it alone
    for note in ("零", *(f"到{part}" for part in parts), "没有听到"):
        with world.twin.write() as writer:
            writer.put("名单", firms(note))
            writer.commit()
    assert world.store.version() == world.twin.version()
    world.expire()
    open_store(world.server.store, ONTOLOGY).close()
    world.same()
