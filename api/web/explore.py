"""The explorer: what lies around a thing or between two, as a picture, a table and files."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.answers import Answer, Answers
from api.queries import Name
from api.web.files import Table, file_reply, table_reply
from api.web.frame import Context, View, view, worked
from api.web.sections import cited
from graph import structure
from graph.analysis.filters import Filter
from graph.analysis.firms import Narrow
from ontology import Kind, XianglianError
from visual.around import around_svg, spots
from visual.legend import Legend
from visual.lists import linked
from visual.notes import Notes

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

MOST = 500  # things that are drawn
FIRST = 120  # unless more are wanted
EXAMPLES = 4
FIRST_SHOWN, WAY = "金博股份", ("信维电科", "科力尔")  # where nobody asks, if they are known
Ids = Annotated[list[Name], Field(max_length=60)]


class Explore(View):
    """open: things whose neighbours are shown too; hide: classes and links left aside."""

    id: Name | None = None
    to: Name | None = None
    open: Ids = Field([])
    hide: Ids = Field([])
    depth: int = Field(1, ge=1, le=2)
    limit: int = Field(FIRST, ge=1, le=MOST)


@router.get("/explore")
async def ask_explore(request: Request, asked: Annotated[Explore, Query()]) -> Response:
    return await view(request, asked, "explore.html", lambda answers: _context(answers, asked))


@router.get("/explore.{ending}")
async def ask_explore_file(request: Request, asked: Annotated[Explore, Query()],
                           ending: Literal["csv", "xlsx", "svg", "png", "html"]) -> Response:
    def work(answers: Answers) -> Response:
        around = _around(answers, asked)
        title = _title(around)
        if ending in ("csv", "xlsx"):
            return table_reply(request, ending, _table(answers, around, title, asked.lang))
        return file_reply(request, ending, title, _picture(answers, around, ending, asked.lang))

    return await worked(request, asked, work)


def _picture(answers: Answers, around: Answer, ending: str, lang: str) -> bytes:
    if ending == "html":
        from visual.share import thing_page  # loaded late: pyvis takes a second

        return thing_page(answers.ontology, around).encode()
    svg = around_svg(answers.ontology, around, lang)
    if ending == "svg":
        return svg.encode()
    from visual.png import png

    return png(svg, 2.0)


def _context(answers: Answers, asked: Explore) -> Context:
    bare, examples = asked.id is None, list[Answer]()
    if bare:
        examples = _examples(answers)
        asked = asked.model_copy(update={"id": examples[0]["id"] if examples else None, "to": None})
    said = {name: value for name in ("id", "to", "open", "hide", "depth", "limit", "at",
                                     "known_at", "min_grade")
            if (value := getattr(asked, name)) and value != Explore.model_fields[name].default}
    context: dict[str, Any] = {"state": said, "around": None, "fault": "", "choices": (),
                               "examples": examples, "bare": bare, "most": MOST,
                               "way": WAY if bare and all(_known(answers, one) for one in WAY)
                               else ()}
    if asked.id is None:
        return context
    try:
        around = _around(answers, asked)
    except XianglianError as error:
        known = answers.search(asked.id, limit=8)["rows"]
        return context | {"fault": str(error), "choices": known}
    legend = Legend(answers.ontology, asked.lang)
    notes = Notes(legend)
    rows = _rows(legend, around, notes)
    return context | {
        "around": around, "rows": rows, "sources": notes.sources, "cited": cited(notes),
        "kinds": _kinds(legend, around, asked.hide), "data": _data(legend, around, rows, notes)}


def _examples(answers: Answers) -> list[Answer]:
    """Firms to begin with, the one that is shown first."""
    first = _known(answers, FIRST_SHOWN)
    some = [row for row in answers.firms(Filter(), Narrow(), limit=EXAMPLES)["rows"]
            if not first or row["id"] != first["id"]]
    return [first, *some[:EXAMPLES - 1]] if first else some


def _known(answers: Answers, name: str) -> Answer | None:
    """The firm of just that name."""
    found = answers.search(name, [structure.COMPANY], 1)["rows"]
    return found[0] if found and found[0]["name"] == name else None


def _around(answers: Answers, asked: Explore) -> Answer:
    if asked.to:
        return answers.between(asked.id or "", asked.to, asked.limit, asked.open, asked.hide)
    return answers.neighbourhood(asked.id or "", asked.depth, asked.limit, asked.open, asked.hide)


def _title(around: Answer) -> str:
    return f"{around['name']} — {around['to']}" if "to" in around else str(around["name"])


def _kinds(legend: Legend, around: Answer, hidden: Sequence[str]) -> list[Mapping[str, Any]]:
    """The legend: classes and links that are shown or left aside, in the ontology's order."""
    counts: dict[str, int] = {}
    for part in (*around["nodes"], *around["rows"]):
        counts[part["kind"]] = counts.get(part["kind"], 0) + 1
    return [{"name": kind.name, "label": legend.text(kind.label), "symbol": kind.symbol,
             "link": kind.ends is not None, "count": counts.get(kind.name, 0),
             "off": kind.name in hidden}
            for kind in legend.ontology.kinds.values()
            if kind.name in counts or kind.name in hidden]


def _rows(legend: Legend, around: Answer, notes: Notes) -> list[Mapping[str, Any]]:
    """Every link with the names of its ends, and its sources by number; the thing's own first."""
    own = {around["id"], around.get("to_id")}
    kinds = legend.ontology.kinds
    rows = []
    for link, row in zip(linked(around), around["rows"], strict=True):
        notes.mark(link.evidence)
        rows.append({
            "kind": row["kind"], "label": legend.text(kinds[row["kind"]].label),
            "from": link.head, "from_id": link.head_id, "to": link.tail, "to_id": link.tail_id,
            "product": link.product, "inferred": link.inferred,
            "notes": list(dict.fromkeys(notes.numbers[one["source"]["id"]]
                                        for one in link.evidence))})
    return sorted(rows, key=lambda row: not own & {row["from_id"], row["to_id"]})


def _data(legend: Legend, around: Answer, rows: Sequence[Mapping[str, Any]],
          notes: Notes) -> Mapping[str, Any]:
    """What the script draws; places and colours come from here, it works nothing out."""
    places, kinds = spots(around), legend.ontology.kinds
    there: dict[str, Kind] = {node["kind"]: kinds[node["kind"]] for node in around["nodes"]}
    return {
        "id": around["id"], "to": around.get("to_id"), "most": MOST,
        "kinds": {name: {"label": legend.text(kind.label), "colour": kind.colour}
                  for name, kind in there.items()},
        "nodes": [{"id": node["id"], "name": legend.said(node["name"]), "kind": node["kind"],
                   "more": node["more"], "x": round(places[node["id"]][0]),
                   "y": round(places[node["id"]][1])} for node in around["nodes"]],
        "links": [{"from": row["from_id"], "to": row["to_id"], "kind": row["kind"],
                   "label": row["label"], "product": row["product"], "dashed": row["inferred"],
                   "notes": row["notes"]} for row in rows],
        "sources": {source.number: {"text": source.text, "address": source.address}
                    for source in notes.sources}}


def _table(answers: Answers, around: Answer, title: str, lang: str) -> Table:
    legend = Legend(answers.ontology, lang)
    notes = Notes(legend)
    rows = _rows(legend, around, notes)
    heads = (("Link", "From", "To", "Product", "Inferred", "Sources") if lang == "en"
             else ("关系", "从", "到", "产品", "推断", "来源"))
    texts = {source.number: source.text for source in notes.sources}
    return Table(title, f"{legend.say('at', around['at'])} · "
                 f"{legend.say('data', around['version'])}", heads, [
        (row["label"], row["from"], row["to"], row["product"], "√" if row["inferred"] else "",
         "；".join(texts[number] for number in row["notes"])) for row in rows])
