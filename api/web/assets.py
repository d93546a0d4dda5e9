"""Scripts and style sheets, served under the hash of all of them: they may be kept for ever."""

import gzip
import mimetypes
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.replies import fixed

__all__ = ["asset", "router"]

router = APIRouter(include_in_schema=False)

FOR_EVER = "public, max-age=31536000, immutable"
MEDIA = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8",
         "svg": "image/svg+xml", "json": "application/json"}


def asset(name: str) -> str:
    """The address of a file in `static/`; raises KeyError for one that is not there.

    Scripts import one another by relative names, which keep the hash.
    """
    _files()[name]
    return f"/static/{_hash()}/{name}"


@router.get("/static/{hash}/{name:path}")
async def ask_static(request: Request, hash: str, name: str) -> Response:
    """The file as it is now; one of an older page may not be kept."""
    if name not in _files():
        raise HTTPException(404)
    body = _files()[name]
    media = MEDIA.get(name.rpartition(".")[2]) or mimetypes.guess_type(name)[0] or "text/plain"
    packed = "gzip" in request.headers.get("accept-encoding", "")
    reply = fixed(request, _packed(name) if packed else body, media)
    if packed:
        reply.headers["Content-Encoding"] = "gzip"
    reply.headers["Vary"] = "Accept-Encoding"
    if hash == _hash():
        reply.headers["Cache-Control"] = FOR_EVER
    return reply


@cache
def _packed(name: str) -> bytes:
    return gzip.compress(_files()[name], 9, mtime=0)


@cache
def _hash() -> str:
    said = blake2b(digest_size=8)
    for name, body in sorted(_files().items()):
        said.update(f"{name}\0{len(body)}\0".encode() + body)
    return said.hexdigest()


@cache
def _files() -> dict[str, bytes]:
    """Path below `static/` → bytes; read once, they are small."""
    return dict(_walked(files("api.web") / "static", ""))


def _walked(folder: Traversable, before: str) -> list[tuple[str, bytes]]:
    return [pair for item in folder.iterdir() for pair in (
        _walked(item, f"{before}{item.name}/") if item.is_dir()
        else [(before + item.name, item.read_bytes())])]
