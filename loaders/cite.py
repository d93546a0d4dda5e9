"""Which Source a row cites, and which Sources a load makes because nobody had named them before."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from graph import dates
from graph.identity import thing_id
from graph.record import Record, Value
from graph.store import Store
from graph.structure import DEFAULT_GRADE
from loaders.check import Checker, clean
from loaders.columns import SOURCE
from loaders.resolve import Fault, Known
from ontology.errors import InputError, Problem
from ontology.model import Ontology

__all__ = ["Citations", "Cited"]

Cited = tuple[str, str]
"""Origin and source id."""

_DATE = re.compile(r"(?:19|20)\d\d(?:年(?:\d{1,2}月(?:\d{1,2}日)?)?|(?:[-./]\d{1,2}){1,2}(?!\d))")


class Citations:
    """Finds the source of every row; `made` yields the Source records that the load adds."""

    def __init__(self, ontology: Ontology, known: Known, checker: Checker) -> None:
        self._kind = ontology.kinds[SOURCE]
        self._known, self._checker = known, checker
        self._title = self._kind.role("name")[0].name
        self._memo: dict[tuple[tuple[str, str], ...], Cited] = {}
        self._said: dict[Cited, dict[str, Value]] = {}
        self._folders: dict[str, Record] = {}

    def header(self, origin: str, file: str, header: Mapping[str, str]) -> None:
        """The Source that the head of a source.toml describes.  Raises InputError."""
        values: dict[str, Value] = {}
        problems = []
        for field in self._kind.fields:
            text = header.get(field.name, "")
            try:
                values.update(self._checker.of(field)(text))
            except Fault as fault:
                problems.append(Problem(file, fault.reason, column=field.name, value=text,
                                        nearest=fault.nearest))
        if problems:
            raise InputError(problems)
        id = thing_id(self._kind, values)
        self._known.declare(self._kind, id, values)
        self._folders[origin] = Record(id, SOURCE, id, values)

    def of_folder(self, origin: str) -> str:
        """The folder's own Source."""
        return self._folders[origin].id

    def row(self, said: tuple[tuple[str, str], ...]) -> Cited:
        """What the columns source, source_publisher … of a template row cite.

        A title that is known is that source; else a Source is made.  Raises Fault with the column.
        """
        if said not in self._memo:
            self._memo[said] = self._row(dict(said))
        return self._memo[said]

    def _row(self, said: Mapping[str, str]) -> Cited:
        values: dict[str, Value] = {}
        name = "source"
        try:
            title = clean(said.get(name, ""))
            if not title:
                raise Fault("缺少来源：每一行都要写明出处")
            for field in self._kind.fields:
                name = "source" if field.name == self._title else f"source_{field.name}"
                values.update(self._checker.of(field)(said.get(name, "")))
            name, known = "source", None
            if not any(f.name in values for f in self._kind.key if f.name != self._title):
                known = self._known.closed(title, [self._kind])
        except Fault as fault:
            raise Fault(fault.reason, fault.nearest, name) from None
        cited = title, known or thing_id(self._kind, values)
        given = self._said.setdefault(cited, values)
        for name, value in values.items():
            old = given.setdefault(name, value)
            if isinstance(value, tuple) and isinstance(old, tuple):
                given[name] = tuple(sorted({*value, *old}, key=str))
            elif old != value and name != self._title:
                raise Fault(f"同一来源在别的行写的是「{old}」", column=f"source_{name}")
        return cited

    def made(self, store: Store) -> Iterator[tuple[str, Record]]:
        """The Source records to write: of folders, and those that template rows made or enrich."""
        yield from self._folders.items()
        for (origin, id), values in self._said.items():
            old = next(store.records(kinds=[SOURCE], ids=[id], source=id, origin=origin), None)
            if old is not None:
                title = old.values[self._title]
                yield origin, replace(old, values={**old.values, **values, self._title: title})
            elif not self._known.has(id):
                yield origin, Record(id, SOURCE, id, self._complete(values))

    def dated(self, id: str) -> bool:
        """Whether the source has a date."""
        return id in self._known.dated or any(
            cited == id and "date" in self._complete(values)
            for (_, cited), values in self._said.items())

    def _complete(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """With the date that stands in the title, if it is not to come, and the default grade."""
        values = dict(values)
        match = _DATE.search(str(values[self._title]))
        if match and "date" not in values:
            try:
                found = dates.parse_span(match[0].rstrip("./-"))[0]
            except ValueError:
                found = ""
            if found and dates.first_day(found) <= dates.today():
                values["date"] = found
        values.setdefault("grade", DEFAULT_GRADE)
        return values
