"""What changes the graph: each is a job that waits its turn; ask for it, watch it, read its report.
"""

import asyncio
import json
import os
import re
import shutil
import time
import unicodedata
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import islice
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from api.audit import note, notes
from api.examples import example
from api.jobs import DONE, ID, Job, Jobs
from api.keys import Visitor
from api.preview import Preview, preview
from api.problems import Refused
from api.replies import Replies, dumped, fixed
from api.reports import Audit, JobAnswer, JobList, Me, NewRecord, Recent, Upload
from api.working import check_retract
from ontology import NotFound, StoreError

__all__ = ["job_of", "router", "safe_name", "visitor_of"]

router = APIRouter(prefix="/api/v1", tags=["写入"])

SUFFIXES = (".csv", ".xlsx")
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt")
                                          for n in range(10))}
LOOK, PING, LONGEST = 0.2, 15.0, 600.0  # seconds: between looks, between signs of life, at all
UNCHANGED = {"description": "与 If-None-Match 所说的相同"}
EVENT = {"type": "object", "description": "每个事件", "properties": {
    "event": {"enum": ["progress", "done"]}, "data": {"type": "string"}}}
Identity = Annotated[str, Path(description="任务的编号；latest 是最近的一个", min_length=1,
                               max_length=60, examples=["latest"])]


def _jobs(request: Request) -> Jobs:
    found: Jobs = request.app.state.jobs
    return found


def _replies(request: Request) -> Replies:
    found: Replies = request.app.state.replies
    return found


def visitor_of(request: Request) -> Visitor:
    """Whom the door let in."""
    visitor: Visitor = request.scope["visitor"]
    return visitor


def shape(name: str, answer: Any, summary: str, status: int = 200,
          scope: str = "write", reads: bool = False) -> dict[str, Any]:
    """How an operation is described; scope: the right that a key must have for it."""
    said: dict[str, Any] = {
        "model": answer, "description": "任务，等着做" if status == 202 else "回答",
        "content": {"application/json": {"example": example(name)}}}
    headers = {"Location": "任务的地址"} if status == 202 else {"ETag": "这个回答"} if reads else {}
    said["headers"] = {name: {"description": text, "schema": {"type": "string"}}
                       for name, text in headers.items()}
    return {"operation_id": name, "summary": summary, "status_code": status,
            "responses": {status: said, **({304: UNCHANGED} if reads else {})},
            "openapi_extra": {"security": [{"key": [scope]}]} if scope else None}


# --- asking for it ------------------------------------------------------------------------------


LOAD = shape("load", JobAnswer, "装入一个文件", 202)
LOAD["openapi_extra"]["requestBody"] = {
    "required": True, "description": "文件本身，不是表单；CSV 用 UTF-8 或 GB18030",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


@router.post("/loads", **LOAD)
async def load(request: Request, asked: Annotated[Upload, Query()]) -> Response:
    """与 `xianglian load 文件` 相同：按模板填的 CSV 或 Excel，文件名或 `kind` 说是哪一种，
    “来源”列说是谁说的。回答是一个任务；它的 `report` 与命令行 `--json` 相同。"""
    _line(request)
    if request.headers.get("content-type", "").casefold().startswith("multipart/"):
        raise Refused("bad-question", "请把文件本身作为请求正文，不要表单：curl 用 "
                                      "--data-binary @文件，不用 -F 和 -d")
    name = safe_name(f"{asked.kind} {asked.file}" if asked.kind else asked.file)
    if asked.kind:
        _replies(request).graph.ontology.kind(asked.kind)
    folder = _jobs(request).draft()
    file = folder / name
    try:
        await _received(request, file)
        asks = {"file": asked.file, "kind": asked.kind or "", "dry_run": asked.dry_run,
                "keep_good": asked.keep_good, "allow_shrink": asked.allow_shrink}
        if asked.named:
            asks["named"] = asked.named
        return await _put(request, "load", asks, file)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@router.post("/records", **shape("add", JobAnswer, "录入一条记录", 202))
async def add(request: Request, asked: NewRecord) -> Response:
    """与 `xianglian add` 相同。先用 records/preview 看看会改变哪些判定。"""
    _line(request)
    kind = _replies(request).graph.ontology.kind(asked.kind)
    return await _put(request, "add", {"kind": kind.name, "values": asked.values,
                                       "source": asked.source})


@router.post("/records/preview", **shape("preview", Preview, "录入之前先看看", scope="read"))
async def look_first(request: Request, asked: NewRecord) -> Response:
    """什么也不写：报告里有写错的地方，`changes` 是它会改变的判定。"""
    replies = _replies(request)
    found = await replies.thread(lambda: preview(replies.graph, asked, visitor_of(request)))
    return Response(dumped(found), media_type="application/json")


@router.delete("/sources/{name:path}", **shape("retract", JobAnswer, "收回一个来源", 202))
async def retract(request: Request, name: Annotated[str, Path(
        description="装入时的来源名，或来源的标题", min_length=1, max_length=300,
        examples=["2026年6月走访"])]) -> Response:
    """与 `xianglian retract` 相同：它说过的一切不再算数，历史仍在。
    自己装入、录入的来源，write 的密钥就能收回；随附的来源和它们引用的，要 admin 的密钥（403）。"""
    _line(request)
    replies, visitor = _replies(request), visitor_of(request)
    with suppress(NotFound):  # it may be loaded by a job that waits: this one will tell
        await replies.thread(lambda: check_retract(
            replies.graph.store, replies.graph.ontology, name, visitor))
    return await _put(request, "retract", {"name": name})


def _line(request: Request) -> None:
    """Raises Refused while too many wait already."""
    most = _replies(request).settings.limits.jobs
    if _jobs(request).waiting() >= most:
        raise Refused("too-many", f"已有 {most} 个写入任务在排队，请等一等再来",
                      {"Retry-After": "30"})
    if _replies(request).settings.store in ("sqlite://", "sqlite:///:memory:"):
        raise Refused("bad-question", "内存里的图谱不能这样写入；请用一个文件或服务器")


async def _put(request: Request, what: str, asks: dict[str, Any],
               file: FilePath | None = None) -> Response:
    jobs, desk, visitor = _jobs(request), _replies(request).settings.desk, visitor_of(request)
    said = (await _replies(request).thread(lambda: jobs.put(
        what, visitor.name, asks, file, visitor.scope, lambda job: note(desk, job)))).json()
    return Response(dumped(said), 202, {"Location": said["links"]["self"]}, "application/json")


async def _received(request: Request, file: FilePath) -> None:
    """Write the body down piece by piece; the door counts its bytes."""
    size = 0
    try:
        with open(file, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            async for piece in request.stream():
                size += len(piece)
                out.write(piece)
    except ClientDisconnect:
        raise Refused("bad-question", "文件没有传完") from None
    except OSError as error:
        raise StoreError(f"文件存不下：{error.strerror}；请看看磁盘是不是满了") from error
    if not size:
        raise Refused("bad-question", "文件是空的：请把文件本身作为请求正文")


def safe_name(name: str) -> str:
    """The name of a table file, if it is one on every system and nothing more; raises Refused."""
    stem, dot, end = name.rpartition(".")
    fault = ("要以 .csv 或 .xlsx 结尾" if f"{dot}{end}".casefold() not in SUFFIXES
             else "不能含有路径和特殊的字符" if set(name) & set('/\\:*?"<>|') or any(
                 unicodedata.category(char)[0] == "C" for char in name)
             else "太长" if len(name.encode()) > 200
             else "不能这样写" if not stem.strip(" .") or stem[0] in ". "
             or stem.partition(".")[0].strip().casefold() in RESERVED else "")
    if fault:
        raise Refused("bad-parameter", f"文件名{fault}")
    return name


# --- watching it --------------------------------------------------------------------------------


@router.get("/loads", **shape("loads", JobList, "最近的写入任务", scope="", reads=True))
async def recent(request: Request, asked: Annotated[Recent, Query()]) -> Response:
    """最近的在前；报告见每个任务自己的地址。设了密钥时，read 的密钥看不了任务。"""
    _may_watch(request)
    if asked.cursor and not ID.fullmatch(asked.cursor):
        raise _not_ours()
    found = [*islice(_jobs(request).before(asked.cursor), asked.limit + 1)]
    rows = found[:asked.limit]
    return fixed(request, dumped({
        "rows": [job.json() for job in rows],
        "next": rows[-1].id if len(found) > len(rows) else None,
    }), "application/json")


@router.get("/loads/{job}", **shape("job", JobAnswer, "一个写入任务", scope="", reads=True))
async def watch(request: Request, job: Identity) -> Response:
    """state 是 waiting（排队）、running（在做）、done（做完，见 report）、failed（没做成，见
    error）或 lost（做到一半进程没了）。"""
    return fixed(request, dumped(job_of(request, job).json()), "application/json")


@router.get("/loads/{job}/events", operation_id="events", summary="一个写入任务的进展",
            responses={200: {"description": "progress 若干次，最后一次是 done；data 是任务本身",
                             "content": {"text/event-stream": {
                                 "schema": EVENT, "example": example("events")}}}},
            response_class=StreamingResponse)
async def events(request: Request, job: Identity) -> StreamingResponse:
    """Server-sent events：每有进展就是一个 progress，做完是 done（data 里有报告），然后结束。"""
    found = job_of(request, job)
    if request.scope.get("head"):
        return StreamingResponse((), media_type="text/event-stream")
    return StreamingResponse(_told(_jobs(request), found.id), media_type="text/event-stream",
                             headers={"Cache-Control": "no-store"})


def _may_watch(request: Request) -> None:
    """Raises Refused for a key that may only read the graph: what others sent, and what of it was
    refused, is no part of that."""
    if (visitor := visitor_of(request)).scope == "read":
        raise Refused("not-allowed", f"「{visitor.name}」的密钥只能查询，看不了别人的写入任务")


def _not_ours() -> Refused:
    return Refused("bad-question", "cursor 不是这个列表的：请照抄上一页的 next")


def job_of(request: Request, id: str) -> Job:
    """The job of that id, or the latest.  Raises Refused where the visitor may not see it."""
    _may_watch(request)
    job = _jobs(request).get(id)
    if job is None:
        raise Refused("unknown-job", "没有这个写入任务；全部任务见 /api/v1/loads")
    return job


async def _told(jobs: Jobs, id: str) -> AsyncIterator[bytes]:
    began = spoke = time.monotonic()
    last = None
    while (job := jobs.get(id)) and time.monotonic() - began < LONGEST:
        if job != last:
            name = "done" if job.state in DONE else "progress"
            data = json.dumps(job.json(), ensure_ascii=False, sort_keys=True)
            yield f"event: {name}\ndata: {data}\n\n".encode()
            if job.state in DONE:
                return
            last, spoke = job, time.monotonic()
        elif time.monotonic() - spoke > PING:
            yield b": ...\n\n"
            spoke = time.monotonic()
        await asyncio.sleep(LOOK)


# --- who ----------------------------------------------------------------------------------------


@router.get("/me", **shape("me", Me, "我是谁，能做什么", scope="", reads=True))
async def me(request: Request) -> Response:
    """scope 是空的（只能查询）、read、write 或 admin。"""
    visitor = visitor_of(request)
    return fixed(request, dumped({"name": visitor.name, "scope": visitor.scope,
                                  "may_write": visitor.may("write")}), "application/json")


@router.get("/audit", **shape("audit", Audit, "谁写过什么", scope="admin", reads=True))
async def audit(request: Request, asked: Annotated[Recent, Query()]) -> Response:
    """最近的在前；要 admin 的密钥。"""
    if not visitor_of(request).may("admin"):
        raise Refused("not-allowed", "写入记录只有 admin 的密钥能看")
    if asked.cursor and not re.fullmatch("[0-9]{1,15}", asked.cursor):
        raise _not_ours()
    before = int(asked.cursor) if asked.cursor else None
    rows, first = notes(_replies(request).settings.desk, asked.limit, before)
    return fixed(request, dumped({
        "rows": rows, "next": str(first) if first else None}), "application/json")
