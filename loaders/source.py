"""A source folder: who says it, where, under which licence, and how its tables become records."""

import codecs
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from graph.names import nearest
from loaders.check import Checker
from loaders.columns import SOURCE, columns
from loaders.plan import (
    LookUp,
    Plan,
    Read,
    TemplateError,
    compile_text,
    plan_of_texts,
)
from loaders.shape import Keys, Leaf, Many, Named, Shape, faults
from loaders.tables import Table
from ontology.errors import InputError, NotFound, Problem
from ontology.model import Field, Ontology

__all__ = ["FILE", "Folder", "TableSpec", "compile_table", "read_folder"]

FILE = "source.toml"
Where = tuple[tuple[int, frozenset[str]], ...]

_WORDS = ("string", "choice", "reference", "address", "credit_code")  # only a text says these


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_TEXT = Leaf("带引号的文字", lambda value: isinstance(value, str))
_SOME = Leaf("带引号的文字，不能为空", lambda value: isinstance(value, str) and bool(value))
_PLAIN = Leaf("带引号的文字（或数字、日期、true、false）",
              lambda value: isinstance(value, str | int | float | date))
_TEXTS = Leaf("文字的列表，如 [\"甲\", \"乙\"]", lambda value: isinstance(value, list) and all(
    isinstance(one, str) for one in value))
_TEXT_OR_TEXTS = Leaf("带引号的文字或文字的列表，如 [\"甲\", \"乙\"]",
                      lambda value: _TEXT.fits(value) or _TEXTS.fits(value))
_ALLOWED = Leaf("带引号的文字或文字的列表，如 [\"甲\", \"乙\"]，不能一个也没有",
                lambda value: value != [] and _TEXT_OR_TEXTS.fits(value))
_WHERE = Named("列名和允许的值，如 { 列 = [\"甲\", \"乙\"] }", _ALLOWED)
_EACH = Keys("{ column = \"列\", split = \"|\" }", {"column": _SOME, "split": _SOME}, ("column",))
_VALUE = Keys("带引号的文字，或 { text = \"{列}\", split = \"|\" }",
              {"text": _TEXT, "split": _SOME}, ("text",), _PLAIN)
_RECORD = Keys("[[table.record]]（两对方括号）", {
    "kind": _SOME, "when": _TEXT, "each": _EACH, "where": _WHERE,
    "values": Named("[table.record.values]", _VALUE),
    "valid_from": _PLAIN, "valid_to": _PLAIN, "observed": _PLAIN, "inferred": _PLAIN,
}, ("kind", "values"))
_TABLE = Keys("[[table]]（两对方括号）", {
    "file": _SOME, "sheet": _TEXT, "minimum": Leaf("不小于 0 的整数", _number), "source": _TEXT,
    "where": _WHERE, "record": Many("[[table.record]]（两对方括号）", _RECORD),
}, ("file", "record"))
_FILE: Mapping[str, Shape] = {
    "name": _SOME, "title": _SOME, "needs": _TEXTS,
    "lookup": Named("[lookup.名称]，下面每行 \"原文\" = \"译文\"",
                    Named("[lookup.名称]，下面每行 \"原文\" = \"译文\"", _TEXT)),
    "table": Many("[[table]]（两对方括号）", _TABLE),
}


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One [[table]]: a file of the folder and what its rows say."""

    file: str
    sheet: str = ""
    minimum: int = 1
    source: str = ""
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    records: tuple[Mapping[str, Any], ...] = ()


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
    problems = list(faults(file, said, _shape(fields)))
    if not problems:
        for position, table in enumerate(said["table"], 1):
            problems += _check_table(file, f"table[{position}]", path, table, ontology)
    if problems:
        raise InputError(problems)
    header = {key: "|".join(value) if isinstance(value, list) else str(value)
              for key, value in said.items() if key in fields}
    tables = tuple(TableSpec(t["file"], t.get("sheet", ""), t.get("minimum", 1),
                             t.get("source", ""), t.get("where", {}), tuple(t["record"]))
                   for t in said["table"])
    return Folder(path, said["name"], tuple(said.get("needs", ())), header,
                  said.get("lookup", {}), tables)


def _parse(path: Path, file: str) -> dict[str, Any]:
    """The TOML as it stands; Notepad's mark at the beginning of UTF-8 does no harm."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError([Problem(file, "没有这个文件")]) from None
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in data:
        raise InputError([Problem(file, "文件是 UTF-16 编码：请用记事本另存为 UTF-8")])
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError([Problem(file, "文件不是 UTF-8 编码：请用记事本另存为 UTF-8")]) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError([Problem(file, f"不是正确的 TOML：{error}")]) from None


def _shape(header: Mapping[str, Field]) -> Keys:
    """The whole file: the fields of its own Source, and what _FILE has."""
    own = {name: _TEXT_OR_TEXTS if field.multiple else _TEXT if field.datatype in _WORDS else _PLAIN
           for name, field in header.items()}
    return Keys("一张表", {**own, **_FILE}, ("name", "title", "table"))


def _check_table(file: str, place: str, folder: Path, table: Mapping[str, Any],
                 ontology: Ontology) -> list[Problem]:
    """What names something that is not there."""
    problems = []
    name = table["file"]
    if not (folder / name).is_file():
        there = [p.name for p in folder.iterdir()]
        problems.append(Problem(file, f"{place}.file：没有文件「{name}」", value=name,
                                nearest=tuple(nearest(name, there))))
    for number, record in enumerate(table["record"], 1):
        try:
            ontology.kind(record["kind"])
        except NotFound as error:
            problems.append(Problem(file, f"{place}.record[{number}].kind：{error}"))
    return problems


def compile_table(folder: Folder, spec: TableSpec, table: Table, ontology: Ontology,
                  checker: Checker) -> tuple[list[Plan], Read | None, Where]:
    """The plans of a table, the template of its source, its own filter.  Raises InputError."""
    place = f"{spec.file}"
    try:
        plans = [_record(record, table, folder, ontology, checker) for record in spec.records]
        source = compile_text(spec.source, table.headers, folder.lookups) if spec.source else None
        return plans, source, _where(spec.where, table.headers)
    except TemplateError as error:
        raise InputError([Problem(folder.file, f"{place}：{error.reason}",
                                  nearest=error.nearest)]) from None


def _record(said: Mapping[str, Any], table: Table, folder: Folder, ontology: Ontology,
            checker: Checker) -> Plan:
    separators: dict[str, str] = {}
    texts: dict[str, str] = {}
    shared = {key: said[key] for key in ("valid_from", "valid_to", "observed", "inferred")
              if key in said}
    for name, value in (said["values"] | shared).items():
        if isinstance(value, dict):
            separators[name] = value.get("split", "")
            value = value["text"]
        texts[name] = {True: "是", False: "否"}[value] if isinstance(value, bool) else str(value)
    getters = {name: compile_text(text, table.headers, folder.lookups)
               for name, text in texts.items()}
    each = said.get("each")
    when = said.get("when")
    return plan_of_texts(
        ontology.kind(said["kind"]), ontology, getters, separators, checker,
        when=compile_text(when, table.headers, folder.lookups)[0] if when else None,
        where=_where(said.get("where", {}), table.headers),
        each=(_place(each["column"], table.headers), each.get("split", "|")) if each else None)


def _where(where: Mapping[str, Sequence[str] | str],
           headers: Sequence[str]) -> Where:
    return tuple((_place(name, headers), frozenset([v] if isinstance(v, str) else v))
                 for name, v in where.items())


def _place(name: str, headers: Sequence[str]) -> int:
    if name not in headers:
        raise TemplateError(f"没有列「{name}」", nearest(name, headers))
    return headers.index(name)
