"""The page of one thing, of whatever class: facts, links, figures, each with its sources."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.answers import Answer, Answers
from api.queries import Name
from api.web.files import Table, table_reply
from api.web.frame import Context, View, view, worked
from api.web.sections import ACTUAL, Reader, cited
from graph import structure
from ontology import NotFound
from visual.legend import Legend
from visual.notes import Notes

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

PARTNERS = 8  # that are listed
NEAR = 3  # names that are told where none is found


class Thing(View):
    id: Name


@router.get("/thing.{ending}")
async def ask_thing_file(request: Request, asked: Annotated[Thing, Query()],
                         ending: Literal["csv", "xlsx"]) -> Response:
    return await worked(request, asked, lambda answers: table_reply(
        request, ending, _table(_reader(answers, asked.id, asked.lang))))


@router.get("/thing/{kind}/{key:path}")
async def ask_thing(request: Request, asked: Annotated[View, Query()],
                    kind: Annotated[str, Path(max_length=60)],
                    key: Annotated[str, Path(min_length=1, max_length=200)]) -> Response:
    def work(answers: Answers) -> Context:
        reader = _reader(answers, f"{kind}:{key}", asked.lang)
        profile = reader.profile
        what = answers.ontology.kinds[profile["kind"]]
        facts, sections = reader.facts(), reader.sections()
        partners = _partners(answers, profile)
        for row in partners:
            for part in (*row["roles"], *row["reasons"]):
                part["marks"] = reader.marks([one["record"] for one in part["evidence"]])
        return {"profile": profile, "title": reader.title(), "what": what,
                "facts": facts, "sections": sections,
                "charts": reader.charts(), "figures": reader.figures(), "traits": reader.traits(),
                "partners": partners, "sources": reader.notes.sources, "cited": cited(reader.notes),
                "former": _former(what, profile),
                "usual": reader.legend.word("ObservationStatus", ACTUAL)}

    return await view(request, asked, "thing.html", work)


def _reader(answers: Answers, id: str, lang: str) -> Reader:
    try:
        profile = answers.profile(id)
    except NotFound:
        profile = _named(answers, *id.partition(":")[::2])
    legend = Legend(answers.ontology, lang)
    proofs = {one["record"]: one for one in profile["evidence"]}
    return Reader(legend, {**profile, "proofs": proofs}, Notes(legend))


def _named(answers: Answers, kind: str, name: str) -> Answer:
    """A name stands where an id could; what is near it is told of that class alone."""
    what = answers.ontology.kinds.get(kind)
    try:
        return answers.profile(name)
    except NotFound:
        if what is None:
            raise
        near = [row["name"] for row in answers.search(name, [kind], NEAR)["rows"]]
        raise NotFound(what.label.zh, name, list(dict.fromkeys(near))) from None


def _partners(answers: Answers, profile: Answer) -> list[Answer]:
    """With reasons; only of a firm."""
    if profile["kind"] != structure.COMPANY:
        return []
    found = answers.partners(profile["id"], limit=PARTNERS)
    profile["proofs"].update({one["record"]: one for one in found["evidence"]})
    rows: list[Answer] = found["rows"]
    return rows


def _former(what: Any, profile: Answer) -> list[str]:
    """Names that it bears no longer or beside its own."""
    names = {field.name for field in what.role("alias")}
    return [str(one["value"]) for fact in profile["facts"] if fact["field"] in names
            for one in fact["values"]]


def _table(reader: Reader) -> Table:
    """All that the page says, a line each."""
    profile, sources = reader.profile, reader.notes.sources
    lines: list[tuple[str, str, str, tuple[int, ...]]] = []
    for fact in reader.facts():
        lines += [(reader.t("资料", "facts"), fact.head, cell.text, marks)
                  for cell, marks in fact.values]
        lines += [(reader.t("另一种说法", "also said"), fact.head, cell.text, marks)
                  for cell, marks in fact.others]
    for section in reader.sections():
        for row in section.rows:
            said = ["、".join(cell.text for cell in cells) for cells in row.cells]
            lines.append((section.title, said[0], "；".join(
                f"{head}：{text}" for head, text in zip(section.heads[1:], said[1:], strict=True)
                if text) + "".join(f"（{note}）" for note in row.notes), row.marks))
    lines += [(reader.t("指标", "figures"), metric, " ".join(filter(None, said)), marks)
              for metric, *said, marks in reader.figures()]
    lines += [(head, "", text, marks) for head, some in reader.traits().items()
              for text, marks in some]
    legend = reader.legend
    heads = (("Part", "What", "Said", "Sources") if legend.lang == "en"
             else ("部分", "什么", "内容", "来源"))
    return Table(reader.title(), " · ".join(
        [legend.say("at", profile["at"]), legend.say("data", profile["version"])]), heads, [
            (*line[:3], "；".join(sources[number - 1].text for number in line[3]))
            for line in lines])
