"""The database in a SQLite file: its tables, connections to it, and what SQLite complains about.

`term` numbers every text that names something.  `record` holds a row for every state that a
record of an origin was ever in, `learned` and `retracted` in microseconds; a row is stamped, never
deleted.  `tally` holds the number of rows and the sum of their digests modulo 2**128 per origin and
pair of record times: hashes and counts follow from it without reading the rows.  `meta` holds the
hash of the live content.
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from graph import sqlite_sums as sums
from graph.hashes import EMPTY, content_hash
from graph.sqlite_file import APPLICATION
from ontology.errors import StoreError

__all__ = ["DAMAGED", "INDEXES", "SCHEMA", "connect", "copy_to", "faults", "make_tables", "migrate",
           "refuse_newer", "schema_of"]

SCHEMA = 2

_STRICT = " STRICT" if sqlite3.sqlite_version_info >= (3, 37) else ""
_TALLY = f"""CREATE TABLE tally (
    origin INTEGER NOT NULL REFERENCES term, learned INTEGER NOT NULL,
    retracted INTEGER NOT NULL, -- 0 while live
    n INTEGER NOT NULL, total BLOB NOT NULL,
    PRIMARY KEY (origin, learned, retracted)) {"STRICT, " if _STRICT else ""}WITHOUT ROWID"""
_TABLES = (
    f"CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL){_STRICT}",
    f"CREATE TABLE term (n INTEGER PRIMARY KEY, text TEXT NOT NULL){_STRICT}",
    f"""CREATE TABLE record (
    seq INTEGER PRIMARY KEY,
    origin INTEGER NOT NULL REFERENCES term, kind INTEGER NOT NULL REFERENCES term,
    thing INTEGER NOT NULL REFERENCES term, source INTEGER NOT NULL REFERENCES term,
    head INTEGER REFERENCES term, tail INTEGER REFERENCES term,
    valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL, observed INTEGER NOT NULL,
    inferred INTEGER NOT NULL, vals TEXT NOT NULL, digest BLOB NOT NULL, record BLOB NOT NULL,
    learned INTEGER NOT NULL, retracted INTEGER){_STRICT}""",
    _TALLY,
    f"INSERT INTO meta VALUES ('content', '{EMPTY}')",
)
INDEXES = {
    "term_text": "CREATE UNIQUE INDEX term_text ON term (text)",
    "record_record": "CREATE INDEX record_record ON record (record)",
    "record_thing": "CREATE INDEX record_thing ON record (thing)",
    "record_source": "CREATE INDEX record_source ON record (source) WHERE retracted IS NULL",
    "record_origin": "CREATE INDEX record_origin ON record (origin) WHERE retracted IS NULL",
    "record_head": "CREATE INDEX record_head ON record (head) "
                   "WHERE retracted IS NULL AND head IS NOT NULL",
    "record_tail": "CREATE INDEX record_tail ON record (tail) "
                   "WHERE retracted IS NULL AND tail IS NOT NULL",
    "record_retracted": "CREATE INDEX record_retracted ON record (retracted) "
                        "WHERE retracted IS NOT NULL",
}

_FAULTS = {
    sqlite3.SQLITE_FULL: "磁盘已满，这次没有写入任何内容；请腾出空间后再试",
    sqlite3.SQLITE_READONLY: "只读，不能写入；请检查文件和所在文件夹的权限",
    sqlite3.SQLITE_CANTOPEN: "打不开；请检查文件和所在文件夹是否存在、是否有权限",
    sqlite3.SQLITE_PERM: "没有权限",
    sqlite3.SQLITE_BUSY: "正被另一个程序占用，请稍后再试",
    sqlite3.SQLITE_LOCKED: "正被另一个程序占用，请稍后再试",
    sqlite3.SQLITE_IOERR: "读写磁盘出错，请检查磁盘",
    sqlite3.SQLITE_TOOBIG: "有一项内容过大，写不进去",
}
DAMAGED = "已损坏；请用 xianglian restore 恢复最近的备份，或删去它重新载入"


@contextmanager
def faults(name: str) -> Iterator[None]:
    """What SQLite complains about, said in a sentence."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        said = DAMAGED if code is None else _FAULTS.get(code & 0xFF, DAMAGED)
        raise StoreError(f"存储 {name} {said}（{error}）") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise StoreError(f"存储 {name} {DAMAGED}（{error}）") from error


def connect(path: Path | None, mode: str = "rw", *, immutable: bool = False) -> sqlite3.Connection:
    """A connection without implicit transactions; no path means memory."""
    target = "file::memory:"
    if path is not None:
        # An absolute file URI has three slashes before a drive, two before a share's own two.
        posix = path.as_posix()
        target = f"file://{'' if posix.startswith('/') else '/'}{quote(posix)}?mode={mode}"
        target += "&immutable=1" if immutable else ""
    connection = sqlite3.connect(target, uri=True, timeout=5, isolation_level=None,
                                 check_same_thread=False,
                                 factory=sqlite3.Connection if path else _Memory)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


class _Memory(sqlite3.Connection):
    """A database in memory: it goes when nobody reads it any more."""

    def __del__(self) -> None:
        self.close()


def make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty file, unless another program just did.

    Not yet in WAL mode, so that the marks are in the file's own header from the first moment.
    """
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            for statement in (*_TABLES, *INDEXES.values()):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {SCHEMA}")


def migrate(connection: sqlite3.Connection) -> None:
    """1 → 2: hashes were recomputed from all rows each time; now they are kept."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if schema_of(connection) < 2:
            connection.execute(_TALLY)
            connection.execute(INDEXES["record_retracted"])
            for key, (rows, total) in sums.totals(connection).items():
                sums.add(connection, key, rows, total)
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('content', ?)",
                               (content_hash(sums.distinct(connection, sums.LIVE)),))
        connection.execute(f"PRAGMA user_version = {SCHEMA}")


def refuse_newer(path: Path, schema: int) -> None:
    if schema > SCHEMA:
        raise StoreError(f"{path} 由更新版本的湘链写成（它的结构版本是 {schema}，"
                         f"本程序只认识到 {SCHEMA}）；请升级本程序")


def schema_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def copy_to(connection: sqlite3.Connection, target: Path) -> None:
    """A whole copy under a passing name, then the right one."""
    passing = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with faults(str(target)), closing(connect(passing, "rwc")) as copy:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
        os.replace(passing, target)
    except OSError as error:
        raise StoreError(f"写不了 {target}：{error.strerror}") from error
    finally:
        passing.unlink(missing_ok=True)
