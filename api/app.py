"""The HTTP application: routes, errors, door and journal put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from api.journal import Figures, Journal
from api.problems import told
from api.reading import Graph
from api.replies import Replies
from api.routes import router
from api.security import Door
from api.settings import Settings
from ontology import XianglianError

__all__ = ["application"]


def application(settings: Settings) -> ASGIApp:
    """Everything that answers over HTTP, on the store of the settings."""
    graph, figures = Graph(settings), Figures()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        graph.watch()
        yield
        graph.close()

    app = FastAPI(title="湘链 Xianglian", docs_url=None, redoc_url=None, openapi_url=None,
                  redirect_slashes=False, lifespan=lifespan)
    app.state.replies = Replies(settings, graph)
    app.include_router(router)
    for kind in (RequestValidationError, HTTPException, XianglianError, Exception):
        app.add_exception_handler(kind, _told)
    return Journal(Door(app, settings), figures)


async def _told(request: Request, error: Exception) -> Response:
    return told(error, request.url.path, _known(request, error))


def _known(request: Request, error: Exception) -> list[str]:
    """Right words for what may have been mistyped: addresses, or parameters of this one."""
    if isinstance(error, HTTPException):
        return [route.path for route in request.app.routes if hasattr(route, "path")]
    route = request.scope.get("route")
    params = route.dependant.query_params if route is not None else []
    return [field.alias or name for param in params
            for name, field in param.field_info.annotation.model_fields.items()]
