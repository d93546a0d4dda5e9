"""docs/neo4j.md holds: its tables are the ontology's, its Cypher runs, its settings exist.

`python -m tests.test_docs_neo4j` writes the tables anew after the ontology has changed.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from api.settings import VARIABLES
from graph.projection import label_of, relationship_type
from graph.rows import OWN
from graph.store import copy
from ontology.model import Kind, Text
from tests.neo4j_server import Given, Server, clear
from tests.neo4j_server.database import PASSWORD
from tests.shell import Shell
from tests.small import ONTOLOGY

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
    assert filled(TEXT) == TEXT, "python -m tests.test_docs_neo4j"


def test_the_page_names_our_settings_and_the_rows_own_properties() -> None:
    for name in ("XIANGLIAN_STORE", "XIANGLIAN_CACHE", PASSWORD, "XIANGLIAN_NEO4J_TIMEOUT"):
        assert name in VARIABLES and f"`{name}`" in TEXT
    assert all(f"`{name}`" in TEXT for name in OWN)


# A server with the shipped data and one load more ------------------------------------------------


@pytest.fixture(scope="module")
def filled_server(neo4j_server: Server | Given, shell: Shell,
                  tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Shell]]:
    """A driver, and a shell that answers from the same content in a file."""
    folder = tmp_path_factory.mktemp("docs")
    shell.run("backup", str(folder / "a.db"))
    file = Shell(folder, f"sqlite:///{(folder / 'a.db').as_posix()}")
    file.run("add", "Company", "企业名称=金博股份", "备注=走访时所见", "观察日期=2026-06",
             "--source", "走访")
    file.run("add", "suppliesTo", "供应商=金博股份", "客户=比亚迪", "--source", "走访")
    with neo4j_server.driver() as driver, pytest.MonkeyPatch.context() as patch:
        patch.setenv(PASSWORD, neo4j_server.password)
        clear(driver)
        copy(file.environ["XIANGLIAN_STORE"], neo4j_server.store, ONTOLOGY)
        yield driver, file
        clear(driver)


def asked(driver: Any, name: str) -> list[dict[str, Any]]:
    found, _, _ = driver.execute_query(QUERIES[name])
    return [dict(row) for row in found]


@pytest.mark.parametrize("name", QUERIES)
def test_a_cypher_text_answers(filled_server: tuple[Any, Shell], name: str) -> None:
    rows, _, columns = filled_server[0].execute_query(QUERIES[name])
    promised = re.findall(r" AS ([\u4e00-\u9fff]+)", QUERIES[name])
    assert columns == promised
    assert rows
    for column in columns:
        assert any(row[column] is not None for row in rows)


def test_the_texts_answer_what_our_commands_answer(filled_server: tuple[Any, Shell]) -> None:
    driver, shell = filled_server
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


def test_every_label_type_and_property_is_written_down(filled_server: tuple[Any, Shell]) -> None:
    driver, _ = filled_server
    told = {kind: {name for pair in named(kind) for name in pair[:2]}
            for kind in ONTOLOGY.kinds.values()}
    labels = {label_of(kind)[0]: {"id", "ids", *told[kind]} for kind in ONTOLOGY.classes}
    types = {relationship_type(kind): {*EVERY_LINK, *told[kind]} for kind in ONTOLOGY.links}
    for label, names in told_by(driver, "MATCH (n) UNWIND labels(n) AS label UNWIND keys(n) AS key "
                                        "RETURN label, collect(DISTINCT key)"):
        if label in labels:
            assert names <= labels[label], label
        else:
            assert f":{label}" in TEXT or label in {label_of(k)[1] for k in ONTOLOGY.classes}
    for type, names in told_by(driver, "MATCH ()-[e]->() UNWIND coalesce(keys(e), []) AS key "
                                       "RETURN type(e), collect(DISTINCT key)"):
        assert names <= types[type], type


def told_by(driver: Any, query: str) -> list[tuple[str, set[str]]]:
    return [(row[0], set(row[1])) for row in driver.execute_query(query).records]


if __name__ == "__main__":
    PAGE.write_text(filled(TEXT), encoding="utf-8")
