"""The paths of a load as tables, each with the plans of its rows and the way to their source."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path

from loaders.check import Checker, clean
from loaders.cite import Citations, Cited
from loaders.columns import ORIGIN, SOURCE, columns, head_of, kind_of_stem, match
from loaders.plan import Plan, Where, make_plan, wanted
from loaders.source import FILE, Folder, TableSpec, compile_table, read_folder
from loaders.tables import Row, Table, read_tables
from ontology.errors import InputError, Problem
from ontology.model import Kind, Ontology

__all__ = ["Inputs", "Work", "template_work"]


@dataclass(frozen=True, slots=True)
class Work:
    """One table to load.

    cite      cells → (origin, source id).  Raises Fault
    cited     positions of the columns that `cite` reads, by their names; "source" is one of them
    replaces  the kind of the row's origin that this table replaces; "": the whole origin
    """

    key: str
    table: Table
    plans: Sequence[Plan]
    cite: Callable[[Sequence[str]], Cited]
    cited: Mapping[str, Sequence[int]]
    replaces: str = ""
    where: Where = ()
    minimum: int = 0
    file: str = ""

    def rows(self) -> Iterator[Row]:
        """The rows that the table's own filter lets through."""
        return (row for row in self.table.rows if wanted(self.where, row.cells))


class Inputs:
    """Source folders and single files; a plain folder stands for the folders or files in it."""

    def __init__(self, ontology: Ontology, paths: Sequence[Path]) -> None:
        self._ontology = ontology
        self.folders: list[Folder] = []
        self.files: list[Path] = []
        self.problems: list[Problem] = []
        self.warnings: dict[str, None] = {}
        for path in paths:
            try:
                self._add(path)
            except InputError as error:
                self.problems += error.problems

    def _add(self, path: Path) -> None:
        if not path.is_dir():
            self.files.append(path)
        elif (path / FILE).is_file():
            folder = read_folder(path, self._ontology)
            if folder.name in [other.name for other in self.folders]:
                raise InputError([Problem(folder.file, f"来源「{folder.name}」给了两次")])
            self.folders.append(folder)
        elif inside := sorted(file.parent for file in path.glob(f"*/{FILE}")):
            for folder_path in inside:
                self._add(folder_path)
        else:
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in (".csv", ".xlsx"))
            if not inside:
                reason = f"文件夹里没有 {FILE}，也没有 .csv 或 .xlsx 文件"
                raise InputError([Problem(path.name, reason)])
            self.files += inside

    def unmet(self, origins: Sequence[str]) -> list[Problem]:
        """The folders that need a source neither loaded before nor now."""
        there = {folder.name for folder in self.folders} | set(origins)
        return [Problem(folder.file, f"要先装入来源「{need}」，或与它一起装入", value=need)
                for folder in self.folders for need in folder.needs if need not in there]

    def tables(self, checker: Checker, citations: Citations, refuse: Callable[[InputError], None],
               *, declaring: bool = False) -> Iterator[Work]:
        """Every table; with `declaring` only those that hold things, for their names."""
        for folder in self.folders:
            for number, spec in enumerate(folder.tables):
                if declaring and all(self._ontology.kind(r["kind"]).ends for r in spec.record):
                    continue
                try:
                    yield self._of_folder(folder, spec, number, checker, citations)
                except InputError as error:
                    refuse(error)
        for number, path in enumerate(self.files):
            try:
                for table, kind in self._named(path):
                    if not (declaring and kind.ends):
                        yield template_work(table, kind, f"{number}/{path.name}", self._ontology,
                                            checker, citations)
            except InputError as error:
                refuse(error)

    def _of_folder(self, folder: Folder, spec: TableSpec, number: int, checker: Checker,
                   citations: Citations) -> Work:
        table = _only(folder, spec)
        self._doubt(table)
        plans, source, where = compile_table(folder, spec, table, self._ontology, checker)
        own = citations.of_folder(folder.name)
        get, places = source or (lambda cells: "", ())

        def cite(cells: Sequence[str]) -> Cited:
            title = get(cells).strip()
            return folder.name, checker.find(title, (SOURCE,)) if title else own

        return Work(f"{folder.name}/{number}", table, plans, cite, {"source": places}, "", where,
                    spec.minimum, folder.file)

    def _doubt(self, table: Table) -> None:
        if table.doubt:
            self.warnings[f"{table.file}：{table.doubt}"] = None

    def _named(self, path: Path) -> Iterator[tuple[Table, Kind]]:
        """The tables of a file made from a template, each with its kind."""
        tables = []
        for table in read_tables(path, head=head_of(self._ontology)):
            if table.hidden or table.blank:
                why = "隐藏的" if table.hidden else "空的"
                self.warnings[f"{path.name}：工作表「{table.sheet}」是{why}，没有读"] = None
            else:
                tables.append(table)
        named = [(t, kind_of_stem(t.sheet, self._ontology) if t.sheet else None) for t in tables]
        by_file = kind_of_stem(path.stem, self._ontology)
        if len(named) == 1 and named[0][1] is None and by_file:
            named = [(named[0][0], by_file)]
        if not any(kind for _, kind in named):
            raise InputError([Problem(
                path.name, "不知道表里是什么：文件名或工作表名要是种类名，如 Company 或 企业；"
                           "表头是自己起的，请在网页的“装入”里对上每一列")])
        for table, kind in named:
            self._doubt(table)
            if kind:
                if table.head > 1:
                    where = f"工作表「{table.sheet}」" if table.sheet else ""
                    self.warnings[f"{path.name}：{where}第 {table.head} 行是表头，"
                                  "它上面的没有读"] = None
                yield table, kind
            else:
                self.warnings[f"{path.name}：工作表「{table.sheet}」不是种类名，没有读"] = None


def _only(folder: Folder, spec: TableSpec) -> Table:
    """The one table that a [[table]] means."""
    name = f"{folder.name}/{spec.file}"
    tables = [t for t in read_tables(folder.path / spec.file) if not t.hidden and not t.blank
              and (not spec.sheet or t.sheet == spec.sheet)]
    if len(tables) != 1:
        what = f"没有工作表「{spec.sheet}」" if spec.sheet else "要有一个工作表，或写明 sheet"
        raise InputError([Problem(name, what)])
    return replace(tables[0], file=name)


def template_work(table: Table, kind: Kind, key: str, ontology: Ontology, checker: Checker,
                  citations: Citations) -> Work:
    """The work of a table whose headers are those of a template.  Raises InputError."""
    found, problems = match(table, kind, ontology)
    if problems:
        raise InputError(problems)
    at = {f.name: i for i, f in enumerate(found) if f}
    itself = kind.name == SOURCE
    plan = make_plan(kind, {f.name: f for f in columns(kind, ontology)},
                     {name: (itemgetter(i), (i,)) for name, i in at.items()
                      if not name.startswith("source") and name != ORIGIN.name}, checker)
    cited = {"source": at[kind.role("name")[0].name]} if itself else {
        name: place for name, place in at.items() if name.startswith("source")}

    def cite(cells: Sequence[str]) -> Cited:
        given = clean(cells[at[ORIGIN.name]]) if ORIGIN.name in at else ""
        if itself:
            return given or clean(cells[cited["source"]]), ""
        title, source = citations.row(tuple((name, cells[i]) for name, i in cited.items()))
        return given or title, source

    return Work(f"{key}/{table.sheet}", table, (plan,), cite,
                {name: (place,) for name, place in cited.items()}, kind.name, file=table.file)
