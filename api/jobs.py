"""Writing tasks as files: every worker sees them, and they are still there after a restart.

A job is a folder `jobs/ID`: `job.json` says all that is known of it, `upload/` holds the file until
it is done, and `beat` is touched every second by the process that works on it.  Who creates `beat`
has taken the job; a beat that has stopped means that the process is gone.  The machine's clock may
jump (a laptop that slept, a time server), so nobody is given up who was not seen to stand still.
"""

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from api.keys import private
from graph.dates import CHINA
from ontology import StoreError

__all__ = ["DONE", "ID", "LOST", "Job", "Jobs", "now", "put_down"]

KEPT = 200  # finished jobs that are kept
QUIET = 15.0  # seconds without a beat after which nobody is working on it any more
LOOKED = 3.0  # of which so many must have been seen, where only the clock says the rest
STAMP = "%Y%m%dT%H%M%S%f"
DONE = ("done", "failed", "lost")
LATEST = "latest"
ID = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{6}")
LOST = ("装到一半进程没了（被结束、停电、内存不够或磁盘满了）。没有提交的不会留下任何痕迹；"
        "若正好已经提交，内容就在图谱里。再做一次不会重复")


def now() -> str:
    """The time of day in China, to the second."""
    return datetime.now(CHINA).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class Job:
    """One writing task.

    what   load, add or retract; `asks` holds what it was asked to do
    by     the name of who asked, with the right `scope`
    state  waiting, running, done (there is a report), failed (there is an error) or lost
    note   what it is waiting for, or how it was lost; progress: the file, or what the store
           is doing, with rows done and of how many (0: nobody knows)
    """

    id: str
    what: str
    by: str
    asks: dict[str, Any]
    asked: str
    state: str = "waiting"
    began: str | None = None
    ended: str | None = None
    note: str = ""
    progress: dict[str, Any] | None = None
    written: bool = False
    report: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    links: dict[str, str] = field(default_factory=dict)
    scope: str = "write"

    def json(self) -> dict[str, Any]:
        """As it is answered."""
        root = f"/api/v1/loads/{self.id}"
        return asdict(replace(self, links={"self": root, "events": f"{root}/events"}))


class Jobs:
    """The jobs in a folder."""

    def __init__(self, desk: Path, looked: float = LOOKED) -> None:
        self.folder, self._looked = desk / "jobs", looked
        self._ended: dict[str, Job] = {}  # they change no more
        self._seen: dict[str, tuple[int, float]] = {}  # the last beat, and since when it stands

    def put(self, what: str, by: str, asks: dict[str, Any], upload: Path | None = None,
            scope: str = "write", first: Callable[[Job], None] = lambda job: None) -> Job:
        """A new job that waits; the file `upload` becomes its own.

        first: done before anybody can take it.  Raises StoreError if the disk has no room.
        """
        id, passing = self._id(), self.draft()
        try:
            if upload is not None:
                (passing / "upload").mkdir()
                os.replace(upload, passing / "upload" / upload.name)
            job = Job(id, what, by, asks, now(), scope=scope)
            put_down(passing / "job.json", asdict(job))
            first(job)
            os.replace(passing, private(self.folder) / id)  # there whole, or not at all
        except OSError as error:
            raise _full(error) from error
        finally:
            shutil.rmtree(passing, ignore_errors=True)
        with suppress(OSError):
            self._forget()
        return job

    def _id(self) -> str:
        """Later than every other, even where the clock was put back."""
        moment = datetime.now(CHINA).replace(tzinfo=None)
        if ids := self._ids():
            with suppress(ValueError):  # a name of digits that is no date
                last = datetime.strptime(ids[-1].partition("-")[0], STAMP)
                moment = max(moment, last + timedelta(microseconds=1))
        return f"{moment:{STAMP}}-{secrets.token_hex(3)}"

    def draft(self) -> Path:
        """A new folder on the same disk for what is still coming in.  Raises StoreError."""
        try:
            folder = self._drafts() / secrets.token_hex(8)
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise _full(error) from error
        return folder

    def _drafts(self) -> Path:
        return private(private(self.folder.parent) / "incoming")

    def get(self, id: str) -> Job | None:
        """A job by its id, or the latest, with its report; None if there is none."""
        if id == LATEST:
            id = next(self.all(), Job("", "", "", {}, "")).id
        job = self._read(id) if ID.fullmatch(id) else None
        if job and job.state == "done":
            file = self.folder / job.id / "report.json"
            with suppress(OSError, ValueError):  # a power cut can leave it empty
                job = replace(job, report=json.loads(file.read_text(encoding="utf-8")))
        return job

    def all(self) -> Iterator[Job]:
        """Every job without its report, the latest first."""
        return self.before(None)

    def before(self, id: str | None) -> Iterator[Job]:
        """Those that were asked for before the job of that id, which need not be there any more."""
        return (job for one in self._ids()[::-1]
                if (id is None or one < id) and (job := self._read(one)))

    def waiting(self) -> int:
        """How many have not ended."""
        return sum(job.state not in DONE for job in self.all())

    def counts(self) -> dict[str, int]:
        """How many wait and run."""
        states = [job.state for job in self.all()]
        return {f"jobs_{state}": states.count(state) for state in ("waiting", "running")}

    def _ids(self) -> list[str]:
        with suppress(FileNotFoundError):
            return sorted(name for name in os.listdir(self.folder) if ID.fullmatch(name))
        return []

    def _read(self, id: str) -> Job | None:
        if id in self._ended:
            return self._ended[id]
        try:
            job = Job(**json.loads((self.folder / id / "job.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        if job.state in ("done", "failed"):
            self._ended[id] = job
        return self._lost(job) if job.state == "running" and not self.beats(job) else job

    def _lost(self, job: Job) -> Job:
        """The same as told when its process is gone; what the process says after all, counts."""
        return replace(job, state="lost", note=LOST)

    # --- for who works on them --------------------------------------------------------------------

    def next(self) -> Job | None:
        """Take the oldest that waits; None if there is none or another is being worked on."""
        for job in [*self.all()][::-1]:
            if job.state == "running" or (job.state == "waiting" and self.beats(job)):
                return None
            if job.state == "waiting":
                return job if self._take(job) else None
        return None

    def _take(self, job: Job) -> bool:
        beat = self.folder / job.id / "beat"
        try:
            if beat.exists():  # it was taken by somebody who is gone before it began
                old = beat.with_name(f"{secrets.token_hex(4)}.old")
                os.replace(beat, old)
                if old.stat().st_mtime_ns != self._seen.get(job.id, (0,))[0]:  # another was first
                    os.replace(old, beat)
                    return False
            os.close(os.open(beat, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except OSError:
            return False
        return True

    def beat(self, job: Job) -> None:
        """Say that somebody is working on it."""
        with suppress(OSError):
            os.utime(self.folder / job.id / "beat")

    def beats(self, job: Job) -> bool:
        """Whether somebody is."""
        try:
            beat = (self.folder / job.id / "beat").stat().st_mtime_ns
        except OSError:
            return False
        if self._seen.get(job.id, (0, 0.0))[0] != beat:
            self._seen[job.id] = beat, time.monotonic()
        stands = time.monotonic() - self._seen[job.id][1]
        late = time.time() - beat / 1e9 >= QUIET
        return stands < (self._looked if late else QUIET)

    def give_back(self, job: Job) -> None:
        """Let another take it, after a restart perhaps."""
        self.keep(replace(job, state="waiting", began=None, progress=None, note=""))
        (self.folder / job.id / "beat").unlink(missing_ok=True)

    def keep(self, job: Job) -> None:
        """Write down how far it is; once it has ended its file is no longer needed."""
        if job.report is not None:
            put_down(self.folder / job.id / "report.json", job.report)
        put_down(self.folder / job.id / "job.json", asdict(replace(job, report=None)))
        if job.state in DONE:
            shutil.rmtree(self.folder / job.id / "upload", ignore_errors=True)

    def upload(self, job: Job) -> Path:
        """The file that came with it."""
        return next((self.folder / job.id / "upload").iterdir())

    def _forget(self) -> None:
        """The oldest of those that have ended, beyond the number that is kept; and what never
        came in whole."""
        ended = [job for job in self.all() if job.state in DONE]
        for job in ended[KEPT:]:
            shutil.rmtree(self.folder / job.id, ignore_errors=True)
            self._ended.pop(job.id, None)
            self._seen.pop(job.id, None)
        for draft in self._drafts().iterdir():
            with suppress(OSError):
                if time.time() - draft.stat().st_mtime > 3600:
                    shutil.rmtree(draft) if draft.is_dir() else draft.unlink()


def _full(error: OSError) -> StoreError:
    return StoreError(f"写入任务存不下：{error.strerror}；请看看磁盘是不是满了")


def put_down(file: Path, said: dict[str, Any]) -> None:
    """As JSON, whole or not at all; on Windows a reader may stand in the way for a moment."""
    passing = file.with_name(f"{secrets.token_hex(4)}.new")
    try:
        with open(passing, "x", encoding="utf-8",
                  opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            json.dump(said, out, ensure_ascii=False)
        for patience in (0.01, 0.05, 0.25, 1.0):
            try:
                os.replace(passing, file)
                return
            except PermissionError:
                time.sleep(patience)
        os.replace(passing, file)
    except BaseException:  # a full disk above all: nothing of it stays there
        passing.unlink(missing_ok=True)
        raise
