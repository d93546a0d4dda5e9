"""After a load the first question in words, and the first page of a firm or a place, should be
as quick as the others."""

import threading
from collections.abc import Callable
from functools import partial

from api.answers import Answers
from api.ask import ask
from api.journal import log
from api.reading import Graph
from api.settings import Settings
from graph.analysis.filters import Filter
from graph.analysis.firms import Narrow
from graph.index import Index
from ontology import XianglianError

__all__ = ["QUESTIONS", "Warmer"]

# One for each part that is made at the first question: names, figures, sayings, meetings.
QUESTIONS = ("2014年长沙锂电产业链缺哪些环节？", "谁给比亚迪供碳陶制动盘",
             "益阳高新区产值目标是多少", "长沙的隔膜什么时候投产的", "去年谁和谁签约了")


class Warmer:
    """Asks a few questions of each new index, beside those who ask already."""

    def __init__(self, settings: Settings, graph: Graph) -> None:
        self.settings, self.graph = settings, graph
        self._seen: Index | None = None
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def look(self) -> None:
        """Begin, if there is an index that was not asked yet; returns at once."""
        state = self.graph.ready
        if state is None or state.index is self._seen or self.busy:
            return
        self._seen = state.index
        self._thread = threading.Thread(target=self._ask, name="warming", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _ask(self) -> None:
        works: list[Callable[[Answers], object]] = [
            *(partial(ask, text=question) for question in QUESTIONS), _firm, _places]
        for work in works:
            if self._stop.is_set():
                return
            try:
                work(Answers(self.settings, graph=self.graph))
            except XianglianError:  # whoever asks in earnest is told
                continue
            except Exception as error:
                log.error({"event": "fault", "path": "warming"}, exc_info=error)
                return


def _firm(answers: Answers) -> None:
    """What refers to firms: for their pages, and for the list of them."""
    for row in answers.firms(Filter(), Narrow(), limit=1)["rows"]:
        answers.profile(row["id"])
        answers.partners(row["id"], limit=1)


def _places(answers: Answers) -> None:
    """What refers to a place of each class."""
    for kind in answers.ontology.classes:
        for row in answers.list(kind.name, 1)["rows"] if kind.place else ():
            answers.profile(row["id"])
