"""What Neo4j or we refuse: said in one Chinese sentence, exit code 3, and nothing is changed."""

import ast
import inspect
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from graph.bolt import TIMEOUT, Address
from graph.bolt import Server as Connection
from graph.neo4j import Neo4jStore
from graph.neo4j_graph import make
from graph.store import PASSWORD, open_store
from ontology.errors import StoreError
from tests.disturbed import meanwhile
from tests.drawn import drawn, drawn_anew, query
from tests.neo4j_server import Given, Server
from tests.shell import Shell
from tests.small import ONTOLOGY, hunan, keep

Anything = Server | Given
GRAPH = Path(__file__).parent.parent / "graph"
ADD = ("add", "Company", "企业名称=新企业", "--source", "走访")
EVERYTHING = "MATCH (n) RETURN labels(n), properties(n)"


@pytest.fixture
def shell(neo4j_empty: Anything, tmp_path: Path) -> Shell:
    return Shell(tmp_path, neo4j_empty.store)


@pytest.fixture(scope="module")
def filled(neo4j_server: Anything) -> Iterator[Neo4jStore]:
    """A store with a few things, for tests that do not empty the database; open all the while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PASSWORD, neo4j_server.password)
        store = cast(Neo4jStore, open_store(neo4j_server.store, ONTOLOGY))
        keep(hunan().records, store)
        yield store
        store.close()


def refused(shell: Shell, *words: str, command: tuple[str, ...] = ADD) -> None:
    """The command line says why, where and what to do, and ends with 3."""
    said = shell.run(*command, code=3)
    for word in ("Neo4j（", *words):
        assert word in said
    assert "Traceback" not in said and len(said.strip().splitlines()) == 1


# Reading never writes ----------------------------------------------------------------------------


CREATE = "CREATE (:Written) WITH 1 AS one RETURN one, 2 AS two"


def test_the_server_refuses_to_write_what_is_said_to_be_read(
        filled: Neo4jStore, neo4j_server: Anything, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, neo4j_server.password)
    server = Connection(Address.parse(neo4j_server.store))
    try:
        for read in (server.read, server.stream):
            with pytest.raises(StoreError, match="只读，不能写入"):
                list(read(CREATE))
    finally:
        server.close()
    assert query(neo4j_server, "MATCH (n:Written) RETURN count(n)") == [[0]]


WRITING = {"write", "receive"}
GIVEN: dict[str, Any] = {"ids": ["{}"], "kinds": ["{}"], "source": "{}", "origin": "{}",
                         "known_at": 1, "limit": 5, "mark": "0-x", "overwrite": False}


def test_no_read_is_talked_into_writing(
        filled: Neo4jStore, neo4j_server: Anything, tmp_path: Path) -> None:
    before = sorted(query(neo4j_server, EVERYTHING), key=repr)
    for number, text in enumerate(("'}) CREATE (:Written) //", "`) CREATE (:Written) //",
                                   "\\u0027}) CREATE (:Written) //", "$x RETURN 1 //")):
        for name, method in inspect.getmembers(filled, inspect.ismethod):
            if not name.startswith("_") and name not in {*WRITING, "close"}:
                given = GIVEN | {"file": tmp_path / f"{number}.db"}
                found = method(**{
                    key: [text] if type(given[key]) is list else
                    text if given[key] == "{}" else given[key]
                    for key in inspect.signature(method).parameters})
                if isinstance(found, Iterator):
                    assert list(found) is not None
    assert sorted(query(neo4j_server, EVERYTHING), key=repr) == before


def test_only_the_writer_opens_a_session_that_may_write() -> None:
    """In all of graph/ one function opens sessions; each names its access where it is called."""
    opened: dict[str, list[str]] = {}
    for file in sorted(GRAPH.rglob("*.py")):
        for function in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef):
                for call in ast.walk(function):
                    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and (
                            call.func.attr in ("session", "_session", "execute_query")):
                        opened.setdefault(f"{file.stem}.{function.name}", []).append(
                            " ".join(map(ast.unparse, call.args)))
    writing = {"bolt.write", "bolt.attempt"}  # the latter stands in `read` and in `write`
    assert opened.pop("bolt._session") == [""]
    assert opened.keys() - writing == {"bolt.read", "bolt._rows"}
    assert opened["bolt.read"] == opened["bolt._rows"] == ["READ_ACCESS"]
    assert opened["bolt.write"] == ["WRITE_ACCESS"]
    reader = (GRAPH / "neo4j_reader.py").read_text("utf-8")
    assert not {"write", "run"} & {node.func.attr for node in ast.walk(ast.parse(reader))
                                   if isinstance(node, ast.Call)
                                   and isinstance(node.func, ast.Attribute)}


# Who may come in ---------------------------------------------------------------------------------


def test_who_may_not_come_in_is_told(
        filled: Neo4jStore, neo4j_server: Anything, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, neo4j_server.password)
    port = Address.parse(neo4j_server.store).url
    before = filled.version(), filled.history_hash()
    for command in (ADD, ("sources",)):
        refused(Shell(tmp_path, f"{neo4j_server.store}/nowhere"), port, "没有这个数据库",
                "请检查", command=command)
        refused(Shell(tmp_path, "bolt://no-such-host.invalid"), "no-such-host.invalid:7687",
                "找不到这台主机", "请检查地址", command=command)
    secure = neo4j_server.store.replace("bolt:", "bolt+s:")
    refused(Shell(tmp_path, secure), "加密方式不对")
    monkeypatch.setenv(PASSWORD, "不是密码")
    wrong = Shell(tmp_path, neo4j_server.store)
    refused(wrong, port, "用户名或密码不对", PASSWORD)
    assert "不是密码" not in wrong.run("sources", code=3)
    monkeypatch.setenv(PASSWORD, neo4j_server.password)
    assert (filled.version(), filled.history_hash()) == before
    assert Shell(tmp_path, neo4j_server.store).json("list", "Chain")["total"] == 1


def test_the_time_limit_is_said_with_its_setting(
        filled: Neo4jStore, neo4j_server: Anything, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, neo4j_server.password)
    monkeypatch.setenv(TIMEOUT, "0.5")
    server = Connection(Address.parse(neo4j_server.store))
    slow = "UNWIND range(1, 1000000000) AS x WITH x WHERE x % 7 = 8 RETURN x, 1 AS y"
    try:
        for read in (server.read, server.stream):
            with pytest.raises(StoreError, match=rf"超过了时限.*{TIMEOUT}"):
                list(read(slow))
    finally:
        server.close()
    monkeypatch.setenv(TIMEOUT, "bald")
    said = Shell(tmp_path, neo4j_server.store).run("sources", code=3)
    assert TIMEOUT in said and "bald" in said


def test_who_takes_his_time_with_an_answer_gets_it_whole(
        filled: Neo4jStore, neo4j_server: Anything, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is for the server's work, not for ours between two rows."""
    wanted = list(filled.records())  # and a server that is busy has planned it once
    monkeypatch.setenv(PASSWORD, neo4j_server.password)
    monkeypatch.setenv(TIMEOUT, "1")
    monkeypatch.setattr("graph.bolt._FETCH", 5)
    with cast(Neo4jStore, open_store(neo4j_server.store, ONTOLOGY)) as store:
        rows = store.records()
        some = [next(rows)]
        time.sleep(2.5)
        assert some + list(rows) == wanted


def test_indexes_are_waited_for_longer_than_a_transaction_may_take(
        filled: Neo4jStore, neo4j_server: Anything, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an import of millions of rows; here a lock keeps what is waited for."""
    monkeypatch.setenv(PASSWORD, neo4j_server.password)
    monkeypatch.setenv(TIMEOUT, "1")
    monkeypatch.setattr("graph.bolt._WRITE", 1.0)
    monkeypatch.setattr("graph.cypher.AWAIT_INDEXES", "MATCH (s:XianglianStore) SET s.held = null")
    server = Connection(Address.parse(neo4j_server.store))
    try:
        with neo4j_server.driver() as driver, driver.session() as session:
            other = session.begin_transaction()
            other.run("MATCH (s:XianglianStore) SET s.held = null").consume()
            with meanwhile(lambda: make(server, ())):
                time.sleep(5)
                other.rollback()
    finally:
        server.close()


# Whose database it is ----------------------------------------------------------------------------


def test_a_database_of_others_is_refused_and_stays_as_it_is(
        neo4j_bare: Anything, shell: Shell) -> None:
    query(neo4j_bare, "CREATE CONSTRAINT theirs FOR (c:Company) REQUIRE c.id IS UNIQUE")
    query(neo4j_bare, "CREATE (:Company {id: 'Company:金博', name: '金博'})-[:SUPPLIES_TO]->"
                       "(:Company {id: 'x'}), (:XianglianStore {key: 'theirs'})")
    constraints = query(neo4j_bare, "SHOW CONSTRAINTS YIELD name RETURN name")
    before = sorted(query(neo4j_bare, EVERYTHING), key=repr)
    for command in (ADD, ("load",), ("sources",), ("restore", "copy.db")):
        if command[0] == "restore":
            with open_store(f"sqlite:///{(shell.folder / 'copy.db').as_posix()}",
                            ONTOLOGY) as file:  # type: ignore[attr-defined]
                keep(hunan().records, file)
        refused(shell, "别的程序的数据", "未作任何改动", "空的数据库", command=command)
    assert sorted(query(neo4j_bare, EVERYTHING), key=repr) == before
    assert query(neo4j_bare, "SHOW CONSTRAINTS YIELD name RETURN name") == constraints


def test_a_newer_database_is_refused_by_its_number(
        neo4j_empty: Anything, shell: Shell) -> None:
    with open_store(neo4j_empty.store, ONTOLOGY) as store:  # type: ignore[attr-defined]
        keep(hunan().records, store)
        query(neo4j_empty, "MATCH (s:XianglianStore) SET s.schema = 2, s.projected = 0")
        before = sorted(query(neo4j_empty, EVERYTHING), key=repr)
        for command in (ADD, ("sources",)):
            refused(shell, "结构版本是 2", "请升级本程序", command=command)
        assert sorted(query(neo4j_empty, EVERYTHING), key=repr) == before
        # What others add to a database of ours is theirs, also when all is drawn anew.
        query(neo4j_empty, "MATCH (s:XianglianStore) SET s.schema = 1 WITH s "
                           "MATCH (c:Chain) CREATE (:Note {id: 'n'})-[:FROM]->(:Note {id: 'm'})")
        graph = drawn(neo4j_empty)
        assert drawn_anew(neo4j_empty, cast(Neo4jStore, store)) == graph
        assert len([thing for thing in graph["things"] if thing[1] == ["Note"]]) == 2
