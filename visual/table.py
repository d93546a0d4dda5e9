"""A table as a file: Excel or CSV, in which what sources say is text and never a formula."""

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO
from math import ceil

from xlsxwriter import Workbook

from visual.legend import BAND
from visual.lettering import legal, width

__all__ = ["FONT", "SAFE", "Rows", "high", "table_book", "table_csv"]

FONT = "微软雅黑"
NARROW, WIDE = 8.0, 48.0  # columns, in characters
LINE_HIGH, MOST_HIGH = 15.0, 409.0  # points of a line; the most that Excel takes for a row
RISKY = ("=", "+", "-", "@", "\t", "\r")
SAFE = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False,
        "strings_to_urls": False}

Cell = str | int | float | None
Rows = Sequence[Sequence[Cell]]


def table_book(title: str, note: str, heads: Sequence[str], rows: Rows) -> bytes:
    """One sheet: the title, what it rests on, and the table with its heads kept in view."""
    file = BytesIO()
    with Workbook(file, SAFE) as book:
        book.set_properties({"title": legal(title), "author": "湘链", "comments": legal(note)})
        plain, head, large, soft = (book.add_format(
            {"font_name": FONT, "font_size": 10, "valign": "top"} | more) for more in (
                {"text_wrap": True}, {"bold": True, "bottom": 1, "bg_color": BAND},
                {"bold": True, "font_size": 14}, {"font_color": "#4F5B69"}))
        page = book.add_worksheet("表")
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.write_string(0, 0, legal(title), large)
        page.write_string(1, 0, legal(note), soft)
        wide = list[float]()
        for column, text in enumerate(heads):
            longest = max((_width(row[column]) for row in rows[:500]), default=0.0)
            wide.append(min(max(_width(text), longest, NARROW) + 1, WIDE))
            page.set_column(column, column, wide[-1])
            page.write_string(3, column, legal(text), head)
        for at, row in enumerate(rows, 4):
            page.set_row(at, high(row, wide))
            for column, cell in enumerate(row):
                if isinstance(cell, (int, float)):
                    page.write_number(at, column, cell, plain)
                elif cell:
                    page.write_string(at, column, legal(cell), plain)
        page.freeze_panes(4, 1)
        page.repeat_rows(3)
        page.autofilter(3, 0, 3 + max(len(rows), 1), max(len(heads) - 1, 0))
    return file.getvalue()


def high(row: Sequence[Cell], wide: Sequence[float]) -> float:
    """The height of a row whose cells wrap, in points: not every program works it out."""
    lines = max((ceil(_width(cell) / (across - 1)) for cell, across in zip(
        row, wide, strict=True)), default=1)
    return min(LINE_HIGH * max(lines, 1) + 2, MOST_HIGH)


def table_csv(heads: Sequence[str], rows: Rows) -> bytes:
    """UTF-8 with the mark by which Excel knows it; a cell that looks like a formula is guarded."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([heads, *([_guarded(cell) for cell in row] for row in rows)])
    return text.getvalue().encode("utf-8-sig", "replace")


def _guarded(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(RISKY) else cell


def _width(cell: Cell) -> float:
    """In characters of an Excel column: a Chinese one takes two."""
    return width(str(cell or ""), 2.0)
