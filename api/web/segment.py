"""One segment in one region: the verdict, why, what would change it, and whom to call."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api import queries as q
from api.answers import Answer, Answers
from api.web import pickers
from api.web.files import Table, table_reply
from api.web.frame import Context, View, view, worked
from api.web.words import spoken
from graph import structure
from graph.analysis.filters import Filter
from graph.merge import UNKNOWN
from ontology import NotFound, Ontology
from visual.legend import Legend

__all__ = ["about", "router"]

router = APIRouter(include_in_schema=False)

BEST, EVERY, MOST = 5, 100, 20  # candidates in the panel and of the page, things of a list
DETAILS = ("company", "region", "issuer", "asker", "organisation", "status", "issued", "amount")


class Segment(View):
    region: q.Name = "湖南"
    since: q.When | None = None
    part: Literal["panel"] | None = None


class SegmentFile(Segment):
    id: q.Name


@router.get("/segment.{ending}")
async def ask_segment_file(request: Request, asked: Annotated[SegmentFile, Query()],
                           ending: Literal["csv", "xlsx"]) -> Response:
    return await worked(request, asked, lambda answers: table_reply(
        request, ending, _table(answers, asked)))


@router.get("/segment/{id:path}")
async def ask_segment(request: Request, asked: Annotated[Segment, Query()],
                      id: Annotated[str, Path(min_length=1, max_length=200)]) -> Response:
    """The whole page, or what the panorama shows beside it."""
    if asked.part:
        return await view(request, asked, "panel.html",
                          lambda answers: {"panel": about(answers, id, asked.region, asked.lang)})
    return await view(request, asked, "segment.html", lambda answers: _page(answers, id, asked))


def about(answers: Answers, name: str, region: str, lang: str = "zh",
          most: int = BEST) -> dict[str, Any]:
    """What the panel shows of a segment: its row of `gaps` with what belongs to it."""
    found = answers.candidates(name, region, limit=most)
    id = found["segment_id"]
    thing = answers.entity(id)
    itself = thing["rows"][0]
    gaps = answers.gaps(itself["chain"], region, only=id)
    row = next((row for row in gaps["segments"] if row["id"] == id), None)
    if row is None:
        raise NotFound(f"产业链「{gaps['chain']}」的环节", itself["name"], [
            row["segment"] for row in gaps["segments"][:3]])
    legend = Legend(answers.ontology, lang)
    told = _told(legend, thing, {} if lang == "zh" else pickers.english(answers))
    return {
        "forms": _forms(answers.ontology, row["verdict"]), "words": {
            choice.name: f"{choice.symbol} {legend.text(choice.label)}"
            for choice in answers.ontology.words.get("Verdict", ())},
        "row": row, "itself": itself, "gaps": gaps, "candidates": found, "thing": thing,
        "sources": _by_source(legend, [*row["evidence"]], told),
        "hints": _by_source(legend, [*row["hints"]], told),
        "flips": [_flip(flip, row) for flip in row["flips"]],
        "item": next(((name, item) for name in ("fill", "check", "strengthen", "extend")
                      for item in gaps["lists"][name] if item["id"] == id), None)}


def _forms(ontology: Ontology, verdict: str) -> dict[str, Any]:
    """The kinds of link by which a person may say that a firm is here, that the verdict is wrong,
    or that there is none."""
    by = {way: [kind for kind in ontology.links if kind.evidence == way]
          for way in ("firm", "presence", "absence", "survey")}
    wrong = {"present": by["absence"], "absent": by["presence"]}.get(
        verdict, by["presence"] + by["absence"])
    return {"firm": next(iter(by["firm"]), None), "wrong": wrong,
            "survey": next(iter(by["survey"]), None)}


def _told(legend: Legend, thing: Answer, english: Mapping[str, str]) -> Mapping[str, str]:
    """Record → what it says: of a link the other end and its place."""
    said: dict[str, str] = {}
    for link in thing["links"]:
        kind = legend.ontology.kinds[link["kind"]]
        names = [end.name for end in kind.ends or ()] + [structure.PLACE]
        here = thing["rows"][0]["name"]
        parts = [english.get(link[name], str(link[name])) for name in names
                 if link.get(name) and link[name] != here]
        text = legend.text(kind.label) + (
            legend.say("colon") + legend.say("comma").join(parts) if parts else "")
        said.update(dict.fromkeys(link["records"], text))
    return said


def _by_source(legend: Legend, proofs: list[Answer], told: Mapping[str, str]) -> list[Answer]:
    """Evidence by source, in its order: what each says and how good it is."""
    found: dict[str, Answer] = {}
    for item in proofs:
        kind = legend.text(legend.ontology.kinds[item["kind"]].label)
        entry = found.setdefault(item["source"]["id"], {
            "source": item["source"], "grade": item["grade"], "observed": [], "says": []})
        text = told.get(item["record"], kind)
        if text not in entry["says"]:
            entry["says"].append(text)
        if item["observed"] and item["observed"] not in entry["observed"]:
            entry["observed"].append(item["observed"])
    for entry in found.values():  # a bare kind says less than the same with its ends
        entry["says"] = [text for text in entry["says"] if not any(
            other.startswith(text + legend.say("colon")) for other in entry["says"])]
    return [*found.values()]


def _flip(flip: Answer, row: Answer) -> Answer:
    """With the titles of the sources whose records would have to go."""
    titles = {item["record"]: item["source"]["title"] for item in row["evidence"]}
    return {**flip, "lose": [
        {"records": len(records), "titles": list(dict.fromkeys(
            titles[record] for record in records if record in titles))}
        for records in flip["lose"]]}


# --- the page ------------------------------------------------------------------------------------


def _page(answers: Answers, name: str, asked: Segment) -> Context:
    panel = about(answers, name, asked.region, asked.lang, EVERY)
    id, chain = panel["row"]["id"], panel["gaps"]["chain_id"]
    template = answers.chain(chain)
    legend = Legend(answers.ontology, asked.lang)
    rows = {row["id"]: legend.name(row) for row in panel["gaps"]["segments"]}

    def feeds(here: str, there: str) -> list[dict[str, Any]]:
        return [{"id": feed[f"{there}_id"], "name": rows.get(feed[f"{there}_id"], feed[there]),
                 "chains": feed["chains"], "inferred": feed["inferred"]}
                for feed in template["feeds"] if feed[f"{here}_id"] == id]

    itself = next(row for row in template["rows"] if row["id"] == id)
    return {
        "panel": panel, "inputs": feeds("downstream", "upstream"), "products": itself["products"],
        "outputs": feeds("upstream", "downstream"),
        "parts_of": [row for row in template["rows"] if row["whole"] == itself["segment"]],
        "firms": _firms(answers, id), "cells": [
            row for row in answers.segments(chain)["rows"] if row["id"] == id],
        "short": lambda id, name: pickers.called(answers, id, name, asked.lang, short=True),
        "lists": _lists(answers, id, chain), "regions": pickers.regions(answers),
        "labels": answers.ontology.kinds, "details": partial(_details, legend)}


def _firms(answers: Answers, segment: str) -> dict[str, Any]:
    """What firms do in it, by place, with the sources of each line: on that day, and on others."""
    profile = answers.profile(segment)
    proofs = {item["record"]: item["source"] for item in profile["evidence"]}
    groups = [group for group in profile["links"]
              if answers.ontology.kinds[group["kind"]].evidence == "firm"]
    rows = [{**row["fields"], "id": row["other_id"], "inferred": row["inferred"],
             "holds": row["holds"], "since": row["since"], "until": row["until"],
             "sources": list({proofs[record]["id"]: proofs[record]
                              for record in row["records"]}.values())}
            for group in groups for row in group["rows"]]
    rows.sort(key=lambda row: (str(row.get(structure.PLACE)), str(row["company"])))
    return {"now": [row for row in rows if row["holds"]],
            "then": [row for row in rows if not row["holds"]],
            "unread": sum(group["total"] for group in groups) - len(rows)}


def _lists(answers: Answers, segment: str, chain: str) -> list[dict[str, Any]]:
    """What else touches it on that day, by kind; wider: of the whole chain, where none is of this
    segment; others: how many there are on other days.  None left out."""
    found = []
    for kind in (structure.PROJECT, structure.DEMAND, structure.POLICY, structure.INSTITUTE,
                 structure.PERSON):
        for wanted in (Filter(segment=segment), Filter(chain=chain)):
            every = answers.list(kind, 0, wanted=wanted)["total"]
            if every:
                break
        now = answers.list(kind, MOST, wanted=wanted, held=True)
        found.append({"kind": kind, "wider": bool(every and wanted.chain), "rows": now["rows"],
                      "total": now["total"], "others": every - now["total"]})
    return found


def _details(legend: Legend, kind: str, row: Answer) -> str:
    """Whose it is, where, and how far it is, as far as anybody says."""
    return " · ".join(spoken(legend, legend.ontology.kinds[kind].field(name), row[name], row)
                      for name in DETAILS if row.get(name))


# --- the same as a table -------------------------------------------------------------------------


def _table(answers: Answers, asked: SegmentFile) -> Table:
    """All that the page says, a line each: part, what, said, sources."""
    legend = Legend(answers.ontology, asked.lang)
    shown = _page(answers, asked.id, asked)
    row, gaps = shown["panel"]["row"], shown["panel"]["gaps"]
    t: Callable[[str, str], str] = (lambda zh, en: en) if asked.lang == "en" else (
        lambda zh, en: zh)
    lines = [(t("判定", "Verdict"), legend.said(gaps["region"]), legend.status(row),
              _cited(item["source"] for item in row["evidence"]))]
    for part, some in ((t("投入", "Inputs"), shown["inputs"]),
                       (t("产出供给", "Feeds"), shown["outputs"])):
        lines += [(part, one["name"], legend.join(one["chains"]), "") for one in some]
    lines += [(t("产品", "Products"), name, "", "") for name in shown["products"]]
    lines += [(t("各市州", "By prefecture"), shown["short"](cell["region_id"], cell["region"]),
               legend.word("Verdict", cell["verdict"]), "") for cell in shown["cells"]]
    for part, some in ((t("谁在做", "Who does it"), shown["firms"]["now"]),
                       (t("这一天不算的", "Not on this day"), shown["firms"]["then"])):
        lines += [(part, one["company"], " · ".join(filter(None, [
            legend.said(one.get("place") or ""), legend.join(one.get("products") or ()),
            str(one.get("capacity") or "")])), _cited(one["sources"])) for one in some]
    for found in shown["lists"]:
        label = legend.text(legend.ontology.kinds[found["kind"]].label)
        label += t("（整条链的）", " (of the whole chain)") if found["wider"] else ""
        lines += [(label, one["name"], _details(legend, found["kind"], one), "")
                  for one in found["rows"]]
    lines += [(t("候选企业", "Candidates"), one["name"], legend.say("semi").join(
        legend.said(reason["said"]) for reason in one["reasons"]
        if reason["rank"] == 0 and reason["evidence"]),
        _cited(item["source"] for reason in one["reasons"] for item in reason["evidence"]))
        for one in shown["panel"]["candidates"]["rows"]]
    heads = (t("部分", "Part"), t("什么", "What"), t("内容", "Said"), t("来源", "Sources"))
    return Table(f"{legend.name(row)} {legend.said(gaps['region'])} {gaps['at']}", " · ".join(
        [legend.say("at", gaps["at"]), legend.say("data", gaps["version"])]), heads, [
            [legend.said(text) for text in line] for line in lines])


def _cited(sources: Iterable[Answer]) -> str:
    """Publisher, date and title of each source once."""
    return "；".join(dict.fromkeys(" ".join([*(
        source[part] for part in ("publisher", "date") if source[part] != UNKNOWN),
        f"《{source['title']}》"]) for source in sources))
