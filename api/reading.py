"""One open store with its present index, shared by all who ask it.

A state is swapped whole: who took one answers from it to the end, whatever is loaded meanwhile.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from api.journal import log
from api.settings import Settings
from graph.cache import Texts, cached_index, mapped_index
from graph.index import Index
from graph.refresh import refreshed
from graph.store import Store, open_store
from ontology import Ontology, StoreError, XianglianError, load_ontology

__all__ = ["Graph", "State"]

POLL = 0.25  # seconds between two looks at the store's version: a load is seen within one second
PAST = 4  # past states of knowledge that are kept
REMEMBERED = 200_000  # what an index may remember before it begins anew
# What of it is dear to make, by what the key begins with: a pass over all records of a kind each.
DEAR = ("names", "refers", "newest", "listed", "first")
EMPTY = ("图谱里还没有数据。先运行 xianglian load（装入随附的湖南数据），"
         "或 xianglian load 你的文件.xlsx")


@dataclass(frozen=True, slots=True)
class State:
    """One version of the content: its index, and how many live rows each origin holds."""

    index: Index
    origins: Mapping[str, int]

    @property
    def version(self) -> str:
        return self.index.version


class Graph:
    """Opens ontology, store and index when first needed; safe for many threads."""

    def __init__(self, settings: Settings, *, served: bool = False) -> None:
        """served: by one of several processes, which then share the index's memory."""
        self.settings, self.served = settings, served
        self._state: State | None = None
        self._store: Store | None = None
        self._past: OrderedDict[tuple[int, str], Index] = OrderedDict()
        self._opening, self._building, self._travel = (threading.Lock() for _ in range(3))
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None

    @cached_property
    def ontology(self) -> Ontology:
        return load_ontology(self.settings.ontology)

    @property
    def store(self) -> Store:
        with self._opening:
            if self._store is None:
                self._store = open_store(self.settings.store, self.ontology, create=False,
                                         read_only=True)
            return self._store

    @property
    def ready(self) -> State | None:
        """The state to answer from without waiting; None before the first is read."""
        return self._state

    def state(self) -> State:
        """The present state, read at the first question; raises StoreError while it is empty."""
        state = self._state or self.refresh()
        if state is None:
            raise StoreError(EMPTY)
        return state

    def refresh(self) -> State | None:
        """Look whether the store has moved on, and if so read it; None while it is empty."""
        with self._building:
            state = self._state
            if state is None or state.version != self.store.version():
                self._state = self._read(state.index if state else None)
            elif self.served and not isinstance(state.index.table.terms, Texts):
                self._state = replace(state, index=mapped_index(
                    state.index, self.store, self.settings.cache))
            elif len(state.index.memory) > REMEMBERED:
                self._state = replace(state, index=_forgetful(state.index))
            return self._state

    def _read(self, before: Index | None) -> State | None:
        """Index and origins of one version, however often somebody loads between the two.

        An index that is at hand is brought up to date; writing it down can wait.
        """
        while True:
            origins = self.store.origins()
            if not origins:
                self._reopen()
                return None
            index = (before and refreshed(before, self.store)) or cached_index(
                self.store, self.ontology, self.settings.cache)
            if index.version == self.store.version() and origins == self.store.origins():
                return State(index, origins)

    def _reopen(self) -> None:
        """A store that did not exist is an empty one for ever: next time look again."""
        with self._opening:
            if self._store is not None:
                self._store.close()
            self._store = None

    def known(self, moment: int) -> Index:
        """The state of knowledge at that moment (microseconds UTC); raises XianglianError."""
        if not self.store.origins() and self._state is None:
            self._reopen()
        with self._travel:  # one at a time: each is a pass over the whole store
            key = (moment, self.store.version())
            if key not in self._past:
                self._past[key] = Index.build(self.store, self.ontology, moment)
                while len(self._past) > PAST:
                    self._past.popitem(last=False)
            self._past.move_to_end(key)
            index = self._past[key]
        if not len(index.table):
            raise XianglianError("那时图谱里还没有任何记录：所问的日期早于第一次装入")
        return index

    # --- for a server ---------------------------------------------------------------------------

    def watch(self, beside: Callable[[], None]) -> None:
        """Follow the store in a thread of its own until `close`; `beside` is done each time."""
        self._watcher = threading.Thread(target=self._follow, args=(beside,), name="watch",
                                         daemon=True)
        self._watcher.start()

    def _follow(self, beside: Callable[[], None]) -> None:
        while not self._stop.is_set():
            try:
                self.refresh()
            except XianglianError:  # who asks is told; the last state goes on answering
                self._stop.wait(POLL)
            except Exception as error:  # a fault of ours must not end the watch
                log.error({"event": "fault", "path": "watch"}, exc_info=error)
                self._stop.wait(4 * POLL)
            beside()
            self._stop.wait(POLL)

    def close(self) -> None:
        """Stop following and release the store."""
        self._stop.set()
        if self._watcher is not None:
            self._watcher.join()
        self._reopen()


def _forgetful(index: Index) -> Index:
    """The same index with nothing remembered but what is dear to make."""
    kept = {key: value for key, value in list(index.memory.items())
            if isinstance(key, tuple) and key[0] in DEAR}
    return replace(index, memory=kept, called={})
