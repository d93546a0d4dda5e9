"""Signing a browser in: by the link that works once, or by a key; never part of the OpenAPI."""

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from api.keys import digest
from api.problems import Refused
from api.security import Door, key_needed
from api.sessions import LASTS

__all__ = ["Signing"]


class Signing:
    """`/open`: GET with the token of the link, POST with a key in the header, DELETE to leave."""

    def __init__(self, app: FastAPI, door: Door) -> None:
        self.app, self.door = app, door

    def add(self) -> None:
        for method, answer in (("GET", self.by_link), ("POST", self.by_key),
                               ("DELETE", self.leave)):
            self.app.add_api_route("/open", answer, methods=[method], include_in_schema=False,
                                   response_class=Response)

    async def by_link(self, request: Request) -> Response:
        sessions = self.door.sessions
        if request.scope.get("head"):  # a messenger looks at the link before the person does
            return Response()
        cookie = sessions.open(request.query_params.get("token", "")) if sessions else None
        if cookie is None:
            raise Refused("key-needed", "这个链接已经用过，或不是这次启动的；"
                          "重新运行 xianglian serve 会印出新的链接")
        return self._signed(RedirectResponse("/", 303), cookie)

    async def by_key(self, request: Request) -> Response:
        """The right that the key has, for a browser, which cannot send the key by itself."""
        key = request.headers.get("authorization", "").partition(" ")[2].strip()
        if self.door.sessions is None or not key:
            raise key_needed()
        kept = digest(key) if self.door.keys.find(key) else ""
        cookie = self.door.sessions.begin(request.scope["visitor"], kept)
        return self._signed(Response(status_code=204), cookie)

    async def leave(self, request: Request) -> Response:
        if self.door.sessions is not None:
            self.door.sessions.end(request.headers.getlist("cookie"))
        return Response(status_code=204)

    def _signed(self, reply: Response, cookie: str) -> Response:
        assert self.door.sessions is not None
        reply.set_cookie(self.door.sessions.cookie, cookie, max_age=LASTS, httponly=True,
                         samesite="strict", path="/")
        return reply
