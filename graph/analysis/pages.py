"""Long lists in pages: a page ends with the key of its last row, and the next begins after it."""

import base64
import binascii
import json
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ontology.errors import XianglianError

__all__ = ["Key", "cut", "parse", "token"]

T = TypeVar("T")
Key = tuple[Any, ...]  # numbers and texts, ascending over the list, different for every row


def token(key: Key) -> str:
    """The key as text that fits into an address."""
    said = json.dumps(key, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(said).decode().rstrip("=")


def parse(cursor: str) -> Key:
    """The key of a `token`; raises XianglianError for anything else."""
    try:
        said = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if said and isinstance(said, list) and all(
                isinstance(part, (str, int, float)) for part in said):
            return tuple(said)
    except (ValueError, binascii.Error, RecursionError):
        pass
    raise XianglianError("cursor 写得不对：请照抄上一页的 next")


def cut(rows: Sequence[T], key: Callable[[T], Key], limit: int | None,
        cursor: str | None) -> tuple[Sequence[T], str | None]:
    """The rows after the cursor, at most `limit`, and the cursor of the next page (None: no more).

    The rows ascend by their keys; a row that came or went meanwhile shifts nothing.
    """
    first = 0
    if cursor:
        try:
            first = bisect_right(rows, parse(cursor), key=key)
        except TypeError:  # the key of another list
            raise XianglianError("cursor 不是这个列表的：请照抄上一页的 next") from None
    some = rows[first:] if limit is None else rows[first:first + limit]
    more = limit is not None and first + limit < len(rows) and len(some) > 0
    return some, token(key(some[-1])) if more else None
