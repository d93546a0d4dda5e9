"""How large the tables of source folders are, and below how many rows each is refused."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from loaders.inputs import Inputs
from loaders.plan import wanted
from loaders.source import compile_where
from loaders.tables import read_tables
from ontology import Ontology

__all__ = ["FolderSize", "TableSize", "sizes"]


@dataclass(frozen=True, slots=True)
class TableSize:
    """Data rows of a file as it is shipped, after the table's own filter, and the least."""

    file: str
    rows: int
    minimum: int


@dataclass(frozen=True, slots=True)
class FolderSize:
    """A source folder as its source.toml describes it, with every [[table]] in its order."""

    name: str
    title: str
    tables: tuple[TableSize, ...]


def sizes(paths: Iterable[Path], ontology: Ontology) -> Iterator[FolderSize]:
    """Of every folder.  Raises InputError for a damaged source.toml or table."""
    for folder in Inputs(ontology, [*paths]).folders:
        tables = []
        for spec in folder.tables:
            rows = 0
            for table in read_tables(folder.path / spec.file):
                if not table.hidden and (not spec.sheet or table.sheet == spec.sheet):
                    where = compile_where(spec.where, table.headers)
                    rows += sum(wanted(where, row.cells) for row in table.rows)
            tables.append(TableSize(spec.file, rows, spec.minimum))
        yield FolderSize(folder.name, folder.header["title"], tuple(tables))
