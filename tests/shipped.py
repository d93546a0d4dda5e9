"""The shipped source folders, their tables and what they say, as tests look at them."""

import csv
from collections.abc import Iterable
from pathlib import Path

from graph.record import Record
from loaders.pipeline import shipped

__all__ = ["folder", "of", "table"]


def folder(name: str) -> Path:
    return next(path for path in shipped() if path.name == name)


def table(source: str, name: str) -> list[dict[str, str]]:
    """The rows of NAME.csv in a source's folder."""
    with (folder(source) / f"{name}.csv").open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def of(records: Iterable[Record], kind: str, *words: str) -> list[Record]:
    """The records of a kind whose values or ends contain every word."""
    return [r for r in records if r.kind == kind
            and all(word in f"{r.ends} {sorted(r.values.items())}" for word in words)]
