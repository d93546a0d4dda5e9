"""What every view shares: its parameters, its addresses, and how a template becomes a reply."""

import gzip
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, Literal
from urllib.parse import quote, urlencode

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import ConfigDict, Field
from starlette.responses import Response

from api import queries as q
from api.answers import Answers, day
from api.replies import fixed
from api.routes import replies
from api.web.assets import asset
from api.web.tones import tones
from api.web.tongues import in_english, joined, marked
from graph import dates, structure
from visual.legend import Legend

__all__ = ["POLICY", "View", "address", "ahead", "path_of", "render", "view",
           "with_changed", "worked"]

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
          "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
KEPT = ("known_at", "min_grade")  # circumstances that go from view to view
LEAST = 1400  # bytes below which packing is not worth it
# Address, Chinese and English name of what the navigation leads to.
PLACES = (("/", "图谱", "Chains"), ("/matrix", "矩阵", "Matrix"), ("/map", "地图", "Map"),
          ("/firms", "企业", "Firms"), ("/explore", "关系", "Explore"),
          ("/ask", "提问", "Ask"), ("/load", "装入", "Load"))

Context = Mapping[str, Any]


class View(q.Asked):
    """What every page may be asked; words that others add to an address (WeChat does) are not
    minded."""

    model_config = ConfigDict(extra="ignore")

    lang: Literal["zh", "en"] = Field("zh", description="语言")


async def view(request: Request, asked: View, template: str,
               work: Callable[[Answers], Context]) -> Response:
    """The template with the context that `work` makes of the answers, beside the event loop."""
    return await worked(request, asked, lambda answers: render(
        request, template, **{"asked": asked, "at": dates.iso(answers.at), "ahead": ahead(asked.at),
                             **work(answers)}))


async def worked(request: Request, asked: q.Asked, work: Callable[[Answers], Response]) -> Response:
    """Whatever reply that `work` makes of the answers, beside the event loop."""
    here = replies(request)
    return await here.thread(lambda: work(Answers(
        here.settings, at=asked.at, known_at=asked.known_at, min_grade=asked.min_grade,
        graph=here.graph)), bool(asked.known_at))


def render(request: Request, template: str, /, *, status: int = 200, **context: Any) -> Response:
    """A page with the strict headers and an ETag of its own bytes.

    Every template has `t(zh, en)`, `url(path, **parameters)`, `path_of(id)`, `asset(name)`,
    `tones` (address of the ontology's colours), `legend`, `lang`, `here` (the path), `said` (the
    parameters as typed), `kept` (those that go from view to view), `as_usual` (this page without
    them), `today`, `other_language` (this page in it) and `places` (the navigation).
    """
    lang = "en" if request.query_params.get("lang") == "en" else "zh"
    ontology = replies(request).graph.ontology
    kept = {name: request.query_params[name] for name in KEPT if name in request.query_params}
    shared: dict[str, Any] = {
        "t": (lambda zh, en: en) if lang == "en" else (lambda zh, en: zh), "lang": lang,
        "url": partial(address, lang=lang, **kept), "kept": kept,
        "path_of": partial(path_of, lang=lang, **kept),
        "asset": asset, "legend": Legend(ontology, lang), "places": PLACES,
        "tones": tones(ontology), "here": request.url.path, "said": dict(request.query_params),
        "today": dates.iso(dates.today()),
        "as_usual": with_changed(request, **dict.fromkeys(KEPT, "")),
        "other_language": with_changed(request, lang="" if lang == "en" else "en")}
    text = _environment(lang).get_template(template).render({**shared, **context})
    body = (marked(text) if lang == "en" else text).encode("utf-8", "replace")
    packs = len(body) > LEAST and "gzip" in request.headers.get("accept-encoding", "")
    packed, media = gzip.compress(body, 5, mtime=0) if packs else body, "text/html; charset=utf-8"
    reply = (fixed(request, packed, media) if status == 200  # of an error nobody has a copy
             else Response(packed, status, media_type=media))
    if packs:
        reply.headers["Content-Encoding"] = "gzip"
    reply.headers["Content-Security-Policy"] = POLICY
    reply.headers["Vary"] = "Accept, Accept-Encoding, Authorization, Cookie"
    return reply


def ahead(at: str | None) -> str:
    """The date as typed if it has not come yet, not even its first day; else blank."""
    today = dates.today()
    return at if at and day(at) > today and dates.first_day(
        dates.parse_span(at)[0]) > today else ""


def with_changed(request: Request, **changed: str) -> str:
    """This very page with parameters changed; blank ones are left out."""
    rest = [(k, v) for k, v in request.query_params.multi_items() if k not in changed]
    query = urlencode([*rest, *((k, v) for k, v in changed.items() if v)])
    return quote(request.url.path, safe="/:") + (f"?{query}" if query else "")


def address(path: str, lang: str = "zh", **parameters: object) -> str:
    """Path and parameters as one address; blank ones are left out, English is kept."""
    said = {name: value for name, value in parameters.items() if value not in (None, "", [], ())}
    if lang == "en":
        said["lang"] = "en"
    query = urlencode(said, doseq=True, safe="/:", quote_via=quote)
    return quote(path, safe="/:") + (f"?{query}" if query else "")


def path_of(id: str, lang: str = "zh", **parameters: object) -> str:
    """Where a thing is shown: chains and segments have views of their own."""
    kind, _, rest = id.partition(":")
    if kind == structure.CHAIN:
        return address("/", lang, chain=rest, **parameters)
    if kind == structure.SEGMENT:
        return address(f"/segment/{rest}", lang, **parameters)
    return address(f"/thing/{kind}/{rest}", lang, **parameters)


@cache
def _environment(lang: str) -> Environment:
    """In English whatever is written out is so in English, if it can be."""
    found = Environment(loader=PackageLoader("api.web"), autoescape=True, auto_reload=False,
                        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
                        finalize=in_english if lang == "en" else None)
    if lang == "en":
        found.filters["join"] = joined
    return found
