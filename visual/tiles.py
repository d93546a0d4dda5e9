"""The prefectures as a grid of tiles: where they lie to one another, without borders or geodata."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from visual.legend import BAND, INK, LINE, MUTED, PAPER, Legend
from visual.lettering import clean, cut, stack, tag, width

__all__ = ["SPOTS", "Tile", "tiles"]

WIDE, HIGH, GAP, MARGIN = 104.0, 74.0, 6.0, 1.0
# Column and row by code; places without a spot follow below.
SPOTS: Mapping[str, tuple[int, int]] = {
    "430800": (1, 0), "430700": (2, 0), "430600": (3, 0),
    "433100": (0, 1), "430900": (2, 1), "430100": (3, 1),
    "431200": (0, 2), "431300": (1, 2), "430300": (2, 2), "430200": (3, 2),
    "430500": (1, 3), "430400": (2, 3),
    "431100": (1, 4), "431000": (2, 4)}
ACROSS = 4


@dataclass(frozen=True, slots=True)
class Tile:
    """One place.  verdict: of a segment there, blank for a chain; low and high: of a chain's
    completeness; said: one line; link: where it leads."""

    id: str
    name: str
    said: str
    link: str
    verdict: str = ""
    low: float = 0.0
    high: float = 1.0
    chosen: bool = False


def tiles(legend: Legend, title: str, places: Sequence[Tile]) -> str:
    """SVG of the places, each a link; real text, no style sheet."""
    spots = _spots([place.id.partition(":")[2] for place in places])
    rows = max((row for _, row in spots), default=0) + 1
    wide = ACROSS * (WIDE + GAP) - GAP + 2 * MARGIN
    high = rows * (HIGH + GAP) - GAP + 2 * MARGIN
    drawn = "".join(
        _tile(legend, place, MARGIN + column * (WIDE + GAP), MARGIN + row * (HIGH + GAP))
        for place, (column, row) in zip(places, spots, strict=True))
    return tag("svg", {
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {wide:g} {high:g}",
        "width": wide, "height": high, "role": "group", "class_": "tiles", "aria_label": title,
        "font_family": stack(), "fill": INK}, tag("title", {}, clean(title)), drawn)


def _spots(codes: Sequence[str]) -> list[tuple[int, int]]:
    below = 1 + max((SPOTS[code][1] for code in codes if code in SPOTS), default=-1)
    found, more = [], 0
    for code in codes:
        if code in SPOTS:
            found.append(SPOTS[code])
        else:
            found.append((more % ACROSS, below + more // ACROSS))
            more += 1
    return found


def _tile(legend: Legend, place: Tile, x: float, y: float) -> str:
    solid = place.verdict == "absent"
    colour = legend.verdict(place.verdict).colour if place.verdict else INK
    silent = place.verdict == "unknown" or (not place.verdict and (place.low, place.high) == (0, 1))
    ink, soft = (PAPER, PAPER) if solid else (INK, MUTED if silent else colour)
    size = 15.0 if width(place.name, 15) <= WIDE - 18 else 12.5
    parts = [
        tag("rect", {"x": x, "y": y, "width": WIDE, "height": HIGH, "rx": 3,
                     "fill": colour if solid else BAND if silent else PAPER,
                     "stroke": LINE if silent else colour if place.verdict else MUTED}),
        tag("text", {"x": x + 9, "y": y + 22, "font_size": size, "font_weight": 700, "fill": ink},
            clean(cut(place.name, size, WIDE - 18))),
        tag("text", {"x": x + 9, "y": y + 43, "font_size": 12.5, "fill": soft,
                     "font_weight": None if silent or not place.verdict else 700},
            clean(cut(place.said, 12.5, WIDE - 14)))]
    parts.append(_bar(legend, place, x + 9, y + 54) if not place.verdict else "")
    label = f"{place.name}{legend.say('colon')}{place.said}"
    return tag("a", {"class_": "tile", "href": place.link, "data_region": place.id,
                     "data_verdict": place.verdict or None},
               tag("title", {}, clean(label)), *parts)


def _bar(legend: Legend, place: Tile, x: float, y: float) -> str:
    across = WIDE - 18
    parts = [tag("rect", {"x": x, "y": y, "width": across, "height": 9, "fill": PAPER,
                          "stroke": LINE})]
    for name, start, end in (("present", 0.0, place.low), ("absent", place.high, 1.0)):
        if end > start:
            parts.append(tag("rect", {
                "x": x + start * across, "y": y, "width": (end - start) * across, "height": 9,
                "fill": legend.verdict(name).colour}))
    return "".join(parts)
