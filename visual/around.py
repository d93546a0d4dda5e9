"""What lies around one thing, as places on rings and as a picture."""

from collections.abc import Mapping, Sequence
from math import cos, hypot, pi, sin
from typing import Any

from ontology import Ontology
from visual.legend import INK, LINE, MUTED, PAPER, Legend
from visual.lettering import clean, stack, tag, width, wrap

__all__ = ["around_svg", "named_kinds", "spots"]

Answer = Mapping[str, Any]
Places = Mapping[str, tuple[float, float]]
RING, STEP, FLAT = 24, 105.0, 1.55  # things on the first ring; between rings; width to height
LABEL, WORD = 12.0, 10.5
OWN, OTHER = 18.0, 11.0  # radius of the thing itself and of the others
FEW = 40  # links whose kind is written beside them
COLUMN = 24  # things of a column


def spots(around: Answer) -> dict[str, tuple[float, float]]:
    """Id → place, the thing itself at (0, 0); the same answer gives the same places.

    A radial tree: what is a step further stands behind the neighbour over which it was found;
    neighbours are ordered by class and name.  Of the ways between two things (`to_id`) the steps
    are columns.
    """
    if "to_id" in around:
        return _columns(around["nodes"])
    nodes = {node["id"]: node for node in around["nodes"]}
    behind: dict[str, list[str]] = {id: [] for id in nodes}
    near: dict[str, set[str]] = {id: set() for id in nodes}
    for row in around["rows"]:
        near[row["from_id"]].add(row["to_id"])
        near[row["to_id"]].add(row["from_id"])
    for id, node in nodes.items():
        if node["depth"]:
            inner = [other for other in near[id] if nodes[other]["depth"] == node["depth"] - 1]
            behind[min(inner, key=lambda other: (-len(near[other]), other))].append(id)

    def leaves(id: str) -> list[str]:
        mine = sorted(behind[id], key=lambda o: (nodes[o]["kind"], nodes[o]["name"], o))
        return [leaf for other in mine for leaf in leaves(other)] or [id]

    order = {leaf: at for at, leaf in enumerate(leaves(around["id"]))}
    steps = {depth: sum(node["depth"] == depth for node in nodes.values())
             for depth in range(1, 1 + max(node["depth"] for node in nodes.values()))}
    radius, found = 0.0, {around["id"]: (0.0, 0.0)}
    for depth, count in steps.items():
        turns = -(-count // (RING * depth))
        ring = [(sum(order[leaf] for leaf in leaves(id)) / len(leaves(id)), id)
                for id, node in nodes.items() if node["depth"] == depth]
        for at, (middle, id) in enumerate(sorted(ring)):
            far = radius + STEP * (2.0 + at % turns)
            turn = -pi / 2 + 2 * pi * middle / len(order)
            found[id] = (far * FLAT * cos(turn), far * sin(turn))
        radius += STEP * (1.0 + turns)
    return found


def _columns(nodes: Sequence[Answer]) -> dict[str, tuple[float, float]]:
    """A column a step; a long one is parted into several side by side."""
    x, found = 0.0, dict[str, tuple[float, float]]()
    for depth in sorted({node["depth"] for node in nodes}):
        column = sorted((node for node in nodes if node["depth"] == depth),
                        key=lambda node: (node["kind"], node["name"], node["id"]))
        for first in range(0, len(column), COLUMN):
            some = column[first:first + COLUMN]
            for at, node in enumerate(some):
                found[node["id"]] = (x, (at - (len(some) - 1) / 2) * STEP * 0.7)
            x += 2 * STEP
    left, _ = found[nodes[0]["id"]]
    return {id: (x - left, y) for id, (x, y) in found.items()}


def named_kinds(legend: Legend, nodes: Sequence[Answer]) -> list[tuple[str, str, str]]:
    """(label, colour, symbol) of every class among the nodes, in the ontology's order."""
    there = {node["kind"] for node in nodes}
    return [(legend.text(kind.label), kind.colour, kind.symbol)
            for kind in legend.ontology.classes if kind.name in there]


def around_svg(ontology: Ontology, around: Answer, lang: str = "zh") -> str:
    """The picture with title, legend and how much was left out."""
    legend, places = Legend(ontology, lang), spots(around)
    xs, ys = [x for x, _ in places.values()], [y for _, y in places.values()]
    left, top = min(xs) - 90, min(ys) - 110
    wide, high = max(max(xs) - left + 90, 640.0), max(ys) - top + 80
    big = {node["id"] for node in around["nodes"] if node["depth"] == 0}
    links = "".join(_link(row, places, OWN if row["to_id"] in big else OTHER)
                    for row in around["rows"])
    words = _words(legend, around["rows"], places) if len(around["rows"]) <= FEW else ""
    nodes = "".join(_node(legend, node, places[node["id"]]) for node in around["nodes"])
    kinds, x = list[str](), left + 20
    for label, colour, _ in named_kinds(legend, around["nodes"]):
        kinds += [tag("circle", {"cx": x + 5, "cy": top + 62, "r": 5, "fill": colour}),
                  tag("text", {"x": x + 15, "y": top + 66, "font_size": LABEL, "fill": MUTED},
                      clean(label))]
        x += 33 + width(label, LABEL)
    told = [legend.say("at", around["at"])]
    if around["left_out"]["nodes"]:
        told.append(legend.say("left_out", around["left_out"]["nodes"]))
    head = tag("text", {"x": left + 20, "y": top + 34, "font_size": 20, "font_weight": 700},
               clean(around["name"]),
               tag("tspan", {"dx": 14, "font_size": 12.5, "font_weight": 400, "fill": MUTED},
                   clean(" · ".join(told))))
    return tag("svg", {
        "xmlns": "http://www.w3.org/2000/svg", "width": wide, "height": high, "role": "group",
        "viewBox": f"{left:.1f} {top:.1f} {wide:.1f} {high:.1f}", "font_family": stack(),
        "class_": "around", "fill": INK, "aria_label": around["name"],
    }, tag("rect", {"x": left, "y": top, "width": wide, "height": high, "fill": PAPER}),
        tag("g", {"aria_hidden": "true"}, links, words), nodes, head, *kinds)


def _link(row: Answer, places: Places, radius: float) -> str:
    """A line, and an arrow at the rim of where it leads."""
    (x0, y0), (x1, y1) = places[row["from_id"]], places[row["to_id"]]
    line = tag("line", {"x1": x0, "y1": y0, "x2": x1, "y2": y1, "stroke": LINE,
                        "stroke_width": 1.2,
                        "stroke_dasharray": "5 4" if row["inferred"] else None})
    far = hypot(x1 - x0, y1 - y0)
    if not far:
        return line
    dx, dy = (x1 - x0) / far, (y1 - y0) / far
    x, y = x1 - dx * (radius + 2), y1 - dy * (radius + 2)
    corners = [(x, y), (x - dx * 8 - dy * 3.5, y - dy * 8 + dx * 3.5),
               (x - dx * 8 + dy * 3.5, y - dy * 8 - dx * 3.5)]
    return line + tag("path", {"fill": LINE, "d": "M" + "L".join(
        f"{a:.1f},{b:.1f}" for a, b in corners) + "Z"})


def _words(legend: Legend, rows: Sequence[Answer], places: Places) -> str:
    """What the links between two things are, once beside their line."""
    said: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        text = legend.text(legend.ontology.kinds[row["kind"]].label)
        if row["product"]:
            text += legend.say("colon") + str(row["product"])
        said.setdefault((min(row["from_id"], row["to_id"]), max(row["from_id"], row["to_id"])),
                        {})[text] = None
    parts = []
    for (one, other), texts in said.items():
        (x0, y0), (x1, y1) = places[one], places[other]
        along = 0.5 if (0.0, 0.0) in ((x0, y0), (x1, y1)) else 0.36  # clear of the thing itself
        parts.append(tag("text", {
            "x": x0 + (x1 - x0) * along, "y": y0 + (y1 - y0) * along + 3.5,
            "text_anchor": "middle", "font_size": WORD, "fill": MUTED, "paint_order": "stroke",
            "stroke": PAPER, "stroke_width": 4}, clean(legend.join(texts))))
    return "".join(parts)


def _node(legend: Legend, node: Answer, place: tuple[float, float]) -> str:
    kind, (x, y) = legend.ontology.kinds[node["kind"]], place
    own = node["depth"] == 0
    size, letters = (OWN, 15.0) if own else (OTHER, LABEL)
    parts = [tag("circle", {"cx": x, "cy": y, "r": size, "fill": kind.colour, "stroke": PAPER,
                            "stroke_width": 2})]
    for i, line in enumerate(wrap(node["name"], letters, 120, 2)):
        # A rim of paper keeps names legible over links.
        parts.append(tag("text", {
            "x": x, "y": y + size + letters + i * (letters + 2), "text_anchor": "middle",
            "font_size": letters, "font_weight": 700 if own else None, "paint_order": "stroke",
            "stroke": PAPER, "stroke_width": 3}, clean(line)))
    said = f"{node['name']}{legend.say('semi')}{legend.text(kind.label)}"
    return tag("g", {"class_": "node", "data_id": node["id"], "role": "img", "tabindex": 0,
                     "aria_label": said}, tag("title", {}, clean(said)), *parts)
