"""What a load would write, noted instead of written: for looking at it first.

Unlike a load that is not committed it needs no lock and no right to write.
"""

from collections.abc import Collection, Sequence

from graph.record import Record
from graph.store import Put, Store

__all__ = ["Pad"]


class Pad:
    """A `graph.store.Writer` beside a store that is only read."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.rows: dict[tuple[str, str, str, str | None], Record] = {}

    @property
    def records(self) -> dict[str, list[Record]]:
        """What was put, by origin."""
        found: dict[str, list[Record]] = {}
        for (origin, *_), record in self.rows.items():
            found.setdefault(origin, []).append(record)
        return found

    def put(self, origin: str, records: Sequence[Record]) -> list[Put]:
        return [self._put(origin, record) for record in records]

    def _put(self, origin: str, record: Record) -> Put:
        self.rows[origin, record.id, record.source, record.valid_from] = record
        old = [there for there in self.store.records(
            ids=[record.id], source=record.source, origin=origin)
            if there.valid_from == record.valid_from]
        return Put.NEW if not old else Put.UNCHANGED if old == [record] else Put.CHANGED

    def staged(self, origin: str, id: str, source: str, valid_from: str | None) -> Record | None:
        return self.rows.get((origin, id, source, valid_from))

    def unseen(self, origin: str, kinds: Collection[str] | None = None) -> tuple[int, int]:
        """Nothing is replaced: a pad is for what only adds."""
        return 0, 0

    def retract_unseen(self, origin: str, kinds: Collection[str] | None = None) -> int:
        return 0

    def retract(self, *, origin: str | None = None, source: str | None = None,
                id: str | None = None) -> int:
        return 0

    def commit(self) -> None:
        """There is nothing to make visible."""
