"""The map: the prefectures as tiles, a chain's or a segment's state in each."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from markupsafe import Markup
from starlette.responses import Response

from api import queries as q
from api.answers import Answer, Answers
from api.pictures import XML
from api.web import pickers
from api.web.files import Table, file_reply, table_reply
from api.web.frame import Context, View, address, path_of, view, worked
from visual.legend import Legend
from visual.tiles import Tile, tiles

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


class Places(View):
    chain: q.Name = "锂电池"
    segment: q.Name | None = None


@router.get("/map")
async def ask_map(request: Request, asked: Annotated[Places, Query()]) -> Response:
    def work(answers: Answers) -> Context:
        found, segments = _found(answers, asked), answers.segments(asked.chain)["rows"]
        return {"found": found, "picture": Markup(_picture(answers, asked, found)),
                "chains": pickers.chains(answers), "tiles": _tiles(answers, asked, found),
                "segments": {row["id"]: row["segment"] for row in segments},
                "chosen": found["rows"][0]["id"] if asked.segment and found["rows"] else "",
                "chain": found["rows"][0]["chain"] if found["rows"] else asked.chain}

    return await view(request, asked, "map.html", work)


@router.get("/map.{ending}")
async def ask_map_file(request: Request, asked: Annotated[Places, Query()],
                       ending: Literal["svg", "png", "csv", "xlsx"]) -> Response:
    def work(answers: Answers) -> Response:
        from visual import png  # loaded late: a page needs it not

        found = _found(answers, asked)
        title = f"{asked.segment or asked.chain} {found['at']}"
        if ending in ("svg", "png"):
            drawn = _picture(answers, asked, found)
            return file_reply(request, ending, title, png.png(drawn, 3.0) if ending == "png"
                              else (XML + drawn).encode())
        legend = Legend(answers.ontology, asked.lang)
        heads = ("地区", "状态") if asked.lang == "zh" else ("Region", "State")
        return table_reply(request, ending, Table(
            title, legend.say("data", found["version"]), heads,
            [(tile.name, tile.said) for tile in _tiles(answers, asked, found)]))

    return await worked(request, asked, work)


def _found(answers: Answers, asked: Places) -> Answer:
    """Cells of `matrix` for a chain; of one segment in each place otherwise."""
    if not asked.segment:
        return answers.matrix([asked.chain])
    index = answers.index
    id = index.id(index.segment(asked.segment))
    every = answers.segments(id.partition(":")[2].partition("/")[0])
    return {**every, "rows": [row for row in every["rows"] if row["id"] == id]}


def _tiles(answers: Answers, asked: Places, found: Answer) -> list[Tile]:
    legend = Legend(answers.ontology, asked.lang)

    said_too = {"at": asked.at, "known_at": asked.known_at, "min_grade": asked.min_grade}

    def name(row: Answer) -> str:
        return pickers.called(answers, row["region_id"], row["region"], asked.lang, True)

    if asked.segment:
        stale = legend.word("Freshness", "stale")
        return [Tile(row["region_id"], name(row), " ".join(
            [legend.verdict(row["verdict"]).symbol, legend.word("Verdict", row["verdict"]),
             *([stale] if row["stale"] else [])]),
            path_of(row["id"], asked.lang, region=row["region"], **said_too), row["verdict"])
            for row in found["rows"]]
    return [Tile(row["region_id"], name(row), said(legend, row),
                 address("/", asked.lang, chain=row["chain"], region=row["region"], **said_too),
                 "", row["completeness"]["low"], row["completeness"]["high"])
            for row in found["rows"]]


def said(legend: Legend, cell: Answer) -> str:
    """The interval of a chain, or that nobody has spoken of it there."""
    whole = cell["completeness"]
    if not cell["coverage"] and not whole["contested"]:
        return legend.word("Verdict", "unknown")
    return f"{whole['low'] * 100:.0f}–{whole['high']:.0%}"


def _picture(answers: Answers, asked: Places, found: Answer) -> str:
    title = asked.segment or asked.chain
    return tiles(Legend(answers.ontology, asked.lang), title, _tiles(answers, asked, found))
