"""The shipped data with a past, in Neo4j: it is all there, and docs/neo4j.md holds.

`python -m tests.test_neo4j_shipped` writes the page's tables anew after the ontology has changed.
"""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import neo4j
import pytest

from api.settings import VARIABLES
from graph.neo4j_rows import OWN
from graph.projection import label_of, relationship_type
from graph.record import Record, Value
from graph.store import Entry, open_store
from ontology.errors import StoreError
from ontology.model import Kind, Text
from tests.drawn import drawn
from tests.neo4j_server import Given, Server, clear
from tests.neo4j_server.database import PASSWORD
from tests.shell import Shell
from tests.small import ONTOLOGY, keep

PAGE = Path(__file__).parent.parent / "docs" / "neo4j.md"
TEXT = PAGE.read_text(encoding="utf-8")
QUERIES = dict(re.findall(r"### \d+\. (.+?)\n(?:.*?)```cypher\n(.+?)```", TEXT, re.DOTALL))
EVERY_LINK = ("id", "record", "records", "source", "sources", "valid_from", "valid_to", "inferred")


# The tables --------------------------------------------------------------------------------------


def tables() -> dict[str, str]:
    """What stands between the marks."""
    classes = ["| 标签 | 意思 | 属性 |", "|---|---|---|"]
    classes += [f"| `:{':'.join(label_of(kind))}` | {kind.comment.zh} | {properties(kind)} |"
                for kind in ONTOLOGY.classes]
    links = ["| 类型 | 从 → 到 | 意思 | 属性 |", "|---|---|---|---|"]
    links += [f"| `{relationship_type(kind)}` {kind.label.zh} | {ends(kind)} | {kind.comment.zh} | "
              f"{properties(kind)} |" for kind in ONTOLOGY.links]
    return {"classes": "\n".join(classes), "links": "\n".join(links)}


def ends(kind: Kind) -> str:
    return " → ".join("、".join(ONTOLOGY.kinds[name].label.zh for name in end.refers) or "任何事物"
                      for end in kind.ends or ())


def properties(kind: Kind) -> str:
    return "，".join(f"`{name}`{'、`' + beside + '`' if beside else ''} {label.zh}"
                    for name, beside, label in named(kind)) or "—"


def named(kind: Kind) -> Iterator[tuple[str, str, Text]]:
    """Property, the one beside it for a reference, label."""
    beside = "_id" if kind.ends else "_name"
    for f in kind.fields:
        yield f.name, f.name + beside if f.datatype == "reference" else "", f.label


def filled(text: str) -> str:
    for name, table in tables().items():
        text = re.sub(rf"(<!-- {name} -->\n).*?(<!-- end -->)",
                      lambda found, table=table: f"{found[1]}{table}\n{found[2]}",
                      text, flags=re.DOTALL)
    return text


def test_the_tables_are_those_of_the_ontology() -> None:
    assert filled(TEXT) == TEXT, "python -m tests.test_neo4j_shipped"


def test_the_page_names_our_settings_and_the_rows_own_properties() -> None:
    for name in ("XIANGLIAN_STORE", "XIANGLIAN_CACHE", PASSWORD, "XIANGLIAN_NEO4J_TIMEOUT"):
        assert name in VARIABLES and f"`{name}`" in TEXT
    assert all(f"`{name}`" in TEXT for name in OWN)


# The shipped data, changed a little, goes to a server ---------------------------------------------


@dataclass(frozen=True)
class Moved:
    """A copy: where it is, the file that it was made from, and what the command said."""

    server: Server | Given
    driver: neo4j.Driver
    file: Shell
    said: dict[str, Any]


def firm(name: str, **values: Value) -> Record:
    return Record(f"Company:{name}", "Company", "Source:名单", {"name": name, **values})


def change(shell: Shell) -> None:
    """Replaced and retracted rows, rows of two origins, odd values and an odd link."""
    shell.run("add", "suppliesTo", "供应商=金博股份", "客户=宁德时代", "--source", "走访")
    shell.run("retract", "走访")
    odd = firm("奇", note='a "b" \\n\r\n,;\x1f', share=-0.0, count=-2**63, kind="x", whole=(1, 2),
               part=(1.0, 2.5), truth=(True, False), tiny=5e-324, aliases=("", "𠮷"), empty="")
    new = firm("新", share=1, count=2.5, founded="2014")
    link = Record("suppliesTo:odd", "suppliesTo", "Source:名单", {"product": "Product:无"},
                  ("Company:新", "Company:湖南金博碳素股份有限公司"))
    with closing(open_store(shell.environ["XIANGLIAN_STORE"], ONTOLOGY)) as store:
        keep([odd, new], store, "odd")
        keep([replace(new, values=dict(new.values) | {"founded": "2015"}), link], store, "odd")
        keep([replace(new, values=dict(new.values) | {"founded": "2015"})], store, "twice")
    shell.run("add", "Company", "企业名称=金博股份", "备注=走访时所见", "观察日期=2026-06",
              "--source", "走访")


@pytest.fixture(scope="module")
def moved(neo4j_server: Server | Given, shell: Shell,
          tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    folder = tmp_path_factory.mktemp("shipped")
    shell.run("backup", str(folder / "a.db"))
    file = Shell(folder, f"sqlite:///{(folder / 'a.db').as_posix()}")
    file.environ[PASSWORD] = neo4j_server.password
    change(file)
    with neo4j_server.driver() as driver, pytest.MonkeyPatch.context() as patch:
        patch.setenv(PASSWORD, neo4j_server.password)
        clear(driver)
        said = file.json("copy", file.environ["XIANGLIAN_STORE"], neo4j_server.store)
        yield Moved(neo4j_server, driver, file, said)
        clear(driver)


def state(url: str) -> tuple[str, str, list[tuple[Entry, str]]]:
    """Hashes after reading everything, and every row; the types of values too: 1 is not 1.0."""
    with closing(open_store(url, ONTOLOGY)) as store:
        store.verify()
        return store.version(), store.history_hash(), [
            (entry, repr(sorted(entry.record.values.items()))) for entry in store.history()]


def test_a_history_goes_to_neo4j_and_comes_back_the_same(moved: Moved) -> None:
    there, first = moved.server.store, moved.file.environ["XIANGLIAN_STORE"]
    assert moved.file.json("copy", there, "back.db") == moved.said
    known = state(first)
    assert known[:2] == (moved.said["version"], moved.said["history"])
    assert len(known[2]) == moved.said["rows"]
    assert state(there) == state(f"sqlite:///{(moved.file.folder / 'back.db').as_posix()}") == known
    assert "不是空的" in moved.file.run("copy", first, there, code=3)
    assert "同一个存储" in moved.file.run("copy", there, there, code=1)


def test_an_import_by_neo4j_admin_is_the_same_store(moved: Moved, neo4j_kill: Server,
                                                    tmp_path: Path) -> None:
    moved.file.run("export", "--format", "neo4j-admin", "-o", str(tmp_path / "files"))
    page = (tmp_path / "files" / "README.md").read_text("utf-8")
    (command,) = re.findall(r"^ +neo4j-admin (.+)$", page, re.MULTILINE)
    with Server(neo4j_kill.jar, tmp_path / "home", password=neo4j_kill.password) as server:
        server.admin(*command.split(), folder=tmp_path / "files")
        server.start()
        with pytest.raises(StoreError, match="xianglian start"):
            open_store(server.store, ONTOLOGY, create=False, read_only=True)
        assert state(server.store) == state(moved.server.store)
        assert settled(drawn(server)) == settled(drawn(moved.server))
        assert_goes_on(moved.file, server)


def settled(graph: dict[str, Any]) -> dict[str, list[str]]:
    """In an order that two databases share, whatever order they give labels and properties."""
    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return sorted((key, plain(one)) for key, one in value.items())
        return value

    for row in graph["things"]:
        row[1].sort()
    return {name: sorted(repr(list(map(plain, row))) for row in rows)
            for name, rows in graph.items()}


def assert_goes_on(file: Shell, server: Server) -> None:
    """A later load changes the same in both; constraints and indexes are there."""
    other = Shell(file.folder, server.store)
    file.run("copy", file.environ["XIANGLIAN_STORE"], "go.db")
    for command in (("retract", "odd"), ("gaps", "锂电池", "--region", "长沙")):
        assert other.json(*command) == file.json(*command, "--store", "go.db")
    with server.driver() as driver:
        names = driver.execute_query("MATCH (c:Company) WHERE c.name IN ['奇', '新'] RETURN c.name")
        indexes = driver.execute_query("SHOW INDEXES YIELD name RETURN name")
    assert [row[0] for row in names.records] == ["新"]  # another origin says so too
    assert {"xianglian_row", "xianglian_id_Company", "xianglian_names"} <= {
        row[0] for row in indexes.records}


# The texts ---------------------------------------------------------------------------------------


def asked(driver: Any, name: str) -> list[dict[str, Any]]:
    found, _, _ = driver.execute_query(QUERIES[name])
    return [dict(row) for row in found]


@pytest.mark.parametrize("name", QUERIES)
def test_a_cypher_text_answers(moved: Moved, name: str) -> None:
    rows, _, columns = moved.driver.execute_query(QUERIES[name])
    promised = re.findall(r" AS ([\u4e00-\u9fff]+)", QUERIES[name])
    assert columns == promised
    assert rows
    for column in columns:
        assert any(row[column] is not None for row in rows)


def test_the_texts_answer_what_our_commands_answer(moved: Moved) -> None:
    driver, shell = moved.driver, moved.file
    mine = shell.json("suppliers", "华为")["rows"]
    assert sorted((row["name"], row["product"]) for row in mine) == sorted(
        (row["供应商"], row["产品"]) for row in asked(driver, "一家企业的供应商"))
    (way,) = shell.json("path", "信维电科", "科力尔")["rows"][:1]
    (found,) = asked(driver, "两家企业之间最短的联系")
    assert found["途经"] == way["names"]
    leaders = asked(driver, "一条链的链主")
    assert {row["企业"] for row in leaders} == {
        row["company"] for row in shell.json("list", "leads")["rows"]
        if row["chain"] == "工程机械"}
    assert [(row["环节"], row["地区"]) for row in asked(driver, "媒体和官方明说的缺口")] == sorted(
        (row["segment"], row["region"]) for row in shell.json("list", "absentFrom")["rows"])
    segment = next(row for row in shell.json("gaps", "锂电池", "--region", "长沙")["segments"]
                   if row["segment"] == "负极材料")
    assert {firm["name"] for firm in segment["firms"]} == {
        row["企业"] for row in asked(driver, "一个城市里做某个环节的企业")}
    assert_conflicts(driver, shell)


def assert_conflicts(driver: Any, shell: Shell) -> None:
    shown = shell.json("list", "Company")["rows"]
    mine = {row["id"]: set(row["conflicts"]) for row in shown if row["conflicts"]}
    found = [row for row in asked(driver, "来源之间说法不一的地方") if row["字段"] != "name"]
    assert mine == {firm: {row["字段"] for row in rows} for firm, rows in groupby(
        found, lambda row: row["编号"])}  # spellings of a name are no conflict to us


# What is there is what is written ----------------------------------------------------------------


def test_every_label_type_and_property_is_written_down(moved: Moved) -> None:
    told = {kind: {name for pair in named(kind) for name in pair[:2]}
            for kind in ONTOLOGY.kinds.values()}
    labels = {label_of(kind)[0]: {"id", "ids", *told[kind]} for kind in ONTOLOGY.classes}
    types = {relationship_type(kind): {*EVERY_LINK, *told[kind]} for kind in ONTOLOGY.links}
    for label, names in told_by(moved.driver, "MATCH (n) UNWIND labels(n) AS label "
                                "UNWIND keys(n) AS key RETURN label, collect(DISTINCT key)"):
        if label in labels:
            assert names <= labels[label], label
        else:
            assert f":{label}" in TEXT or label in {label_of(k)[1] for k in ONTOLOGY.classes}
    for type, names in told_by(moved.driver, "MATCH ()-[e]->() UNWIND keys(e) AS key "
                               "RETURN type(e), collect(DISTINCT key)"):
        assert names <= types[type], type


def told_by(driver: Any, query: str) -> list[tuple[str, set[str]]]:
    return [(row[0], set(row[1])) for row in driver.execute_query(query).records]


if __name__ == "__main__":
    PAGE.write_text(filled(TEXT), encoding="utf-8")
