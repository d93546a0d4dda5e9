"""Files for neo4j-admin: imported for real they are the store that was written."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graph.neo4j_files import write_files
from graph.record import Record, Value
from graph.store import Entry, Store, open_store
from ontology.errors import StoreError
from tests.neo4j_server import Server
from tests.neo4j_server.database import PASSWORD
from tests.shell import Shell
from tests.small import ONTOLOGY, hunan, keep
from tests.test_graph_neo4j_graph import drawn, drawn_anew


def firm(name: str, **values: Value) -> Record:
    return Record(f"Company:{name}", "Company", "Source:名单", {"name": name, **values})


@pytest.fixture
def store() -> Iterator[Store]:
    opened = open_store("sqlite://", ONTOLOGY)
    yield opened
    opened.close()


def with_a_past(shell: Shell) -> None:
    """Replaced and retracted rows, one firm by several names, odd values and an odd link."""
    shell.run("add", "suppliesTo", "供应商=金博股份", "客户=比亚迪", "--source", "走访")
    shell.run("add", "Company", "企业名称=金博股份", "主营产品=新品", "--source", "走访")
    shell.run("retract", "走访")
    store = open_store(shell.environ["XIANGLIAN_STORE"], ONTOLOGY)
    odd = firm("奇", note='a "b" \\n\r\n,;\x1f', share=-0.0, count=-2**63, kind="x", whole=(1, 2),
               part=(1.0, 2.5), truth=(True, False), tiny=5e-324, aliases=("", "𠮷"), empty="")
    keep([odd, firm("新", share=1, count=2.5, founded="2014")], store, "odd")
    keep([firm("新", share=1, count=2.5, founded="2015"),
          Record("suppliesTo:odd", "suppliesTo", "Source:名单", {"product": "Product:无"},
                 ("Company:新", "Company:湖南金博碳素股份有限公司"))], store, "odd")
    keep([firm("新", share=1, count=2.5, founded="2015")], store, "twice")
    store.close()


def query(server: Server, text: str) -> list[Any]:
    with server.driver() as driver:
        return [row.values() for row in driver.execute_query(text).records]


def test_an_import_is_the_whole_store(scratch: Shell, neo4j_kill: Server, tmp_path: Path,
                                      monkeypatch: pytest.MonkeyPatch) -> None:
    with_a_past(scratch)
    scratch.run("export", "--format", "neo4j-admin", "-o", "files")
    files = tmp_path / "files"
    (command,) = (line.split() for line in (files / "README.md").read_text("utf-8").splitlines()
                  if line.strip().startswith("neo4j-admin "))
    with Server(neo4j_kill.jar, tmp_path / "home") as server:
        server.admin(*command[1:], folder=files)
        server.start()
        monkeypatch.setenv(PASSWORD, server.password)
        with pytest.raises(StoreError, match="xianglian start"):
            open_store(server.store, ONTOLOGY, create=False, read_only=True)
        assert_same(scratch, server)
        assert_goes_on(scratch, server)


def assert_same(shell: Shell, server: Server) -> None:
    """Hashes, every row, the accounts, and a graph as one that is drawn anew."""
    file = open_store(shell.environ["XIANGLIAN_STORE"], ONTOLOGY)
    with open_store(server.store, ONTOLOGY) as imported:  # type: ignore[attr-defined]
        imported.verify()
        assert (imported.version(), imported.history_hash(), imported.mark()) == (
            file.version(), file.history_hash(), file.mark())
        assert list(map(said, imported.history())) == list(map(said, file.history()))
        assert imported.origins() == file.origins()
        as_imported = drawn(server)
        assert as_imported == drawn_anew(server, imported)
        assert len(as_imported["links"]) > 1000
    file.close()


def said(entry: Entry) -> tuple[Entry, str]:
    """The types of values too: 1 is not 1.0, nor True."""
    return entry, repr(sorted(entry.record.values.items()))


def assert_goes_on(shell: Shell, server: Server) -> None:
    """Later loads report and leave the same in both; constraints and indexes are there."""
    other = Shell(shell.folder, server.store)
    for command in (("add", "Company", "企业名称=金博股份", "备注=新", "--source", "走访"),
                    ("retract", "odd"), ("gaps", "锂电池", "--region", "长沙")):
        assert other.json(*command) == shell.json(*command)
    assert query(server, "MATCH (c:Company) WHERE c.name IN ['奇', '新'] RETURN c.id") == [
        ["Company:新"]]  # another origin says so too
    assert query(server, "MATCH (c:Company {name: '金博股份'})<-[:ABOUT]-(r:Record {note: '新'}) "
                         "RETURN r.origin") == [["走访"]]
    names = {name for name, in query(server, "SHOW INDEXES YIELD name RETURN name")}
    assert {"xianglian_row", "xianglian_id_Company", "xianglian_names"} <= names


def test_the_same_content_gives_the_same_files(store: Store, tmp_path: Path) -> None:
    keep(hunan().records, store)
    one, other = (write_files(store, ONTOLOGY, tmp_path / name) for name in ("a", "b"))
    assert [file.name for file in one] == [file.name for file in other]
    assert [file.read_bytes() for file in one] == [file.read_bytes() for file in other]
    assert not [file for file in tmp_path.iterdir() if file.name not in ("a", "b")]


@pytest.mark.parametrize("wrong", [(), ("",), ("a\x1fb",)])
def test_what_an_import_cannot_carry_is_refused(store: Store, tmp_path: Path,
                                                wrong: tuple[str, ...]) -> None:
    keep([firm("金博", aliases=wrong)], store)
    with pytest.raises(StoreError, match=r"aliases.*xianglian copy"):
        write_files(store, ONTOLOGY, tmp_path / "files")
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_is_said(scratch: Shell, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    assert "不是空的" in scratch.run("export", "-f", "neo4j-admin", "-o", "full", code=1)
    assert "-o" in scratch.run("export", "-f", "neo4j-admin", code=1)
    assert "没有数据" in scratch.run("export", "-f", "neo4j-admin", "-o", "x", "--store", "no.db",
                                 code=1)


def test_the_rows_are_never_all_in_memory(tmp_path: Path) -> None:
    peaks = []
    for size in (500, 2_000):
        store = keep([firm(f"{n}", note="长" * 5_000) for n in range(size)])
        tracemalloc.start()
        write_files(store, ONTOLOGY, tmp_path / str(size))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        store.close()
    assert (peaks[1] - peaks[0]) / 1_500 < 2_000, peaks  # bytes a row of 10,000
