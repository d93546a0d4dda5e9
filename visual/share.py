"""A page in one file that opens anywhere and asks the network for nothing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ontology import Ontology
from visual.around import named_kinds, spots
from visual.legend import ACCENT, BAND, INK, LINE, MUTED, PAPER, Legend
from visual.lettering import clean, stack, tag
from visual.lists import LISTS, linked, listed
from visual.network import Dot, Line, network
from visual.notes import Notes
from visual.panorama import NARROW, columns_of, panorama

__all__ = ["chain_page", "thing_page"]

Answer = Mapping[str, Any]
FIRMS, ACROSS = 6, 270.0  # firms of a segment that the picture shows; between columns
POLICY = ("default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
          "img-src data:; base-uri 'none'; form-action 'none'")
STYLE = f"""
body {{ margin: 0 auto; max-width: 1366px; padding: 0 16px 40px; background: {PAPER};
  color: {INK}; font: 14px/1.6 {stack()}; }}
h1 {{ font-size: 20px; margin: 20px 0 4px; }} h2 {{ font-size: 16px; margin: 28px 0 8px; }}
h3 {{ font-size: 14px; margin: 16px 0 4px; }} p {{ margin: 4px 0; }}
.soft {{ color: {MUTED}; }}
svg.panorama {{ max-width: 100%; height: auto; display: block; }}
svg [tabindex]:focus-visible {{ outline: 3px solid {ACCENT}; outline-offset: 1px; }}
.narrow {{ display: none; }}
@media (max-width: {NARROW}px) {{ .wide {{ display: none; }} .narrow {{ display: block; }} }}
.scroll {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: 5px 10px 5px 0;
  border-bottom: 1px solid {LINE}; }}
th {{ font-weight: 700; white-space: nowrap; }}
td:first-child {{ white-space: nowrap; }}
ol {{ padding-left: 28px; }} li {{ overflow-wrap: anywhere; }}
.key span {{ margin-right: 18px; white-space: nowrap; }}
#mynetwork {{ float: none !important; border: 1px solid {LINE} !important;
  height: 82vh !important; min-height: 480px; }}
.card {{ border: 0; }}
#chosen {{ background: {BAND}; padding: 8px 12px; min-height: 24px; }}
#chosen p:first-child:not(.soft) {{ font-weight: 700; }}
@media print {{ #mynetwork, #chosen, .drag {{ display: none; }} body {{ max-width: none; }} }}
"""
CHOSEN = """
network.once("afterDrawing", function () {
  if (network.getScale() < 0.55) { network.moveTo({ scale: 0.75 }); }
});
network.on("select", function (event) {
  var box = document.getElementById("chosen"), lines = [];
  if (event.nodes.length) { lines = nodes.get(event.nodes[0]).detail; }
  box.textContent = "";
  lines.forEach(function (text) {
    var line = document.createElement("p"); line.textContent = text; box.appendChild(line);
  });
});
"""


def chain_page(ontology: Ontology, gaps: Answer, template: Answer,
               compared: Answer | None = None) -> str:
    """The panorama, the same to drag with its firms, verdicts, four lists and sources."""
    legend = Legend(ontology)
    notes = Notes(legend)
    title = f"{gaps['region']} · {gaps['chain']} · {legend.say('panorama')}"
    pictures = [tag("div", {"class_": name}, panorama(
        ontology, gaps, template, compared=compared, width=size))
        for name, size in (("wide", 1366), ("narrow", 390))]
    verdicts = _table(("环节", "位置", "判定", "企业", "依据"), (
        (row["segment"], legend.word("SegmentStage", row["stage"]),
         f"{legend.verdict(row['verdict']).symbol} {legend.status(row)}",
         legend.join(firm["name"] for firm in row["firms"]), notes.mark(row["evidence"]))
        for row in gaps["segments"]))
    dots, lines = _chain_graph(legend, gaps, template, notes)
    parts = [*pictures, *_drag(dots, lines, "粗框是环节，其下是企业；箭头是供料，虚线是推断。"),
             tag("h2", {}, "判定和依据"), verdicts, *_lists(gaps, notes), *_sources(notes)]
    said = f"{legend.say('at', gaps['at'])}，{legend.say('data', gaps['version'])}"
    return _page(title, "", parts, said, dots, lines)


def thing_page(ontology: Ontology, around: Answer) -> str:
    """The answer of `neighbourhood` to drag, as a table, and with its sources."""
    legend = Legend(ontology)
    notes = Notes(legend)
    left = around["left_out"]
    told = [legend.say("at", around["at"])]
    if left["nodes"] or left["links"]:
        told.append(f"另有 {left['nodes']} 个事物、{left['links']} 条关系没有列出")
    key = "".join(tag("span", {}, tag("b", {"style": f"color:{colour}"}, "●"), " " + clean(label))
                  for label, colour, _ in named_kinds(legend, around["nodes"]))
    dots, lines = _thing_graph(legend, around, notes)
    rows = _table(("关系", "从", "到", "产品", "依据"), (
        (link.kind, link.head, link.tail, link.product, notes.mark(link.evidence))
        for link in sorted(linked(around), key=lambda link: around["id"] not in (
            link.head_id, link.tail_id))))
    parts = [tag("p", {"class_": "soft"}, clean("；".join(told))),
             tag("p", {"class_": "key"}, key),
             *_drag(dots, lines, "实线有来源，虚线是推断。"),
             tag("h2", {}, "同样的内容"), rows, *_sources(notes)]
    kind = legend.text(ontology.kinds[around["kind"]].label)
    return _page(f"{around['name']} · {kind}", f"{around['name']} · {kind}", parts,
                 legend.say("data", around["version"]), dots, lines)


# --- the graphs ----------------------------------------------------------------------------------


def _chain_graph(legend: Legend, gaps: Answer, template: Answer,
                 notes: Notes) -> tuple[list[Dot], list[Line]]:
    """Segments in the panorama's columns and order, each above its firms."""
    rows = {row["id"]: row for row in gaps["segments"]}
    numbers: dict[str, int] = {}
    dots, lines = list[Dot](), list[Line]()
    for column, ids in enumerate(columns_of(gaps, template)):
        y = 0.0
        for id in ids:
            row = rows[id]
            choice = legend.verdict(row["verdict"])
            solid = row["verdict"] == "absent"
            numbers[id] = len(dots)
            dots.append(Dot(
                f"{choice.symbol} {row['segment']}\n{legend.status(row)}", column * ACROSS, y,
                choice.colour, PAPER if solid else INK, _detail(legend, row, notes), True, solid))
            for at, firm in enumerate(row["firms"][:FIRMS]):
                lines.append(Line(len(dots), numbers[id], LINE, arrow=False))
                dots.append(Dot(firm["name"], column * ACROSS + 40, y + 56 + 36 * at,
                                legend.ontology.kinds["Company"].colour, INK,
                                (firm["full_name"],), box=True))
            y += 78 + 36 * min(len(row["firms"]), FIRMS)
    for feed in template["feeds"]:
        ends = numbers.get(feed["upstream_id"]), numbers.get(feed["downstream_id"])
        if ends[0] is not None and ends[1] is not None:
            lines.append(Line(ends[0], ends[1], MUTED, feed["inferred"],
                              bent=dots[ends[0]].x == dots[ends[1]].x))
    return dots, lines


def _detail(legend: Legend, row: Answer, notes: Notes) -> tuple[str, ...]:
    marks = notes.mark(row["evidence"])
    firms = legend.join(firm["name"] for firm in row["firms"])
    cited = [notes.sources[notes.numbers[e["source"]["id"]] - 1] for e in row["evidence"]]
    return (f"{row['segment']}　{legend.status(row)}{marks}", *([firms] if firms else []),
            *dict.fromkeys(f"[{source.number}] {source.text}" for source in cited))


def _thing_graph(legend: Legend, around: Answer, notes: Notes) -> tuple[list[Dot], list[Line]]:
    places, numbers = spots(around), {node["id"]: i for i, node in enumerate(around["nodes"])}
    said: dict[str, list[str]] = {}
    lines = []
    few = len(around["rows"]) <= 40
    for link in linked(around):
        text = (f"{link.head} —{link.kind}→ {link.tail}"
                + (f"（{link.product}）" if link.product else "") + notes.mark(link.evidence))
        said.setdefault(link.head_id, []).append(text)
        said.setdefault(link.tail_id, []).append(text)
        lines.append(Line(numbers[link.head_id], numbers[link.tail_id], MUTED, link.inferred,
                          link.kind if few else ""))
    dots = []
    for node in around["nodes"]:
        kind, (x, y) = legend.ontology.kinds[node["kind"]], places[node["id"]]
        dots.append(Dot(_short(node["name"]), x * 1.15, y * 1.15, kind.colour, INK,
                        (f"{node['name']}（{legend.text(kind.label)}）", *said.get(node["id"], ())),
                        big=node["depth"] == 0))
    return dots, lines


def _short(name: str, line: int = 10) -> str:
    parts = [name[i:i + line] for i in range(0, len(name), line)]
    return "\n".join(parts[:2]) + ("…" if len(parts) > 2 else "")


# --- the page ------------------------------------------------------------------------------------


def _drag(dots: Sequence[Dot], lines: Sequence[Line], explained: str) -> list[str]:
    return [tag("h2", {"class_": "drag"}, "可拖动的关系图"),
            tag("p", {"class_": "soft drag"}, clean(
                f"{explained}滚轮放大，拖动移动；点一个看它的依据。共 {len(dots)} 个点、"
                f"{len(lines)} 条线。")), "\0",
            tag("div", {"id": "chosen", "aria_live": "polite"},
                tag("p", {"class_": "soft"}, "点图里的一个，这里写出它的依据。"))]


def _lists(gaps: Answer, notes: Notes) -> Iterable[str]:
    yield tag("h2", {}, "四张清单")
    for name, (title, meaning) in LISTS.items():
        rows = listed(gaps, name, notes)
        yield tag("h3", {}, clean(f"{title}（{meaning}）{len(rows)} 项"))
        if rows:
            yield _table(("环节", "为什么", "下一步", "依据"), rows)


def _sources(notes: Notes) -> Iterable[str]:
    if notes.sources:
        yield tag("h2", {}, "依据")
        yield tag("ol", {}, *(tag("li", {}, clean(source.text), _address(source.address))
                              for source in notes.sources))


def _address(address: str) -> str:
    """As text: the page leads nowhere by itself."""
    return tag("div", {"class_": "soft"}, clean(address)) if "://" in address else ""


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return tag("div", {"class_": "scroll"}, tag("table", {}, tag("thead", {}, tag(
        "tr", {}, *(tag("th", {"scope": "col"}, clean(head)) for head in heads))), tag(
            "tbody", {}, *(tag("tr", {}, *(tag("td", {}, clean(cell) or " ") for cell in row))
                           for row in rows))))


def _page(title: str, heading: str, parts: Sequence[str], foot: str, dots: Sequence[Dot],
          lines: Sequence[Line]) -> str:
    head, body = network(dots, lines, stack().replace("'", ""), curved=not heading)
    inner = "".join(body if part == "\0" else part for part in parts)
    return "".join([
        '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">',
        tag("meta", {"http_equiv": "Content-Security-Policy", "content": POLICY}),
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<link rel="icon" href="data:,">', tag("title", {}, clean(title)), head,
        f"<style>{STYLE}</style></head><body>",
        tag("h1", {}, clean(heading)) if heading else "", inner,
        tag("p", {"class_": "soft"}, clean(foot)),
        f"<script>{CHOSEN}</script></body></html>\n"])
