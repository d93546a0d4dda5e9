"""Excel workbooks through calamine, after a look at the zip that no bomb or macro survives."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum
from xlsxwriter.utility import xl_cell_to_rowcol, xl_range, xl_rowcol_to_cell

from loaders.tables import Head, Limits, Row, Table, check_headers, unguard
from ontology.errors import InputError, Problem

__all__ = ["read_workbook"]

Cell = int | float | str | bool | time | date | datetime | timedelta

_CHUNK = 1 << 20
_FIRST = 10  # rows among which that of the headers is looked for
_REFERENCE = re.compile(rb'\sr="([A-Z]{1,3})([0-9]{1,7})"')
_ODD = re.compile(rb'<(?:\w+:)?f[\s>/]|\st="e"')
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_CELL = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")

_DAMAGED = (zipfile.BadZipFile, zlib.error, CalamineError, ElementTree.ParseError, EOFError,
            KeyError, NotImplementedError, OSError, ValueError)


class _Refused(Exception):
    """Why the workbook is not opened, for `read_workbook` to put a file name to."""


@dataclass(slots=True)
class _Part:
    """What a look at one zip entry found."""

    width: int = 0
    height: int = 0
    odd: bool = False


def read_workbook(path: Path, limits: Limits, head: Head | None = None) -> Iterator[Table]:
    """The sheets of an .xlsx or .xlsm file that holds no macro.

    Hidden and blank sheets are named but not read.  Raises InputError.
    """
    try:
        odd = _inspect(path, limits)
        book = CalamineWorkbook.from_path(str(path))
    except _Refused as refusal:
        raise InputError([Problem(path.name, str(refusal))]) from None
    except _DAMAGED as error:
        raise InputError([Problem(path.name, "不是完整的 Excel 文件，可能已损坏")]) from error
    with book:
        for sheet in book.sheets_metadata:
            hidden = sheet.visible is not SheetVisibleEnum.Visible
            if hidden:
                yield Table(path.name, sheet.name, (), iter(()), hidden=True)
            else:
                yield _table(path.name, book.get_sheet_by_name(sheet.name),
                             odd.get(sheet.name, {}), limits, head)


def _table(file: str, sheet: CalamineSheet, odd: dict[tuple[int, int], str],
           limits: Limits, head: Head | None) -> Table:
    lines = sheet.to_python(skip_empty_area=False)
    first = _head(lines, head)
    faults: dict[int, dict[int, str]] = {}
    for (row, column), reason in odd.items():
        faults.setdefault(row, {})[column] = reason
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        area = xl_range(top, left, bottom, right)
        if bottom < first:
            continue  # a title
        if top <= first:
            reason = f"表头有合并的单元格 {area}：请取消合并，每列写一个表头"
            raise InputError([Problem(file, reason, sheet.name, first + 1)])
        for row in range(top, min(bottom, len(lines) - 1) + 1):
            cells = faults.setdefault(row, {})
            for column in range(left, min(right, limits.columns) + 1):
                if (row, column) != (top, left):
                    cells[column] = f"单元格 {area} 是合并的：请取消合并，逐格填写"
    if not lines or not any(cell != "" for line in lines for cell in line):
        return Table(file, sheet.name, (), iter(()), blank=True)
    headers = [unguard(_text(cell)).strip() for cell in lines[first]]
    if wrong := faults.get(first):
        column = min(wrong)
        raise InputError([Problem(file, f"表头 {xl_rowcol_to_cell(first, column)}：{wrong[column]}",
                                  sheet.name, first + 1)])
    names = check_headers(file, sheet.name, headers, limits, first + 1)
    return Table(file, sheet.name, names, _rows(lines, len(names), faults, first + 1),
                 head=first + 1)


def _head(lines: list[list[Cell]], head: Head | None) -> int:
    """The position of the row with the headers."""
    some = ((number, [unguard(_text(cell)).strip() for cell in line])
            for number, line in enumerate(lines, 1))
    rows = [*islice(((number, cells) for number, cells in some if any(cells)), _FIRST)]
    return head(rows) - 1 if head and rows else 0


def _rows(lines: list[list[Cell]], width: int,
          faults: dict[int, dict[int, str]], first: int) -> Iterator[Row]:
    for position in range(first, len(lines)):
        line = lines[position]
        cells = [cell if type(cell) is str else _text(cell) for cell in line]
        lines[position] = []  # the sheet is large: give it back while walking
        found = faults.get(position, {})
        if not found and not any(cell and not cell.isspace() for cell in cells):
            continue
        wide = {c: reason for c, reason in found.items() if c < width}
        if any(cell.strip() for cell in cells[width:]):
            wide[-1] = f"{xl_rowcol_to_cell(position, width)} 起的格子没有表头"
        del cells[width:]
        cells.extend([""] * (width - len(cells)))
        yield Row(position + 1, [unguard(c) if c[:1] == "'" else c for c in cells], wide)


def _text(cell: Cell) -> str:
    """A cell as the text a person would have typed; beyond 15 digits Excel has lost some."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, int | float):
        if abs(cell) >= 1e15:
            return f"{cell:.15G}"
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


# ── the zip ──────────────────────────────────────────────────────────────────────────────────────


def _inspect(path: Path, limits: Limits) -> dict[str, dict[tuple[int, int], str]]:
    """Sheet name → cells that calamine would give as blank though they are not.

    Every entry is unpacked once into nothing, so that sizes are known and not believed.
    Raises _Refused.
    """
    with path.open("rb") as file:
        if file.read(4) == b"\xd0\xcf\x11\xe0":
            raise _Refused("文件设了密码，或是旧版 .xls：请取消密码并另存为 .xlsx")
    if path.stat().st_size > limits.workbook:
        raise _Refused(f"Excel 文件超过 {limits.workbook // 1_000_000} MB：请另存为 CSV UTF-8")
    with zipfile.ZipFile(path) as book:
        entries = book.infolist()
        if len(entries) > limits.entries:
            raise _Refused(f"压缩包里有 {len(entries)} 个文件，不像 Excel 文件")
        for entry in entries:
            name = entry.filename.lower()
            if name.endswith("vbaproject.bin") or "macrosheets/" in name:
                raise _Refused("文件含有宏，不读：请另存为不带宏的 .xlsx")
            if entry.file_size > 1_000_000 and entry.file_size > limits.ratio * entry.compress_size:
                raise _Refused(f"{entry.filename} 解压后大得不正常（压缩炸弹），不读")
        if sum(entry.file_size for entry in entries) > limits.unpacked:
            raise _Refused("解压后大得不正常（压缩炸弹），不读")
        parts = {e.filename: _walk(book, e, limits) for e in entries if not e.is_dir()}
        sheets = _sheets(book)
        for name, part in parts.items():
            if name in sheets and (part.width > limits.columns
                                   or part.width * part.height > limits.cells):
                # A few cells far apart: the reader would fill the memory with what lies between.
                raise _Refused(f"工作表有 {part.height} 行 {part.width} 列，太大：请删去空的行列")
        return {sheets[name]: _odd_cells(book, name)
                for name, part in parts.items() if part.odd and name in sheets}


def _walk(book: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits) -> _Part:
    """Unpack an entry without keeping it; a size that differs from the directory's is refused."""
    if entry.compress_type not in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED) or entry.flag_bits & 1:
        raise _Refused("压缩包用了 Excel 不用的压缩或加密，不读")
    xml = entry.filename.lower().endswith((".xml", ".rels"))
    part, total, tail = _Part(), 0, b""
    claimed, entry.file_size = entry.file_size, limits.unpacked  # zipfile would stop at the claim
    with book.open(entry) as stream:
        while chunk := stream.read(_CHUNK):
            total += len(chunk)
            if total > claimed:
                raise _Refused(f"{entry.filename} 的大小与目录不符（压缩炸弹），不读")
            if xml:
                window = tail + chunk
                if _DOCTYPE.search(window):
                    raise _Refused(f"{entry.filename} 含有 DOCTYPE，不读")
                _look(part, window)
                tail = window[-200:]
    if total != claimed:
        raise _Refused("压缩包不完整，文件可能被截断")
    return part


def _look(part: _Part, window: bytes) -> None:
    if found := _REFERENCE.findall(window):
        letters, digits = map(set, zip(*found, strict=True))
        part.width = max(part.width, *(_column(c.decode()) + 1 for c in letters))
        part.height = max(part.height, *map(int, digits))
    part.odd = part.odd or _ODD.search(window) is not None


def _column(letters: str) -> int:
    return int(xl_cell_to_rowcol(letters + "1")[1])


def _sheets(book: zipfile.ZipFile) -> dict[str, str]:
    """Zip entry → sheet name."""
    relations = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
    targets = {r.get("Id"): r.get("Target", "") for r in relations}
    names: dict[str, str] = {}
    for sheet in ElementTree.fromstring(book.read("xl/workbook.xml")).iter():
        if _tag(sheet) == "sheet":
            id = next((v for k, v in sheet.attrib.items() if k.endswith("}id")), "")
            target = targets.get(id, "")
            entry = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            names[entry] = sheet.attrib["name"]
    return names


def _odd_cells(book: zipfile.ZipFile, name: str) -> dict[tuple[int, int], str]:
    """Cells with an Excel error, and formulas that were never calculated: (row, column) → reason.

    The parser fetches nothing from outside, and a DOCTYPE was refused before.
    """
    found: dict[tuple[int, int], str] = {}
    with book.open(name) as stream:
        for _, cell in ElementTree.iterparse(stream):
            if _tag(cell) == "row":
                cell.clear()
            if _tag(cell) != "c" or not _CELL.fullmatch(cell.get("r", "")):
                continue
            kind, parts = cell.get("t"), {_tag(part): part.text for part in cell}
            # A calculated text may be blank, a number may not.
            blank = not parts.get("v") and not (kind == "str" and "v" in parts)
            if kind == "e" or ("f" in parts and blank):
                found[xl_cell_to_rowcol(cell.get("r"))] = (
                    f"Excel 的错误值 {parts.get('v') or '#N/A'}" if kind == "e" else
                    "公式还没有算出结果：请在 Excel 中打开、保存一次，或改填数值")
    return found


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
