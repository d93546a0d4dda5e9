"""A picture that can be dragged, by pyvis; only here is it touched.

pyvis 0.3.2 asks the network for bootstrap in every mode, puts headings and titles into the page
as they are, and opens files in the locale's encoding.  So: everything in line, its two tags taken
out, no heading and no titles, labels only on the canvas, and the caller writes the file.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from visual.lettering import legal

__all__ = ["Dot", "Line", "network"]

_FOREIGN = re.compile(r"<link\b[^>]*href=[^>]*?/?>|<script\b[^>]*\bsrc=[^>]*>\s*</script>", re.S)
_BODY = re.compile(r"<body>(.*)</body>", re.S)
_HEAD = re.compile(r"<head>(.*)</head>", re.S)
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_OPTIONS = """{
  "physics": {"enabled": false},
  "layout": {"improvedLayout": false},
  "interaction": {"hover": true, "keyboard": {"enabled": true, "bindToWindow": false},
                  "navigationButtons": false, "tooltipDelay": 100000000},
  "edges": {"smooth": {"enabled": %s, "type": "cubicBezier",
                       "forceDirection": "horizontal", "roundness": 0.4}},
  "nodes": {"borderWidth": 1, "labelHighlightBold": false}
}"""


_BENT = {"smooth": {"enabled": True, "type": "curvedCCW", "roundness": 0.3}}


@dataclass(frozen=True, slots=True)
class Dot:
    """A node: its place, how it looks, and the lines that are shown when it is chosen."""

    label: str
    x: float
    y: float
    colour: str
    ink: str
    detail: tuple[str, ...]
    box: bool = False
    solid: bool = False
    big: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """An arrow between two dots, by their numbers; bent: past what stands between them."""

    head: int
    tail: int
    colour: str
    dashed: bool = False
    label: str = ""
    arrow: bool = True
    bent: bool = False


def network(dots: Sequence[Dot], lines: Sequence[Line], fonts: str,
            curved: bool) -> tuple[str, str]:
    """(what belongs into the head, what belongs into the body): nothing of it asks the network.

    curved: lines leave and arrive level, for columns.
    """
    from pyvis.network import Network  # imports IPython: a second that other commands need not wait

    net = Network(height="600px", width="100%", directed=True, cdn_resources="in_line")
    net.set_options(_OPTIONS % ("true" if curved else "false"))
    for number, dot in enumerate(dots):
        paint = {"background": dot.colour if dot.solid or not dot.box else "#FFFFFF",
                 "border": dot.colour}
        net.add_node(
            number, label=legal(dot.label), x=round(dot.x), y=round(dot.y), physics=False,
            shape="box" if dot.box else "dot", size=18 if dot.big else 9, title=None,
            color={**paint, "highlight": paint, "hover": paint},
            detail=[legal(text) for text in dot.detail],
            margin=6, borderWidth=2 if dot.box and "\n" in dot.label else 1, borderWidthSelected=4,
            font={"face": fonts, "size": 16 if dot.big else 14, "color": dot.ink,
                  "strokeWidth": 0 if dot.box else 3})
    for line in lines:
        net.add_edge(line.head, line.tail, color=line.colour, dashes=line.dashed,
                     width=1.4, arrows="to" if line.arrow else "", label=legal(line.label) or None,
                     **(_BENT if line.bent else {}),
                     font={"face": fonts, "size": 11, "align": "middle"})
    html = _COMMENT.sub("", net.generate_html())
    head, body = _HEAD.search(html), _BODY.search(html)
    assert head and body, "pyvis has changed its template"
    return re.sub(r"<center>.*?</center>", "", _FOREIGN.sub("", head[1]), flags=re.S), body[1]
