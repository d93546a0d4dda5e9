"""The data report is what the program writes; no table shrinks and no record loses its source."""

from pathlib import Path

import pytest

from graph.record import Record
from graph.store import Store
from loaders.pipeline import shipped
from loaders.sizes import FolderSize, sizes
from ontology import Ontology
from tests.shell import Shell

DOCS = Path(__file__).parent.parent / "docs"
DAY = "2026-11-22"
NEAR = 0.98  # of the rows that a table has, the least that it may have


@pytest.fixture(scope="module")
def folders(ontology: Ontology) -> list[FolderSize]:
    return [*sizes(shipped(), ontology)]


@pytest.fixture(scope="module")
def records(shipped_store: Store) -> list[Record]:
    return list(shipped_store.records())


def test_the_report_in_the_repository_is_what_the_command_writes(
        shell: Shell, tmp_path: Path) -> None:
    """Else: xianglian coverage -o docs/data.md --check docs/data-check.csv --at 2026-11-22"""
    file = tmp_path / "data.md"
    shell.run("coverage", "-o", str(file), "--check", str(DOCS / "data-check.csv"), "--at", DAY)
    assert file.read_text("utf-8") == (DOCS / "data.md").read_text("utf-8")


def test_a_report_without_a_spot_check_says_nothing_of_one(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "data.md"
    answer = shell.json("coverage", "-o", str(file), "--chain", "锂电池", "--at", DAY)
    assert answer == {"file": str(file)}
    text = file.read_text("utf-8")
    assert "## 抽查" not in text and "工程机械" not in text and "| 先进储能材料 |" in text


def test_another_file_is_not_taken_for_a_spot_check(shell: Shell, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n", encoding="utf-8")
    said = shell.run("coverage", "-o", str(tmp_path / "x.md"), "--check", str(other), code=1)
    assert "other.csv" in said and "不是抽查结果" in said


def test_no_table_may_shrink(folders: list[FolderSize]) -> None:
    assert {f.name for f in folders} == {path.name for path in shipped()}
    for folder in folders:
        for table in folder.tables:
            where = f"{folder.name}/{table.file}: {table.rows} rows, minimum {table.minimum}"
            assert NEAR * table.rows <= table.minimum <= table.rows, where


def test_every_table_of_a_folder_is_read(folders: list[FolderSize]) -> None:
    """Save what only tells how the others came about."""
    aside = {"changes.csv", "spot-check.csv"}
    for path, folder in zip(shipped(), folders, strict=True):
        there = {file.name for file in path.glob("*.csv")} - aside
        assert there == {table.file for table in folder.tables}


def test_every_record_has_a_source_with_title_publisher_and_date_or_says_why_not(
        records: list[Record]) -> None:
    told = {r.id: r.values for r in records if r.kind == "Source"}
    for record in records:
        source = told[record.source]
        note = str(source.get("note", ""))
        assert source["title"] and source["grade"], record
        assert source.get("publisher") or "发布机构空着" in note, record
        assert source.get("date") or "没有读到发布日期" in note, record
