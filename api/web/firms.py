"""The firms as one list: filters, columns to choose, pages, Excel and CSV."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.answers import Answer, Answers
from api.queries import Name
from api.web.files import Table, table_reply
from api.web.frame import Context, View, view, worked
from api.web.words import spoken
from graph import structure
from graph.analysis.filters import Filter
from graph.analysis.firms import Narrow
from ontology import Ontology, Text, XianglianError
from visual.legend import Legend

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

PAGE, MOST = 50, 20_000  # rows of a page, and of a file
# What is worked out about a firm; after these stand the fields of its class.
WORKED: Mapping[str, Text] = {
    "places": Text("所在地", "Places"), "chains": Text("产业链", "Chains"),
    "segments": Text("环节", "Segments"), "leads": Text("链主", "Leads"),
    "honours": Text("荣誉", "Honours"), "newest": Text("最近的证据", "Last evidence"),
    "records": Text("记录", "Records")}
USUAL = ("places", "chains", "segments", "leads", "listed_code", "honours", "newest", "records")
FIXED = ("name", "full_name")  # always shown, in the first column
ANSWERS = {"yes": True, "no": False}

Columns = list[Annotated[str, Field(max_length=60)]]


class Firms(View):
    q: Name | None = None
    region: Name | None = None
    park: Name | None = None
    chain: Name | None = None
    segment: Name | None = None
    honour: Name | None = None
    leader: Literal["yes", "no"] | None = None
    listed: Literal["yes", "no"] | None = None
    age: Literal["year", "three", "fresh", "stale", "unknown"] | None = None
    order: Literal["told", "name", "evidence"] = "told"
    page: int = Field(1, ge=1, le=100_000)
    columns: Columns = Field([], max_length=60)


@router.get("/firms")
async def ask_firms(request: Request, asked: Annotated[Firms, Query()]) -> Response:
    def work(answers: Answers) -> Context:
        known = columns_of(answers.ontology, Legend(answers.ontology, asked.lang))
        found, fault = _found(answers, asked, (asked.page - 1) * PAGE, PAGE)
        return {"found": found, "fault": fault, "known": known, "ages": ages(found["shelf"]),
                "company": answers.ontology.kinds[structure.COMPANY], "worked": WORKED,
                "spoken": spoken,
                "columns": _chosen(asked, known), "usual": USUAL, "size": PAGE,
                "pages": max(-(-found["total"] // PAGE), 1), "lists": _lists(answers),
                "filters": _filters(asked)}

    return await view(request, asked, "firms.html", work)


@router.get("/firms.{ending}")
async def ask_firms_file(request: Request, asked: Annotated[Firms, Query()],
                         ending: Literal["csv", "xlsx"]) -> Response:
    return await worked(request, asked, lambda answers: table_reply(
        request, ending, _table(answers, asked)))


def columns_of(ontology: Ontology, legend: Legend) -> dict[str, str]:
    """Name → head of every column there is."""
    fields = ontology.kinds[structure.COMPANY].fields
    return {name: legend.text(label) for name, label in WORKED.items()} | {
        field.name: legend.text(field.label) for field in fields if field.name not in FIXED}


def ages(shelf: int) -> dict[str, Text]:
    """What each age of evidence means; none said is one of them."""
    return {"year": Text("一年以内", "within a year"), "three": Text("一至三年", "1–3 years"),
            "fresh": Text(f"三至{shelf}年", f"3–{shelf} years"),
            "stale": Text(f"超过{shelf}年（旧证）", f"over {shelf} years (stale)"),
            "unknown": Text("没有日期", "no date")}


def _found(answers: Answers, asked: Firms, first: int, limit: int) -> tuple[Answer, str]:
    """The page and, if a name is not known, why there is none."""
    try:
        return answers.firms(
            Filter(asked.q or "", asked.region or "", asked.chain or "", asked.segment or "",
                   asked.honour or ""),
            Narrow(asked.park or "", ANSWERS.get(asked.leader or ""),
                   ANSWERS.get(asked.listed or ""), asked.age or ""),
            asked.order, first, limit), ""
    except XianglianError as error:
        empty = answers.firms(Filter(), Narrow(), limit=0)
        return {**empty, "total": 0}, str(error)


def _chosen(asked: Firms, known: Mapping[str, str]) -> Sequence[str]:
    chosen = [name for name in known if name in asked.columns]
    return chosen or [name for name in USUAL if name in known]


def _filters(asked: Firms) -> dict[str, Any]:
    """The parameters that stay when the page is turned."""
    return {name: getattr(asked, name) for name in (
        "q", "region", "park", "chain", "segment", "honour", "leader", "listed", "age", "columns",
        "at", "known_at", "min_grade") if getattr(asked, name)} | (
            {"order": asked.order} if asked.order != "told" else {})


def _lists(answers: Answers) -> Mapping[str, list[str]]:
    """What may be typed into each filter; worked out once an index."""
    memory = answers.index.memory
    if "page firms" not in memory:
        def names(kind: str) -> list[str]:
            return sorted({row["name"] for row in answers.list(kind)["rows"]})

        memory["page firms"] = {
            "region": names("Region"), "park": names("Park"), "chain": names(structure.CHAIN),
            "segment": [row["id"].partition(":")[2]
                        for row in answers.list(structure.SEGMENT)["rows"]],
            "honour": names("Honour")}
    found: Mapping[str, list[str]] = memory["page firms"]
    return found


def _table(answers: Answers, asked: Firms) -> Table:
    legend = Legend(answers.ontology, asked.lang)
    known = columns_of(answers.ontology, legend)
    found, fault = _found(answers, asked, 0, MOST)
    if fault:
        raise XianglianError(fault)
    chosen = _chosen(asked, known)
    fields = answers.ontology.kinds[structure.COMPANY]
    heads = [legend.text(field.label) for name in FIXED if (field := fields.field(name))]
    said = [legend.say("at", found["at"]), legend.say("data", found["version"])]
    said += [f"{name}={value}" for name, value in _filters(asked).items() if name != "columns"]
    return Table("企业" if asked.lang == "zh" else "Firms", " · ".join(said),
                 [*heads, *(known[name] for name in chosen)],
                 [[row["name"], row["full_name"], *(_cell(legend, row, name) for name in chosen)]
                  for row in found["rows"]])


def _cell(legend: Legend, row: Answer, name: str) -> str | int:
    if name == "records":
        return int(row["records"])
    if name not in WORKED:
        field = legend.ontology.kinds[structure.COMPANY].field(name)
        return spoken(legend, field, row["fields"].get(name), row["fields"])
    value = row[name]
    mark = " (inferred)" if legend.lang == "en" else "（推断）"
    return legend.join(legend.said(part["name"]) + (mark if part.get("inferred") else "")
                       for part in value) if isinstance(value, list) else value or ""
