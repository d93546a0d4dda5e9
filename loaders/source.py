"""A source folder: who says it, where, under which licence, and how its tables become records."""

import codecs
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from graph.names import nearest
from loaders.check import Checker
from loaders.columns import SOURCE, columns
from loaders.plan import LookUp, Plan, Read, Where, compile_text, make_plan
from loaders.resolve import Fault
from loaders.shape import Shape, faults
from loaders.tables import Table
from ontology.errors import InputError, NotFound, Problem
from ontology.model import Field, Ontology

__all__ = ["FILE", "Folder", "TableSpec", "compile_table", "compile_where", "read_folder"]

FILE = "source.toml"

_WORDS = ("string", "choice", "reference", "address", "credit_code")  # only a text says these


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


_TEXT = Shape("带引号的文字", lambda value: isinstance(value, str))
_SOME = Shape("带引号的文字，不能为空", lambda value: isinstance(value, str) and bool(value))
_PLAIN = Shape("带引号的文字（或数字、日期、true、false）",
               lambda value: isinstance(value, str | int | float | date))
_COUNT = Shape("不小于 0 的整数", lambda value: type(value) is int and value >= 0)
_TEXTS = Shape("文字的列表，如 [\"甲\", \"乙\"]", _texts)
_TEXT_OR_TEXTS = Shape("带引号的文字或文字的列表，如 [\"甲\", \"乙\"]",
                       lambda value: isinstance(value, str) or _texts(value))
_ALLOWED = Shape("带引号的文字或文字的列表，如 [\"甲\", \"乙\"]，不能一个也没有",
                 lambda value: isinstance(value, str) or (value != [] and _texts(value)))
_WHERE = Shape("列名和允许的值，如 { 列 = [\"甲\", \"乙\"] }", keys={"*": _ALLOWED})
_EACH = Shape("{ column = \"列\", split = \"|\" }", keys={"column": _SOME, "split": _SOME},
              must=("column",))
_VALUE = Shape("带引号的文字，或 { text = \"{列}\", split = \"|\" }", _PLAIN.fits,
               {"text": _TEXT, "split": _SOME}, ("text",))
_RECORD = Shape("[[table.record]]（两对方括号）", keys={
    "kind": _SOME, "when": _TEXT, "each": _EACH, "where": _WHERE,
    "values": Shape("[table.record.values]", keys={"*": _VALUE}),
    "valid_from": _PLAIN, "valid_to": _PLAIN, "observed": _PLAIN, "inferred": _PLAIN,
}, must=("kind", "values"))
_TABLE = Shape("[[table]]（两对方括号）", keys={
    "file": _SOME, "sheet": _TEXT, "minimum": _COUNT, "source": _TEXT, "where": _WHERE,
    "record": Shape("[[table.record]]（两对方括号）", items=_RECORD),
}, must=("file", "record"))
_LOOKUP = "[lookup.名称]，下面每行 \"原文\" = \"译文\""
_KEYS: Mapping[str, Shape] = {
    "name": _SOME, "title": _SOME, "needs": _TEXTS,
    "lookup": Shape(_LOOKUP, keys={"*": Shape(_LOOKUP, keys={"*": _TEXT})}),
    "table": Shape("[[table]]（两对方括号）", items=_TABLE),
}


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One [[table]]: a file of the folder and the [[table.record]]s that its rows make."""

    file: str
    record: Sequence[Mapping[str, Any]]
    sheet: str = ""
    minimum: int = 1
    source: str = ""
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Folder:
    """A parsed source.toml; `header` holds the texts of its own Source thing."""

    path: Path
    name: str
    needs: tuple[str, ...]
    header: Mapping[str, str]
    lookups: LookUp
    tables: tuple[TableSpec, ...]

    @property
    def file(self) -> str:
        """The file that messages name."""
        return f"{self.name}/{FILE}"


def read_folder(path: Path, ontology: Ontology) -> Folder:
    """Parse and check a source folder.  Raises InputError with every fault found in the file."""
    file = f"{path.name}/{FILE}"
    said = _parse(path / FILE, file)
    fields = {f.name: f for f in columns(ontology.kinds[SOURCE], ontology)}
    own = {name: _of_source(field) for name, field in fields.items()}
    shape = Shape("一张表", keys={**own, **_KEYS}, must=("name", "title", "table"))
    problems = list(faults(file, said, shape)) or [
        problem for position, table in enumerate(said["table"], 1)
        for problem in _misnamed(file, f"table[{position}]", path, table, ontology)]
    if problems:
        raise InputError(problems)
    header = {key: "|".join(value) if isinstance(value, list) else str(value)
              for key, value in said.items() if key in fields}
    return Folder(path, said["name"], tuple(said.get("needs", ())), header,
                  said.get("lookup", {}), tuple(TableSpec(**table) for table in said["table"]))


def _parse(path: Path, file: str) -> dict[str, Any]:
    """The TOML as it stands; Notepad's mark at the beginning of UTF-8 does no harm."""
    data = path.read_bytes()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in data:
        raise InputError([Problem(file, "文件是 UTF-16 编码：请用记事本另存为 UTF-8")])
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError([Problem(file, "文件不是 UTF-8 编码：请用记事本另存为 UTF-8")]) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError([Problem(file, f"不是正确的 TOML：{error}")]) from None


def _of_source(field: Field) -> Shape:
    """How the head of the file may give a field of its own Source."""
    if field.multiple:
        return _TEXT_OR_TEXTS
    return _TEXT if field.datatype in _WORDS else _PLAIN


def _misnamed(file: str, place: str, folder: Path, table: Mapping[str, Any],
              ontology: Ontology) -> Iterator[Problem]:
    """What names something that is not there."""
    name = table["file"]
    if not (folder / name).is_file():
        yield Problem(file, f"{place}.file：没有文件「{name}」", value=name,
                      nearest=tuple(nearest(name, [p.name for p in folder.iterdir()])))
    for number, record in enumerate(table["record"], 1):
        try:
            ontology.kind(record["kind"])
        except NotFound as error:
            yield Problem(file, f"{place}.record[{number}].kind：{error}")


def compile_table(folder: Folder, spec: TableSpec, table: Table, ontology: Ontology,
                  checker: Checker) -> tuple[list[Plan], Read | None, Where]:
    """The plans of a table, the template of its source, its own filter.  Raises InputError."""
    try:
        plans = [_plan(record, table, folder, ontology, checker) for record in spec.record]
        source = compile_text(spec.source, table.headers, folder.lookups) if spec.source else None
        return plans, source, compile_where(spec.where, table.headers)
    except Fault as fault:
        raise InputError([Problem(folder.file, f"{spec.file}：{fault.reason}",
                                  nearest=fault.nearest)]) from None


def _plan(said: Mapping[str, Any], table: Table, folder: Folder, ontology: Ontology,
          checker: Checker) -> Plan:
    """The plan of a [[table.record]]: every value is a template string."""
    kind, headers = ontology.kind(said["kind"]), table.headers
    fields = {f.name: f for f in columns(kind, ontology)}
    reads: dict[str, Read] = {}
    separators: dict[str, str] = {}
    times = {key: said[key] for key in ("valid_from", "valid_to", "observed", "inferred")
             if key in said}
    for name, value in (said["values"] | times).items():
        if name not in fields:
            raise Fault(f"「{kind.label.zh}」没有字段「{name}」", nearest(name, fields))
        if isinstance(value, dict):
            separators[name] = value.get("split", "")
            value = value["text"]
        text = {True: "是", False: "否"}[value] if isinstance(value, bool) else str(value)
        reads[name] = compile_text(text, headers, folder.lookups)
    each, when = said.get("each"), said.get("when")
    return make_plan(
        kind, fields, reads, checker, separators,
        when=compile_text(when, headers, folder.lookups)[0] if when else None,
        where=compile_where(said.get("where", {}), headers),
        each=(_place(each["column"], headers), each.get("split", "|")) if each else None)


def compile_where(where: Mapping[str, Sequence[str] | str], headers: Sequence[str]) -> Where:
    """A filter by column names as one by their positions.  Raises Fault."""
    return tuple((_place(name, headers), frozenset([v] if isinstance(v, str) else v))
                 for name, v in where.items())


def _place(name: str, headers: Sequence[str]) -> int:
    if name not in headers:
        raise Fault(f"没有列「{name}」", nearest(name, headers))
    return headers.index(name)
