"""CSV as people really send it: any common encoding and separator, but never half a file."""

import codecs
import csv
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn

from loaders.tables import Head, Limits, Row, Table, check_headers, unguard
from ontology.errors import InputError, Problem

__all__ = ["read_csv"]

_CHUNK = 1 << 20
_FIRST = 10  # rows among which that of the headers is looked for
_ODD = 4  # so many rare characters are not a few names
_SURE = 8  # so many valid UTF-8 characters beyond ASCII never occur by chance in GB18030 text


def read_csv(path: Path, limits: Limits, head: Head | None = None) -> Table:
    """The one table of a CSV file (comma, tab or semicolon; UTF-8 or GB18030).

    Raises InputError, some of it only while the rows are walked.
    """
    encoding = _encoding(path)
    lines = _records(path, encoding, head is not None)
    first = list(islice(lines, _FIRST if head else 1))
    if not first:
        raise InputError([Problem(path.name, "文件是空的")])
    rows = [(number, [unguard(cell).strip() for cell in cells]) for number, cells in first]
    row = head(rows) if head else rows[0][0]
    names = check_headers(path.name, "", dict(rows)[row], limits, row)
    lines = chain((one for one in first if one[0] > row), lines)
    doubt = _doubt(path) if encoding == "gb18030" else ""
    return Table(path.name, "", names, _rows(path.name, len(names), lines), doubt=doubt,
                 head=row)


def _refuse(path: Path, reason: str, row: int | None = None, column: str = "") -> NoReturn:
    raise InputError([Problem(path.name, reason, row=row, column=column)])


def _encoding(path: Path) -> str:
    """The encoding, after the whole file was decoded once without an error."""
    with path.open("rb") as file:
        head = file.read(4096)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _wide(head):
            _refuse(path, "文件是 UTF-16 编码：请在 Excel 中另存为“CSV UTF-8（逗号分隔）”")
        file.seek(0)
        fault = _fault(file, "utf-8-sig")
        if fault is None:
            return "utf-8-sig"
        reason = "有不是 UTF-8 的字节"
        sure = head.startswith(codecs.BOM_UTF8) or fault.seen >= (2 if fault.cut else _SURE)
        if not (sure or fault.nul):
            file.seek(0)
            fault = _fault(file, "gb18030")
            if fault is None:
                return "gb18030"
            reason = "既不是 UTF-8 也不是 GB18030 编码：请在 Excel 中另存为“CSV UTF-8”"
    if fault.nul:
        reason = "文件里有 NUL 字节，可能已损坏：请重新导出"
    _refuse(path, "文件在一个汉字中间被截断" if fault.cut else reason, fault.row)


def _doubt(path: Path) -> str:
    """A warning where text that decodes as GB18030 was hardly written in it.

    Of what is printed on the mainland next to nothing lies outside GB 2312; of Big5 or Shift-JIS
    read as GB18030 a third or more does.
    """
    with path.open("rb") as file:
        text = file.read(_CHUNK).decode("gb18030", "ignore")
    known = text.encode("gb2312", "ignore").decode("gb2312")
    odd = len(text) - len(known)
    if odd < _ODD or odd < 0.3 * _beyond_ascii(text):
        return ""
    some = "、".join(dict.fromkeys(c for c in text if c not in known and c.isprintable()))[:9]
    return (f"按 GB18030 读出的字有 {odd / _beyond_ascii(text):.0%} 很不常见（如 {some}）："
            "如果是乱码，原文可能是 Big5 或日文编码，请另存为 UTF-8 后重装")


def _wide(head: bytes) -> bool:
    """Whether the beginning is UTF-16 without its mark.

    Either all its NULs are halves of separators, or (一, 开, 最 have one as well) it is Chinese and
    ASCII when read as UTF-16, and nothing that is when its NULs are taken away.
    """
    if head.count(0) < 2:
        return False
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        text = head[: len(head) // 2 * 2].decode(encoding, "ignore")
        if any(separator in text for separator in ",;\t\n") and (
                not head[1 - first::2].count(0) or (_chinese(text) and not _utf8(head))):
            return True
    return False


def _chinese(text: str) -> bool:
    good = sum(" " <= char <= "~" or char in "\t\r\n" or "\u3000" <= char <= "\u9fff"
               or "\uff00" <= char <= "\uffef" for char in text)
    return good >= 0.95 * len(text)


def _utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head.replace(b"\0", b""))
    except UnicodeDecodeError:
        return False
    return True


class _Fault(NamedTuple):
    """Where a file cannot be decoded."""

    row: int
    seen: int  # characters beyond ASCII before it
    cut: bool = False  # the file ends within a character
    nul: bool = False


def _fault(file: BinaryIO, encoding: str) -> _Fault | None:
    """The first fault of the file in that encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    seen, row = 0, 1
    while True:
        chunk = file.read(_CHUNK)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            good = error.object[: error.start].decode(encoding, "ignore")
            cut = error.end >= len(error.object) and not file.read(1) and len(
                error.object) - error.start < 4 and error.reason in (
                "unexpected end of data", "incomplete multibyte sequence")
            return _Fault(row + good.count("\n"), seen + _beyond_ascii(good), cut)
        if "\0" in text:
            return _Fault(row + text[: text.index("\0")].count("\n"), seen, nul=True)
        if not chunk:
            return None
        seen += _beyond_ascii(text)
        row += text.count("\n")


def _beyond_ascii(text: str) -> int:
    return 0 if text.isascii() else len(text) - len(text.encode("ascii", "ignore"))


def _delimiter(line: str) -> str:
    """The separator that stands most often outside quotes in the header."""
    bare = "".join(line.split('"')[0::2])
    return max(",\t;", key=bare.count)


def _separated(line: str) -> bool:
    return any(separator in line for separator in ",\t;")


def _records(path: Path, encoding: str, titled: bool) -> Iterator[tuple[int, list[str]]]:
    """(row number, cells) of every row that is not blank.

    The first is the header; if `titled`, a title and blank rows may stand above it.
    """
    number = 0
    with path.open(encoding=encoding, newline="") as file:
        line = file.readline()
        if titled:
            some = [line, *islice(file, _FIRST - 1)]
            line = next((one for one in some if _separated(one)), line)
        elif line and not line.strip():
            _refuse(path, "第一行应是表头，但它是空的", 1)
        file.seek(0)
        delimiter, before = _delimiter(line), 0
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        headers: list[str] = []
        try:
            for cells in reader:
                number, before = number + 1, reader.line_num
                if cells and (cells[0].strip() or any(cell.strip() for cell in cells)):
                    headers = headers or cells
                    yield number, cells
        except csv.Error as error:
            if "field larger" in str(error):
                file.seek(0)
                place, breaks = _long(islice(file, before, None), delimiter)
                _refuse(path, f"单元格太长：超过 {csv.field_size_limit()} 个字" + (
                    "；它跨了许多行，也许是它开头的引号多余，或少了另一半" if breaks else ""),
                    number + 1, headers[place].strip() if place < len(headers) else "")
            reason = ("引号没有合上，文件可能在一行中间被截断" if "unexpected end" in str(error)
                      else "引号用得不对，这一行读不出来")
            _refuse(path, reason, number + 1)


def _long(lines: Iterator[str], delimiter: str) -> tuple[int, bool]:
    """The position of the first cell that is too long, and whether it has line breaks.

    The lines begin with its row; so many are read that an endless cell shows its length.
    """
    limit = csv.field_size_limit(1 << 30)
    try:
        cells = next(csv.reader(islice(lines, limit + 1), delimiter=delimiter))
    finally:
        csv.field_size_limit(limit)
    place = next(i for i, cell in enumerate(cells) if len(cell) > limit)
    return place, "\n" in cells[place]


def _rows(file: str, width: int, lines: Iterator[tuple[int, list[str]]]) -> Iterator[Row]:
    """Rows padded to the header; a short row that ends the file after only full ones is a cut."""
    full, held = True, next(lines, None)
    while held is not None:
        number, cells = held
        held = next(lines, None)
        faults: dict[int, str] = {}
        if len(cells) < width:
            if full and held is None:
                reason = (f"最后一行只有 {len(cells)} 格，表头有 {width} 格："
                          "文件可能在一行中间被截断")
                raise InputError([Problem(file, reason, row=number, value=cells[-1])])
            full = False
            cells.extend([""] * (width - len(cells)))
        elif len(cells) > width:
            if any(cell.strip() for cell in cells[width:]):
                faults[-1] = f"这一行有 {len(cells)} 格，表头只有 {width} 格"
            del cells[width:]
        if "'" in "".join(cells):
            cells = [unguard(cell) for cell in cells]
        yield Row(number, cells, faults)
