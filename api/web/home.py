"""The chain panorama: what a chain lacks in a region, what changed, what to check next."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Query, Request
from markupsafe import Markup
from pydantic import Field
from starlette.responses import Response

from api import queries as q
from api.answers import Answer, Answers, day
from api.pictures import XML, candidates_of
from api.web import pickers, segment
from api.web.files import Table, file_reply, table_reply
from api.web.frame import Context, View, address, ahead, path_of, view, worked
from graph import dates
from visual.header import moved
from visual.legend import Legend
from visual.panorama import panorama

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

COOKIE, YEAR = "last", 31_536_000
WIDE, NARROW, WHOLE = 1000, 366, 1366  # pixels for which the picture is drawn; as a file
# The four lists: Chinese and English name and meaning.
LISTS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "fill": (("补链", "To fill"), ("有来源说缺，且必备",
                                 "essential, and a source says it is missing")),
    "check": (("待核", "To verify"), ("必备而没人说过、说法不一，或证据已旧（含非必备），先去查",
                                    "essential and unsaid or disputed, or, of any, "
                                    "the evidence is old")),
    "strengthen": (("强链", "To strengthen"), ("有，但弱、单点或证据已旧（含非必备）",
                                              "there, but weak, single or stale; "
                                              "optional ones too")),
    "extend": (("延链", "To extend"), ("当地有上下游邻居，可以延伸",
                                     "the region has what feeds it or is fed by it")),
}
HEADS = (("环节", "Segment"), ("位置", "Stage"), ("必备", "Essential"), ("判定", "Verdict"),
         ("企业", "Firms"), ("来源", "Sources"), ("最近的在", "Nearest"))


class Home(View):
    chain: q.Name | None = None
    region: q.Name | None = None
    since: q.When | None = Field(None, description="标出从这天以来的变化")
    open: q.Name | None = Field(None, description="打开这个环节")


@router.get("/")
async def ask_home(request: Request, asked: Annotated[Home, Query()]) -> Response:
    """Without a chain the last one; 长沙 · 锂电池 the first time."""
    typed, asked = asked.at, _complete(asked, request.cookies.get(COOKIE, ""))
    phone = "Mobi" in request.headers.get("user-agent", "")
    reply = await view(request, asked, "home.html",
                       lambda answers: {**_context(answers, asked, phone), "ahead": ahead(typed)})
    reply.set_cookie(COOKIE, urlencode({"chain": asked.chain, "region": asked.region}), YEAR,
                     httponly=True, samesite="lax")
    return reply


@router.get("/chain.{ending}")
async def ask_home_file(request: Request, asked: Annotated[Home, Query()], ending: Literal[
        "svg", "png", "html", "docx", "xlsx", "csv"]) -> Response:
    """The picture, the page to share, the report, or the table."""
    asked = _complete(asked, "")
    return await worked(request, asked, lambda answers: _file(request, answers, asked, ending))


def _complete(asked: Home, last: str) -> Home:
    """The same with nothing left open and the two dates in their order."""
    said = parse_qs(last[:1000])
    bare = asked.chain is None and asked.at is None  # who asks nothing is shown what changed
    kept = {name: said.get(name, [usual])[0][:200] for name, usual in
            (("chain", "锂电池"), ("region", "长沙"))}
    at, since = asked.at, asked.since or (str(pickers.FIRST) if bare else None)
    if since and day(since) > day(at):
        at, since = since, at
    if at and day(at) >= dates.today():  # the last stop of the slider
        at = None
    if since and day(since) == day(at):
        since = None
    return asked.model_copy(update={"chain": asked.chain or kept["chain"], "at": at,
                                    "region": asked.region or kept["region"], "since": since})


def _context(answers: Answers, asked: Home, phone: bool) -> Context:
    chain, region = asked.chain or "", asked.region or ""
    gaps, template = answers.gaps(chain, region), answers.chain(chain)
    start = asked.since or str(pickers.FIRST)
    later = not asked.since and day(start) >= answers.at  # nothing before: tell what came after
    compared = (answers.compare(chain, region, dates.iso(answers.at), None) if later
                else answers.compare(chain, region, start, dates.iso(answers.at)))
    legend = Legend(answers.ontology, asked.lang)
    essential = {**compared, "rows": [row for row in compared["rows"] if row["essential"]]}

    def drawn(width: int) -> Markup:
        return Markup(panorama(
            answers.ontology, gaps, template, compared=compared if asked.since else None,
            width=width, lang=asked.lang, heading=False, link=lambda id: path_of(
                id, asked.lang, region=gaps["region"], at=asked.at, since=asked.since,
                known_at=asked.known_at, min_grade=asked.min_grade)))

    here = {"chain": gaps["chain"], "region": gaps["region"], "at": asked.at, "since": asked.since,
            "open": asked.open, "known_at": asked.known_at, "min_grade": asked.min_grade}
    silent = all(row["verdict"] == "unknown" for row in gaps["segments"])
    return {
        "above": answers.above(gaps["chain_id"], gaps["region_id"]) if silent else (),
        "silent": silent and bool(gaps["segments"]), "unplaced": _unplaced(gaps),
        "full": address("/", asked.lang, **here),
        "other_language": address("/", "zh" if asked.lang == "en" else "en", **here),
        "gaps": gaps, "template": template, "compared": compared, "later": later,
        "alias": chain if chain not in (gaps["chain"], gaps["chain_id"], template["name_en"])
        and asked.lang == "zh" else "",
        "moved": moved(legend, essential, gaps), "missing_by": _missing_by(compared),
        "wide": drawn(WIDE), "narrow": drawn(NARROW), "narrow_first": phone, "lists": LISTS,
        "names": {row["id"]: legend.name(row) for row in gaps["segments"]},
        "heads": HEADS, "chains": pickers.chains(answers), "regions": pickers.regions(answers),
        "region_name": pickers.called(answers, gaps["region_id"], gaps["region"], asked.lang),
        "years": pickers.years(dates.iso(dates.today())), "next_step": _next(gaps),
        "panel": (segment.about(answers, asked.open, gaps["region"], asked.lang) if asked.open
                  else None)}


def _missing_by(compared: Answer) -> list[Mapping[str, Any]]:
    """The sources by which what is now filled was once missing, each once."""
    found = {item["source"]["id"]: item["source"] for row in compared["rows"]
             if row["closed"] for item in row["closed"]["missing"]}
    return [*found.values()]


def _unplaced(gaps: Answer) -> list[Mapping[str, Any]]:
    """Firms that are tied to the chain here while nobody says what they do in it, each with the
    sources of its ties."""
    return [{**firm, "sources": list({item["source"]["id"]: item["source"]
                                      for item in firm["evidence"]}.values())}
            for firm in gaps["unplaced"]]


def _next(gaps: Answer) -> Mapping[str, Any] | None:
    """What to look up first: whom to ask for what is missing, else what nobody has said."""
    return next((item for name in ("fill", "check", "strengthen") for item in gaps["lists"][name]),
                None)


# --- files -----------------------------------------------------------------------------------


def _file(request: Request, answers: Answers, asked: Home, ending: str) -> Response:
    from visual import dossier, png, share, sheet, word  # loaded late: a page needs none of them

    gaps, template = (answers.gaps(asked.chain or "", asked.region or ""),
                      answers.chain(asked.chain or ""))
    title = f"{gaps['region']} {gaps['chain']} {gaps['at']}"
    if ending == "csv":
        return table_reply(request, ending, _table(Legend(answers.ontology, asked.lang), gaps,
                                                   title))
    if ending in ("docx", "xlsx"):
        content = dossier.dossier(answers.ontology, gaps, template, candidates_of(answers, gaps),
                                  picture=png.has_chinese())
        body = word.word(content) if ending == "docx" else sheet.sheet(content)
        return file_reply(request, ending, title, body)
    compared = (answers.compare(gaps["chain_id"], gaps["region_id"], asked.since,
                                dates.iso(answers.at)) if asked.since else None)
    if ending == "html":
        return file_reply(request, ending, title, share.chain_page(
            answers.ontology, gaps, template, compared).encode())
    drawn = panorama(answers.ontology, gaps, template, compared=compared, width=WHOLE,
                     lang=asked.lang)
    return file_reply(request, ending, title,
                      png.png(drawn, 2.0) if ending == "png" else (XML + drawn).encode())


def _table(legend: Legend, gaps: Answer, title: str) -> Table:
    at = 1 if legend.lang == "en" else 0
    yes = (("是", "yes"), ("否", "no"))
    return Table(title, legend.say("data", gaps["version"]), [head[at] for head in HEADS], [(
        legend.name(row), legend.word("SegmentStage", row["stage"]),
        yes[not row["essential"]][at], legend.status(row),
        legend.join(firm["name"] for firm in row["firms"]),
        legend.say("semi").join(dict.fromkeys(
            f"{e['source']['publisher']} {e['source']['date']}《{e['source']['title']}》"
            for e in row["evidence"])),
        (row["nearest"] or {}).get("region") or "") for row in gaps["segments"]])
