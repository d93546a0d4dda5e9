"""The picture of a chain in a region: what is there, what is missing and who says so, as SVG.

Real text, no style sheet and no script, so that it may stand in a page under the strictest policy;
a page may style `.card`, `.feed` and `.stage` itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ontology import Ontology
from visual.card import LEFT, NAME, NAME_STEP, NOTE, NOTE_STEP, RIGHT, STATUS, TOP, Card, card
from visual.header import header, key
from visual.layout import Layout, Route, lay_out
from visual.legend import BAND, INK, LINE, MUTED, PAPER, Legend
from visual.lettering import clean, stack, tag
from visual.lettering import width as wide_of

__all__ = ["NARROW", "columns_of", "panorama"]

NARROW = 700  # pixels below which stages stand one below the other
MARGIN, EDGE, GAP = 16.0, 10.0, 9.0  # EDGE: of a stage round its cards
LEAST, MOST, AISLE, WIDE = 158.0, 206.0, 44.0, 120.0  # of cards, and of the space between columns
STAGE = 26.0
FAINT = "#AEB8C3"

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class _Grid:
    """Left edges of the columns, the cards' width and the top of the cards."""

    lefts: tuple[float, ...]
    card: float
    top: float


def panorama(ontology: Ontology, gaps: Answer, template: Answer, *, compared: Answer | None = None,
             width: int = 1366, lang: str = "zh", link: Callable[[str], str] | None = None,
             heading: bool = True) -> str:
    """SVG of the answers of `gaps` and `chain` (and `compare`, for marks of what changed).

    width: of the picture in pixels, from 300; below NARROW stages stand one below the other and
    feeds are told in words.  link: the address that a segment's id leads to; without it a card
    can be focused and leads nowhere.  heading: with title, sentence and interval above.
    Parts of a segment have no card of their own: the verdict of the whole counts them already.
    """
    gaps = _wholes(gaps)
    legend, wide = Legend(ontology, lang), float(max(width, 300))
    stages = _stages(legend, gaps)
    top, head = header(legend, gaps, template, compared, wide, MARGIN) if heading else (MARGIN, "")
    draw = _stacked if wide < NARROW else _columns
    bottom, body = draw(legend, gaps, template, compared, stages, wide, top, link)
    bottom, foot = key(legend, gaps, template, compared, wide, MARGIN, bottom + 14,
                       wide >= NARROW)
    title = " ".join([legend.said(gaps["region"]), legend.said(gaps["chain"]),
                      legend.say("panorama")])
    return tag("svg", {
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {wide:g} {bottom:g}",
        "width": wide, "height": bottom, "role": "group", "lang": _language(lang),
        "aria_label": f"{title}{legend.say('colon')}{legend.missing(gaps)}",
        "class_": "panorama", "font_family": stack(), "fill": INK,
    }, tag("title", {}, clean(title)),
        tag("rect", {"width": wide, "height": bottom, "fill": PAPER}), head, body, foot)


def _wholes(gaps: Answer) -> Answer:
    """The same without the segments that are a part of another one in it."""
    names = {row["segment"] for row in gaps["segments"]}
    return {**gaps, "segments": [row for row in gaps["segments"] if row.get("whole") not in names]}


def _silent(gaps: Answer) -> bool:
    """Nobody has spoken of any segment here: then the cards say where each is nearest."""
    return all(row["verdict"] == "unknown" for row in gaps["segments"])


def _language(lang: str) -> str:
    return "zh-CN" if lang == "zh" else lang


def _stages(legend: Legend, gaps: Answer) -> dict[str, list[Answer]]:
    """The rows of each stage that has any, in the order of the ontology."""
    names = [choice.name for choice in legend.ontology.words.get("SegmentStage", ())]
    found: dict[str, list[Answer]] = {name: [] for name in names}
    for row in gaps["segments"]:
        found.setdefault(row["stage"], []).append(row)
    return {name: rows for name, rows in found.items() if rows}


def columns_of(gaps: Answer, template: Answer, most: int = 6) -> list[list[str]]:
    """Ids of the segments, column by column and from top to bottom."""
    gaps = _wholes(gaps)
    ids = {row["stage"]: list[str]() for row in gaps["segments"]}
    for row in gaps["segments"]:
        ids[row["stage"]].append(row["id"])
    placed = lay_out(ids, list(_inside(gaps, template)), most, lambda _: 50.0, GAP)
    columns: list[list[str]] = [[] for _ in placed.stages]
    for id in sorted(placed.spots, key=lambda id: placed.spots[id].y):
        columns[placed.spots[id].column].append(id)
    return columns


def _inside(gaps: Answer, template: Answer) -> dict[tuple[str, str], bool]:
    """(upstream, downstream) of the feeds within the chain, and whether it is inferred."""
    ids = {row["id"] for row in gaps["segments"]}
    return {(feed["upstream_id"], feed["downstream_id"]): feed["inferred"]
            for feed in template["feeds"]
            if feed["upstream_id"] in ids and feed["downstream_id"] in ids
            and feed["upstream_id"] != feed["downstream_id"]}


def _changes(compared: Answer | None) -> dict[str, Answer]:
    return {row["id"]: row for row in compared["rows"]} if compared else {}


# --- side by side --------------------------------------------------------------------------------


def _columns(legend: Legend, gaps: Answer, template: Answer, compared: Answer | None,
             stages: Mapping[str, Sequence[Answer]], wide: float, top: float,
             link: Callable[[str], str] | None) -> tuple[float, str]:
    feeds, changes = _inside(gaps, template), _changes(compared)
    room = wide - 2 * (MARGIN + EDGE)
    most = int((room + AISLE) // (LEAST + AISLE))
    ids = {stage: [row["id"] for row in rows] for stage, rows in stages.items()}
    count = len(lay_out(ids, list(feeds), most, lambda _: 50.0, GAP).stages) or 1
    across = min(MOST, (room - (count - 1) * AISLE) / count)
    aisle = min(WIDE, (room - count * across) / max(count - 1, 1))
    silent = _silent(gaps)
    cards = {row["id"]: card(legend, row, across, compared=changes.get(row["id"]), near=silent)
             for row in gaps["segments"]}
    placed = lay_out(ids, list(feeds), most, lambda id: cards[id].height, GAP)
    left = (wide - count * across - (count - 1) * aisle) / 2
    grid = _Grid(tuple(left + i * (across + aisle) for i in range(count)), across, top + STAGE + 12)
    bottom = grid.top + placed.height + 12
    parts = [_bands(legend, placed, grid, stages, top, bottom),
             _curves(legend, placed, grid, cards, feeds)]
    for id in sorted(cards, key=lambda id: (placed.spots[id].column, placed.spots[id].y)):
        spot, what = placed.spots[id], cards[id]
        y = grid.top + spot.y - what.height / 2
        parts.append(_draw(legend, what, grid.lefts[spot.column], y, grid.card, link))
    return bottom, "".join(parts)


def _bands(legend: Legend, placed: Layout, grid: _Grid, stages: Mapping[str, Sequence[Answer]],
           top: float, bottom: float) -> str:
    parts = []
    for stage in dict.fromkeys(placed.stages):
        mine = [i for i, name in enumerate(placed.stages) if name == stage]
        x, end = grid.lefts[mine[0]] - EDGE, grid.lefts[mine[-1]] + grid.card + EDGE
        parts.append(tag("rect", {"x": x, "y": top, "width": end - x, "height": bottom - top,
                                  "rx": 4, "fill": BAND}))
        parts.append(_stage(legend, stage, len(stages[stage]), x + EDGE, top + 20))
    return "".join(parts)


def _stage(legend: Legend, stage: str, count: int, x: float, y: float) -> str:
    name = legend.word("SegmentStage", stage)
    return tag("text", {"class_": "stage", "x": x, "y": y, "font_size": 13, "font_weight": 700},
               clean(name), tag("tspan", {"dx": 8, "font_weight": 400, "fill": MUTED,
                                          "font_size": NOTE}, clean(legend.say("segments", count))))


# --- feeds ---------------------------------------------------------------------------------------


def _curves(legend: Legend, placed: Layout, grid: _Grid, cards: Mapping[str, Card],
            feeds: Mapping[tuple[str, str], bool]) -> str:
    """Feeds that touch an absent segment last, so that nothing covers them."""
    ports = _ports(placed, grid, cards)
    found = []
    for route in placed.routes:
        verdicts = {cards[route.upstream].verdict, cards[route.downstream].verdict}
        rank = 2 if "absent" in verdicts else int(verdicts == {"present"})
        colour = (FAINT, MUTED, legend.verdict("absent").colour)[rank]
        line, arrow = _path(route, placed, grid, ports)
        dashed = "5 4" if feeds[route.upstream, route.downstream] else None
        found.append((rank, tag(
            "g", {"class_": "feed", "data_from": route.upstream, "data_to": route.downstream,
                  "fill": "none", "stroke": colour, "stroke_width": (1.1, 1.4, 1.8)[rank]},
            tag("path", {"d": line, "stroke_dasharray": dashed}),
            tag("path", {"d": arrow, "fill": colour, "stroke": "none"}))))
    drawn = "".join(mark for _, mark in sorted(found, key=lambda item: item[0]))
    return tag("g", {"aria_hidden": "true"}, drawn)


def _ports(placed: Layout, grid: _Grid, cards: Mapping[str, Card]) -> dict[tuple[str, str, str],
                                                                           float]:
    """(card, upstream, downstream) → height at which the feed meets the card's side."""
    ends: dict[tuple[str, bool], dict[tuple[str, float], list[Route]]] = {}
    for route in placed.routes:
        a, b = placed.spots[route.upstream], placed.spots[route.downstream]
        right = a.column <= b.column
        for id, other, far, side in (
                (route.upstream, route.downstream, b, right),
                (route.downstream, route.upstream, a, route.beside or not right)):
            near = route.through[0 if (id == route.upstream) == right else -1][1] if (
                route.through) else far.y
            # What goes together past the next column leaves at one point.
            key = ("" if route.through and id == route.upstream else other, near)
            ends.setdefault((id, side), {}).setdefault(key, []).append(route)
    found = {}
    for (id, _), bundles in ends.items():
        order = sorted(bundles, key=lambda key: (key[1], key[0]))
        step = min(7.0, 26 / max(len(order) - 1, 1), (cards[id].height - 14) / len(order))
        middle = grid.top + placed.spots[id].y
        for i, key in enumerate(order):
            for route in bundles[key]:
                found[id, route.upstream, route.downstream] = (
                    middle + (i - (len(order) - 1) / 2) * step)
    return found


def _path(route: Route, placed: Layout, grid: _Grid,
          ports: Mapping[tuple[str, str, str], float]) -> tuple[str, str]:
    """The curve and its arrowhead; curves leave and arrive level."""
    a, b = placed.spots[route.upstream].column, placed.spots[route.downstream].column
    start = ports[route.upstream, route.upstream, route.downstream]
    end = ports[route.downstream, route.upstream, route.downstream]
    if route.beside:
        x = grid.lefts[a] + grid.card
        bend = x + min(30.0, 14 + abs(end - start) / 8)  # a curve reaches three quarters
        return (f"M{x:.1f},{start:.1f}C{bend:.1f},{start:.1f} {bend:.1f},{end:.1f} "
                f"{x + 5:.1f},{end:.1f}", _arrow(x, end, -1))
    way = 1 if a < b else -1
    near, far = (grid.card, 0.0) if way > 0 else (0.0, grid.card)
    points = [(grid.lefts[a] + near, start)]
    for column, y in route.through[::way]:
        points += [(grid.lefts[column] + far - way * 4, grid.top + y),
                   (grid.lefts[column] + near + way * 4, grid.top + y)]
    tip = grid.lefts[b] + far
    points.append((tip - way * 5, end))
    line = f"M{points[0][0]:.1f},{points[0][1]:.1f}"
    for i, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        half = (x1 - x0) / 2
        line += (f"L{x1:.1f},{y1:.1f}" if i % 2 else
                 f"C{x0 + half:.1f},{y0:.1f} {x1 - half:.1f},{y1:.1f} {x1:.1f},{y1:.1f}")
    return line, _arrow(tip, end, way)


def _arrow(x: float, y: float, way: int) -> str:
    back = x - way * 6
    return f"M{x:.1f},{y:.1f}L{back:.1f},{y - 3.2:.1f}L{back:.1f},{y + 3.2:.1f}Z"


# --- one below the other -------------------------------------------------------------------------


def _stacked(legend: Legend, gaps: Answer, template: Answer, compared: Answer | None,
             stages: Mapping[str, Sequence[Answer]], wide: float, top: float,
             link: Callable[[str], str] | None) -> tuple[float, str]:
    names = {row["id"]: legend.name(row) for row in gaps["segments"]}
    changes, parts, y = _changes(compared), list[str](), top
    feeds = _inside(gaps, template)
    for stage, rows in stages.items():
        parts.append(_stage(legend, stage, len(rows), 12, y + 18))
        y += STAGE
        for row in rows:
            fed = [names[b] for a, b in feeds if a == row["id"]]
            what = card(legend, row, wide - 24, compared=changes.get(row["id"]), feeds=fed,
                        near=_silent(gaps))
            parts.append(_draw(legend, what, 12, y, wide - 24, link))
            y += what.height + 6
        y += 8
    return y, "".join(parts)


# --- a card --------------------------------------------------------------------------------------


def _draw(legend: Legend, what: Card, x: float, y: float, across: float,
          link: Callable[[str], str] | None) -> str:
    verdict = legend.verdict(what.verdict)
    solid = what.verdict == "absent"
    ink, soft = (PAPER, PAPER) if solid else (INK, MUTED)
    weak = what.verdict == "unknown"
    box = tag("rect", {
        "x": x, "y": y, "width": across, "height": what.height, "rx": 3,
        "fill": verdict.colour if solid else PAPER,
        "stroke": LINE if weak else verdict.colour,
        "stroke_width": 2 if what.verdict == "contested" else 1})
    bar = "" if solid or weak else tag("rect", {
        "x": x, "y": y, "width": 5, "height": what.height, "fill": verdict.colour})
    base = y + TOP + NAME
    parts = [box, bar, tag("text", {
        "x": x + 10, "y": base, "font_size": NAME, "fill": ink if solid else verdict.colour,
        "font_weight": 700, "aria_hidden": "true"}, clean(verdict.symbol))]
    for i, line in enumerate(what.lines):
        parts.append(tag("text", {
            "x": x + LEFT, "y": base + i * NAME_STEP, "font_size": NAME, "fill": ink,
            "font_weight": 500 if weak else 700}, clean(line)))
    parts += _status(what, x, y, across, ink if solid else verdict.colour, soft)
    top = y + TOP + NAME + (len(what.lines) + (not what.beside) - 1) * NAME_STEP + 2
    for i, (line, sort) in enumerate(what.notes):
        marks = {"change": legend.choice("Change", what.change).colour,
                 "stale": legend.choice("Freshness", "stale").colour}
        parts.append(tag("text", {
            "x": x + LEFT, "y": top + (i + 1) * NOTE_STEP, "font_size": NOTE,
            "fill": soft if solid else marks.get(sort) or soft,
            "font_weight": 700 if sort in marks else None,
            "font_style": "italic" if sort == "hint" else None}, clean(line)))
    return _group(what, link, "".join(parts))


def _status(what: Card, x: float, y: float, across: float, colour: str, soft: str) -> list[str]:
    base = y + TOP + NAME
    line = base if what.beside else base + len(what.lines) * NAME_STEP
    place = ({"x": x + across - RIGHT, "text_anchor": "end"} if what.beside
             else {"x": x + LEFT})
    parts = [tag("text", {**place, "y": line, "font_size": STATUS, "fill": colour,
                          "font_weight": 700}, clean(what.status))]
    if what.optional:
        off = wide_of(what.status, STATUS) * 1.08 + 6  # it is bold
        at = ({"x": x + across - RIGHT - off, "text_anchor": "end"} if what.beside
              else {"x": x + LEFT + off})
        parts.append(tag("text", {**at, "y": line, "font_size": NOTE, "fill": soft},
                         clean(what.optional)))
    return parts


def _group(what: Card, link: Callable[[str], str] | None, inner: str) -> str:
    said = {"class_": f"card {what.verdict}", "data_segment": what.id,
            "data_verdict": what.verdict, "data_change": what.change or None}
    tip = tag("title", {}, clean(what.label))
    if link is None:
        return tag("g", {**said, "role": "img", "tabindex": 0, "aria_label": what.label}, tip,
                   inner)
    return tag("a", {**said, "href": link(what.id), "role": "link", "tabindex": 0}, tip, inner)
