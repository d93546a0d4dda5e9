"""Headings of one's own: what they surely mean, what they may mean, and the table under ours."""

import csv
import io
from pathlib import Path

import openpyxl
import pytest

from loaders.headings import headings, rewritten
from ontology import InputError, NotFound, load_ontology

ONTOLOGY = load_ontology()


def table(folder: Path, text: str, name: str = "我的表.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_labels_and_synonyms_are_known_and_the_kind_that_fits_best_is_found(tmp_path: Path) -> None:
    file = table(tmp_path, "公司名称,所在城市,股票代码,电话\n甲厂,长沙,600001,1\n乙厂,,,2\n")
    found = headings(file, ONTOLOGY)
    assert found.kind.name == "Company"
    assert [column.field for column in found.columns] == ["name", "", "listed_code", ""]
    assert "region" in found.columns[1].near and found.columns[0].samples == ("甲厂", "乙厂")


def test_the_headings_of_a_list_of_visits_are_known(tmp_path: Path) -> None:
    text = "单位名称,所属环节,所在区县,主要产品,年产能,走访日期,信息来源\n甲,铜箔,,,,,走访\n"
    found = headings(table(tmp_path, text), ONTOLOGY)
    assert found.kind.name == "operatesIn"
    assert [column.field for column in found.columns] == [
        "company", "segment", "place", "products", "capacity", "observed", "source"]


def test_a_field_is_meant_by_one_column_only(tmp_path: Path) -> None:
    found = headings(table(tmp_path, "企业名称,简称\n甲,乙\n"), ONTOLOGY, "Company")
    assert [column.field for column in found.columns] == ["name", ""]


def test_the_table_under_our_headings_keeps_the_numbers_of_its_rows(tmp_path: Path) -> None:
    file = table(tmp_path, "单位,电话,地方\n甲厂,1,长沙\n,,\n,,\n乙厂,2,益阳\n")
    text = rewritten(file, ONTOLOGY, "Company", "", ["name", "", "region"], {"source": "走访=一"})
    assert list(csv.reader(io.StringIO(text))) == [
        ["企业名称 (name)", "地区 (region)", "来源 (source)"], ["甲厂", "长沙", "走访=一"], [], [],
        ["乙厂", "益阳", "走访=一"]]


def test_a_column_beats_what_is_said_for_all_rows(tmp_path: Path) -> None:
    file = table(tmp_path, "单位,谁说的\n甲厂,日报\n")
    text = rewritten(file, ONTOLOGY, "Company", "", ["name", "source"], {"source": "走访"})
    assert list(csv.reader(io.StringIO(text)))[1] == ["甲厂", "日报"]


def test_of_a_workbook_one_sheet_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.create_sheet("企业").append(["企业名称"])
    book["企业"].append(["甲厂"])
    book.save(tmp_path / "a.xlsx")
    found = headings(tmp_path / "a.xlsx", ONTOLOGY)
    assert (found.sheet, found.sheets, found.kind.name) == ("企业", ("企业",), "Company")
    with pytest.raises(NotFound):
        headings(tmp_path / "a.xlsx", ONTOLOGY, "Company", "别的")


@pytest.mark.parametrize(("fields", "constants", "error"), [
    (["name"], {}, InputError), (["name", "phone"], {}, NotFound),
    (["name", ""], {"phone": "1"}, NotFound)])
def test_what_does_not_fit_is_refused(tmp_path: Path, fields: list[str],
                                      constants: dict[str, str], error: type[Exception]) -> None:
    file = table(tmp_path, "单位,电话\n甲厂,1\n")
    with pytest.raises(error):
        rewritten(file, ONTOLOGY, "Company", "", fields, constants)


def titled(folder: Path, name: str, *, blank: bool) -> Path:
    """A list of visits below a merged title, and a blank row perhaps."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["某联盟2026年走访名单"])
    sheet.merge_cells("A1:D1")
    if blank:
        sheet.append([])
    for row in (["企业名称", "地区", "随手记", "来源"], ["甲厂", "长沙", "好", "走访"], [],
                ["乙厂", "长沙氏", "", "走访"]):
        sheet.append(row)
    book.save(folder / name)
    return folder / name


@pytest.mark.parametrize("blank", [False, True])
def test_headings_are_found_below_a_title_and_rows_keep_their_numbers(
        tmp_path: Path, blank: bool) -> None:
    file = titled(tmp_path, "名单.xlsx", blank=blank)
    found = headings(file, ONTOLOGY)
    assert found.kind.name == "Company" and found.head == 2 + blank
    assert [column.text for column in found.columns] == ["企业名称", "地区", "随手记", "来源"]
    text = rewritten(file, ONTOLOGY, "Company", "", ["name", "region", "", "source"], {})
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[2 + blank] == ["甲厂", "长沙", "走访"] and rows[4 + blank][0] == "乙厂"
    with pytest.raises(InputError, match="合并"):
        headings(file, ONTOLOGY, head=1)


def test_below_a_title_in_a_csv_unknown_headings_are_the_first_full_row(tmp_path: Path) -> None:
    file = table(tmp_path, "走访名单\n\n填表人;张三\n单位;做什么的;哪里\n甲厂;铜箔;长沙\n")
    found = headings(file, ONTOLOGY)
    assert found.head == 4 and [one.text for one in found.columns] == ["单位", "做什么的", "哪里"]
    assert found.columns[0].samples == ("甲厂",)
    assert headings(file, ONTOLOGY, head=5).columns[0].text == "甲厂"
    assert headings(table(tmp_path, "单位,做什么的\n甲厂,铜箔\n"), ONTOLOGY).head == 1
