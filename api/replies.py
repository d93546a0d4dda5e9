"""From a question to bytes: in a thread, within a time, with an ETag, remembered while it holds."""

import asyncio
import json
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from typing import TypeVar
from urllib.parse import parse_qsl

import anyio
from anyio import to_thread
from fastapi import Request
from starlette.responses import Response

from api.answers import Answer, Answers, day
from api.problems import Refused
from api.queries import Asked, Page
from api.reading import Graph
from api.settings import Settings
from ontology import Ontology

__all__ = ["Replies", "Work", "dumped", "fixed", "program"]

T = TypeVar("T")
Work = Callable[[Answers], Answer]
THREADS = 4  # questions worked on at once in one worker; the others wait in line
KEPT = 64 << 20  # bytes of replies that are kept
LISTS = ("rows", "links", "about")  # the parts of an answer that grow with the data
LARGEST = 4 << 20  # bytes of a reply that is worth keeping
# One of a list of entity tags (RFC 9110 8.8.3), which may hold commas themselves.
TAG = re.compile(r'(?:^|,)\s*(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?=,|$)')


def dumped(answer: object) -> bytes:
    """An answer as JSON: keys sorted, so that equal answers are equal bytes."""
    return json.dumps(answer, ensure_ascii=False, sort_keys=True,
                      separators=(",", ":")).encode("utf-8", "replace")


def program() -> str:
    """The version of the installed program."""
    try:
        return version("xianglian")
    except PackageNotFoundError:
        return "0"


@dataclass(frozen=True, slots=True)
class Reply:
    tag: str
    body: bytes


class Replies:
    """Answers the questions of one worker."""

    def __init__(self, settings: Settings, graph: Graph) -> None:
        self.settings, self.graph = settings, graph
        self._limiters: dict[bool, anyio.CapacityLimiter] = {}
        self._kept: OrderedDict[str, Reply] = OrderedDict()
        self._coming: dict[str, asyncio.Task[Reply]] = {}
        self._size = 0
        self._salt = f"{program()} {graph.ontology.fingerprint}"

    async def json(self, request: Request, asked: Asked, work: Work) -> Response:
        """The answer as JSON, 304 if the asker has it, or a problem raised as an error."""
        if isinstance(asked, Page):  # a page is never longer than an answer, or rows were lost
            asked.limit = min(asked.limit, self.settings.limits.rows)
        state = self.graph.ready
        # A past state of knowledge has no name before it is read: its tag is made of the answer.
        tag = self._tag(request, asked, state.version) if state and not asked.known_at else ""
        reply = None
        if tag and tag in _tags(request):
            reply = Reply(tag, b"")
        elif tag in self._kept:
            reply = self._kept[tag]
            self._kept.move_to_end(tag)
        if reply is None:
            reply = await (self._together(tag, request, asked, work) if tag
                           else self._fetched(request, asked, work))
        return respond(request, reply.tag, reply.body, "application/json")

    async def _together(self, tag: str, request: Request, asked: Asked, work: Work) -> Reply:
        """Many who ask the same thing at once wait for one answer; nobody's leaving ends it."""
        task = self._coming.get(tag)
        if task is None:
            task = self._coming[tag] = asyncio.create_task(self._fetched(request, asked, work))
            task.add_done_callback(partial(self._came, tag))
        return await asyncio.shield(task)

    def _came(self, tag: str, task: asyncio.Task[Reply]) -> None:
        del self._coming[tag]
        if not task.cancelled():
            task.exception()  # if all who asked have left, nobody else takes it up

    async def _fetched(self, request: Request, asked: Asked, work: Work) -> Reply:
        past = bool(asked.known_at or getattr(asked, "known_from", None))
        reply = await self.thread(lambda: self._worked(request, asked, work), past)
        self._keep(reply, asked)
        return reply

    async def thread(self, work: Callable[[], T], past: bool = False) -> T:
        """Run blocking work beside the event loop; raises Refused if it takes too long.

        past: it reads the whole store as it once was; such work waits in a line of its own.
        """
        limiter = self._limiters.setdefault(past, anyio.CapacityLimiter(1 if past else THREADS))
        try:
            with anyio.fail_after(self.settings.limits.seconds):
                return await to_thread.run_sync(work, abandon_on_cancel=True,
                                                limiter=limiter)
        except TimeoutError:
            raise Refused("not-ready", f"算了 {self.settings.limits.seconds} 秒还没有算完，"
                          "请把问题问小一点，或稍后再试", {"Retry-After": "5"}) from None

    def _worked(self, request: Request, asked: Asked, work: Work) -> Reply:
        _check_grade(self.graph.ontology, asked.min_grade)
        answers = Answers(self.settings, at=asked.at, known_at=asked.known_at,
                          min_grade=asked.min_grade, graph=self.graph)
        body = dumped(_capped(work(answers), self.settings.limits.rows))
        if asked.known_at:
            return Reply(f'"{answers.index.version[:16]}-{_short(body)}"', body)
        return Reply(self._tag(request, asked, answers.index.version), body)

    def _tag(self, request: Request, asked: Asked, version: str) -> str:
        """Names an answer before it is worked out: content, question and day."""
        query = sorted(parse_qsl(request.url.query, keep_blank_values=True))
        said = repr((self._salt, request.scope["path"], query, day(asked.at)))
        return f'"{version[:16]}-{_short(said.encode("utf-8", "surrogatepass"))}"'

    def _keep(self, reply: Reply, asked: Asked) -> None:
        if asked.known_at or len(reply.body) > LARGEST:
            return
        old = self._kept.pop(reply.tag, None)
        self._kept[reply.tag] = reply
        self._size += len(reply.body) - (len(old.body) if old else 0)
        while self._size > KEPT:
            self._size -= len(self._kept.popitem(last=False)[1].body)


def _check_grade(model: Ontology, grade: str | None) -> None:
    """Raises Refused: a grade is a choice of the model, and no name that somebody may have."""
    words = [(one.name, one.label.zh, *one.synonyms) for one in model.grades]
    if grade is not None and not any(grade in some for some in words):
        known = [word for some in words for word in some[:2]]
        fault = {"parameter": "min_grade", "reason": f"只能是 {'、'.join(known)}", "nearest": known}
        raise Refused("bad-parameter", f"参数 min_grade：{fault['reason']}", errors=[fault])


def _capped(answer: Answer, most: int) -> Answer:
    """The answer with no list of rows longer than that; `truncated` tells if one was."""
    long = {key: answer[key][:most] for key in LISTS if len(answer.get(key) or ()) > most}
    return {**answer, **long, "truncated": True} if long else answer


def fixed(request: Request, body: bytes, media: str) -> Response:
    """Something that does not come from the store, with an ETag of its own bytes."""
    return respond(request, f'"{_short(body)}"', body, media)


def respond(request: Request, tag: str, body: bytes, media: str) -> Response:
    """200 with the body, or 304 without it."""
    headers = {"ETag": tag, "Vary": "Accept, Authorization"}
    if tag in _tags(request) or _said(request) == "*":
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, media)


def _said(request: Request) -> str:
    """What the asker has already, in as many headers as they like (RFC 9110 13.1.2); `*` is
    whatever there is, so nobody knows before the answer is worked out that it is none."""
    return ", ".join(request.headers.getlist("if-none-match")).strip()


def _tags(request: Request) -> list[str]:
    """The same as tags, all of them weak: for a reading that is the comparison."""
    return TAG.findall(_said(request))


def _short(said: bytes) -> str:
    return blake2b(said, digest_size=8).hexdigest()
