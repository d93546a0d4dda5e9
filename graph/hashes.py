"""What every back end must do alike, so that equal content gives equal bytes: hashes, checks."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from graph.dates import pack, unpack
from graph.store import Put

__all__ = ["EMPTY", "MODULUS", "SEPARATOR", "Tally", "as_of", "became", "check_texts",
           "content_hash", "digest_sum", "history_hash", "history_mark", "moment_of", "no_kind",
           "packed", "touched_rows"]

MODULUS = 1 << 128
SEPARATOR = "\x1f"  # between texts that are joined; no id holds it

Tally = tuple[str, int, int, int, int]
"""Origin, learned, retracted (0 while live), rows, and the sum of their digests."""


def digest_sum(digests: bytes) -> int:
    """The sum of 16-byte digests modulo 2**128."""
    words = np.frombuffer(digests, "<u4").reshape(-1, 4)
    lanes = words.sum(axis=0, dtype=np.uint64)
    return sum(int(lane) << 32 * i for i, lane in enumerate(lanes)) % MODULUS


def content_hash(total: int) -> str:
    """The version of a store whose distinct live digests have that sum."""
    return f"{total % MODULUS:032x}"


EMPTY = content_hash(0)


def history_hash(tallies: Iterable[Tally]) -> str:
    """32 hex digits over the rows of every origin and pair of record times."""
    rows = (SEPARATOR.join((origin, str(learned), str(retracted), str(n),
                            total.to_bytes(16, "little").hex().upper()))
            for origin, learned, retracted, n, total in sorted(tallies) if n)
    return blake2b("\n".join(rows).encode(), digest_size=16).hexdigest()


def as_of(tallies: Iterable[Tally], moment: int) -> Iterator[Tally]:
    """What the tallies were at a record time: rows that went later were live then."""
    found: defaultdict[tuple[str, int, int], list[int]] = defaultdict(lambda: [0, 0])
    for origin, learned, retracted, n, total in tallies:
        if learned <= moment:
            kept = found[origin, learned, retracted if retracted <= moment else 0]
            kept[0] += n
            kept[1] = (kept[1] + total) % MODULUS
    return ((*key, n, total) for key, (n, total) in found.items())


def history_mark(tallies: Collection[Tally], moment: int | None = None) -> str:
    """Names a point of a store's history, by default its latest: record time and history hash."""
    if moment is None:
        moment = max((time for row in tallies for time in row[1:3]), default=0)
    return f"{moment}-{history_hash(as_of(tallies, moment))}"


def moment_of(mark: str) -> int:
    """The record time of a mark."""
    return int(mark.partition("-")[0])


def touched_rows(tallies: Iterable[Tally], moment: int) -> int:
    """How many rows were learned or retracted after a record time."""
    return sum(n for _, learned, retracted, n, _ in tallies if max(learned, retracted) > moment)


@lru_cache(maxsize=1 << 16)
def packed(text: str | None) -> int:
    """`dates.pack`, but a ValueError for what is no partial ISO date."""
    if unpack(number := pack(text)) != (text or None):
        raise ValueError(f"「{text}」不是 2014、2014-06 或 2014-06-30 这样的日期")
    return number


def check_texts(texts: Iterable[str]) -> None:
    """Refuse what cannot name anything: ValueError."""
    if any(not text or SEPARATOR in text for text in texts):
        raise ValueError("名称是空的，或含有控制字符")


def no_kind(name: str) -> ValueError:
    return ValueError(f"本体里没有种类「{name}」")


def became(before: bytes | None, said: bytes) -> Put:
    """What becomes of a record, by the digest that was live before the load and the new one."""
    if before is None:
        return Put.NEW
    return Put.UNCHANGED if before == said else Put.CHANGED
