"""A template's example loads as it stands, for every kind, from both files."""

import csv
from pathlib import Path

import pytest
from openpyxl import load_workbook

from graph.store import Store
from loaders import pipeline
from loaders.columns import columns, header, kind_of_stem
from loaders.template import write_template
from ontology.compiler import load_ontology
from ontology.model import Ontology


@pytest.mark.parametrize("name", [kind for kind in load_ontology().kinds])
def test_the_example_of_every_template_loads(shipped_store: Store, ontology: Ontology,
                                             tmp_path: Path, name: str) -> None:
    for file in write_template(ontology.kinds[name], tmp_path, ontology):
        report = pipeline.load(shipped_store, ontology, [file], dry_run=True)
        assert not report.problems, [str(problem) for problem in report.problems]
        assert report.rows == 1 and report.rejected == 0


def test_both_files_carry_the_same_texts(ontology: Ontology, tmp_path: Path) -> None:
    kind = ontology.kind("企业")
    table, book = write_template(kind, tmp_path, ontology)
    assert table.read_bytes().startswith(b"\xef\xbb\xbf")
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    sheet = load_workbook(book)["Company"]
    assert rows[0] == [cell.value for cell in sheet[1]]
    assert rows[1] == [cell.value or "" for cell in sheet[2]]
    assert rows[0][:3] == ["企业名称 (name)", "企业全称 (full_name)",
                           "统一社会信用代码 (credit_code)"]
    assert "来源 (source)" in rows[0] and "有效期起 (valid_from)" in rows[0]


def test_the_workbook_helps_the_person_who_fills_it_in(ontology: Ontology, tmp_path: Path) -> None:
    kind = ontology.kind("suppliesTo")
    sheet = load_workbook(write_template(kind, tmp_path, ontology)[1])["suppliesTo"]
    names = [field.name for field in columns(kind, ontology)]
    assert names[:2] == ["supplier", "customer"]
    assert sheet.freeze_panes == "A2"
    assert all(cell.comment for cell in sheet[1])
    lists = {str(v.sqref).split(":")[0].rstrip("0123456789") for v in
             sheet.data_validations.dataValidation}
    form = sheet.cell(1, names.index("form") + 1)
    assert form.value == header(columns(kind, ontology)[names.index("form")])
    assert form.column_letter in lists


def test_a_file_is_named_after_its_kind(ontology: Ontology) -> None:
    for name in ("Company", "company", "企业", "Company_2026", "企业 长沙", "企业-长沙"):
        kind = kind_of_stem(name, ontology)
        assert kind is not None and kind.name == "Company"
    assert kind_of_stem("走访记录", ontology) is None
