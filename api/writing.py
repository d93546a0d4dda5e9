"""What changes the graph: each is a job that waits its turn; ask for it, watch it, read its report.
"""

import asyncio
import json
import os
import secrets
import time
import unicodedata
from collections.abc import AsyncIterator
from itertools import islice
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from api.audit import note, notes
from api.examples import example
from api.jobs import DONE, Job, Jobs
from api.keys import Visitor
from api.preview import Preview, preview
from api.problems import Refused
from api.replies import Replies, dumped, fixed
from api.reports import Audit, JobAnswer, JobList, Me, NewRecord, Recent, Upload
from ontology import StoreError

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["写入"])

SUFFIXES = (".csv", ".xlsx")
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt")
                                          for n in range(10))}
LOOK, PING, LONGEST = 0.2, 15.0, 600.0  # seconds: between looks, between signs of life, at all
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


def _visitor(request: Request) -> Visitor:
    visitor: Visitor = request.scope["visitor"]
    return visitor


def shape(name: str, answer: Any, summary: str, status: int = 200) -> dict[str, Any]:
    """How an operation is described."""
    return {"operation_id": name, "summary": summary, "status_code": status, "responses": {
        status: {"model": answer, "description": "任务，等着做" if status == 202 else "回答",
                 "content": {"application/json": {"example": example(name)}}},
        **({304: {"description": "与 If-None-Match 所说的相同"}} if status == 200 else {})}}


# --- asking for it ------------------------------------------------------------------------------


@router.post("/loads", **shape("load", JobAnswer, "装入一个文件", 202), openapi_extra={
    "requestBody": {"required": True, "description": "文件本身，不加包装", "content": {
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}})
async def load(request: Request, asked: Annotated[Upload, Query()]) -> Response:
    """与 `xianglian load 文件` 相同：按模板填的 CSV 或 Excel，文件名或 `kind` 说是哪一种，
    “来源”列说是谁说的。回答是一个任务；它的 `report` 与命令行 `--json` 相同。"""
    _line(request)
    name = safe_name(f"{asked.kind} {asked.file}" if asked.kind else asked.file)
    if asked.kind:
        _replies(request).graph.ontology.kind(asked.kind)
    folder = _jobs(request).drafts() / secrets.token_hex(8)
    folder.mkdir(mode=0o700)
    file = folder / name
    try:
        await _received(request, file)
        asks = {"file": asked.file, "kind": asked.kind or "", "dry_run": asked.dry_run,
                "keep_good": asked.keep_good, "allow_shrink": asked.allow_shrink}
        return await _put(request, "load", asks, file)
    finally:
        file.unlink(missing_ok=True)
        folder.rmdir()


@router.post("/records", **shape("add", JobAnswer, "录入一条记录", 202))
async def add(request: Request, asked: NewRecord) -> Response:
    """与 `xianglian add` 相同。先用 records/preview 看看会改变哪些判定。"""
    _line(request)
    kind = _replies(request).graph.ontology.kind(asked.kind)
    return await _put(request, "add", {"kind": kind.name, "values": asked.values,
                                       "source": asked.source})


@router.post("/records/preview", **shape("preview", Preview, "录入之前先看看"))
async def look_first(request: Request, asked: NewRecord) -> Response:
    """什么也不写：报告里有写错的地方，`changes` 是它会改变的判定。"""
    replies = _replies(request)
    found = await replies.thread(lambda: preview(replies.graph, asked))
    return Response(dumped(found), media_type="application/json")


@router.delete("/sources/{name:path}", **shape("retract", JobAnswer, "收回一个来源", 202))
async def retract(request: Request, name: Annotated[str, Path(
        description="装入时的来源名，或来源的标题", min_length=1, max_length=300,
        examples=["2026年6月走访"])]) -> Response:
    """与 `xianglian retract` 相同：它说过的一切不再算数，历史仍在。"""
    _line(request)
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
    jobs, desk = _jobs(request), _replies(request).settings.desk
    job = await _replies(request).thread(
        lambda: jobs.put(what, _visitor(request).name, asks, file))
    note(desk, job)
    said = job.json()
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
        raise StoreError(f"文件存不下：{error.strerror}") from error
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


@router.get("/loads", **shape("loads", JobList, "最近的写入任务"))
async def recent(request: Request, asked: Annotated[Recent, Query()]) -> Response:
    """最近的在前；报告见每个任务自己的地址。"""
    rows = [job.json() for job in islice(_jobs(request).all(), asked.limit)]
    return fixed(request, dumped({"rows": rows}), "application/json")


@router.get("/loads/{job}", **shape("job", JobAnswer, "一个写入任务"))
async def watch(request: Request, job: Identity) -> Response:
    """state 是 waiting（排队）、running（在做）、done（做完，见 report）、failed（没做成，见
    error）或 lost（做到一半进程没了）。"""
    return fixed(request, dumped(_found(request, job).json()), "application/json")


@router.get("/loads/{job}/events", operation_id="events", summary="一个写入任务的进展",
            responses={200: {"description": "progress 若干次，最后一次是 done；data 是任务本身",
                             "content": {"text/event-stream": {
                                 "schema": EVENT, "example": example("events")}}}},
            response_class=StreamingResponse)
async def events(request: Request, job: Identity) -> StreamingResponse:
    """Server-sent events：每有进展就是一个 progress，做完是 done（data 里有报告），然后结束。"""
    found = _found(request, job)
    return StreamingResponse(_told(_jobs(request), found.id), media_type="text/event-stream",
                             headers={"Cache-Control": "no-store"})


def _found(request: Request, id: str) -> Job:
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


@router.get("/me", **shape("me", Me, "我是谁，能做什么"))
async def me(request: Request) -> Response:
    """scope 是空的（只能查询）、read、write 或 admin。"""
    visitor = _visitor(request)
    return fixed(request, dumped({"name": visitor.name, "scope": visitor.scope,
                                  "may_write": visitor.may("write")}), "application/json")


@router.get("/audit", **shape("audit", Audit, "谁写过什么"))
async def audit(request: Request, asked: Annotated[Recent, Query()]) -> Response:
    """最近的在前；要 admin 的密钥。"""
    if not _visitor(request).may("admin"):
        raise Refused("not-allowed", "写入记录只有 admin 的密钥能看")
    rows = notes(_replies(request).settings.desk, asked.limit)
    return fixed(request, dumped({"rows": rows}), "application/json")
