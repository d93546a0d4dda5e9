"""Things by any part of any of their names."""

from collections.abc import Collection, Sequence

from typing_extensions import TypedDict

from graph.analysis.answers import Envelope, Evidence, envelope
from graph.analysis.pages import parse, token
from graph.index import Index
from ontology.errors import XianglianError

__all__ = ["Found", "Search", "search"]

MOST = 2000  # hits through which pages can be turned
Hit = tuple[str, str, float]  # id, the name that was met, score


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
    """next: the cursor of the next page, None on the last."""

    query: str
    rows: list[Found]
    next: str | None
    evidence: list[Evidence]


def search(index: Index, query: str, at: int, kinds: Collection[str] | None = None,
           limit: int = 20, cursor: str | None = None) -> Search:
    """Chinese, English, alias, code, pinyin (changsha) or initials (cs); best first."""
    some, after = _page(index.names().search(query, kinds, MOST if cursor else limit + 1),
                        limit, cursor)
    rows: list[Found] = []
    for id, matched, score in some:
        thing = index.number(id)
        kind = index.ontology.kinds[index.kind_of(thing)]
        rows.append({"id": id, "kind": kind.name, "kind_name": kind.label.zh,
                     "name": index.label(thing, at),
                     "full_name": index.full_name(thing, at) or index.label(thing, at),
                     "matched": matched, "score": score})
    return {**envelope(index, at), "query": query, "rows": rows, "next": after, "evidence": []}


def _page(hits: Sequence[Hit], limit: int, cursor: str | None) -> tuple[
        Sequence[Hit], str | None]:
    """Hits stand by score, then in an order of their own: a page goes on after the hit that the
    cursor names, or if that is gone after its score."""
    if cursor:
        score, id = (*parse(cursor), None, None)[:2]
        if not isinstance(score, (int, float)) or not isinstance(id, str):
            raise XianglianError("cursor 不是这个列表的：请照抄上一页的 next")
        same = [place for place, hit in enumerate(hits, 1) if hit[0] == id]
        hits = hits[same[0]:] if same else [hit for hit in hits if hit[2] < score]
    some = hits[:limit]
    return some, token((some[-1][2], some[-1][0])) if len(hits) > limit else None
