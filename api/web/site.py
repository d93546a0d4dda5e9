"""All views put together, and errors as a page for who reads with a browser."""

import json
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.web import (
    ask,
    assets,
    explore,
    firms,
    home,
    load,
    matrix,
    segment,
    signing,
    thing,
    tiles,
    tones,
)
from api.web.frame import render, with_changed

__all__ = ["ROUTERS", "error_page", "wants_page"]

# `tones` before `assets`: both stand under /static.
ROUTERS: tuple[APIRouter, ...] = tuple(view.router for view in (
    tones, assets, home, segment, matrix, tiles, ask, signing, firms, thing, explore, load))


def wants_page(request: Request) -> bool:
    """A person with a browser, rather than a program."""
    return ("text/html" in request.headers.get("accept", "")
            and not request.url.path.startswith(("/api/", "/static/")))


def error_page(request: Request, told: Response) -> Response:
    """The same problem for people to read: what is wrong and what to do about it."""
    problem = json.loads(bytes(told.body))
    typed = [key for key, value in request.query_params.items() if value == problem.get("name")]
    meant = [(near, with_changed(request, **{typed[0]: near}))
             for near in [*(problem.get("nearest") or ()), *(problem.get("choices") or ())]
             ] if typed else []
    phrase = HTTPStatus(told.status_code).phrase
    title = phrase if request.query_params.get("lang") == "en" else problem.get("title") or phrase
    page = render(request, "error.html", status=told.status_code, problem=problem, meant=meant,
                  title=title)
    for name in ("retry-after", "www-authenticate", "allow"):
        if name in told.headers:
            page.headers[name] = told.headers[name]
    return page
