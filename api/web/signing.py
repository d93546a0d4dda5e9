"""What a browser is shown where a key is needed: a field for it."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.web.frame import render

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
def ask_sign_in(request: Request) -> Response:
    """The door shows it in the place of any view; with the key the view itself comes."""
    page = render(request, "signing.html", status=401)
    page.headers["WWW-Authenticate"] = 'Bearer realm="xianglian"'
    return page
