"""The work of a job, in a process of its own: answers go on meanwhile, and it can be killed.

Every worker of the server looks for jobs that wait; whoever takes one starts the process, and tells
what became of it if the process cannot.
"""

import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from multiprocessing.context import SpawnProcess

from api.audit import note
from api.jobs import DONE, LOST, Job, Jobs, now
from api.journal import log, set_up_logging
from api.keys import Visitor
from api.problems import Refused, description
from api.settings import Settings
from graph.store import Store, open_store
from loaders import pipeline
from ontology import Busy, Ontology, XianglianError, load_ontology

__all__ = ["Runner", "check_retract", "closed", "perform"]

LOOK = 0.2  # seconds between two looks for work
PATIENCE = 600.0  # seconds for which a job waits for another program that writes
AGAIN = 0.5  # seconds of each try meanwhile
ROOM = 5.0  # seconds between two tries to write on a full disk


class Runner:
    """Follows the jobs in a thread of its own, from `start` to `stop`."""

    def __init__(self, settings: Settings, jobs: Jobs) -> None:
        self.settings, self.jobs = settings, jobs
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="jobs", daemon=True)
        self._running: tuple[Job, SpawnProcess] | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop; what is being done is given back, to be taken up by the next server."""
        self._stop.set()
        self._thread.join()
        if self._running is not None:
            job, process = self._running
            process.terminate()
            process.join()
            if (left := self.jobs.get(job.id)) and left.state not in DONE:
                self.jobs.give_back(left)

    def _follow(self) -> None:
        while not self._stop.wait(LOOK):
            try:
                self._look()
            except Exception as error:  # a fault of ours must not end the watch
                log.error({"event": "fault", "path": "jobs"}, exc_info=error)
                self._stop.wait(10 * LOOK)

    def _look(self) -> None:
        for gone in self.jobs.all():
            if gone.state == "lost" and gone.ended is None:  # its process went with another server
                _end(self.settings, self.jobs, gone)
        if self._running is None:
            if job := self.jobs.next():
                process = multiprocessing.get_context("spawn").Process(
                    target=perform, args=(self.settings, job.id), name=f"xianglian-{job.id}")
                process.start()
                self._running = job, process
        elif self._running[1].is_alive():
            self.jobs.beat(self._running[0])  # also while it starts, which a busy machine delays
        else:
            (job, process), self._running = self._running, None
            process.join()
            left = self.jobs.get(job.id)
            if left and left.state not in DONE:
                _end(self.settings, self.jobs, replace(left, state="lost", note=LOST))


def perform(settings: Settings, id: str) -> None:
    """Do the job of that id; everything that comes of it stands in its file."""
    set_up_logging(quiet=True)  # of this process, whose stderr is the server's
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which gives it back
    jobs = Jobs(settings.desk)
    job = jobs.get(id)
    if job is None or job.state in DONE:
        return
    over = threading.Event()
    threading.Thread(target=_beat, args=(jobs, job, over), daemon=True).start()
    job = replace(job, state="running", began=now())
    try:
        jobs.keep(job)
        job = _done(settings, jobs, job)
    except Exception as error:
        if not isinstance(error, XianglianError):
            log.error({"event": "fault", "path": "jobs", "job": id}, exc_info=error)
        job = replace(job, state="failed", error=description(error, f"/api/v1/loads/{id}"))
    _end(settings, jobs, job, PATIENCE)
    over.set()


def _beat(jobs: Jobs, job: Job, over: threading.Event) -> None:
    jobs.beat(job)
    while not over.wait(1.0):
        jobs.beat(job)


def _end(settings: Settings, jobs: Jobs, job: Job, patience: float = 0.0) -> None:
    """Write down how it ended; patience: seconds for which a full disk may be given room."""
    job = replace(job, ended=now(), progress=None)
    end, noted = time.monotonic() + patience, False
    while True:
        try:
            if not noted:
                note(settings.desk, job)
                noted = True
            jobs.keep(job)
            return
        except OSError as error:
            log.error({"event": "fault", "path": "jobs", "job": job.id}, exc_info=error)
            if time.monotonic() > end:
                return
        time.sleep(ROOM)


def _done(settings: Settings, jobs: Jobs, job: Job) -> Job:
    """Do it, as soon as nobody else is writing; the job as it is in the end."""
    model = load_ontology(settings.ontology)
    end = time.monotonic() + PATIENCE
    create = job.what != "retract" and not job.asks.get("dry_run")
    with closing(open_store(settings.store, model, create=create)) as store:
        while True:
            try:
                _free(store)
                return replace(WORK[job.what](store, model, jobs, job), state="done", note="")
            except Busy:
                if time.monotonic() > end:
                    raise
                jobs.keep(replace(job, note="另一个程序正在写入，等它写完"))
                time.sleep(AGAIN)


def _free(store: Store) -> None:
    """Raises Busy at once, where a load would wait for half a minute without a word."""
    if store.origins():
        with store.write(wait=0):
            pass


def _load(store: Store, model: Ontology, jobs: Jobs, job: Job) -> Job:
    asks, last = job.asks, 0.0

    def progress(file: str, rows: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > LOOK:
            with suppress(OSError):  # a full disk beside the store's need not end the load
                jobs.keep(replace(job, progress={"file": file, "rows": rows, "total": total}))
            last = time.monotonic()

    with closing(open_store("sqlite://", model)) as empty:
        target = empty if asks["dry_run"] and not store.origins() else store
        report = pipeline.load(
            target, model, [jobs.upload(job)], dry_run=asks["dry_run"],
            keep_good=asks["keep_good"], allow_shrink=asks["allow_shrink"],
            closed=closed(Visitor(job.by, job.scope)), progress=progress)
    return replace(job, report=report.json(), written=report.written)


def _add(store: Store, model: Ontology, jobs: Jobs, job: Job) -> Job:
    report = pipeline.add(store, model, model.kind(job.asks["kind"]), job.asks["values"],
                          job.asks["source"], closed(Visitor(job.by, job.scope)))
    return replace(job, report=report.json(), written=report.written)


def _retract(store: Store, model: Ontology, jobs: Jobs, job: Job) -> Job:
    # Once more: what the name means may have changed while the job waited.
    check_retract(store, model, job.asks["name"], Visitor(job.by, job.scope))
    count = pipeline.retract(store, model, job.asks["name"])
    return replace(job, report={"retracted": count}, written=True)


def closed(visitor: Visitor) -> Collection[str]:
    """The origins for which nobody but an admin may speak: those that came with the package."""
    return () if visitor.may("admin") else pipeline.origins_shipped()


def check_retract(store: Store, model: Ontology, name: str, visitor: Visitor) -> None:
    """Raises Refused where the visitor may not take that source back, NotFound if there is none."""
    if not visitor.may("admin") and pipeline.is_shipped(store, model, name):
        raise Refused("not-allowed", (
            f"「{name}」是随附的来源，或被随附的来源引用，收回它要 admin 的密钥（自己装入的，"
            f"write 的密钥就行）；也可以在服务器上用命令 xianglian retract {name}"))


WORK: Mapping[str, Callable[[Store, Ontology, Jobs, Job], Job]] = {
    "load": _load, "add": _add, "retract": _retract}
