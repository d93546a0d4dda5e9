"""Things by any part of any of their names."""

from collections.abc import Collection

from typing_extensions import TypedDict

from graph.analysis.answers import Envelope, Evidence, envelope
from graph.index import Index

__all__ = ["Found", "Search", "search"]


class Found(TypedDict):
    """matched: the name that the query met; score: 100 is the whole name."""

    id: str
    kind: str
    kind_name: str
    name: str
    full_name: str
    matched: str
    score: float


class Search(Envelope):
    query: str
    rows: list[Found]
    evidence: list[Evidence]


def search(index: Index, query: str, at: int, kinds: Collection[str] | None = None,
           limit: int = 20) -> Search:
    """Chinese, English, alias, code, pinyin (changsha) or initials (cs); best first."""
    rows: list[Found] = []
    for id, matched, score in index.names().search(query, kinds, limit):
        thing = index.number(id)
        kind = index.ontology.kinds[index.kind_of(thing)]
        rows.append({"id": id, "kind": kind.name, "kind_name": kind.label.zh,
                     "name": index.label(thing, at),
                     "full_name": index.full_name(thing, at) or index.label(thing, at),
                     "matched": matched, "score": score})
    return {**envelope(index, at), "query": query, "rows": rows, "evidence": []}
