"""The HTTP application: routes, errors, door and journal put together."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.jobs import Jobs
from api.journal import Figures, Journal
from api.keys import Keys
from api.pages import STYLE
from api.problems import Problem, Refused, told
from api.reading import EMPTY, Graph
from api.reference import reference
from api.replies import Replies, dumped, fixed, program
from api.routes import router
from api.security import Door
from api.sessions import Sessions
from api.settings import Settings
from api.signing import Signing
from api.warming import Warmer
from api.web import site
from api.working import Runner
from api.writing import router as writing
from ontology import XianglianError

__all__ = ["Said", "answering", "application", "running"]

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

PAGE = ("default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'")  # a page may have our style sheet and forms, nothing else
SHARE = 1.0  # seconds between two writings of a worker's figures
REFUSALS: Mapping[int, str] = {
    400: "问题写得不对", 401: "需要密钥", 403: "没有这个权限", 404: "没有这个名称",
    406: "没有这种格式", 408: "请求发得太慢", 413: "请求太大", 421: "不认识的主机名",
    422: "参数不对，或名称不止一个意思", 429: "请求太多", 500: "程序内部出错", 503: "暂时不能回答"}
SAYING: Mapping[int, tuple[str, str]] = {
    401: ("WWW-Authenticate", "Bearer"), 429: ("Retry-After", "多少秒后再来"),
    503: ("Retry-After", "多少秒后再来")}  # headers of a refusal
KEY = ("设了密钥的服务器每个请求都要；写入总要（网页用本机链接或密钥换来的 cookie）。read 只查询，"
       "write 也能装入、录入和收回自己装入的，admin 还能收回随附的来源、看 audit")


def application(settings: Settings, figures: Path | None = None) -> ASGIApp:
    """Everything that answers over HTTP, on the store of the settings.

    `figures` is a folder in which the workers of one run put their counters and sessions together.
    """
    graph, counted = Graph(settings, served=True), Figures(figures)
    keys, jobs = Keys(settings.desk), Jobs(settings.desk)
    sessions = Sessions(figures, keys) if figures else None
    runner, warmer = Runner(settings, jobs), Warmer(settings, graph)

    def beside() -> None:
        counted.share()
        warmer.look()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        graph.watch(beside)
        runner.start()
        yield
        for end in (runner.stop, graph.close, warmer.stop):
            await app.state.replies.thread(end)

    app = answering(settings, graph, (router, writing), lifespan)
    app.state.jobs = jobs
    for views in site.ROUTERS:
        app.include_router(views)
    Own(app, graph, counted).add()
    door = Door(Said(app), settings, keys, sessions)
    Signing(app, door).add()
    return Journal(door, counted)


def answering(settings: Settings, graph: Graph, operations: Iterable[APIRouter] = (router,),
              lifespan: Lifespan | None = None) -> FastAPI:
    """The operations with their errors, and nothing around them: by itself the questions."""
    app = FastAPI(title="湘链 Xianglian", version=program(), docs_url=None, redoc_url=None,
                  openapi_url=None, redirect_slashes=False, lifespan=lifespan)
    app.state.replies = Replies(settings, graph)
    responses: dict[int | str, dict[str, Any]] = {
        status: {"description": said, "content": {"application/problem+json": {
            "schema": {"$ref": "#/components/schemas/Problem"}}}}
        for status, said in REFUSALS.items()}
    for status, (name, said) in SAYING.items():
        responses[status]["headers"] = {name: {"description": said, "schema": {"type": "string"}}}
    for some in operations:
        app.include_router(some, responses=responses)
    for kind in (RequestValidationError, HTTPException, XianglianError, Exception):
        app.add_exception_handler(kind, _told)
    return app


class Said:
    """A parameter that a form left blank was not said."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["query_string"]:
            pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True,
                              errors="replace")
            scope["query_string"] = urlencode(
                [pair for pair in pairs if pair[1].strip()]).encode("ascii")
        await self.app(scope, receive, send)


class Own:
    """What the server tells of itself: whether it lives, its figures, and how to use it."""

    def __init__(self, app: FastAPI, graph: Graph, figures: Figures) -> None:
        self.app, self.graph, self.figures = app, graph, figures
        self.began = time.time()

    def add(self) -> None:
        for path, answer in OWN.items():
            self.app.add_api_route(path, partial(answer, self), include_in_schema=False,
                                   response_class=Response)

    async def healthz(self, request: Request) -> Response:
        return fixed(request, dumped({"status": "ok"}), "application/json")

    async def readyz(self, request: Request) -> Response:
        """Ready once there is content to answer from."""
        state = self.graph.ready
        if state is None:
            raise Refused("not-ready", EMPTY, {"Retry-After": "5"})
        return fixed(request, dumped({"status": "ready", "version": state.version}),
                     "application/json")

    async def metrics(self, request: Request) -> Response:
        state = self.graph.ready
        gauges = {"ready": float(state is not None),
                  "uptime_seconds": time.time() - self.began,
                  "records": float(len(state.index.table)) if state else 0.0,
                  **self.app.state.jobs.counts()}
        labels = {"program": program(), "content": state.version if state else ""}
        return Response(self.figures.text(gauges, labels),
                        media_type="text/plain; version=0.0.4; charset=utf-8")

    def openapi(self, request: Request) -> Response:
        return fixed(request, dumped(self.described), "application/json")

    def docs(self, request: Request) -> Response:
        reply = fixed(request, self._page, "text/html; charset=utf-8")
        reply.headers["Content-Security-Policy"] = PAGE
        return reply

    async def style(self, request: Request) -> Response:
        return fixed(request, STYLE.encode(), "text/css; charset=utf-8")

    @cached_property
    def _page(self) -> bytes:
        return reference(self.described).encode()

    @cached_property
    def described(self) -> dict[str, Any]:
        """The OpenAPI 3.1 description."""
        said = get_openapi(
            title=self.app.title, version=self.app.version, routes=self.app.routes,
            description="湖南产业链知识图谱：一条链缺什么、凭什么这样说、该去找谁。"
                        "Knowledge graph of Hunan's industrial chains.",
            servers=[{"url": "/"}])
        parts = said.setdefault("components", {})
        schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        parts.setdefault("schemas", {}).update(schema.pop("$defs", {}), Problem=schema)
        parts["securitySchemes"] = {"key": {
            "type": "http", "scheme": "bearer", "description": KEY}}
        said["security"] = [{}, {"key": []}]
        return said


# Those that are not async work out a page, beside the event loop.
OWN: Mapping[str, Callable[..., Any]] = {
    "/healthz": Own.healthz, "/readyz": Own.readyz, "/metrics": Own.metrics,
    "/openapi.json": Own.openapi, "/docs": Own.docs, "/docs.css": Own.style}


async def _told(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == 405:
        error = HTTPException(405, headers={"Allow": ", ".join(_methods(request))})
    reply = told(error, request.url.path, _known(request, error))
    return site.error_page(request, reply) if site.wants_page(request) else reply


def _methods(request: Request) -> list[str]:
    """What the address takes: each of its methods has a route of its own."""
    every = [*request.app.routes, *(route for one in (router, writing, *site.ROUTERS)
                                    for route in one.routes)]
    found = {method for route in every
             if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
             for method in route.methods or ()}
    return sorted(found | ({"HEAD"} if "GET" in found else set()))


def _known(request: Request, error: Exception) -> list[str]:
    """Right words for what may have been mistyped: addresses, or parameters of this one."""
    if isinstance(error, HTTPException):
        every = [router, writing, *site.ROUTERS]
        paths = [route.path for one in every for route in one.routes if isinstance(route, Route)]
        return [*OWN, *sorted({path.partition("/{")[0] for path in paths})]
    route = request.scope.get("route")
    if route is None:
        return []
    params = [*route.dependant.query_params, *route.dependant.body_params]
    return [field.alias or name for param in params
            for name, field in param.field_info.annotation.model_fields.items()]


@asynccontextmanager
async def running(app: ASGIApp) -> AsyncIterator[None]:
    """Start and stop an application that no server runs."""
    told: asyncio.Queue[Message] = asyncio.Queue()
    said: asyncio.Queue[Message] = asyncio.Queue()
    task = asyncio.ensure_future(app({"type": "lifespan", "state": {}}, told.get, said.put))
    await told.put({"type": "lifespan.startup"})
    await said.get()
    try:
        yield
    finally:
        await told.put({"type": "lifespan.shutdown"})
        await task
