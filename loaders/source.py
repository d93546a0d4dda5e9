"""A source folder: who says it, where, under which licence, and how its tables become records."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from loaders.tables import Table
from ontology.errors import InputError, NotFound, Problem
from ontology.model import Ontology

__all__ = ["FILE", "Folder", "TableSpec", "compile_table", "read_folder"]

FILE = "source.toml"
Where = tuple[tuple[int, frozenset[str]], ...]

_TABLE_KEYS = ("file", "sheet", "minimum", "source", "where", "record")
_RECORD_KEYS = ("kind", "when", "each", "where", "values",
                "valid_from", "valid_to", "observed", "inferred")


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
    try:
        said = tomllib.loads((path / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError([Problem(file, "没有这个文件")]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError([Problem(file, f"不是正确的 TOML：{error}")]) from None
    fields = {f.name for f in columns(ontology.kinds[SOURCE], ontology)}
    problems = _unknown(file, "", said, ("name", "needs", "lookup", "table", *sorted(fields)))
    problems += [Problem(file, f"缺少 {key}") for key in ("name", "title", "table")
                 if not said.get(key)]
    for position, table in enumerate(said.get("table", ()), 1):
        problems += _check_table(file, f"第 {position} 个 [[table]]", path, table, ontology)
    lookups = said.get("lookup", {})
    problems += [Problem(file, f"[lookup.{name}] 要写成 \"原文\" = \"译文\"")
                 for name, words in lookups.items() if not isinstance(words, dict)
                 or not all(isinstance(word, str) for word in words.values())]
    if problems:
        raise InputError(problems)
    header = {key: "|".join(map(str, value)) if isinstance(value, list) else str(value)
              for key, value in said.items() if key in fields}
    tables = tuple(TableSpec(t["file"], t.get("sheet", ""), t.get("minimum", 1),
                             t.get("source", ""), t.get("where", {}), tuple(t["record"]))
                   for t in said["table"])
    return Folder(path, said["name"], tuple(said.get("needs", ())), header, lookups, tables)


def _unknown(file: str, place: str, said: Mapping[str, Any],
             known: Sequence[str]) -> list[Problem]:
    where = f"{place}：" if place else ""
    return [Problem(file, f"{where}不认识的键「{key}」", value=key,
                    nearest=tuple(nearest(key, known))) for key in said if key not in known]


def _check_table(file: str, place: str, folder: Path, table: Mapping[str, Any],
                 ontology: Ontology) -> list[Problem]:
    problems = _unknown(file, place, table, _TABLE_KEYS)
    problems += [Problem(file, f"{place}：缺少 {key}") for key in ("file", "record")
                 if not table.get(key)]
    name = table.get("file", "")
    if name and not (folder / name).is_file():
        there = [p.name for p in folder.iterdir()]
        problems.append(Problem(file, f"{place}：没有文件「{name}」", value=name,
                                nearest=tuple(nearest(name, there))))
    for record in table.get("record", ()):
        spot = f"{place} {record.get('kind', '')}"
        problems += _unknown(file, spot, record, _RECORD_KEYS)
        try:
            ontology.kind(record.get("kind", ""))
        except NotFound as error:
            problems.append(Problem(file, f"{place}：{error}"))
        if not isinstance(record.get("values"), dict):
            problems.append(Problem(file, f"{spot}：缺少 [table.record.values]"))
        each = record.get("each", {"column": ""})
        if not isinstance(each, dict) or not set(each) <= {"column", "split"} or (
                "column" not in each):
            problems.append(Problem(file, f"{spot}：each 要写成 {{column=\"列\", split=\"|\"}}"))
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
            if not set(value) <= {"text", "split"} or "text" not in value:
                raise TemplateError(f"{said['kind']}.{name} 要写成 {{text=\"…\", split=\"|\"}}")
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
