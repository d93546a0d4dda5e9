"""The questions at their addresses: parse, ask `Answers` once, reply."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api import queries
from api.replies import Replies
from graph.analysis import gaps as gap_lists

__all__ = ["router"]

router = APIRouter(prefix="/api/v1")


def replies(request: Request) -> Replies:
    found: Replies = request.app.state.replies
    return found


@router.get("/gaps", responses={200: {"model": gap_lists.Gaps}})
async def gaps(request: Request, q: Annotated[queries.Gaps, Query()]) -> Response:
    return await replies(request).json(request, q, lambda a: a.gaps(q.chain, q.region))
