"""A table of text cells, whatever file it came from; a damaged file is refused, never guessed."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ontology.errors import InputError, Problem

__all__ = ["LIMITS", "Head", "Limits", "Row", "Table", "check_headers", "read_tables", "unguard"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may hold before it is refused; sizes in bytes."""

    file: int = 2_000_000_000
    workbook: int = 200_000_000
    entries: int = 5_000
    unpacked: int = 1_500_000_000
    ratio: int = 200
    cells: int = 40_000_000
    columns: int = 702


LIMITS = Limits()


class Row(NamedTuple):
    """One data row; `number` as the spreadsheet shows it.

    `faults` says what is wrong with a cell before anybody asks what it means: column position →
    reason, position -1 for the row as a whole.
    """

    number: int
    cells: list[str]
    faults: Mapping[int, str] = {}


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet or CSV file; `rows` can be walked once, wholly blank rows are left out."""

    file: str
    sheet: str
    headers: tuple[str, ...]
    rows: Iterator[Row] = field(repr=False)
    hidden: bool = False
    blank: bool = False
    doubt: str = ""  # why the text may not be what was meant
    head: int = 1  # the number of the row that holds the headers


# The first rows that are not blank, by their numbers → the number of the one with the headers.
Head = Callable[[Sequence[tuple[int, list[str]]]], int]


_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def unguard(cell: str) -> str:
    """Take away the apostrophe that `export` puts before a cell that a spreadsheet would run."""
    return cell[1:] if cell.startswith("'") and _GUARDED.match(cell) else cell


def read_tables(path: Path, limits: Limits = LIMITS, head: Head | None = None) -> Iterator[Table]:
    """The tables of a CSV or Excel file, one after the other.

    head: finds the row of the headers where titles may stand above it; without, it is row 1.
    Raises InputError, also while rows are being walked, with file, sheet, row and column.
    """
    suffix = path.suffix.lower()
    if not path.is_file():
        raise InputError([Problem(path.name, "没有这个文件")])
    size = path.stat().st_size
    if size == 0:
        raise InputError([Problem(path.name, "文件是空的")])
    if size > limits.file:
        raise InputError([Problem(path.name, f"文件太大（{size / 1e6:.0f} MB）")])
    if suffix in (".csv", ".tsv", ".txt"):
        from loaders.csvfile import read_csv

        yield read_csv(path, limits, head)
    elif suffix in (".xlsx", ".xlsm"):
        from loaders.excel import read_workbook

        yield from read_workbook(path, limits, head)
    elif suffix in (".xls", ".xlsb", ".ods", ".et"):
        raise InputError([Problem(path.name, f"不读 {suffix} 文件：请在 Excel 中另存为 .xlsx")])
    else:
        raise InputError([Problem(path.name, "不认识的文件类型：可用 .csv 或 .xlsx")])


def check_headers(file: str, sheet: str, headers: list[str], limits: Limits,
                  row: int = 1) -> tuple[str, ...]:
    """The headers without blanks at the end; doubled and blank ones are refused by name."""
    while headers and not headers[-1].strip():
        headers.pop()
    if not headers:
        raise InputError([Problem(file, "第一行应是表头，但它是空的", sheet, row)])
    if len(headers) > limits.columns:
        raise InputError([Problem(file, f"列太多：{len(headers)} 列", sheet, row)])
    problems, first = [], dict[str, int]()
    for position, header in enumerate(headers, 1):
        text = header.strip().casefold()
        if not text:
            problems.append(Problem(file, f"第 {position} 列没有表头", sheet, row))
        elif text in first:
            problems.append(Problem(
                file, f"第 {first[text]} 列和第 {position} 列的表头相同", sheet, row, header,
                header))
        first.setdefault(text, position)
    if problems:
        raise InputError(problems)
    return tuple(headers)
