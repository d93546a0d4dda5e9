"""The report: exact counts, every fault with its place, a workbook to correct."""

import json
from io import StringIO
from pathlib import Path

from openpyxl import load_workbook
from rich.console import Console

from graph.store import open_store
from loaders import pipeline
from ontology.compiler import load_ontology


def test_the_rejected_rows_come_back_as_a_workbook(tmp_path: Path) -> None:
    ontology = load_ontology()
    store = open_store("sqlite://", ontology)
    (tmp_path / "Region.csv").write_text("code,name,source\n430100,长沙市,走访\n", encoding="utf-8")
    rows = "".join(f"企业{n},长砂市,=走访\n" for n in range(25))
    path = tmp_path / "Company.csv"
    path.write_text("企业名称,地区,来源\n甲,长沙市,走访\n" + rows, encoding="utf-8")
    report = pipeline.load(store, ontology, [tmp_path / "Region.csv", path])
    store.close()
    data, book = report.write(tmp_path / "out")

    said = json.loads(data.read_text(encoding="utf-8"))
    assert said == report.json()
    assert {k: said[k] for k in ("rows", "loaded", "unchanged", "merged", "rejected",
                                 "retracted")} == {
        "rows": 27, "loaded": 2, "unchanged": 0, "merged": 0, "rejected": 25, "retracted": 0}
    assert said["problems"][0] == {
        "file": "Company.csv", "sheet": "", "row": 3, "column": "地区", "value": "长砂市",
        "reason": "没有这个地区或园区", "nearest": ["长沙市"]}

    sheet = load_workbook(book).worksheets[1]
    assert [cell.value for cell in sheet[1]] == ["原行号", "企业名称", "地区", "来源"]
    assert [cell.value for cell in sheet[2]] == [3, "企业0", "长砂市", "=走访"]
    bad, good = sheet["C2"], sheet["B2"]
    assert bad.comment and "长沙市" in bad.comment.text and not good.comment
    assert bad.fill.start_color.rgb == "FFFF9999"
    assert sheet["D2"].data_type == "s"

    console = Console(width=160, record=True, file=StringIO())
    report.show(console)
    text = console.export_text()
    assert "没有写入" in text and "还有 5 个问题" in text and "Company.csv · 第 3 行" in text

