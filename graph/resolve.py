"""Which thing a person means by what was typed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from graph import structure
from graph.names import normalise
from ontology.errors import Ambiguous, NotFound

if TYPE_CHECKING:
    from graph.index import Index

__all__ = ["firm", "party", "place", "qualified", "resolve"]

# What people leave off a region's name, or add to it, in the order in which it is tried.
SUFFIXES = ("省", "市", "州", "区", "县", "city", "province", "prefecture", "district", "county")


def resolve(index: Index, text: str, kinds: Sequence[str], what: str) -> str:
    """The canonical id of a name, alias, code, id, 链/环节 or (of a place) short form.

    Raises NotFound with the nearest names, or Ambiguous with the choices.
    """
    typed = text.strip()
    if typed.partition(":")[0] in kinds and index.reference(typed) >= 0:
        return index.id(index.reference(typed))
    found = next((hit for hit in _hits(index, typed, kinds) if hit), [])
    if len(found) == 1:
        return found[0]
    if found:
        raise Ambiguous(what, typed, [qualified(index, index.number(id)) for id in found])
    near = [name for _, name, _ in index.names(kinds).search(typed, kinds, 3)]
    raise NotFound(what, typed, list(dict.fromkeys(near)))


def _hits(index: Index, typed: str, kinds: Sequence[str]) -> Iterator[list[str]]:
    """Ids that each way of reading the text gives, the plainest way first."""
    names, wanted = index.names(kinds), normalise(typed)
    yield names.find(typed)
    yield _in_chain(index, typed, kinds)
    if any(kind.place and kind.name in kinds for kind in index.ontology.classes):
        for suffix in SUFFIXES:
            yield names.find(wanted + suffix)
        for suffix in SUFFIXES:
            if wanted.endswith(suffix) and len(wanted) > len(suffix) + 1:
                yield names.find(wanted.removesuffix(suffix))


def _in_chain(index: Index, typed: str, kinds: Sequence[str]) -> list[str]:
    """隔膜 of 锂电池 typed as 锂电池/隔膜, with any name of either."""
    whole, slash, part = typed.replace("／", "/").rpartition("/")
    if not slash or structure.SEGMENT not in kinds:
        return []
    inside = {index.id(segment) for chain in index.names([structure.CHAIN]).find(whole)
              for segment in index.segments_of(index.number(chain))}
    return [id for id in index.names([structure.SEGMENT]).find(part) if id in inside]


def place(index: Index, text: str) -> int:
    """The place that a person means; a site only if no region or park is called so."""
    kinds = [kind for kind in index.ontology.classes if kind.place]
    return _either(index, text, [kind.name for kind in kinds if not kind.open],
                   [kind.name for kind in kinds if kind.open], "地区")


def _either(index: Index, text: str, kinds: Sequence[str], others: Sequence[str],
            what: str) -> int:
    """A thing of these kinds, else of the others; not found, it is the first that is meant."""
    try:
        return index.number(resolve(index, text, kinds, what))
    except NotFound as error:
        try:
            return index.number(resolve(index, text, others, what))
        except NotFound:
            raise error from None


def firm(index: Index, text: str) -> int:
    """A firm: what the first end of evidence links may be."""
    return index.number(resolve(index, text, sorted(_firms(index)), "企业"))


def _firms(index: Index) -> set[str]:
    return {name for kind in index.ontology.links if kind.evidence == "firm" and kind.ends
            for name in kind.ends[0].refers}


def party(index: Index, text: str) -> int:
    """Whoever may stand at an end of a tie; a firm before anything else of that name."""
    firms = _firms(index)
    ends = [end for kind in index.ontology.links if kind.tie and kind.ends for end in kind.ends]
    others = {name for end in ends for name in end.refers}
    if any(not end.refers for end in ends):
        others = {kind.name for kind in index.ontology.classes}
    return _either(index, text, sorted(firms), sorted(others - firms), "企业")


def qualified(index: Index, thing: int) -> str:
    """A name that means only this thing: 链/环节, or the full name where one is known."""
    chain = next(iter(index.chains_of(thing)), None)
    if chain is not None:
        return f"{index.label(chain)}/{index.label(thing)}"
    return index.full_name(thing) or index.id(thing).partition(":")[2]
