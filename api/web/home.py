"""The chain panorama: what a chain lacks in a region, what changed, what to check next."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from api import queries as q
from api.answers import Answers
from api.web.frame import Context, View, view

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


class Home(View):
    chain: q.Name = Field("锂电池")
    region: q.Name = Field("长沙")
    since: q.When | None = None


@router.get("/")
async def ask_home(request: Request, asked: Annotated[Home, Query()]) -> Response:
    def work(answers: Answers) -> Context:
        return {"gaps": answers.gaps(asked.chain, asked.region)}

    return await view(request, asked, "home.html", work)
