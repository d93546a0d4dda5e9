"""Loading a table with headings of one's own: what they mean is asked, the rest is done by jobs."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.answers import Answers
from api.queries import Name
from api.replies import dumped
from api.routes import replies
from api.web.frame import Context, View, view
from api.writing import safe_name
from loaders.headings import Headings, headings, rewritten
from ontology import Text
from visual.legend import Legend

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

LEFT_OUT = "-"  # the field of a column that is not loaded
T = TypeVar("T")


class File(View):
    file: Annotated[str, Field(min_length=5, max_length=120)]
    kind: Annotated[str, Field(max_length=60)] = ""
    sheet: Annotated[str, Field(max_length=100)] = ""


class Mapped(File):
    """field: of every column in its order; constant: field=text for all rows."""

    field: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=702)]
    constant: Annotated[list[Annotated[str, Field(max_length=600)]], Field(max_length=20)] = Field(
        [])


class Load(View):
    source: Name | None = None


@router.get("/load")
async def ask_load(request: Request, asked: Annotated[Load, Query()]) -> Response:
    def work(answers: Answers) -> Context:
        model = answers.ontology
        return {"kinds": ((Text("事物", "things"), model.classes),
                          (Text("关系", "links"), model.links)),
                "origins": sorted(answers.sources(limit=1)["origins"])}

    return await view(request, asked, "load.html", work)


@router.post("/load/headings")
async def ask_headings(request: Request, asked: Annotated[File, Query()]) -> Response:
    """What every heading may mean, for the person to confirm."""
    ontology = replies(request).graph.ontology
    legend = Legend(ontology, asked.lang)
    found = await _with_file(request, asked, lambda file: headings(
        file, ontology, asked.kind, asked.sheet))
    return Response(dumped(_said(legend, found)), media_type="application/json")


@router.post("/load/rewritten")
async def ask_rewritten(request: Request, asked: Annotated[Mapped, Query()]) -> Response:
    """The same table under the headings of the template, to be sent to the loads."""
    ontology = replies(request).graph.ontology
    constants = dict(text.split("=", 1) for text in asked.constant if "=" in text)
    fields = ["" if name == LEFT_OUT else name for name in asked.field]
    text = await _with_file(request, asked, lambda file: rewritten(
        file, ontology, asked.kind, asked.sheet, fields, constants))
    return Response(text.encode("utf-8-sig", "replace"), media_type="text/csv; charset=utf-8")


async def _with_file(request: Request, asked: File, work: Callable[[Path], T]) -> T:
    """Work on the body as a file of that name, which is gone afterwards."""
    name, body = safe_name(asked.file), await request.body()

    def worked() -> T:
        with tempfile.TemporaryDirectory(prefix="xianglian-load-") as folder:
            file = Path(folder) / name
            file.write_bytes(body)
            return work(file)

    return await replies(request).thread(worked)


def _said(legend: Legend, found: Headings) -> dict[str, Any]:
    return {
        "kind": found.kind.name, "sheet": found.sheet, "sheets": list(found.sheets),
        "fields": [{"name": field.name, "label": legend.text(field.label),
                    "comment": legend.text(field.comment), "required": field.required}
                   for field in found.fields],
        "columns": [{"text": one.text, "samples": list(one.samples), "field": one.field,
                     "near": list(one.near)} for one in found.columns]}
