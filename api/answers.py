"""One method a question: the command line and HTTP only show what these return."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from api.reading import Graph, State
from api.settings import Settings
from graph import dates, structure
from graph.analysis import above as aboves
from graph.analysis import (
    candidates,
    coverage,
    neighbourhood,
    partners,
    paths,
    search,
    supplies,
    support,
    things,
)
from graph.analysis import compare as compares
from graph.analysis import firms as firm_lists
from graph.analysis import gaps as gap_lists
from graph.analysis import matrix as matrices
from graph.analysis import profile as profiles
from graph.analysis.chain import chain_template
from graph.analysis.filters import Filter
from graph.index import Index
from graph.store import Store
from ontology import Ontology, XianglianError, explain

__all__ = ["Answer", "Answers"]

Answer = dict[str, Any]


class Answers:
    """Answers from one state of a graph: taken at the first question, kept for the others."""

    def __init__(self, settings: Settings, *, at: str | None = None, known_at: str | None = None,
                 min_grade: str | None = None, graph: Graph | None = None) -> None:
        """Bind the circumstances that every question has: blank means today, now, any grade."""
        self.graph, self._own = graph or Graph(settings), graph is None
        self.at = day(at)
        self.known_at = dates.known_at(known_at) if known_at else None
        self.min_grade = min_grade

    @property
    def ontology(self) -> Ontology:
        return self.graph.ontology

    @property
    def store(self) -> Store:
        return self.graph.store

    @cached_property
    def _state(self) -> State:
        return self.graph.state()

    def close(self) -> None:
        """Release the store, if it is not shared with others."""
        if self._own:
            self.graph.close()

    @cached_property
    def index(self) -> Index:
        """The current state, or that of `known_at`; refused while the store holds nothing."""
        index = (self._state.index if self.known_at is None
                 else self.graph.known(self.known_at))
        return index.narrowed(self.min_grade)

    # --- questions about chains -------------------------------------------------------------

    def gaps(self, chain: str, region: str, only: str = "") -> Answer:
        """Completeness of a chain in a region, with verdicts, lists, evidence and flips; of all
        segments, or in full only of the one of that id."""
        return _whole(gap_lists.gaps(self.index, chain, region, self.at, only))

    def chain(self, chain: str) -> Answer:
        """The template of a chain: segments by stage, feeds, products, faults."""
        return _whole(chain_template(self.index, chain, self.at))

    def matrix(self, chains: Sequence[str] = (), regions: Sequence[str] = ()) -> Answer:
        """Completeness intervals, chains × regions; default all chains, the prefectures."""
        return _whole(matrices.matrix(self.index, self.at, chains, regions))

    def above(self, chain: str, region: str) -> list[Answer]:
        """What is known of a chain in the places that hold a region, the smallest first."""
        return [dict(one) for one in aboves.above(self.index, chain, region, self.at)]

    def segments(self, chain: str, regions: Sequence[str] = ()) -> Answer:
        """The verdict on every segment of a chain in each region; default the prefectures."""
        return _whole(matrices.segment_matrix(self.index, chain, self.at, regions))

    def compare(self, chain: str, region: str, first: str, last: str | None,
                known_first: str | None = None) -> Answer:
        """What changed between two dates, split into the world moved and we learned."""
        if day(first) > day(last):
            raise XianglianError(f"前一日期 {first} 晚于后一日期 {last or '今天'}，请对调")
        before = (self.graph.known(dates.known_at(known_first)).narrowed(self.min_grade)
                  if known_first else None)
        return _whole(compares.compare(self.index, chain, region, day(first), day(last), before))

    # --- questions about firms and things ---------------------------------------------------

    def suppliers(self, firm: str, limit: int | None = None, cursor: str | None = None) -> Answer:
        """Who supplies the firm."""
        return _whole(supplies.suppliers(self.index, firm, self.at, limit, cursor))

    def customers(self, firm: str, limit: int | None = None, cursor: str | None = None) -> Answer:
        """Whom the firm supplies."""
        return _whole(supplies.customers(self.index, firm, self.at, limit, cursor))

    def path(self, first: str, last: str, max_steps: int = 4) -> Answer:
        """The shortest sourced ways from one party to another over business ties."""
        answer = paths.paths(self.index, first, last, self.at, max_steps)
        if answer["one"] == answer["other"] and not answer["rows"]:
            raise XianglianError(f"「{first}」和「{last}」是同一家：{answer['one']}")
        return _whole(answer)

    def partners(self, firm: str, order: Sequence[str] = (), limit: int | None = 50,
                 cursor: str | None = None) -> Answer:
        """Whom the firm could deal with, ranked by declared reasons."""
        return _whole(partners.partners(self.index, firm, self.at, order, limit, cursor))

    def candidates(self, segment: str, region: str, order: Sequence[str] = (),
                   limit: int | None = 50, cursor: str | None = None) -> Answer:
        """Who could fill a gap: reasons, and counter-reasons."""
        return _whole(candidates.candidates(self.index, segment, region, self.at, order, limit,
                                            cursor))

    def neighbourhood(self, name: str, depth: int = 1, limit: int = 100,
                      opened: Sequence[str] = (), without: Sequence[str] = ()) -> Answer:
        """What lies around a thing and those opened, and how much of it was left out."""
        return _whole(neighbourhood.neighbourhood(self.index, name, self.at, depth, limit, opened,
                                                  without))

    def between(self, first: str, last: str, limit: int = 100, opened: Sequence[str] = (),
                without: Sequence[str] = ()) -> Answer:
        """The shortest ways between two parties, as a neighbourhood."""
        return _whole(neighbourhood.between(self.index, first, last, self.at, limit, opened,
                                            without))

    def firms(self, wanted: Filter, narrow: firm_lists.Narrow, order: str = "told",
              first: int = 0, limit: int = 50) -> Answer:
        """One page of the firms, narrowed and in an order."""
        return _whole(firm_lists.firms(self.index, self.at, wanted, narrow, order, first, limit))

    def profile(self, name: str) -> Answer:
        """One thing from all sides, each value with the records that tell it."""
        return _whole(profiles.profile(self.index, name, self.at))

    def coverage(self, region: str | None = None, chains: Sequence[str] = ()) -> Answer:
        """How much is known of each chain in a region, and on what sources it rests."""
        return _whole(coverage.coverage(self.index, self.at, region, chains))

    def support(self, chains: Sequence[str] = (), regions: Sequence[str] = ()) -> Answer:
        """On whom, which sources and how old evidence each chain rests in each region."""
        return dict(support.support(self.index, self.at, chains, regions))

    def search(self, text: str, kinds: Sequence[str] = (), limit: int = 20,
               cursor: str | None = None) -> Answer:
        """Things whose name, alias, code, pinyin or initials match."""
        wanted = ([self.ontology.kind(name).name for name in kinds]
                  or [kind.name for kind in self.ontology.classes if kind.role("name")])
        return _whole(search.search(self.index, text, self.at, wanted, limit, cursor))

    def show(self, kind: str, name: str | None = None, limit: int | None = None) -> Answer:
        """One thing with its links, or one thing's links of a kind."""
        return self.list(kind) if name is None else _whole(
            things.show(self.index, kind, name, self.at, limit))

    def entity(self, name: str, limit: int | None = None) -> Answer:
        """One thing of whatever class, with its links and what is said of it."""
        return _whole(things.entity(self.index, name, self.at, limit))

    def records(self, name: str) -> Answer:
        """Every source's record of one thing, and where they disagree."""
        return _whole(things.told(self.index, name, self.at))

    def links(self, name: str, kind: str | None = None, limit: int | None = None,
              cursor: str | None = None) -> Answer:
        """The links of one thing."""
        return _whole(things.linked(self.index, name, self.at, kind, limit, cursor))

    def list(self, kind: str, limit: int | None = None, cursor: str | None = None,
             wanted: Filter | None = None, about: bool = False, held: bool = False) -> Answer:
        """Every thing or link of a kind, merged over its sources; narrowed to what is wanted."""
        return _whole(things.listing(self.index, kind, self.at, limit=limit, cursor=cursor,
                                     wanted=wanted, about=about, held=held))

    def observations(self, wanted: Filter | None = None, limit: int | None = None,
                     cursor: str | None = None) -> Answer:
        """Figures: of whom, which metric, of what time, actual or aimed at."""
        return self.list(structure.OBSERVATION, limit, cursor, wanted)

    def projects(self, wanted: Filter | None = None, limit: int | None = None,
                 cursor: str | None = None) -> Answer:
        """Projects with their dated steps."""
        return self.list(structure.PROJECT, limit, cursor, wanted, about=True)

    def policies(self, wanted: Filter | None = None, limit: int | None = None,
                 cursor: str | None = None) -> Answer:
        """Policies with their clauses."""
        return self.list(structure.POLICY, limit, cursor, wanted, about=True)

    def demands(self, wanted: Filter | None = None, limit: int | None = None,
                cursor: str | None = None) -> Answer:
        """What somebody asks for in public."""
        return self.list(structure.DEMAND, limit, cursor, wanted)

    def sources(self, text: str = "", limit: int | None = None,
                cursor: str | None = None) -> Answer:
        """The cited sources, and what was loaded with how many live records."""
        return _whole(things.sources(self.index, self.at, text, limit, cursor)) | {
            "origins": self.origins}

    @property
    def origins(self) -> dict[str, int]:
        """What was loaded, with its number of live records; nothing is known of the past."""
        return dict(self._state.origins) if self.known_at is None else {}

    def explain(self, term: str | None) -> Answer:
        """The model itself: all kinds, or one kind, field or vocabulary."""
        return explain(self.ontology, term)


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
