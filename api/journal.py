"""What the server did: one JSON line a request, and figures for /metrics."""

import json
import logging
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from os import getpid
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.dates import CHINA

__all__ = ["Figures", "Journal", "asked", "log", "set_up_logging"]

SECRET = ("authorization", "cookie", "key", "password", "secret", "token")
EDGES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
GAUGES: Mapping[str, str] = {
    "ready": "1 once there is content to answer from.",
    "uptime_seconds": "Since this worker began.",
    "records": "Records that answers rest on.",
    "jobs_waiting": "Writing jobs in line.", "jobs_running": "Writing jobs being done."}
LONGEST = 300  # characters of a text that a line repeats
KEY = re.compile(r"xl_[\w-]{20,}")  # wherever somebody put it
log = logging.getLogger("xianglian")


class Line(logging.Formatter):
    """A record as one line of ASCII JSON: nothing that was sent can begin a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        said: Any = record.msg if isinstance(record.msg, dict) else {
            "event": "note", "text": record.getMessage()[:2000]}
        fault = "".join(traceback.format_exception(record.exc_info[1])) if record.exc_info else None
        return json.dumps({"time": datetime.now(CHINA).isoformat(timespec="milliseconds"),
                           "level": record.levelname.lower(), "worker": getpid(), **said,
                           **({"fault": fault} if fault else {})})


def set_up_logging(*, quiet: bool = False) -> None:
    """Our lines and the server's own go to stderr, one JSON object each; quiet: only faults."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Line())
    ours = logging.ERROR if quiet else logging.INFO
    for name, level in (("xianglian", ours), ("uvicorn", logging.WARNING),
                        ("asyncio", logging.ERROR), ("neo4j", logging.ERROR)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)


class Journal:
    """Outside everything: every request ends as a line and in the figures, refused ones too."""

    def __init__(self, app: ASGIApp, figures: "Figures") -> None:
        self.app, self.figures = app, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("route", None)  # the application puts its own here
        began, status, size = time.perf_counter(), 0, 0

        async def watched(message: Message) -> None:
            nonlocal status, size
            status = message.get("status", status)
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            seconds = time.perf_counter() - began
            self.figures.count(_route(scope), scope["method"], status, seconds)
            who = scope.get("visitor")
            log.info({"event": "request", **asked(scope), **({"who": who.name} if who else {}),
                      "status": status, "bytes": size,
                      "ms": round(1000 * seconds, 2)})


def asked(scope: Scope) -> dict[str, Any]:
    """What was asked, without secrets."""
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)[:30]
    return {"client": (scope.get("client") or ("",))[0], "method": scope["method"][:20],
            "path": _plain(scope["path"]),
            "query": {_plain(name)[:50]: "…" if any(word in name.casefold() for word in SECRET)
                      else _plain(value) for name, value in query}}


def _plain(text: str) -> str:
    return KEY.sub("xl_…", text)[:LONGEST]


def _route(scope: Scope) -> str:
    """The pattern of the address, so that the figures stay few."""
    return str(getattr(scope.get("route"), "path", "other"))


class Figures:
    """Counters of one worker, kept in a file that the others read, so that any tells of all."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.requests: Counter[tuple[str, str, int]] = Counter()
        self.buckets: Counter[tuple[str, float]] = Counter()
        self.seconds: Counter[str] = Counter()
        self._written = 0

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """One request more."""
        known = method if method in ("GET", "HEAD", "POST", "DELETE") else "other"
        self.requests[route, known, status] += 1
        self.buckets[route, next((e for e in EDGES if seconds <= e), float("inf"))] += 1
        self.seconds[route] += seconds  # type: ignore[assignment]  # a Counter of floats adds up

    def share(self) -> None:
        """Write this worker's counters for the others, if there is something new."""
        total = self.requests.total()
        if self.folder is None or total == self._written:
            return
        mine = {"requests": [[*key, n] for key, n in list(self.requests.items())],
                "buckets": [[*key, n] for key, n in list(self.buckets.items())],
                "seconds": list(self.seconds.items())}
        with suppress(OSError):
            new = self.folder / f"{getpid()}.new"
            new.write_text(json.dumps(mine), encoding="utf-8")
            new.replace(self.folder / f"{getpid()}.json")
            self._written = total

    def text(self, gauges: Mapping[str, float], labels: Mapping[str, str]) -> str:
        """All workers' counters in the Prometheus text format 0.0.4."""
        requests, buckets, seconds = Counter(self.requests), Counter(self.buckets), Counter(
            self.seconds)
        for other in self._others():
            requests.update({(r, m, s): n for r, m, s, n in other["requests"]})
            buckets.update({(route, edge): n for route, edge, n in other["buckets"]})
            seconds.update(dict(other["seconds"]))
        return "\n".join([*_requests(requests), *_durations(buckets, seconds),
                          *_gauges(gauges, labels), ""])

    def _others(self) -> Iterable[Mapping[str, Any]]:
        for file in sorted(self.folder.glob("*.json")) if self.folder else ():
            if file.stem != str(getpid()):
                with suppress(OSError, ValueError):
                    yield json.loads(file.read_text(encoding="utf-8"))


def _requests(requests: Mapping[tuple[str, str, int], int]) -> Iterable[str]:
    yield "# HELP xianglian_requests_total Requests answered."
    yield "# TYPE xianglian_requests_total counter"
    for (route, method, status), n in sorted(requests.items()):
        yield (f'xianglian_requests_total{{route="{_label(route)}",method="{method}",'
               f'status="{status}"}} {n}')


def _durations(buckets: Mapping[tuple[str, float], int],
               seconds: Mapping[str, float]) -> Iterable[str]:
    name = "xianglian_request_seconds"
    yield f"# HELP {name} Time from a request to the end of its answer."
    yield f"# TYPE {name} histogram"
    for route in sorted(seconds):
        total = 0
        for edge in (*EDGES, float("inf")):
            total += buckets.get((route, edge), 0)
            le = "+Inf" if edge == float("inf") else f"{edge:g}"
            yield f'{name}_bucket{{route="{_label(route)}",le="{le}"}} {total}'
        yield f'{name}_sum{{route="{_label(route)}"}} {seconds[route]:.6f}'
        yield f'{name}_count{{route="{_label(route)}"}} {total}'


def _gauges(gauges: Mapping[str, float], labels: Mapping[str, str]) -> Iterable[str]:
    for name, value in gauges.items():
        yield f"# HELP xianglian_{name} {GAUGES[name]}"
        yield f"# TYPE xianglian_{name} gauge"
        yield f"xianglian_{name} {value:g}"
    said = ",".join(f'{name}="{_label(value)}"' for name, value in labels.items())
    yield "# HELP xianglian_info Version of the program and of the content."
    yield "# TYPE xianglian_info gauge"
    yield f"xianglian_info{{{said}}} 1"


def _label(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
