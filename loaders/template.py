"""The forms people fill in: KIND.csv and KIND.xlsx, with an example that loads as it stands."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import xlsxwriter

from loaders.columns import columns, header
from ontology.model import Field, Kind, Ontology

__all__ = ["add_sheet", "open_book", "write_template"]

_ROWS = 10_000  # how far down the lists and text formats reach
_LIST_LIMIT = 255  # characters that Excel allows in a drop-down list
_TYPED = frozenset({"credit_code", "date", "period", "string", "address", "reference", "choice"})


def write_template(kind: Kind, folder: Path, ontology: Ontology) -> list[Path]:
    """Write KIND.csv and KIND.xlsx into a folder; row 1 headers, row 2 the example."""
    fields = columns(kind, ontology)
    table, book = folder / f"{kind.name}.csv", folder / f"{kind.name}.xlsx"
    with table.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([header(field) for field in fields])
        writer.writerow([field.example for field in fields])
    with open_book(book) as workbook:
        add_sheet(workbook, kind, fields, [{field.name: field.example for field in fields}])
    return [table, book]


def open_book(path: Path) -> xlsxwriter.Workbook:
    """A workbook to write in which every text stays the text that it is."""
    return xlsxwriter.Workbook(str(path), {
        "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})


def add_sheet(book: xlsxwriter.Workbook, kind: Kind, fields: Sequence[Field],
              rows: Sequence[Mapping[str, str]]) -> None:
    """A sheet named after the kind: headers with comments and lists, then the rows by field."""
    must = book.add_format({"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F4E79",
                            "text_wrap": True, "valign": "top", "border": 1})
    may = book.add_format({"bold": True, "bg_color": "#DCE6F1", "text_wrap": True,
                           "valign": "top", "border": 1})
    text = book.add_format({"num_format": "@"})
    sheet = book.add_worksheet(kind.name)
    sheet.freeze_panes(1, 0)
    sheet.set_row(0, 32)
    for column, field in enumerate(fields):
        title = header(field)
        width = max(14, min(34, 2 + max(len(title.encode("gb18030")) // 2 + 4,
                                        len(field.example.encode("gb18030")))))
        sheet.set_column(column, column, width, text if field.datatype in _TYPED else None)
        sheet.write_string(0, column, title, must if field.required else may)
        sheet.write_comment(0, column, _comment(field), {"x_scale": 2})
        for number, row in enumerate(rows, 1):
            if said := row.get(field.name):
                sheet.write_string(number, column, said, text)
        choices = _choices(field)
        if choices and not field.multiple and len(",".join(choices)) <= _LIST_LIMIT:
            sheet.data_validation(1, column, _ROWS, column, {
                "validate": "list", "source": choices, "error_title": "不在可选值里",
                "error_message": f"只能填：{'、'.join(choices)}"[:255]})


def _choices(field: Field) -> list[str]:
    if field.datatype == "boolean":
        return ["是", "否"]
    return [choice.label.zh for choice in field.choices]


def _comment(field: Field) -> str:
    lines = [field.comment.zh, "必填" if field.required else "可不填"]
    if field.multiple:
        lines.append("可填多个，用 | 隔开")
    if choices := _choices(field):
        lines.append("可填：" + "、".join(choices))
    if field.minimum is not None:
        lines.append(f"不能小于 {field.minimum:g}")
    if field.datatype == "date":
        lines.append("写成 2026、2026-06 或 2026-06-30")
    if field.example:
        lines.append(f"例：{field.example}")
    return "\n".join(lines)
