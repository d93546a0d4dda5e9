"""What hashes and counts of a SQLite store follow from: the table `tally` and the rows."""

import sqlite3
from typing import Any

from graph.hashes import MODULUS, Tally, digest_sum

__all__ = ["LIVE", "LIVE_AT", "Key", "add", "content", "distinct", "kept", "state", "tallies",
           "totals"]

LIVE = "r.retracted IS NULL"
LIVE_AT = "r.learned <= ? AND (r.retracted IS NULL OR r.retracted > ?)"
_BATCH = 10_000

Key = tuple[int, int, int]  # origin, learned, retracted (0 while live)


def totals(connection: sqlite3.Connection, where: str = "1", after: int = 0,
           upto: int | None = None) -> dict[Key, tuple[int, int]]:
    """How many rows there are of each key, and the sum of their digests; seq in (after, upto]."""
    if upto is None:
        upto = connection.execute("SELECT ifnull(max(seq), 0) FROM record").fetchone()[0]
    found: dict[Key, tuple[int, int]] = {}
    for start in range(after, upto, _BATCH):
        for *key, rows, said in connection.execute(
                "SELECT origin, learned, ifnull(retracted, 0), count(*), "
                f"group_concat(hex(digest), '') FROM record WHERE {where} "
                "AND seq > ? AND seq <= ? GROUP BY 1, 2, 3", (start, min(start + _BATCH, upto))):
            n, total = found.get(tuple(key), (0, 0))
            found[tuple(key)] = n + rows, (total + digest_sum(bytes.fromhex(said))) % MODULUS
    return found


def add(connection: sqlite3.Connection, key: Key, rows: int, total: int) -> None:
    """Add rows to what the table `tally` says of a key."""
    where = "WHERE origin = ? AND learned = ? AND retracted = ?"
    n, said = connection.execute(
        f"SELECT n, total FROM tally {where} UNION ALL SELECT 0, x''", key).fetchone()
    connection.execute(f"DELETE FROM tally {where}", key)
    if n + rows:
        new = ((_number(said) + total) % MODULUS).to_bytes(16, "little")
        connection.execute("INSERT INTO tally VALUES (?, ?, ?, ?, ?)", (*key, n + rows, new))


def distinct(connection: sqlite3.Connection, where: str, parameters: Any = ()) -> int:
    """The sum of the distinct digests of some rows `r`: what they say, however often."""
    total = 0
    rows = connection.execute(f"SELECT DISTINCT digest FROM record r WHERE {where}", parameters)
    while some := rows.fetchmany(_BATCH):
        total += digest_sum(b"".join(said for said, in some))
    return total % MODULUS


def content(connection: sqlite3.Connection, first: int, now: int) -> int:
    """The sum of the distinct live digests after a load whose rows begin at `first`.

    With one origin no digest occurs twice and the tally says it; else what the load brought and
    took away is compared with what else was, and is, live.
    """
    live = connection.execute("SELECT origin, total FROM tally WHERE retracted = 0").fetchall()
    if len({origin for origin, _ in live}) < 2:
        return sum(_number(total) for _, total in live) % MODULUS
    given = {"first": first, "now": now}
    same = "SELECT 1 FROM record o WHERE o.record = r.record AND o.digest = r.digest"
    was = f"{same} AND o.seq < :first AND (o.retracted IS NULL OR o.retracted = :now)"
    came = distinct(connection, "r.seq >= :first AND r.retracted IS NULL"
                    + (f" AND NOT EXISTS ({was})" if first > 1 else ""), given)
    went = distinct(connection, "r.retracted = :now "
                    f"AND NOT EXISTS ({same} AND o.retracted IS NULL)", given)
    return (int(state(connection)[0], 16) + came - went) % MODULUS


def kept(connection: sqlite3.Connection) -> dict[Key, tuple[int, int]]:
    """What the table `tally` says: `totals` of all rows."""
    rows = connection.execute("SELECT origin, learned, retracted, n, total FROM tally")
    return {(origin, learned, retracted): (n, _number(total))
            for origin, learned, retracted, n, total in rows}


def tallies(connection: sqlite3.Connection) -> list[Tally]:
    rows = connection.execute("SELECT o.text, learned, retracted, tally.n, total FROM tally "
                              "JOIN term o ON o.n = origin")
    return [(*row[:4], _number(row[4])) for row in rows]


def state(connection: sqlite3.Connection) -> tuple[str, int]:
    """The content hash and the latest record time: equal ones, equal states."""
    content, learned, retracted = connection.execute(
        "SELECT (SELECT value FROM meta WHERE name = 'content'), ifnull(max(learned), 0), "
        "ifnull(max(retracted), 0) FROM tally").fetchone()
    return content, max(learned, retracted)


def _number(blob: bytes) -> int:
    return int.from_bytes(blob, "little")
