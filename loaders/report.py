"""What became of every input row: for a machine, for the terminal, and as a workbook to correct."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from loaders.check import UNIT
from loaders.resolve import Fault
from loaders.tables import Row, Table
from loaders.template import open_book
from ontology.errors import Problem

__all__ = ["Rejected", "Report"]

_SHOWN = 20


class Rejected:
    """What is wrong with one row: `cells` is column position → fault, `problems` has all of it."""

    def __init__(self, table: Table, row: Row) -> None:
        self.table, self.row = table, row
        self.problems: list[Problem] = []
        self.cells: dict[int, Fault] = {}
        for place, reason in row.faults.items():
            self.add((place,) if place >= 0 else (), Fault(reason))

    def add(self, places: Sequence[int], fault: Fault, value: str = "", column: str = "") -> None:
        """A fault of what the columns `places` gave (or of `column`, when there is none)."""
        headers, cells = self.table.headers, self.row.cells
        places = [place for place in places if place < len(headers)]
        filled = [place for place in places if cells[place].strip()] or places
        if filled:
            self.cells.setdefault(filled[0], fault)
            column, value = headers[filled[0]], value or cells[filled[0]]
        self.problems.append(Problem(
            self.table.file, fault.reason, self.table.sheet, self.row.number, column,
            value.replace(UNIT, "")[:200], fault.nearest))


@dataclass(slots=True)
class Report:
    """rows = loaded + unchanged + merged + rejected; `written` only if the store was changed."""

    rows: int = 0
    loaded: int = 0
    unchanged: int = 0
    merged: int = 0
    rejected: int = 0
    retracted: int = 0
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    rejects: list[Rejected] = field(default_factory=list)
    written: bool = False
    dry_run: bool = False

    def json(self) -> dict[str, Any]:
        """The report as design section 9 has it, and the warnings."""
        return {
            "rows": self.rows, "loaded": self.loaded, "unchanged": self.unchanged,
            "merged": self.merged, "rejected": self.rejected, "retracted": self.retracted,
            "problems": [asdict(p) | {"nearest": list(p.nearest)} for p in self.problems],
            "warnings": list(self.warnings),
        }

    def show(self, console: Console) -> None:
        """The report as a person reads it: the counts, the first problems, the warnings."""
        console.print(self._headline())
        word = "装入" if self.written else "可以装入"
        console.print(f"共 {self.rows} 行：{word} {self.loaded}，未变 {self.unchanged}，"
                      f"合并 {self.merged}，要改 {self.rejected}；收回旧记录 {self.retracted} 条。")
        if self.problems:
            for problem in self.problems[:_SHOWN]:
                console.print(f"· {problem}", markup=False, soft_wrap=True)
            if len(self.problems) > _SHOWN:
                console.print(f"… 还有 {len(self.problems) - _SHOWN} 个问题，"
                              "用 --report 文件夹 可得到全部")
        for warning in self.warnings[:_SHOWN]:
            console.print(f"提示：{warning}", markup=False, soft_wrap=True)
        if len(self.warnings) > _SHOWN:
            console.print(f"… 还有 {len(self.warnings) - _SHOWN} 条提示")

    def _headline(self) -> str:
        if self.written:
            return "已写入，但有些行被拒绝。" if self.problems else "已写入。"
        if self.problems:
            return "没有写入任何数据：请改正下面的问题后再装。"
        return "只检查，没有写入。" if self.dry_run else "没有变化。"

    def write(self, folder: Path) -> tuple[Path, Path]:
        """report.json, and report.xlsx with the rejected rows and their bad cells in red."""
        folder.mkdir(parents=True, exist_ok=True)
        data, book = folder / "report.json", folder / "report.xlsx"
        text = json.dumps(self.json(), ensure_ascii=False, indent=1, sort_keys=True)
        data.write_text(text + "\n", encoding="utf-8", newline="\n")
        _write_book(self, book)
        return data, book


def _write_book(report: Report, path: Path) -> None:
    with open_book(path) as book:
        bold = book.add_format({"bold": True, "bg_color": "#DDDDDD"})
        red = book.add_format({"bg_color": "#FF9999", "num_format": "@"})
        plain = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet("问题")
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, 6, 16)
        sheet.set_column(5, 5, 60)
        sheet.write_row(0, 0, ("文件", "工作表", "行", "列", "值", "原因", "最接近的"), bold)
        for row, p in enumerate(report.problems[:1_000_000], 1):
            for column, text in enumerate((p.file, p.sheet, str(p.row or ""), p.column,
                                           p.value[:1000], p.reason, "、".join(p.nearest))):
                sheet.write_string(row, column, text, plain)
        groups: dict[tuple[str, str], list[Rejected]] = {}
        for rejected in report.rejects:
            groups.setdefault((rejected.table.file, rejected.table.sheet), []).append(rejected)
        for number, ((file, inner), rows) in enumerate(groups.items(), 1):
            headers = rows[0].table.headers
            sheet = book.add_worksheet(_sheet_name(number, file, inner))
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(headers), 18)
            sheet.write_row(0, 0, ("原行号", *headers), bold)
            for row, rejected in enumerate(rows, 1):
                sheet.write_number(row, 0, rejected.row.number)
                for column, cell in enumerate(rejected.row.cells):
                    fault = rejected.cells.get(column)
                    sheet.write_string(row, column + 1, cell[:32_000], red if fault else plain)
                    if fault:
                        near = f"\n最接近的：{'、'.join(fault.nearest)}" if fault.nearest else ""
                        sheet.write_comment(row, column + 1, (fault.reason + near)[:32_000],
                                            {"x_scale": 2, "y_scale": 1.5})


def _sheet_name(number: int, file: str, sheet: str) -> str:
    name = "".join("_" if char in "[]:*?/\\'" else char for char in sheet or file)
    return f"{number} {name}"[:31]
