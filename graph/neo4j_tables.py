"""Nodes and relationships as the CSV files that `neo4j-admin database import` reads."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ontology.errors import StoreError

__all__ = ["THING", "Tables"]

_BETWEEN = "\x1f"  # separates the parts of a list
_TYPES = {str: "string", int: "long", float: "double", bool: "boolean"}
THING = "thing"  # the space of the ids of things


class _Table:
    """One file and its header; a column that comes later is empty in the rows before it."""

    def __init__(self, file: Path, fixed: Sequence[str]) -> None:
        self.file, self._fixed = file, fixed
        self.types: dict[str, str] = {}
        self._places: dict[str, int] = {}
        self._sink = file.open("w", encoding="utf-8", newline="")

    def fits(self, types: Mapping[str, str]) -> bool:
        return all(self.types.get(name, type) == type for name, type in types.items())

    def add(self, fixed: Sequence[str], types: Mapping[str, str], said: Mapping[str, Any]) -> None:
        for name, type in types.items():
            if name not in self.types:
                self.types[name] = type
                self._places[name] = len(self._places)
        cells = [""] * len(self._places)
        for name in types:
            cells[self._places[name]] = _cell(said[name])
        # The importer wants no empty cell at the end of a row that is shorter than its header.
        self._sink.write(",".join((*map(_quoted, fixed), *cells)).rstrip(",") + "\n")

    def close(self) -> None:
        self._sink.close()
        columns = [*self._fixed, *(f"{name}:{type}" for name, type in self.types.items())]
        self.header.write_text(",".join(columns) + "\n", encoding="utf-8", newline="")

    @property
    def header(self) -> Path:
        return self.file.with_suffix(".header.csv")


class Tables:
    """Files by what they hold; a property with another type than before begins another file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._by_name: dict[str, list[_Table]] = {}
        self.several_lines = False

    def node(self, name: str, id: str, space: str, labels: Sequence[str],
             said: Mapping[str, Any]) -> None:
        """A node; the id of a thing is a property too."""
        column = f"id:ID({space})" if space == THING else f":ID({space})"
        self._add(f"nodes_{name}", (column, ":LABEL"), (id, _BETWEEN.join(labels)), said)

    def relationship(self, name: str, start: tuple[str, str], end: tuple[str, str], type: str,
                     said: Mapping[str, Any]) -> None:
        """start and end: id and its space."""
        self._add(f"relationships_{name}",
                  (f":START_ID({start[1]})", f":END_ID({end[1]})", ":TYPE"),
                  (start[0], end[0], type), said)

    def _add(self, name: str, columns: Sequence[str], fixed: Sequence[str],
             said: Mapping[str, Any]) -> None:
        types = {key: _type(key, value) for key, value in said.items() if value is not None}
        name = re.sub(r"\W", "_", name, flags=re.ASCII).lower()  # also where case is ignored
        some = self._by_name.setdefault(name, [])
        table = next((table for table in some if table.fits(types)), None)
        if table is None:
            table = _Table(self._folder / f"{name}_{len(some) + 1}.csv", columns)
            some.append(table)
        self.several_lines = self.several_lines or any(map(_breaks, (*fixed, *said.values())))
        table.add(fixed, types, said)

    def __enter__(self) -> "Tables":
        return self

    def __exit__(self, *_: object) -> None:
        for tables in self._by_name.values():
            for table in tables:
                table.close()

    def arguments(self) -> Iterator[str]:
        """The lines of a file of arguments for neo4j-admin."""
        for name, tables in sorted(self._by_name.items()):
            for table in tables:
                yield f"--{name.partition('_')[0]}={table.header.name},{table.file.name}"
        yield "--array-delimiter=U+001F"
        yield "--bad-tolerance=0"
        if self.several_lines:
            yield "--multiline-fields=true"


def _breaks(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_breaks, value))
    return isinstance(value, str) and ("\n" in value or "\r" in value)


def _type(name: str, value: Any) -> str:
    if not re.fullmatch(r"[\w .-]+", name):
        raise StoreError(f"字段名「{name}」不能写进导入文件；请改用 xianglian copy")
    if isinstance(value, bytes):
        return "byte[]"
    if not isinstance(value, list):
        return _TYPES[type(value)]
    texts = [part for part in value if isinstance(part, str)]
    if not value or value == [""] or any(_BETWEEN in text for text in texts):
        raise StoreError(f"「{name}」的值 {value!r} 不能写进导入文件（空的列表，或含有控制字符）；"
                         "请改用 xianglian copy")
    return _TYPES[type(value[0])] + "[]"


def _cell(value: Any) -> str:
    if isinstance(value, bytes):
        return _quoted(_BETWEEN.join(str(one - 256 if one > 127 else one) for one in value))
    if isinstance(value, list):
        return _quoted(_BETWEEN.join(part if isinstance(part, str) else _plain(part)
                                     for part in value))
    return _quoted(value) if isinstance(value, str) else _plain(value)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
