"""What every back end must do alike, so that equal content gives equal bytes: hashes, checks."""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from graph.dates import pack, unpack
from graph.store import Put

__all__ = ["EMPTY", "MODULUS", "SEPARATOR", "Tally", "became", "check_texts", "content_hash",
           "digest_sum", "history_hash", "no_kind", "packed"]

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
