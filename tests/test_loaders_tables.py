"""Readers: a file is read whole and right, or refused by name before it can do harm."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from loaders.export import guard
from loaders.tables import Limits, Row, Table, read_tables, unguard
from ontology.errors import InputError, Problem


def tables(path: Path, limits: Limits | None = None) -> list[tuple[Table, list[Row]]]:
    return [(t, list(t.rows)) for t in read_tables(path, limits or Limits())]


def problems(path: Path, limits: Limits | None = None) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        tables(path, limits)
    return caught.value.problems


def book(path: Path, *rows: Sequence[object], sheet: str = "Company") -> Path:
    workbook = Workbook()
    page = workbook.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(list(row))
    workbook.save(path)
    return path


def repack(path: Path, extra: dict[str, bytes], drop: str = "") -> Path:
    """The same workbook with other zip entries."""
    with zipfile.ZipFile(path) as old:
        entries = {n: old.read(n) for n in old.namelist() if n != drop} | extra
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in entries.items():
            new.writestr(name, content)
    return path


# ── CSV ─────────────────────────────────────────────────────────────────────────────────────────


def test_row_numbers_are_those_of_the_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,"两行\n一格"\n,,\n\n3,4\n', encoding="utf-8", newline="")
    [(table, rows)] = tables(path)
    assert table.headers == ("a", "b")
    assert [(row.number, row.cells) for row in rows] == [(2, ["1", "两行\n一格"]), (5, ["3", "4"])]


def test_short_rows_are_padded_but_not_at_the_end_of_full_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b,c\n1\n2,3\n")
    assert [row.cells for row in tables(path)[0][1]] == [["1", "", ""], ["2", "3", ""]]
    path.write_bytes(b"a,b,c\n1,2,3\n2,3\n")
    assert problems(path)[0].row == 3


def test_doubled_and_blank_headers_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("名称,,名称\n1,2,3\n".encode())
    blank, doubled = problems(path)
    assert "第 2 列" in blank.reason
    assert "第 1 列和第 3 列" in doubled.reason and doubled.column == "名称"


@pytest.mark.parametrize("name", ["a.xls", "a.ods", "a.pdf", "absent.csv"])
def test_other_files_are_refused_by_name(tmp_path: Path, name: str) -> None:
    if name != "absent.csv":
        (tmp_path / name).write_bytes(b"anything")
    assert problems(tmp_path / name)[0].file == name


def test_a_cell_beyond_the_limit_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for cell in ("长" * 140_000, '"' + '长""，,' * 40_000 + '"'):
        path.write_text(f'甲,"乙,丙",丁\n1,"2\n2",3\n4,"5,5",{cell}\n', encoding="utf-8")
        [problem] = problems(path)
        assert (problem.row, problem.column) == (3, "丁")
        assert problem.reason.startswith("单元格太长") and "引号" not in problem.reason
    path.write_text("甲,乙\n1,2\n" + '3,"4\n' + "5,6\n" * 50_000, encoding="utf-8")
    [problem] = problems(path)
    assert (problem.row, problem.column) == (3, "乙")
    assert problem.reason.startswith("单元格太长") and "引号" in problem.reason
    path.write_text("长" * 140_000, encoding="utf-8")
    assert problems(path)[0].row == 1


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_chinese_utf16_without_its_mark_is_recognised(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("企业名称,园区,来源\n第一汽车,浏阳经开区（最大）,走访\n".encode(encoding))
    assert "UTF-16" in problems(path)[0].reason


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_nuls_are_not_taken_for_utf16(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("name,企业名称,来源\nab\0,第一\0,走访\n,,\0\n".encode(encoding))
    assert "NUL" in problems(path)[0].reason


@given(st.text(max_size=20))
def test_guarding_a_cell_loses_nothing(text: str) -> None:
    assert unguard(guard(text)) == text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes) -> None:
    for name in ("a.csv", "a.xlsx"):
        (tmp_path / name).write_bytes(data)
        try:
            tables(tmp_path / name)
        except InputError as error:
            assert all(problem.file == name for problem in error.problems)


# ── Excel ───────────────────────────────────────────────────────────────────────────────────────


def test_cells_as_a_person_would_have_typed_them(tmp_path: Path) -> None:
    from datetime import date, datetime

    path = book(tmp_path / "a.xlsx", ["a", "b", "c", "d", "e", "f"],
                [430100, 1.5, True, date(2026, 6, 1), datetime(2026, 6, 1, 13, 5), 9.14e17],
                ["'=1", None, None, None, None, None], [None, None, None, None, None, None])
    [(_, rows)] = tables(path)
    assert rows[0].cells == ["430100", "1.5", "是", "2026-06-01", "2026-06-01 13:05:00", "9.14E+17"]
    assert rows[1].cells == ["=1", "", "", "", "", ""]
    assert len(rows) == 2


def test_a_macro_is_refused(tmp_path: Path) -> None:
    path = repack(book(tmp_path / "a.xlsx", ["a"], ["1"]), {"xl/vbaProject.bin": b"\xd0\xcf"})
    assert "宏" in problems(path)[0].reason
    assert "宏" in problems(path.rename(tmp_path / "a.xlsm"))[0].reason


def test_zip_bombs_are_refused(tmp_path: Path) -> None:
    path = repack(book(tmp_path / "a.xlsx", ["a"], ["1"]), {"xl/media/a.xml": b" " * 30_000_000})
    assert "炸弹" in problems(path)[0].reason
    path = repack(book(tmp_path / "b.xlsx", ["a"], ["1"]), {"xl/a.xml": b"<a/>" * 200})
    assert "炸弹" in problems(path, Limits(unpacked=500))[0].reason
    assert "文件" in problems(path, Limits(entries=3))[0].reason


def test_a_size_that_the_directory_hides_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["a"], ["1"])
    entry = b"xl/worksheets/sheet1.xml"
    data = bytearray(path.read_bytes())
    central = data.rindex(entry) - 46
    data[central + 24:central + 28] = (20).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    assert "炸弹" in problems(path)[0].reason


def test_cells_far_apart_are_refused(tmp_path: Path) -> None:
    workbook = Workbook()
    page = workbook.active
    assert page is not None
    page.cell(1, 1, "a")
    page.cell(1_048_576, 600, "z")
    workbook.save(tmp_path / "a.xlsx")
    assert "太大" in problems(tmp_path / "a.xlsx")[0].reason


def test_entities_are_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["a"], ["1"])
    with zipfile.ZipFile(path) as old:
        xml = old.read("xl/workbook.xml")
    evil = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + xml
    assert "DOCTYPE" in problems(repack(path, {"xl/workbook.xml": evil}))[0].reason


def test_a_cut_workbook_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["a"], *([str(n)] for n in range(500)))
    path.write_bytes(path.read_bytes()[:-400])
    assert "损坏" in problems(path)[0].reason
    path.write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    assert "密码" in problems(path)[0].reason


def test_merged_cells_are_said(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as workbook:
        sheet = workbook.add_worksheet("Company")
        sheet.write_row(0, 0, ["a", "b"])
        sheet.merge_range(1, 0, 2, 0, "并")
        sheet.write(1, 1, "x")
        sheet.write(2, 1, "y")
    [(_, rows)] = tables(tmp_path / "a.xlsx")
    assert rows[0].faults == {} and "A2:A3" in rows[1].faults[0]
    with xlsxwriter.Workbook(str(tmp_path / "b.xlsx")) as workbook:
        workbook.add_worksheet("Company").merge_range(0, 0, 0, 1, "并")
    assert "A1:B1" in problems(tmp_path / "b.xlsx")[0].reason


def test_formulas_without_a_value_are_faults_and_others_are_read(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as workbook:
        sheet = workbook.add_worksheet("Company")
        sheet.write_row(0, 0, ["a", "b", "c"])
        sheet.write_formula(1, 0, "=1+1", None, 2)
        sheet.write_formula(1, 1, "=A2&A2", None, "22")
        sheet.write_formula(1, 2, "=1/0", None, "#DIV/0!")
    [(_, [row])] = tables(tmp_path / "a.xlsx")
    assert row.cells == ["2", "22", ""] and "#DIV/0!" in row.faults[2] and len(row.faults) == 1
    [(_, [row])] = tables(book(tmp_path / "b.xlsx", ["a", "b"], ["=1+1", "x"]))
    assert "公式" in row.faults[0]
