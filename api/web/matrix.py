"""Chains × cities: every cell the interval of completeness, sorted and filtered."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.answers import Answer, Answers
from api.queries import Name
from api.web import pickers
from api.web.files import Table, table_reply
from api.web.frame import Context, View, view, worked
from api.web.tiles import said
from graph import structure
from graph.analysis.coverage import home_province
from visual.legend import Legend

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


class Cells(View):
    q: Name | None = None
    order: Name | None = None  # a region's id: most complete there first; blank: as recorded
    known: Literal["1"] | None = None  # only chains of which somebody has spoken


@router.get("/matrix")
async def ask_matrix(request: Request, asked: Annotated[Cells, Query()]) -> Response:
    def work(answers: Answers) -> Context:
        regions, rows = _rows(answers, asked)
        return {"regions": regions, "rows": rows, "said": said, "called": {
            id: pickers.called(answers, id, name, asked.lang, short=True)
            for id, name in regions}}

    return await view(request, asked, "matrix.html", work)


@router.get("/matrix.{ending}")
async def ask_matrix_file(request: Request, asked: Annotated[Cells, Query()],
                          ending: Literal["csv", "xlsx"]) -> Response:
    def work(answers: Answers) -> Response:
        legend = Legend(answers.ontology, asked.lang)
        regions, rows = _rows(answers, asked)
        head = legend.text(answers.ontology.kinds[structure.CHAIN].label)
        return table_reply(request, ending, Table(
            f"{head} × {legend.word('RegionLevel', 'prefecture')}", legend.say("data",
                                                                               answers.index.version),
            [head, *(name for _, name in regions)],
            [(name, *(said(legend, cells[id]) for id, _ in regions)) for name, _, cells in rows]))

    return await worked(request, asked, work)


def _rows(answers: Answers, asked: Cells) -> tuple[
        list[tuple[str, str]], list[tuple[str, str, dict[str, Answer]]]]:
    """(id and name of the province and its prefectures, (name, id, cell by region) of chains)."""
    index = answers.index
    home = index.id(home_province(index, answers.at))
    cells = [*answers.matrix([], [home])["rows"], *answers.matrix()["rows"]]
    regions = list(dict.fromkeys((cell["region_id"], cell["region"]) for cell in cells))
    english = {chain["id"]: chain["name_en"] for chain in pickers.chains(answers)}
    found: dict[str, dict[str, Answer]] = {}
    names: dict[str, str] = {}
    for cell in cells:
        found.setdefault(cell["chain_id"], {})[cell["region_id"]] = cell
        names[cell["chain_id"]] = (english.get(cell["chain_id"], cell["chain"])
                                   if asked.lang == "en" else cell["chain"])
    rows = [(names[id], id, mine) for id, mine in found.items()
            if _wanted(asked, f"{names[id]} {id} {english.get(id, '')}", mine)]
    if asked.order in dict(regions):
        by = str(asked.order)
        rows.sort(key=lambda row: (-row[2][by]["completeness"]["low"],
                                   -row[2][by]["coverage"], row[0]))
    return regions, rows


def _wanted(asked: Cells, text: str, cells: dict[str, Answer]) -> bool:
    return ((not asked.q or asked.q.casefold() in text.casefold())
            and (not asked.known or any(cell["coverage"] for cell in cells.values())))
