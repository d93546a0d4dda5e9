"""Who wrote what: one JSON line when a job is asked for and one when it has ended, without secrets.
"""

import json
import os
from collections import deque
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from api.jobs import Job, now
from api.keys import private

__all__ = ["note", "notes"]

FILE = "audit.jsonl"
COUNTS = ("rows", "loaded", "unchanged", "merged", "rejected", "retracted")


def note(desk: Path, job: Job) -> None:
    """Add the job as it is now."""
    report = job.report or {}
    said = {"time": now(), "who": job.by, "what": job.what, "job": job.id, "state": job.state,
            "asked": {key: value for key, value in job.asks.items() if key != "values"},
            "written": job.written, **{name: report[name] for name in COUNTS if name in report},
            **({"error": job.error["detail"]} if job.error else {})}
    line = json.dumps(said, ensure_ascii=True, sort_keys=True) + "\n"
    with open(private(desk) / FILE, "ab+",
              opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
        if out.tell():  # a full disk or a power cut may have left half a line
            out.seek(-1, os.SEEK_END)
            line = line if out.read(1) == b"\n" else f"\n{line}"
        out.write(line.encode("ascii"))


def notes(desk: Path, limit: int, before: int | None = None) -> tuple[list[dict[str, Any]], int]:
    """The last lines before that number, the newest first, and the number of the oldest of them (0:
    there is none before it); a line that a power cut left unfinished is passed over."""
    try:
        with open(desk / FILE, encoding="ascii", errors="replace") as file:
            lines = deque(islice(enumerate(file), before), limit)
    except FileNotFoundError:
        return [], 0
    found = []
    for _, line in reversed(lines):
        with suppress(ValueError):
            found.append(json.loads(line))
    return found, lines[0][0] if lines else 0
