"""One method a question: the command line, and later HTTP, only show what these return."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from api.settings import Settings
from graph import dates
from graph.analysis import compare as compares
from graph.analysis import gaps as gap_lists
from graph.analysis import matrix as matrices
from graph.analysis import paths, search, supplies, things
from graph.analysis.chain import chain_template
from graph.cache import cached_index
from graph.index import Index
from graph.store import Store, open_store
from ontology import Ontology, StoreError, XianglianError, explain, load_ontology

__all__ = ["Answer", "Answers"]

Answer = dict[str, Any]


class Answers:
    """Opens ontology, store and index when first needed, and keeps them for many questions."""

    def __init__(self, settings: Settings, *, at: str | None = None, known_at: str | None = None,
                 min_grade: str | None = None) -> None:
        """Bind the circumstances that every question has: blank means today, now, any grade."""
        self.settings = settings
        self.at = day(at)
        self.known_at = dates.known_at(known_at) if known_at else None
        self.min_grade = min_grade

    @cached_property
    def ontology(self) -> Ontology:
        return load_ontology(self.settings.ontology)

    @cached_property
    def store(self) -> Store:
        return open_store(self.settings.store, self.ontology, create=False, read_only=True)

    def close(self) -> None:
        """Release the store, if it was opened."""
        if "store" in vars(self):
            self.store.close()

    @cached_property
    def index(self) -> Index:
        """The current state, or that of `known_at`; refused while the store holds nothing."""
        if not self.store.origins() and self.known_at is None:
            raise StoreError("图谱里还没有数据。先运行 xianglian load（装入随附的湖南数据），"
                             "或 xianglian load 你的文件.xlsx")
        return self._known(self.known_at).narrowed(self.min_grade)

    # --- questions about chains -------------------------------------------------------------

    def gaps(self, chain: str, region: str) -> Answer:
        """Completeness of a chain in a region, with verdicts, lists, evidence and flips."""
        return _whole(gap_lists.gaps(self.index, chain, region, self.at))

    def chain(self, chain: str) -> Answer:
        """The template of a chain: segments by stage, feeds, products, faults."""
        return _whole(chain_template(self.index, chain, self.at))

    def matrix(self, chains: Sequence[str] = (), regions: Sequence[str] = ()) -> Answer:
        """Completeness intervals, chains × regions; default all chains, the prefectures."""
        return _whole(matrices.matrix(self.index, self.at, chains, regions))

    def compare(self, chain: str, region: str, first: str, last: str | None,
                known_first: str | None = None) -> Answer:
        """What changed between two dates, split into the world moved and we learned."""
        if day(first) > day(last):
            raise XianglianError(f"前一日期 {first} 晚于后一日期 {last or '今天'}，请对调")
        before = self._known(dates.known_at(known_first)) if known_first else None
        return _whole(compares.compare(self.index, chain, region, day(first), day(last), before,
                                       self.min_grade))

    # --- questions about firms and things ---------------------------------------------------

    def suppliers(self, firm: str) -> Answer:
        """Who supplies the firm."""
        return _whole(supplies.suppliers(self.index, firm, self.at))

    def customers(self, firm: str) -> Answer:
        """Whom the firm supplies."""
        return _whole(supplies.customers(self.index, firm, self.at))

    def path(self, first: str, last: str, max_steps: int = 4) -> Answer:
        """The shortest sourced ways from one party to another over business ties."""
        answer = paths.paths(self.index, first, last, self.at, max_steps)
        if answer["one"] == answer["other"] and not answer["rows"]:
            raise XianglianError(f"「{first}」和「{last}」是同一家：{answer['one']}")
        return _whole(answer)

    def search(self, text: str, kinds: Sequence[str] = (), limit: int = 20) -> Answer:
        """Things whose name, alias, code, pinyin or initials match."""
        wanted = ([self.ontology.kind(name).name for name in kinds]
                  or [kind.name for kind in self.ontology.classes if kind.role("name")])
        return _whole(search.search(self.index, text, self.at, wanted, limit))

    def show(self, kind: str, name: str | None = None) -> Answer:
        """One thing with its links, or one thing's links of a kind."""
        return self.list(kind) if name is None else _whole(
            things.show(self.index, kind, name, self.at))

    def list(self, kind: str, limit: int | None = None) -> Answer:
        """Every thing or link of a kind, merged over its sources."""
        return _whole(things.listing(self.index, kind, self.at, limit=limit))

    def sources(self, text: str = "") -> Answer:
        """The cited sources, and what was loaded with how many live records."""
        origins = self.store.origins() if self.known_at is None else {}
        return _whole(things.sources(self.index, self.at, text)) | {"origins": origins}

    def explain(self, term: str | None) -> Answer:
        """The model itself: all kinds, or one kind, field or vocabulary."""
        return explain(self.ontology, term)

    def _known(self, moment: int | None) -> Index:
        if moment is None:
            return cached_index(self.store, self.ontology, self.settings.cache)
        index = Index.build(self.store, self.ontology, moment)
        if not len(index.table):
            raise XianglianError("那时图谱里还没有任何记录：所问的日期早于第一次装入")
        return index


def day(text: str | None) -> int:
    """The last day of what a person typed; blank, today and 今天 mean today."""
    if text is None or text.strip().casefold() in ("", "today", "now", "今天", "今日", "现在"):
        return dates.today()
    return dates.last_day(dates.parse_span(text)[1])


def _whole(answer: Mapping[str, Any]) -> Answer:
    """The answer with the evidence of all its parts gathered under `evidence`, each record once."""
    found = {item["record"]: item for item in _evidence(answer)}
    return {**answer, "evidence": [found[record] for record in sorted(found)]}


def _evidence(part: Any) -> Iterator[Any]:
    if isinstance(part, dict):
        for key, value in part.items():
            yield from value if key == "evidence" else _evidence(value)
    elif isinstance(part, list):
        for value in part:
            yield from _evidence(value)
