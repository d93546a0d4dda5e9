"""Loading a table with headings of one's own: what they mean is asked, the rest is done by jobs."""

import csv
import json
import tempfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.answers import Answers
from api.problems import Refused
from api.queries import Name
from api.remembered import Meaning, Remembered
from api.replies import dumped
from api.routes import replies
from api.web.files import Table, table_reply
from api.web.frame import Context, View, view
from api.writing import job_of, safe_name, visitor_of
from loaders.headings import Headings, headings, rewritten
from ontology import Text
from visual.legend import Legend

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

LEFT_OUT = "-"  # the field of a column that is not loaded
MANY = 5  # sources of one table that can be taken back one by one
T = TypeVar("T")


class File(View):
    """source: whose table it is, as far as it is known yet; head: the row of its headings, 0 where
    nobody has said."""

    file: Annotated[str, Field(min_length=5, max_length=120)]
    kind: Annotated[str, Field(max_length=60)] = ""
    sheet: Annotated[str, Field(max_length=100)] = ""
    source: Annotated[str, Field(max_length=200)] = ""
    head: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class Mapped(File):
    """field: of every column in its order; constant: field=text for all rows."""

    field: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=702)]
    constant: Annotated[list[Annotated[str, Field(max_length=600)]], Field(max_length=20)] = Field(
        [])


class Load(View):
    source: Name | None = None


class Confirmed(BaseModel):
    """What every heading of a table of that source means; a dash: it is left out."""

    model_config = ConfigDict(extra="forbid")

    source: Name
    kind: Annotated[str, Field(max_length=60)]
    columns: Annotated[dict[Annotated[str, Field(max_length=300)], Annotated[
        str, Field(max_length=60)]], Field(max_length=702)]


class Problems(View):
    """job: whose report; heading: field=the person's own heading."""

    job: Annotated[str, Field(max_length=60)]
    heading: Annotated[list[Annotated[str, Field(max_length=400)]], Field(max_length=702)] = Field(
        [])


@router.get("/load")
async def ask_load(request: Request, asked: Annotated[Load, Query()]) -> Response:
    def work(answers: Answers) -> Context:
        model = answers.ontology
        # Names of what others sent are for those who may send something themselves.
        known = (Remembered(replies(request).settings.desk).all()
                 if visitor_of(request).may("write") else ())
        return {"known": sorted({one.source for one in known}),
                "kinds": ((Text("事物", "things"), model.classes),
                          (Text("关系", "links"), model.links)),
                "origins": sorted(answers.sources(limit=1)["origins"])}

    return await view(request, asked, "load.html", work)


@router.post("/load/headings")
async def ask_headings(request: Request, asked: Annotated[File, Query()]) -> Response:
    """What every heading may mean, for the person to confirm."""
    ontology = replies(request).graph.ontology
    legend = Legend(ontology, asked.lang)
    remembered = Remembered(replies(request).settings.desk)

    def work(file: Path) -> dict[str, Any]:
        found = headings(file, ontology, asked.kind, asked.sheet, asked.head)
        before = remembered.find([one.text for one in found.columns], asked.source, asked.kind)
        if before and before.kind != found.kind.name and before.kind in ontology.kinds:
            found = headings(file, ontology, before.kind, asked.sheet, asked.head)
        return _said(legend, found, before)

    return Response(dumped(await _with_file(request, asked, work)), media_type="application/json")


@router.post("/load/remembered")
async def ask_remembered(request: Request, asked: Confirmed) -> Response:
    """Keep what the headings mean for the next table of that source."""
    kind = replies(request).graph.ontology.kind(asked.kind)
    meaning = Meaning(asked.source, kind.name, asked.columns)
    await replies(request).thread(lambda: Remembered(replies(request).settings.desk).keep(meaning))
    return Response(status_code=204)


@router.get("/load/problems.{ending}")
async def ask_problems(request: Request, asked: Annotated[Problems, Query()],
                       ending: Literal["csv", "xlsx"]) -> Response:
    """What was wrong with a table, by row and under the person's own headings."""
    job = await replies(request).thread(lambda: job_of(request, asked.job))
    if job.report is None or "problems" not in job.report:
        raise Refused("unknown-job", "这个写入任务没有逐行的报告")
    own = dict(text.split("=", 1) for text in asked.heading if "=" in text)
    zh = asked.lang == "zh"
    rows = [(one["row"] or "", own.get(_field(one["column"]), one["column"]), one["value"],
             one["reason"], "、".join(one["nearest"])) for one in job.report["problems"]]
    file = str(job.asks.get("named") or job.asks.get("file") or job.id)
    return table_reply(request, ending, Table(
        _titled(file, zh), f"{job.id} {job.asked}",
        ("行", "列", "写的是", "为什么不行", "最接近的") if zh
        else ("Row", "Column", "Says", "Why not", "Nearest"), rows))


def _titled(file: str, zh: bool) -> str:
    """走访名单.xlsx: 走访名单-问题."""
    stem = file.rpartition(".")[0] or file
    return f"{stem}-问题" if zh else f"{stem}-problems"


def _field(column: str) -> str:
    """The name in the heading of a template: 企业名称(name)."""
    return column.rpartition("(")[2].removesuffix(")")


@router.post("/load/rewritten")
async def ask_rewritten(request: Request, asked: Annotated[Mapped, Query()]) -> Response:
    """The same table under the headings of the template, to be sent to the loads."""
    ontology = replies(request).graph.ontology
    constants = dict(text.split("=", 1) for text in asked.constant if "=" in text)
    fields = ["" if name == LEFT_OUT else name for name in asked.field]
    text = await _with_file(request, asked, lambda file: rewritten(
        file, ontology, asked.kind, asked.sheet, fields, constants, asked.head))
    return Response(text.encode("utf-8-sig", "replace"), media_type="text/csv; charset=utf-8",
                    headers={"Xianglian-Sources": quote(json.dumps(_sources(text)))})


def _sources(text: str) -> list[str]:
    """Who speaks in that table, to be taken back by name; none if they are many."""
    rows = csv.reader(StringIO(text))
    at = [_field(heading) for heading in next(rows)]
    place = at.index("source") if "source" in at else len(at)
    said = dict.fromkeys(row[place].strip() for row in rows if len(row) > place)
    names = [name for name in said if name]
    return names if len(names) <= MANY else []


async def _with_file(request: Request, asked: File, work: Callable[[Path], T]) -> T:
    """Work on the body as a file of that name, which is gone afterwards."""
    name, body = safe_name(asked.file), await request.body()

    def worked() -> T:
        with tempfile.TemporaryDirectory(prefix="xianglian-load-") as folder:
            file = Path(folder) / name
            file.write_bytes(body)
            return work(file)

    return await replies(request).thread(worked)


def _said(legend: Legend, found: Headings, before: Meaning | None) -> dict[str, Any]:
    known = before.columns if before and before.kind == found.kind.name else {}
    return {
        "source": before.source if before and known else "",
        "kind": found.kind.name, "sheet": found.sheet, "sheets": list(found.sheets),
        "head": found.head,
        "fields": [{"name": field.name, "label": legend.text(field.label),
                    "comment": legend.text(field.comment), "required": field.required}
                   for field in found.fields],
        "columns": [{"text": one.text, "samples": list(one.samples), "field": one.field,
                     "before": known.get(one.text, ""), "near": list(one.near)}
                    for one in found.columns]}
