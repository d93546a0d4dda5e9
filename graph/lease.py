"""Who may write into a Neo4j database: a lock that a killed program loses by itself.

The lock node holds a token and the end of a lease by the server's clock; a thread renews it.  Every
writing transaction claims the lock first: it takes the node's write lock, looks whether the token
still stands, and notes its own number, so that one that took effect without our hearing of it is
not done twice.  Who was slow but was not replaced goes on.
"""

import os
import secrets
import socket
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any

from graph import cypher
from graph.bolt import Server, TimedOut, Transaction
from graph.dates import CHINA
from ontology.errors import Busy, StoreError

__all__ = ["Lease", "Step"]

_LEASE = 25_000  # milliseconds; shorter than the 30 s for which a writer waits
_RENEW = 5.0
_POLL = 0.1
_PATIENCE = 2.0  # for a lock whose holder has vanished and whose transaction has not ended

Step = tuple[str, dict[str, Any]]
"""A query and its parameters."""


class Lease:
    """The right to write, from `take` until `release`."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._token = secrets.token_hex(8)
        self._batch = 0
        self._writing = ThreadPoolExecutor(1, "xianglian-writing")
        self._pending: Future[None] | None = None
        self._stop = threading.Event()
        self._renewing: threading.Thread | None = None

    def take(self, wait: float) -> None:
        """Wait for the lock; StoreError says who holds it.  Polls, so that Ctrl-C works."""
        deadline = time.monotonic() + wait
        while not self._try(max(deadline - time.monotonic(), _PATIENCE)):
            if time.monotonic() >= deadline:
                raise Busy(f"{self._holder()}正在写入 Neo4j（{self._server.address}），"
                           f"等了 {wait:g} 秒；请等它完成后再试")
            time.sleep(_POLL)
        self._renewing = threading.Thread(target=self._renew, daemon=True, name="xianglian-lease")
        self._renewing.start()

    def _try(self, seconds: float) -> bool:
        held = self._server.read(cypher.HOLDER)
        if not held:
            raise StoreError(f"Neo4j（{self._server.address}）里的湘链存储不完整：没有写入锁")
        if held[0][0]:
            return False
        me = f"进程 {os.getpid()}（主机 {socket.gethostname()}"
        since = datetime.now(CHINA).isoformat(" ", "seconds")

        def work(transaction: Transaction) -> bool:
            return transaction.run(cypher.TAKE, token=self._token, holder=me, since=since,
                                   lease=_LEASE).single() is not None

        try:
            return self._server.write(work, seconds=seconds)
        except TimedOut:
            return False

    def _holder(self) -> str:
        _, holder, since = self._server.read(cypher.HOLDER)[0]
        return f"{holder}，自 {since} 起）" if holder else "另一个程序"

    def _renew(self) -> None:
        while not self._stop.wait(_RENEW):
            try:
                self._server.run(cypher.RENEW, token=self._token, lease=_LEASE)
            except StoreError:  # the next batch hears of it
                continue

    def later(self, *steps: Step) -> None:
        """Like `write`, while the caller goes on; one at a time, a fault is raised by the next."""
        self.settle()
        self._pending = self._writing.submit(self._write, steps)

    def settle(self) -> None:
        """Wait for what `later` began; raises what went wrong with it."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def write(self, *steps: Step) -> None:
        """One transaction that takes effect once, and only while the lock is ours."""
        self.settle()
        self._write(steps)

    def _write(self, steps: Sequence[Step]) -> None:
        self._batch += 1
        batch = self._batch

        def work(transaction: Transaction) -> None:
            begun = time.monotonic()
            if self._claimed(transaction, batch) != batch:
                for query, parameters in steps:
                    transaction.run(query, parameters).consume()
            self._extend(transaction, begun)

        self._server.write(work)

    def count(self, query: str, **parameters: object) -> int:
        """One transaction of a query that may take effect twice; what it counts, while it works.

        The answer is at least 1 where a repetition has found nothing left.
        """
        self.settle()
        self._batch += 1
        batch = self._batch

        def work(transaction: Transaction) -> int:
            begun = time.monotonic()
            again = self._claimed(transaction, batch) == batch
            found = transaction.run(query, parameters).single()
            self._extend(transaction, begun)
            return int(again) + (found[0] if found else 0)

        return self._server.write(work)

    def _claimed(self, transaction: Transaction, batch: int) -> int:
        """The number of the last transaction that took effect; StoreError if we were replaced."""
        claimed = transaction.run(cypher.CLAIM, token=self._token, batch=batch,
                                  lease=_LEASE).single()
        if claimed is None:
            raise StoreError("写入被另一个程序接手了：本程序停顿得太久；"
                             "没有提交的内容不会留下，请再试")
        return int(claimed["batch"])

    def _extend(self, transaction: Transaction, begun: float) -> None:
        """After a slow transaction: who waits for its end shall not find that the lease is over."""
        if time.monotonic() - begun > _RENEW:
            transaction.run(cypher.RENEW, token=self._token, lease=_LEASE).consume()

    def release(self) -> None:
        """Let others write; a lock that cannot be given back ends by itself."""
        self._writing.shutdown()
        self._stop.set()
        if self._renewing:
            self._renewing.join(1)
        with suppress(StoreError):
            self._server.run(cypher.RELEASE, token=self._token)
