"""The whole content as one file over HTTP, of one version however long it takes."""

import tempfile
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

MEDIA = {"csv": ("text/csv; charset=utf-8", "csv"), "jsonld": ("application/ld+json", "jsonld"),
         "graphml": ("application/graphml+xml", "graphml"), "turtle": ("text/turtle", "ttl"),
         "nquads": ("application/n-quads", "nq")}
TRIES = 3  # a load during the export makes it begin anew


async def exported(request: Request, replies: Replies, format: str) -> Response:
    """The file as a download; raises NotFound for another format."""
    if format not in exports.FORMATS:
        raise NotFound("导出格式", format, exports.FORMATS)
    media, ending = MEDIA.get(format, ("application/octet-stream", format))
    state = replies.graph.ready
    if state is not None:
        reply = respond(request, _tag(state.version, format), b"", media)
        if reply.status_code == 304:
            return reply
    file, version = await replies.thread(lambda: _written(replies.graph, format, ending))
    headers = {"ETag": _tag(version, format), "Vary": "Accept, Authorization",
               "Content-Disposition": f'attachment; filename="xianglian.{ending}"'}
    return FileResponse(file, headers=headers, media_type=media,
                        background=BackgroundTask(file.unlink, missing_ok=True))


def _tag(version: str, format: str) -> str:
    return f'"{version[:16]}-{blake2b(format.encode(), digest_size=8).hexdigest()}"'


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
