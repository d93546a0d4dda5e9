"""The HTTP protocol below the application: what is no HTTP, or comes too slowly, is refused too."""

import asyncio
import json
import sys
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.problems import problem
from api.security import HEADERS

__all__ = ["Protocol"]

PATIENCE = 15.0  # seconds within which a request's head, and each next piece of its body, is there
PIECE = 16_384  # bytes of a body, of an answer too, that count as progress


class Protocol(H11Protocol):
    """uvicorn's, answering in problem+json and never waiting for ever."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._received = self._before = 0
        self._timer: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._settle()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        self._taken()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)
        self._settle()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._settle()

    def pause_writing(self) -> None:
        """An answer waits to be taken."""
        super().pause_writing()
        self._await(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        super().resume_writing()
        self._taken()

    def _await(self, left: int) -> None:
        self._taken()
        self._unread = self.loop.call_later(PATIENCE, self._look, left)

    def _look(self, before: int) -> None:
        """Who takes next to nothing holds the whole answer in our memory: hang up."""
        left = self.transport.get_write_buffer_size()
        if before - left < PIECE:
            self.transport.abort()
        else:
            self._await(left)

    def _taken(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP; called where the error is being handled."""
        error = sys.exc_info()[1]
        if getattr(error, "error_status_hint", 400) == 431:
            self._refuse("too-large", "请求的头太大", 431)
        else:
            self._refuse("bad-question", "这不是一个完好的 HTTP 请求（地址里的汉字要编码："
                         "curl 用 -G --data-urlencode）", 400)

    def _settle(self) -> None:
        """Wait with a deadline exactly while a request is partly there, or none came yet."""
        state = self.conn.their_state
        partly = state is h11.SEND_BODY or (state is h11.IDLE and (
            self.cycle is None or bool(self.conn.trailing_data[0])))
        if not partly or self.transport.is_closing():
            self._disarm()
        elif self._timer is None:
            self._before = self._received
            self._timer = self.loop.call_later(PATIENCE, self._late)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        moving = self._received - self._before >= PIECE
        if self.conn.their_state is h11.SEND_BODY and moving:
            self._settle()
        elif self._received:
            self._refuse("too-slow", f"等了 {PATIENCE:g} 秒，请求还没有发完", 408)
        else:
            self.transport.close()

    def _refuse(self, kind: str, detail: str, status: int) -> None:
        """Answer, if nothing was answered yet, and hang up."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            body = json.dumps({**problem(kind, detail, ""), "status": status},
                              ensure_ascii=False).encode()
            headers = [*HEADERS.items(), ("content-type", "application/problem+json"),
                       ("content-length", str(len(body))), ("connection", "close")]
            for event in (h11.Response(status_code=status, headers=headers), h11.Data(data=body),
                          h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        if self.cycle is not None:
            self.cycle.disconnected = True  # what the application still says goes nowhere
        self.transport.close()
