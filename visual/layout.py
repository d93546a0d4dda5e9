"""Where the cards of a chain stand: columns by stage and feed, few crossings, straight curves.

After Sugiyama, Tagawa and Toda (1981): columns, stand-ins for feeds that pass a column, order by
barycentre sweeps; then heights by least squares that keep the order.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx

__all__ = ["Layout", "Route", "Spot", "columns", "crossings", "lay_out"]

Feeds = Sequence[tuple[str, str]]
TALL = 10  # cards; a stage with more of them is split where there is room
SWEEPS = 12


@dataclass(frozen=True, slots=True)
class Spot:
    """A card's column and the middle of its height."""

    column: int
    y: float


@dataclass(frozen=True, slots=True)
class Route:
    """A feed between two cards; `through` are the heights at which it passes the columns between
    them; `beside` if both stand in one column."""

    upstream: str
    downstream: str
    through: tuple[tuple[int, float], ...] = ()
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """stages: of every column its stage; height: of the tallest column."""

    stages: tuple[str, ...]
    spots: Mapping[str, Spot]
    routes: tuple[Route, ...]
    height: float
    crossings: int


def columns(stages: Mapping[str, Sequence[str]], feeds: Feeds, most: int) -> list[tuple[
        str, list[str]]]:
    """(stage, cards) of at most `most` columns, or one a stage where there are more stages."""
    found = [(stage, layer) for stage, cards in stages.items()
             for layer in _layers(cards, feeds)]
    while len(found) > most:
        pairs = [(_joined(found[i][1], found[i + 1][1], feeds)
                  + len(found[i][1]) + len(found[i + 1][1]), i)
                 for i in range(len(found) - 1) if found[i][0] == found[i + 1][0]]
        if not pairs:
            break
        _, i = min(pairs)
        found[i:i + 2] = [(found[i][0], found[i][1] + found[i + 1][1])]
    return found


def _joined(one: Sequence[str], other: Sequence[str], feeds: Feeds) -> int:
    return 3 * sum((a in one and b in other) or (a in other and b in one) for a, b in feeds)


def _layers(cards: Sequence[str], feeds: Feeds) -> list[list[str]]:
    """The cards of a stage so that feeds among them go on from layer to layer."""
    net: nx.DiGraph[str] = nx.DiGraph()
    net.add_nodes_from(cards)
    net.add_edges_from((a, b) for a, b in feeds if a in net and b in net and a != b)
    whole = nx.condensation(net)  # a ring of feeds stands in one layer
    first: dict[int, int] = {}
    for node in nx.topological_sort(whole):
        first[node] = max((first[up] + 1 for up in whole.predecessors(node)), default=0)
    left: dict[int, int] = {}
    for node in reversed(list(nx.topological_sort(whole))):
        left[node] = max((left[down] + 1 for down in whole.successors(node)), default=0)
    count = max(max(first.values(), default=0) + 1, -(-len(cards) // TALL))
    home = whole.graph["mapping"]
    fed = {b for _, b in feeds}
    room: list[list[str]] = [[] for _ in range(count)]
    for card in sorted(cards, key=lambda c: count - left[home[c]] - first[home[c]]):
        low, high = first[home[card]], count - 1 - left[home[card]]
        # Raw inputs begin at the left; what is fed from the stage before may stand anywhere.
        best = min(range(low, high + 1),
                   key=lambda at: (len(room[at]), -at if card in fed else at))
        room[best].append(card)
    order = {card: i for i, card in enumerate(cards)}
    return [sorted(layer, key=order.__getitem__) for layer in room if layer]


def lay_out(stages: Mapping[str, Sequence[str]], feeds: Feeds, most: int,
            high: Callable[[str], float], gap: float) -> Layout:
    """Place the cards; `high` tells a card's height, `gap` the least space between two."""
    grid = columns(stages, feeds, most)
    column = {card: i for i, (_, cards) in enumerate(grid) for card in cards}
    order: list[list[str]] = [list(cards) for _, cards in grid]
    chains: dict[tuple[str, str], list[str]] = {}
    for a, b in feeds:
        low, top = sorted((column[a], column[b]))
        if low == top:
            continue
        # What one card feeds goes together past a column, and parts behind it.
        between = [f"\0{a}/{i}" for i in range(low + 1, top)]
        for name, i in zip(between, range(low + 1, top), strict=True):
            if name not in order[i]:
                order[i].append(name)
        chains[a, b] = [a, *between, b] if column[a] < column[b] else [b, *between, a]
    steps = list(dict.fromkeys(step for path in chains.values()
                               for step in pairwise(path)))
    order, count = _ordered(order, steps)
    middle = _heights(order, steps, lambda name: 6.0 if name[0] == "\0" else high(name), gap)
    extent = max((middle[c] + high(c) / 2 for c in column), default=0.0)
    routes = tuple(Route(a, b, tuple(
        (min(column[a], column[b]) + 1 + i, middle[name])
        for i, name in enumerate(chains.get((a, b), [])[1:-1])), column[a] == column[b])
        for a, b in feeds if a != b)
    return Layout(tuple(stage for stage, _ in grid),
                  {card: Spot(i, middle[card]) for card, i in column.items()},
                  routes, extent, count)


# --- order ---------------------------------------------------------------------------------------


def _ordered(order: list[list[str]], steps: Feeds) -> tuple[list[list[str]], int]:
    """Sweep to and fro; the best order met, and its crossings."""
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for a, b in steps:
        before.setdefault(b, []).append(a)
        after.setdefault(a, []).append(b)
    best, fewest = [list(layer) for layer in order], crossings(order, steps)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        near = before if forward else after
        for i in range(1, len(order)) if forward else range(len(order) - 2, -1, -1):
            beside = {name: at for at, name in enumerate(order[i - 1 if forward else i + 1])}
            order[i] = _by_barycentre(order[i], near, beside)
        if (count := crossings(order, steps)) < fewest:
            best, fewest = [list(layer) for layer in order], count
    return best, fewest


def _by_barycentre(layer: Sequence[str], near: Mapping[str, Sequence[str]],
                   beside: Mapping[str, int]) -> list[str]:
    """Cards without a neighbour keep their share of the height."""
    scale = max(len(beside) - 1, 1) / max(len(layer) - 1, 1)

    def middle(at: int) -> float:
        places = [beside[name] for name in near.get(layer[at], ()) if name in beside]
        return sum(places) / len(places) if places else at * scale

    return [layer[at] for at in sorted(range(len(layer)), key=lambda at: (middle(at), at))]


def crossings(order: Sequence[Sequence[str]], steps: Feeds) -> int:
    """How many pairs of feeds between neighbouring columns cross."""
    place = {name: (i, at) for i, layer in enumerate(order) for at, name in enumerate(layer)}
    lines: dict[int, list[tuple[int, int]]] = {}
    for a, b in steps:
        lines.setdefault(place[a][0], []).append((place[a][1], place[b][1]))
    total = 0
    for pairs in lines.values():
        seen: list[int] = []
        waiting: list[int] = []
        last = -1
        for left, right in sorted(pairs):
            if left != last:  # feeds of one card do not cross each other
                for value in waiting:
                    insort(seen, value)
                waiting, last = [], left
            total += len(seen) - bisect_left(seen, right + 1)
            waiting.append(right)
    return total


# --- heights -------------------------------------------------------------------------------------


def _heights(order: Sequence[Sequence[str]], steps: Feeds, high: Callable[[str], float],
             gap: float) -> dict[str, float]:
    """The middle of each card: near its neighbours', in order, never overlapping."""
    near: dict[str, list[str]] = {}
    for a, b in steps:
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    below = {name: _space(name, gap) for layer in order for name in layer}
    lengths = [sum(high(name) + below[name] for name in layer) - (
        below[layer[-1]] if layer else 0) for layer in order]
    tall = max(lengths, default=0.0)
    middle: dict[str, float] = {}
    for layer, length in zip(order, lengths, strict=True):
        y = (tall - length) / 2
        for name in layer:
            middle[name] = y + high(name) / 2
            y += high(name) + below[name]
    for sweep in range(8):
        layers = list(zip(order, lengths, strict=True))
        for layer, length in layers if sweep % 2 == 0 else layers[::-1]:
            wanted = [sum(middle[n] for n in near[name]) / len(near[name]) if near.get(name)
                      else middle[name] for name in layer]
            middle |= _spread(layer, wanted, high, below, tall - length)
    return middle


def _space(name: str, gap: float) -> float:
    return gap * 0.6 if name[0] == "\0" else gap


def _spread(layer: Sequence[str], wanted: Sequence[float], high: Callable[[str], float],
            below: Mapping[str, float], slack: float) -> dict[str, float]:
    """Least squares under order and space (pool adjacent violators), kept inside the picture."""
    offsets, y = list[float](), 0.0
    for name in layer:
        offsets.append(y + high(name) / 2)
        y += high(name) + below[name]
    pools: list[tuple[float, int]] = []  # sum, size
    for wish, offset in zip(wanted, offsets, strict=True):
        total, size = wish - offset, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / size:
            total, size = total + pools[-1][0], size + pools[-1][1]
            pools.pop()
        pools.append((total, size))
    shifts = [total / size for total, size in pools for _ in range(size)]
    return {name: min(max(shift, 0.0), slack) + offset
            for name, shift, offset in zip(layer, shifts, offsets, strict=True)}
