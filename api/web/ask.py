"""A question in words: what was understood, the answer, and what it rests on."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.answers import Answer, Answers
from api.ask import ask as answer_to
from api.queries import Name
from api.web.files import Table, table_reply
from api.web.frame import Context, View, address, path_of, view, worked
from graph import dates, structure
from graph.merge import UNKNOWN
from visual.legend import Legend

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

EXAMPLES = ("2014年长沙锂电产业链缺哪些环节？", "谁给比亚迪供碳陶制动盘？",
            "信维电科和科力尔之间有什么联系？", "长沙的锂电池链今天还缺什么？",
            "湖南有哪些企业做负极材料？", "益阳高新区的产值是多少？")
FOUND = 8  # things of that name, where no answer was


class Question(View):
    q: Name | None = None


@router.get("/ask")
async def ask_question(request: Request, asked: Annotated[Question, Query()]) -> Response:
    def work(answers: Answers) -> Context:
        shared: dict[str, Any] = {"examples": EXAMPLES, "asked_words": asked.q or ""}
        if not asked.q:
            return {**shared, "found": None}
        found = answer_to(answers, asked.q)
        named = (answers.search(asked.q, (), FOUND)["rows"]
                 if found["status"] not in ("answered", "ambiguous") else [])
        return {**shared, "found": found, "named": named, "place": _place(found, asked.lang),
                "lines": [_line(row, asked.lang) for row in found["rows"]]}

    return await view(request, asked, "ask.html", work)


class Kept(View):
    q: Name


@router.get("/ask.{ending}")
async def ask_question_file(request: Request, asked: Annotated[Kept, Query()],
                            ending: Literal["csv", "xlsx"]) -> Response:
    return await worked(request, asked, lambda answers: table_reply(
        request, ending, _table(answers, asked)))


def _table(answers: Answers, asked: Kept) -> Table:
    """Question, answer, every row and every source, a line each."""
    legend, found = Legend(answers.ontology, asked.lang), answer_to(answers, asked.q)
    sources = {item["source"]["id"]: item for item in found["evidence"]}
    zh = asked.lang == "zh"
    parts = (("问题", "理解为", "回答", "逐条", "来源") if zh
             else ("Question", "Understood", "Answer", "Row", "Source"))
    lines = [(parts[0], asked.q, ""), (parts[1], found["understood"]["restated"], ""),
             (parts[2], found["answer"], "")]
    lines += [(parts[3], _line(row, asked.lang)["text"], "") for row in found["rows"]]
    lines += [(parts[4], " ".join([*(item["source"][name] for name in ("publisher", "date")
                                     if item["source"][name] != UNKNOWN),
                                   f"《{item['source']['title']}》",
                                   legend.word("Grade", item["grade"])]),
               item["source"]["address"] if item["source"]["address"] != UNKNOWN else "")
              for item in sources.values()]
    return Table(asked.q, " · ".join([legend.say("at", dates.iso(answers.at)),
                                      legend.say("data", answers.index.version)]),
                 ("部分", "内容", "网址") if zh else ("Part", "Text", "Address"), lines)


def _line(row: Answer, lang: str) -> Mapping[str, str]:
    """A row in words, and where its thing is shown."""
    text = row.get("text") or "，".join(
        str(value) for name, value in row.items()
        if isinstance(value, (str, int, float)) and value and name not in ("id", "kind"))
    id = str(row.get("id") or "")
    return {"text": str(text), "link": path_of(id, lang) if ":" in id else ""}


def _place(found: Answer, lang: str) -> str:
    """The view that shows the same, if there is one."""
    called = urlsplit(found["call"])
    said = {name: values[0] for name, values in parse_qs(called.query).items()}
    name = called.path.removeprefix("/api/v1/")
    if name in ("gaps", "compare"):
        return address("/", lang, chain=said.get("chain"), region=said.get("region"),
                       at=said.get("at") or said.get("to"), since=said.get("from"))
    if name == "matrix":
        return address("/matrix", lang, at=said.get("at"))
    if name in ("suppliers", "customers", "partners") and "name" in said:
        return path_of(f"{structure.COMPANY}:{said['name']}", lang)
    if name.startswith("entities/"):
        return path_of(name.removeprefix("entities/").partition("/records")[0], lang)
    return ""
