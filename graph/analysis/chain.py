"""The template of a chain: segments by stage, what feeds what, whether it hangs together."""

from collections.abc import Iterable, Sequence

import networkx as nx
from typing_extensions import TypedDict

from graph.analysis.answers import Envelope, Evidence, envelope, evidence
from graph.analysis.template import Template, template, whole_of
from graph.index import Index, Member
from graph.structure import ALTERNATIVE, FEEDS, MEMBER, PART, PRODUCT_OF
from graph.wording import named

__all__ = ["ChainAnswer", "ChainSegment", "Feed", "chain_template"]


class ChainSegment(TypedDict):
    """One segment of the template."""

    id: str
    segment: str
    name_en: str
    stage: str
    essential: bool
    weight: float
    position: int
    products: list[str]
    alternatives: list[str]
    whole: str | None  # the segment that this one is a part of


class Feed(TypedDict):
    """upstream feeds downstream; chains: where an end outside this chain belongs; inferred: no
    source of a grade that counts says so."""

    upstream: str
    upstream_id: str
    downstream: str
    downstream_id: str
    chains: list[str]
    inferred: bool


class ChainAnswer(Envelope):
    """cycles: segments that feed, or are parts of, one another in a ring; apart: segments that
    neither feed, are fed nor are parts, in this chain or across."""

    chain: str
    chain_id: str
    name_en: str
    template: Template
    rows: list[ChainSegment]
    feeds: list[Feed]
    cycles: list[list[str]]
    apart: list[str]
    evidence: list[Evidence]


def chain_template(index: Index, chain: str, at: int) -> ChainAnswer:
    """The chain as its sources describe it on that day."""
    what = index.chain(chain)
    members = index.members(what, at)
    inside = [m.segment for m in members]
    feeds: dict[tuple[int, int], list[int]] = {}
    for segment in inside:
        for other, row in index.joined(FEEDS, segment, at, forward=False):
            feeds.setdefault((other, segment), []).append(row)
        for other, row in index.joined(FEEDS, segment, at, forward=True):
            feeds.setdefault((segment, other), []).append(row)
    parts = [(part, whole) for part in inside
             for whole, _ in index.joined(PART, part, at, forward=True)]
    nets = _net(inside, feeds), _net(inside, parts)
    rings = [sorted(ring) for net in nets for ring in nx.strongly_connected_components(net)
             if len(ring) > 1 or net.has_edge(*(2 * tuple(ring)))]
    joined = {end for pair in (*feeds, *parts) for end in pair}
    rows = [row for _, row in index.joined(MEMBER, what, at, forward=False)]
    rows += [row for some in feeds.values() for row in some]
    return {
        "chain": named(index, what), "chain_id": index.id(what), "name_en": index.english(what),
        **envelope(index, at), "template": template(index, what, at),
        "rows": [_segment(index, m, at) for m in members],
        "feeds": [_feed(index, what, *pair, at, feeds[pair]) for pair in sorted(feeds)],
        "cycles": [[index.label(s) for s in ring] for ring in sorted(rings)],
        "apart": [index.label(s) for s in inside if s not in joined],
        "evidence": evidence(index, rows),
    }


def _net(inside: Iterable[int], pairs: Iterable[tuple[int, int]]) -> "nx.DiGraph[int]":
    """The pairs whose ends are both in the chain."""
    net: nx.DiGraph[int] = nx.DiGraph()
    net.add_nodes_from(inside)
    net.add_edges_from(pair for pair in pairs if pair[0] in net and pair[1] in net)
    return net


def _segment(index: Index, member: Member, at: int) -> ChainSegment:
    segment = member.segment
    products = [other for other, _ in index.joined(PRODUCT_OF, segment, at, forward=False)]
    others = [other for other, _ in index.joined(ALTERNATIVE, segment, at)]
    return {"id": index.id(segment), "segment": named(index, segment),
            "name_en": index.english(segment), "stage": member.stage,
            "essential": member.essential, "weight": member.weight, "position": member.position,
            "products": [named(index, p) for p in sorted(set(products))],
            "alternatives": [index.label(s) for s in sorted(set(others))],
            "whole": whole_of(index, segment, at)}


def _feed(index: Index, chain: int, upstream: int, downstream: int, at: int,
          rows: Sequence[int]) -> Feed:
    chains = {other for end in (upstream, downstream)
              for other, _ in index.joined(MEMBER, end, at, forward=True)}
    return {"upstream": named(index, upstream), "upstream_id": index.id(upstream),
            "downstream": named(index, downstream), "downstream_id": index.id(downstream),
            "chains": [named(index, other) for other in sorted(chains - {chain})],
            "inferred": all(index.table.grade[row] > index.floor for row in rows)}
