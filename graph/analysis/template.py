"""Which version of a chain's template an answer used."""

import json
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b

from typing_extensions import TypedDict

from graph.index import MEMORY, Index, Member
from graph.structure import ALTERNATIVE, FEEDS, MEMBER, PART, PRODUCT_OF

__all__ = ["ChainTemplate", "Template", "template", "template_rows", "templates",
           "whole_of"]


class Template(TypedDict):
    """version: 12 hex digits of what the template says, whoever says it; sources: the titles of
    those who do, most rows first."""

    version: str
    sources: list[str]


class ChainTemplate(Template):
    chain: str
    chain_id: str


def template(index: Index, chain: int, at: int) -> Template:
    """Of one chain on that day: segments, feeds into them, alternatives, parts and products."""
    key = ("template", chain, at)
    if (known := index.memory.get(key)) is None:
        known = _template(index, chain, at)
        if len(index.memory) < MEMORY:
            index.memory[key] = known
    return Template(version=known["version"], sources=list(known["sources"]))


def _template(index: Index, chain: int, at: int) -> Template:
    members = index.members(chain, at)
    rows = template_rows(index, chain, members, at)
    said: dict[str, list[tuple[object, ...]]] = {
        kind: sorted({(index.id(here), index.id(there)) for here, there, _ in found})
        for kind, found in rows.items() if kind != MEMBER}
    said[MEMBER] = [(index.id(m.segment), m.stage, m.essential, m.weight, m.position)
                    for m in sorted(members, key=lambda m: m.segment)]
    text = json.dumps(said, ensure_ascii=False, sort_keys=True)
    t = index.table
    count = Counter(index.id(int(t.source[row])) for found in rows.values() for *_, row in found)
    order = sorted(count, key=lambda source: (-count[source], source))
    titles = (t.sources[source].title or source.partition(":")[2] for source in order)
    return {"version": blake2b(text.encode(), digest_size=6).hexdigest(),
            "sources": list(dict.fromkeys(titles))}


def templates(index: Index, chains: Sequence[int], at: int) -> list[ChainTemplate]:
    """Of several chains."""
    return [{"chain": index.label(chain), "chain_id": index.id(chain),
             **template(index, chain, at)} for chain in chains]


def template_rows(index: Index, chain: int, members: Sequence[Member],
                  at: int) -> dict[str, list[tuple[int, int, int]]]:
    """By kind of link the (first end, second end, row) that make up the template of a chain.

    A feed belongs to the chain that it feeds into.
    """
    rows = {MEMBER: [(segment, chain, row) for segment, row in
                     index.joined(MEMBER, chain, at, forward=False)]}
    for kind, arrives in ((FEEDS, True), (PRODUCT_OF, True), (ALTERNATIVE, False), (PART, False)):
        found = [(other, m.segment, row) if arrives else (m.segment, other, row)
                 for m in members
                 for other, row in index.joined(kind, m.segment, at, forward=not arrives)]
        rows[kind] = sorted(found)
    return rows


def whole_of(index: Index, segment: int, at: int) -> str | None:
    """The wider segment of the same chain that it is a part of."""
    chains = set(index.chains_of(segment, at))
    wholes = sorted(other for other, _ in index.joined(PART, segment, at, forward=True)
                    if chains & set(index.chains_of(other, at)))
    return index.label(wholes[0]) if wholes else None
