"""The whole content as one file over HTTP, of one version however long it takes."""

import tempfile
import threading
from hashlib import blake2b
from pathlib import Path

from fastapi import Request
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from api.problems import Refused
from api.reading import EMPTY, Graph
from api.replies import Replies, respond
from loaders import export as exports
from ontology import NotFound, StoreError

__all__ = ["exported"]

# The formats that are one file, and no folder.
MEDIA = {"csv": ("text/csv; charset=utf-8", "csv"), "nquads": ("application/n-quads", "nq"),
         "graphml": ("application/graphml+xml", "graphml")}
TRIES = 3  # a load during the export makes it begin anew


async def exported(request: Request, replies: Replies, format: str) -> Response:
    """The file as a download; raises NotFound for another format."""
    if format not in MEDIA:
        raise NotFound("导出格式", format, [*MEDIA])
    media, ending = MEDIA[format]
    state = replies.graph.ready
    if state is not None:
        reply = respond(request, _tag(state.version, format), b"", media)
        if reply.status_code == 304:
            return reply
    given_up = threading.Event()
    try:
        file, version = await replies.thread(lambda: _kept(
            _written(replies.graph, format, ending), given_up))
    except BaseException:  # it took too long; the thread goes on to the end
        given_up.set()
        raise
    headers = {"ETag": _tag(version, format), "Vary": "Accept, Authorization",
               "Accept-Ranges": "none",
               "Content-Disposition": f'attachment; filename="xianglian.{ending}"'}
    # A part of it would cost as much to make as the whole.
    request.scope["headers"] = [one for one in request.scope["headers"] if one[0] != b"range"]
    return FileResponse(file, headers=headers, media_type=media,
                        background=BackgroundTask(file.unlink, missing_ok=True))


def _tag(version: str, format: str) -> str:
    return f'"{version[:16]}-{blake2b(format.encode(), digest_size=8).hexdigest()}"'


def _kept(found: tuple[Path, str], given_up: threading.Event) -> tuple[Path, str]:
    """The same, unless nobody waits for it any more."""
    if given_up.is_set():
        found[0].unlink(missing_ok=True)
    return found


def _written(graph: Graph, format: str, ending: str) -> tuple[Path, str]:
    """A passing file with the content of one version."""
    if not graph.store.origins():
        raise StoreError(EMPTY)
    with tempfile.NamedTemporaryFile(suffix=f".{ending}", delete=False) as passing:
        file = Path(passing.name)
    try:
        for _ in range(TRIES):
            version = graph.store.version()
            exports.export(graph.store, graph.ontology, format, file)
            if graph.store.version() == version:
                return file, version
    except BaseException:  # the store is gone, say: half a file is nobody's
        file.unlink(missing_ok=True)
        raise
    file.unlink(missing_ok=True)
    raise Refused("not-ready", "正在装入数据，请稍后再导出", {"Retry-After": "10"})
