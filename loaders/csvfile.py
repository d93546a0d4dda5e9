"""CSV as people really send it: any common encoding and separator, but never half a file."""

import codecs
import csv
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, NoReturn, TextIO

from loaders.tables import Limits, Row, Table, check_headers, unguard
from ontology.errors import InputError, Problem

__all__ = ["read_csv"]

_CHUNK = 1 << 20
_SURE = 8  # so many valid UTF-8 characters beyond ASCII never occur by chance in GB18030 text


def read_csv(path: Path, limits: Limits) -> Table:
    """The one table of a CSV file (comma, tab or semicolon; UTF-8 or GB18030).

    Raises InputError, some of it only while the rows are walked.
    """
    encoding = _encoding(path)
    lines = _records(path, encoding)
    try:
        _, headers = next(lines)
    except StopIteration:
        raise InputError([Problem(path.name, "文件是空的")]) from None
    names = check_headers(path.name, "", [unguard(h).strip() for h in headers], limits)
    return Table(path.name, "", names, _rows(path.name, len(names), lines))


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
        seen, row, at_end, nul = fault
        if nul:
            _refuse(path, "文件里有 NUL 字节，可能已损坏：请重新导出", row)
        if head.startswith(codecs.BOM_UTF8) or seen >= (2 if at_end else _SURE):
            _refuse(path, "文件在一个汉字中间被截断" if at_end else "有不是 UTF-8 的字节", row)
        file.seek(0)
        other = _fault(file, "gb18030")
    if other is None:
        return "gb18030"
    _, row, at_end, nul = other
    if nul:
        _refuse(path, "文件里有 NUL 字节，可能已损坏：请重新导出", row)
    _refuse(path, "文件在一个汉字中间被截断" if at_end else
            "既不是 UTF-8 也不是 GB18030 编码：请在 Excel 中另存为“CSV UTF-8”", row)


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


def _fault(file: BinaryIO, encoding: str) -> tuple[int, int, bool, bool] | None:
    """None, or (characters beyond ASCII before the fault, row, cut at the end, NUL byte)."""
    decoder = codecs.getincrementaldecoder(encoding)()
    seen, row = 0, 1
    while True:
        chunk = file.read(_CHUNK)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            good = error.object[: error.start].decode(encoding, "ignore")
            seen += _beyond_ascii(good)
            at_end = error.end >= len(error.object) and not file.read(1) and len(
                error.object) - error.start < 4 and error.reason in (
                "unexpected end of data", "incomplete multibyte sequence")
            return seen, row + good.count("\n"), at_end, False
        if "\0" in text:
            return seen, row + text[: text.index("\0")].count("\n"), False, True
        if not chunk:
            return None
        if seen < _SURE:
            seen += _beyond_ascii(text)
        row += text.count("\n")


def _beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _delimiter(line: str) -> str:
    """The separator that stands most often outside quotes in the header."""
    bare = "".join(line.split('"')[0::2])
    return max(",\t;", key=bare.count)


def _records(path: Path, encoding: str) -> Iterator[tuple[int, list[str]]]:
    """(row number, cells) of every row that is not blank; the first is the header."""
    number = 0
    with path.open(encoding=encoding, newline="") as file:
        line = file.readline()
        while line and not line.strip():
            number, line = number + 1, file.readline()
        if number:
            _refuse(path, "第一行应是表头，但它是空的", 1)
        file.seek(0)
        delimiter = _delimiter(line)
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                number += 1
                if cells and (cells[0].strip() or any(cell.strip() for cell in cells)):
                    yield number, cells
        except csv.Error as error:
            if "field larger" in str(error):
                file.seek(0)
                _refuse(path, *_long(file, delimiter, number))
            reason = ("引号没有合上，文件可能在一行中间被截断" if "unexpected end" in str(error)
                      else "引号用得不对，这一行读不出来")
            _refuse(path, reason, number + 1)


def _long(file: TextIO, delimiter: str, good: int) -> tuple[str, int, str]:
    """Reason, row and column of the cell that is too long, after so many good rows."""
    headers: list[str] = []
    for number, cells in enumerate(islice(csv.reader(file, delimiter=delimiter), good)):
        headers = headers if number else cells
    place = length = breaks = 0
    quoted = begun = False
    for char in chain.from_iterable(file):
        if char == '"' and (begun or not length):
            length += begun and not quoted  # the second of two stands for one
            begun, quoted = True, not quoted
        elif char == delimiter and not quoted:
            place, length, breaks, begun = place + 1, 0, 0, False
        else:
            length, breaks = length + 1, breaks + (char == "\n")
        if length > csv.field_size_limit():
            break
    reason = f"单元格太长：超过 {csv.field_size_limit()} 个字"
    if breaks:
        reason += "；它跨了许多行，也许是它开头的引号多余，或少了另一半"
    return reason, good + 1, headers[place].strip() if place < len(headers) else ""


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
