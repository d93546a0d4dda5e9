"""Whole stores as SQLite files: another back end's history saved, a backup put in place."""

import os
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path

from graph.sqlite import SQLiteStore
from graph.sqlite_database import connect, copy_to, faults, migrate, refuse_newer, schema_of
from graph.sqlite_file import APPLICATION, check_header, free_name, waited
from graph.store import Entry
from ontology.errors import StoreError
from ontology.model import Ontology

__all__ = ["restore", "save"]

_FILES = ("", "-wal", "-shm")


def save(entries: Iterable[Entry], file: str | Path, ontology: Ontology, *,
         overwrite: bool = False) -> None:
    """Write the whole history of another back end as a backup file."""
    passing = Path(f"{Path(file).absolute()}.{os.getpid()}.copying")
    try:
        with SQLiteStore(passing, ontology) as copy:
            copy.receive(entries)
            copy.backup(file, overwrite=overwrite)
    finally:
        _remove(passing)


def restore(file: str | Path, path: str | Path, ontology: Ontology, *,
            overwrite: bool = False, wait: float = 30.0) -> None:
    """Put a backup in the place of the store at `path`.

    The backup is copied, brought up to date and read as a whole first.  Then one transaction
    replaces the store's content, so that a kill leaves the old or the new one.  A store that
    cannot be opened any more is set aside under the name `.damaged`.
    """
    source, target = Path(file).absolute(), Path(path).absolute()
    check_header(source)
    if target.exists() and target.stat().st_size and not overwrite:
        raise StoreError(f"{target} 已有数据，没有覆盖；确要用备份替换它，请加 --force")
    passing = Path(f"{target}.{os.getpid()}.restoring")
    try:
        with faults(str(source)), closing(connect(source, "ro", immutable=True)) as connection:
            refuse_newer(source, schema_of(connection))
            copy_to(connection, passing)
            with closing(connect(passing)) as copy:
                migrate(copy)
        with SQLiteStore(passing, ontology) as backup:
            backup.verify()
        _set_aside(target, ontology)
        with SQLiteStore(target, ontology):
            _replace(passing, target, wait)
    finally:
        _remove(passing)


def _replace(backup: Path, target: Path, wait: float) -> None:
    deadline = time.monotonic() + wait

    def give_up(status: int, *_: int) -> None:
        if status != sqlite3.SQLITE_DONE and time.monotonic() >= deadline:
            raise waited(target, wait)

    with (faults(str(target)), closing(connect(backup)) as connection,
          closing(connect(target)) as live):
        live.execute("PRAGMA synchronous = FULL")
        live.execute("PRAGMA busy_timeout = 100")
        connection.backup(live, progress=give_up, sleep=0.05)


def _set_aside(target: Path, ontology: Ontology) -> None:
    """Rename a store of ours that cannot be opened any more."""
    if not target.exists() or target.stat().st_size == 0:
        return
    with target.open("rb") as file:
        ours = file.read(72)[68:] == APPLICATION.to_bytes(4, "big")
    try:
        SQLiteStore(target, ontology).close()
    except StoreError:
        if not ours:
            raise
        aside = free_name(target.with_name(f"{target.name}.damaged"))
        for end in _FILES:
            with suppress(FileNotFoundError):
                os.replace(f"{target}{end}", f"{aside}{end}")


def _remove(path: Path) -> None:
    for end in _FILES:
        Path(f"{path}{end}").unlink(missing_ok=True)
