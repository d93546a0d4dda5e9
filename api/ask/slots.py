"""The region, chain and segments that a question names."""

from api.ask.frame import Frame
from graph import structure

__all__ = ["chain_slot", "places_named", "region", "segment_slots"]


def region(frame: Frame) -> int:
    """The region or park that is asked about; by default the province with most places."""
    named = frame.first("Park") if frame.first("Region") is None else None
    found = named if named is not None else _narrowest(frame)
    if found is not None:
        return found
    index = frame.index
    provinces = [p for p, level in index.places.level.items() if level == "province"]
    return max(provinces, key=lambda p: (sum(
        int(index.places.stop[n]) - n for n in index.places.nodes_of(p).tolist()), -p))


def places_named(frame: Frame) -> list[int]:
    """The regions and parks that are named; of those inside one another all if it is asked of
    each, else the innermost."""
    named = frame.things("Region", "Park")
    each = any(t.text in ("都", "各", "各自", "分别", "和", "与", "跟", "、") for t in frame.tokens)
    return named if each and len(named) > 1 else [region(frame)]


def _narrowest(frame: Frame) -> int | None:
    """Of several places that are named the one inside the others (湖南长沙 → 长沙)."""
    named = frame.things("Region", "Park")
    places = frame.index.places
    for one in named:
        mine = places.ranges(one, frame.day)
        if all(any(low <= a and b <= high for low, high in places.ranges(other, frame.day)
                   for a, b in mine) for other in named if other != one):
            return one
    return named[0] if named else None


def chain_slot(frame: Frame) -> int | None:
    return frame.first(structure.CHAIN)


def segment_slots(frame: Frame) -> list[int]:
    """The segments that are named: those of the chain that is named, if any is."""
    index = frame.index
    found: dict[int, None] = {}
    chain = chain_slot(frame)
    for token in frame.names:
        mine = [t for t in token.things if index.kind_of(t) == structure.SEGMENT]
        if not mine and not token.slip:
            products = [t for t in token.things if index.kind_of(t) == "Product"]
            mine = [s for p in products for s, _ in index.joined(
                structure.PRODUCT_OF, p, frame.day, forward=True, undated=True)]
        if chain is not None:
            inside = [s for s in mine if chain in index.chains_of(s)]
            mine = inside or mine
        found |= dict.fromkeys(mine[:3])
    return list(found)
