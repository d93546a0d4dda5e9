"""The ontology's colours as a style sheet, so that no page names a colour of its own for them."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.replies import fixed
from api.routes import replies
from api.web.assets import FOR_EVER
from ontology import Ontology

__all__ = ["router", "tones"]

router = APIRouter(include_in_schema=False)


def tones(ontology: Ontology) -> str:
    """The address of the style sheet of that ontology."""
    return f"/static/tones/{ontology.fingerprint[:16]}.css"


@router.get("/static/tones/{name}.css")
async def ask_tones(request: Request, name: str) -> Response:
    """`.Verdict-absent`, `.Change-closed`, `.kind-Company` …, each with its colour as --tone."""
    ontology = replies(request).graph.ontology
    reply = fixed(request, _sheet(ontology).encode(), "text/css; charset=utf-8")
    if tones(ontology).endswith(f"/{name}.css"):
        reply.headers["Cache-Control"] = FOR_EVER
    return reply


def _sheet(ontology: Ontology) -> str:
    named = [(f"{vocabulary}-{choice.name}", choice.colour)
             for vocabulary, choices in ontology.words.items() for choice in choices]
    named += [(f"kind-{kind.name}", kind.colour) for kind in ontology.kinds.values()]
    return "".join(f".{name}{{--tone:{colour}}}\n" for name, colour in named if colour)
