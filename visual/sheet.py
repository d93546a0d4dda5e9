"""A report as an Excel workbook; what sources say is written as text, never as a formula."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from visual.dossier import SOURCES, Dossier
from visual.legend import BAND
from visual.lettering import legal
from visual.png import NO_FONT
from visual.table import FONT, SAFE, high

__all__ = ["sheet"]

WIDTHS = {"环节": 20, "为什么": 60, "下一步": 48, "依据": 14, "位置": 8, "必备": 7, "判定": 18,
          "企业": 60, "候选企业": 26, "所在地": 22, "理由": 44, "不利的一面": 34, "还不知道": 34,
          "编号": 7, "标题": 56, "出版者": 22, "日期": 13, "等级": 9, "网址": 60}


def sheet(report: Dossier) -> bytes:
    """The file's content."""
    file = BytesIO()
    with Workbook(file, SAFE) as book:
        book.set_properties({"title": legal(report.title), "author": "湘链",
                             "comments": f"数据版本 {report.version}"})
        sorts: dict[str, dict[str, Any]] = {
            "text": {"text_wrap": True}, "plain": {},
            "head": {"bold": True, "bottom": 1, "bg_color": BAND},
            "title": {"bold": True, "font_size": 16},
            "missing": {"bold": True, "font_size": 13}}
        styles = {name: book.add_format({"font_name": FONT, "font_size": 10, "valign": "top"}
                                        | more) for name, more in sorts.items()}
        _front(book.add_worksheet("图谱"), report, styles)
        tables = [report.verdicts, *report.lists]
        tables += [report.candidates] if report.candidates else []
        for table in tables:
            _table(book.add_worksheet(table.name), table.heads, table.rows, styles)
        _table(book.add_worksheet("依据"), SOURCES, [
            (str(s.number), s.title, s.publisher, s.date, s.grade, s.address)
            for s in report.sources], styles)
    return file.getvalue()


def _front(page: Any, report: Dossier, styles: Any) -> None:
    page.hide_gridlines(2)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 1)
    for at, points in enumerate((26, 18, 22)):
        page.set_row(at, points)
    page.write_string(0, 0, legal(report.title), styles["title"])
    page.write_string(1, 0, legal(f"{report.when} · 数据版本 {report.version}"), styles["plain"])
    page.write_string(2, 0, legal(report.missing), styles["missing"])
    for at, line in enumerate(report.lines, 3):
        page.write_string(at, 0, legal(line), styles["plain"])
    below = 4 + len(report.lines)
    if report.picture:
        page.insert_image(below, 0, "panorama.png", {
            "image_data": BytesIO(report.picture), "x_scale": 0.5, "y_scale": 0.5,
            "description": legal(f"{report.title}：{report.missing}")})
    else:
        page.write_string(below, 0, NO_FONT, styles["plain"])


def _table(page: Any, heads: Sequence[str], rows: Sequence[Sequence[str]], styles: Any) -> None:
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    for column, head in enumerate(heads):
        page.set_column(column, column, WIDTHS[head])
        page.write_string(0, column, head, styles["head"])
    for at, row in enumerate(rows, 1):
        page.set_row(at, high(row, [WIDTHS[head] for head in heads]))
        for column, text in enumerate(row):
            page.write_string(at, column, legal(text), styles["text"])
    page.autofilter(0, 0, max(len(rows), 1), len(heads) - 1)
    if not rows:
        page.write_string(1, 0, "没有", styles["plain"])
