"""What people type and send: encodings, dates, quantities, codes, workbooks."""

from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from graph.codes import check_character
from graph.store import Store
from loaders import pipeline
from ontology.model import Ontology
from tests.loading import accepted, only, refused, write

CODE = "91430900780859888" + check_character("91430900780859888")


@pytest.fixture
def store(two_chains: Store) -> Store:
    return two_chains


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_any_common_encoding_and_separator(store: Store, ontology: Ontology, tmp_path: Path,
                                           encoding: str, separator: str) -> None:
    text = "企业名称,地址,来源\n㮾梨精工,长沙县㮾梨街道,走访\n".replace(",", separator)
    accepted(store, ontology, write(tmp_path / "企业.csv", text, encoding))
    assert only(store, "Company").values["address"] == "长沙县㮾梨街道"


@pytest.mark.parametrize(("row", "encoding", "doubtful"), [
    ("臺灣積體電路製造股份有限公司,台積電,工商登記資料\n", "big5", True),
    ("トヨタ自動車株式会社,電池と水素の車,経済産業省\n", "shift_jis", True),
    ("㮾梨精工,长沙县㮾梨街道,走访\n", "gb18030", False),
    ("喆鑫,堃、淼、犇、旸是名字里常见的字,走访\n", "gb18030", False),
])
def test_another_encoding_that_looks_like_gb18030_is_doubted(
        store: Store, ontology: Ontology, tmp_path: Path, row: str, encoding: str,
        doubtful: bool) -> None:
    path = tmp_path / "Company.csv"
    path.write_bytes(b"name,note,source\n" + row.encode(encoding))
    warnings = " ".join(pipeline.load(store, ontology, [path]).warnings)
    assert ("Company.csv：按 GB18030" in warnings) == doubtful


@pytest.mark.parametrize(("typed", "kept"), [
    ("2026/6/1", "2026-06-01"), ("2026.6", "2026-06"), ("2026年6月", "2026-06"),
    ("２０２６年", "2026"), ("46174", "2026-06-01"), ("2026-06-01 00:00:00", "2026-06-01"),
])
def test_dates_as_people_type_them(store: Store, ontology: Ontology, tmp_path: Path, typed: str,
                                   kept: str) -> None:
    accepted(store, ontology, write(tmp_path / "suppliesTo.csv",
                                    f"供应商,客户,有效期起,来源\n甲,乙,{typed},走访\n"))
    assert only(store, "suppliesTo").valid_from == kept


@pytest.mark.parametrize(("amount", "unit"), [("1,200万元", ""), ("1,200万元", "万元"),
                                              ("1200", "万元"), ("１２００万元", "")])
def test_a_quantity_in_base_units(store: Store, ontology: Ontology, tmp_path: Path, amount: str,
                                  unit: str) -> None:
    accepted(store, ontology, write(
        tmp_path / "Project.csv",
        f'项目名称,amount,amount_unit,来源\n一期,"{amount}",{unit},走访\n'))
    values = only(store, "Project").values
    assert (values["amount"], values["amount_unit"]) == (12_000_000, "元")


def test_a_growth_rate_may_be_negative(store: Store, ontology: Ontology, tmp_path: Path) -> None:
    accepted(store, ontology, write(
        tmp_path / "Observation.csv",
        "对象,指标,时期,数据性质,数值,单位,来源\n企业:甲,产值增速,2024,实际,-12.5,%,走访\n"))
    assert float(str(only(store, "Observation").values["value"])) < 0


def test_full_width_headers_digits_and_letters(store: Store, ontology: Ontology,
                                               tmp_path: Path) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in CODE)
    accepted(store, ontology, write(
        tmp_path / "Company.csv",
        f"来源,统一社会信用代码（CREDIT_CODE）,ＮＡＭＥ\n走访,{wide},金博股份\n"))
    assert only(store, "Company").id == f"Company:{CODE}"


def test_names_only_things_and_references(store: Store, ontology: Ontology, tmp_path: Path) -> None:
    accepted(store, ontology, write(
        tmp_path / "operatesIn.csv",
        "企业,环节,所在地,功能,观察日期,来源\nBYD 长沙,隔膜,益阳高新区,生产,2026年上半年,走访\n"))
    link = only(store, "operatesIn")
    assert link.ends == ("Company:byd长沙", "Segment:先进储能材料/隔膜")
    assert link.values == {"place": "Park:益阳高新区", "function": "production"}
    assert link.observed == "2026-06"
    assert only(store, "Company").values == {"name": "BYD 长沙"}


# ── Excel ───────────────────────────────────────────────────────────────────────────────────────


def test_excel_in_any_column_order(store: Store, ontology: Ontology, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "供应"
    sheet.append(["来源 (source)", "有效期起", "客户 (customer)", "供应商 (supplier)"])
    sheet.append(["走访", date(2026, 6, 1), "比亚迪", "金博股份"])
    notes = book.create_sheet("说明")
    notes.append(["不用读"])
    hidden = book.create_sheet("Company")
    hidden.append(["企业名称", "来源"])
    hidden.sheet_state = "hidden"
    book.save(tmp_path / "走访.xlsx")
    report = accepted(store, ontology, tmp_path / "走访.xlsx")
    assert only(store, "suppliesTo").valid_from == "2026-06-01"
    assert any("说明" in w for w in report.warnings)
    assert any("Company" in w and "隐藏" in w for w in report.warnings)


def test_a_code_that_excel_took_for_a_number(store: Store, ontology: Ontology,
                                             tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["企业名称", "统一社会信用代码", "来源"])
    sheet.append(["金博", 9.14e17, "走访"])
    book.save(tmp_path / "Company.xlsx")
    [problem] = refused(store, ontology, tmp_path / "Company.xlsx")
    assert (problem.row, problem.column, problem.value) == (2, "统一社会信用代码", "9.14E+17")
    assert problem.sheet == "Sheet" and "文本" in problem.reason


def test_an_error_cell_is_a_problem_at_that_cell(store: Store, ontology: Ontology,
                                                 tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["企业名称", "备注", "来源"])
    sheet.append(["金博", "#N/A", "走访"])
    sheet.append(["金博", "=1+1", "走访"])
    book.save(tmp_path / "Company.xlsx")
    problems = refused(store, ontology, tmp_path / "Company.xlsx")
    assert [(p.row, p.column) for p in problems] == [(2, "备注"), (3, "备注")]
    assert "#N/A" in problems[0].reason and "公式" in problems[1].reason
