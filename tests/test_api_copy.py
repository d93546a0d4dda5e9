"""`xianglian copy`: a whole history goes to another store and comes back the same."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from graph.store import open_store
from tests.neo4j_server import Given, Server
from tests.shell import Shell
from tests.small import ONTOLOGY


def url(file: Path) -> str:
    return f"sqlite:///{file.as_posix()}"


def hashes(shell: Shell, where: str) -> tuple[str, str]:
    """Content and history hash, as the store itself gives them after reading everything."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.environ", shell.environ)
        store = open_store(where, ONTOLOGY, create=False)
        store.verify()
        try:
            return store.version(), store.history_hash()
        finally:
            store.close()


def test_a_backup_of_neo4j_is_put_back_into_neo4j(
    scratch: Shell, neo4j_empty: Server | Given, tmp_path: Path
) -> None:
    shell = Shell(tmp_path, neo4j_empty.store)
    shell.environ["XIANGLIAN_NEO4J_PASSWORD"] = neo4j_empty.password
    shell.run("add", "Company", "企业名称=金博股份", "--source", "走访")
    shell.run("retract", "走访")
    shell.run("add", "Company", "企业名称=星城石墨", "--source", "走访")
    before = hashes(shell, neo4j_empty.store)
    said = shell.json("backup", "b.db")
    assert said["version"] == before[0] == hashes(shell, url(tmp_path / "b.db"))[0]
    assert "不是空的" in shell.run("restore", "b.db", code=3)
    with neo4j_empty.driver() as driver:
        driver.execute_query("MATCH (n) DETACH DELETE n")
    assert shell.json("restore", "b.db")["version"] == before[0]
    assert hashes(shell, neo4j_empty.store) == before
    assert [row["name"] for row in shell.json("list", "Company")["rows"]] == ["星城石墨"]
    with neo4j_empty.driver() as driver:
        shown = driver.execute_query("MATCH (c:Company) RETURN c.name").records
    assert [row[0] for row in shown] == ["星城石墨"]


def test_what_cannot_be_copied_is_said(scratch: Shell, tmp_path: Path) -> None:
    full, new = scratch.environ["XIANGLIAN_STORE"], tmp_path / "new.db"
    assert "还不存在，或是空的" in scratch.run("copy", "nothing.db", str(new), code=1)
    assert not (tmp_path / "nothing.db").exists() and not new.exists()
    assert "同一个存储" in scratch.run("copy", full, full, code=1)
    assert "用完即弃" in scratch.run("copy", full, "sqlite://", code=1)
    assert "连不上" in scratch.run("copy", full, "bolt://127.0.0.1:1", code=3)
    assert "不认识的存储地址" in scratch.run("copy", full, "redis://x", code=3)
    assert "--store" in scratch.run("copy", full, str(new), "--store", "x.db", code=2)
    scratch.run("copy", full, str(new))
    assert "不是空的" in scratch.run("copy", full, str(new), code=3)


def test_a_copy_says_how_many_rows_and_which_content(scratch: Shell, tmp_path: Path) -> None:
    said = scratch.run("copy", scratch.environ["XIANGLIAN_STORE"], str(tmp_path / "new.db"))
    assert re.fullmatch(r"已搬完 \d{4,} 行（连同历史），内容版本 [0-9a-f]{32}。\n", said)


def test_damage_is_not_copied(scratch: Shell, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "copy.db")) as file, file:
        file.execute("UPDATE record SET vals = '{}' WHERE seq = 7")
    assert "已损坏" in scratch.run("copy", scratch.environ["XIANGLIAN_STORE"], "new.db", code=3)
    assert "还不存在，或是空的" in scratch.run("copy", "new.db", "other.db", code=1)
