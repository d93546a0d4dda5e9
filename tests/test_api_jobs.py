"""Jobs as files: taken once, in order, told as lost when nobody works on them any more."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from api import working
from api.audit import note, notes
from api.jobs import KEPT, QUIET, Job, Jobs
from api.settings import Settings
from ontology import StoreError


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path / "desk", looked=0)


def asked(jobs: Jobs, name: str = "x") -> Job:
    return jobs.put("retract", "甲", {"name": name})


def quiet(jobs: Jobs, job: Job) -> None:
    """As if its process had gone a while ago."""
    beat = jobs.folder / job.id / "beat"
    os.utime(beat, (0, beat.stat().st_mtime - QUIET - 1))


def test_the_oldest_is_taken_first_and_alone(jobs: Jobs) -> None:
    first, second = asked(jobs), asked(jobs)
    assert [job.id for job in jobs.all()] == [second.id, first.id]
    assert jobs.get("latest") == second and jobs.get(first.id) == first
    taken = jobs.next()
    assert taken == first and jobs.next() is None
    jobs.keep(replace(first, state="done", report={"retracted": 1}, written=True))
    assert jobs.next() == second
    found = jobs.get(first.id)
    assert found and found.report == {"retracted": 1} and jobs.waiting() == 1


def test_of_many_who_look_at_once_one_takes_it(jobs: Jobs) -> None:
    for _ in range(5):
        job = asked(jobs)
        workers = [Jobs(jobs.folder.parent) for _ in range(16)]
        with ThreadPoolExecutor(16) as pool:
            taken = [found for found in pool.map(lambda one: one.next(), workers) if found]
        assert taken == [job]
        jobs.keep(replace(job, state="failed", error={"status": 404}))


def test_who_is_gone_is_told_as_lost_and_holds_up_nobody(jobs: Jobs) -> None:
    first, second = asked(jobs), asked(jobs)
    assert jobs.next() == first
    jobs.keep(replace(first, state="running"))
    quiet(jobs, first)
    found = jobs.get(first.id)
    assert found and found.state == "lost" and "不会重复" in found.note
    assert jobs.next() == second
    jobs.beat(first)  # it was only held up
    found = jobs.get(first.id)
    assert found and found.state == "running"


def test_taken_but_never_begun_is_taken_again(jobs: Jobs) -> None:
    job = asked(jobs)
    assert jobs.next() == job and jobs.next() is None
    quiet(jobs, job)
    assert jobs.next() == job and jobs.next() is None


def test_what_is_given_back_waits_again(jobs: Jobs) -> None:
    job = asked(jobs)
    jobs.next()
    jobs.keep(replace(job, state="running", began="now", progress={"rows": 1}))
    running = jobs.get(job.id)
    assert running
    jobs.give_back(running)
    assert jobs.next() == job


def test_old_jobs_are_forgotten_and_damaged_ones_passed_over(jobs: Jobs) -> None:
    for number in range(KEPT + 3):
        jobs.keep(replace(asked(jobs, str(number)), state="failed"))
    waiting = asked(jobs)
    assert len([*jobs.all()]) == KEPT + 1 and jobs.get(waiting.id) == waiting
    (jobs.folder / waiting.id / "job.json").write_text("{")
    assert jobs.get(waiting.id) is None and jobs.waiting() == 0 and jobs.next() is None


def test_only_the_owner_reads_them(jobs: Jobs) -> None:
    job = asked(jobs)
    if os.name == "posix":
        folder = jobs.folder / job.id
        assert [path.stat().st_mode & 0o777 for path in (
            jobs.folder.parent, jobs.folder, folder, folder / "job.json")] == [
                0o700, 0o700, 0o700, 0o600]


def test_the_audit_says_who_and_what_but_no_values(jobs: Jobs, tmp_path: Path) -> None:
    desk = tmp_path / "desk"
    assert notes(desk, 10) == ([], 0)
    note(desk, jobs.put("add", "乙", {"kind": "Company", "values": {"备注": "秘"}, "source": "x"}))
    note(desk, replace(asked(jobs, "来源\n{\"who\": \"丙\"}"), state="done", written=True,
                       report={"retracted": 3}))
    with open(desk / "audit.jsonl", "a", encoding="ascii") as file:
        file.write('{"cut')
    note(desk, asked(jobs, "y"))  # begins a line of its own
    assert notes(desk, 1)[0][0]["asked"] == {"name": "y"}
    said, first = notes(desk, 3, 3)
    assert [row["who"] for row in said] == ["甲", "乙"] and said[0]["retracted"] == 3
    assert "秘" not in str(said) and first == 0
    assert notes(desk, 2, 3) == (said[:1], 1) and notes(desk, 2, 1) == (said[1:], 0)


def test_a_clock_that_jumps_loses_no_job(tmp_path: Path) -> None:
    """After a sleep every beat is old, and the process that goes on touches it within a second."""
    jobs = Jobs(tmp_path / "desk")
    job = asked(jobs)
    assert jobs.next() == job
    jobs.keep(replace(job, state="running"))
    quiet(jobs, job)
    found = jobs.get(job.id)
    assert found and found.state == "running" and jobs.next() is None
    beat = jobs.folder / job.id / "beat"
    os.utime(beat, (0, beat.stat().st_mtime + 10_000))  # and then the clock was put back
    found = Jobs(tmp_path / "desk", looked=0).get(job.id)
    assert found and found.state == "running"


def test_the_latest_is_the_latest_after_the_clock_was_put_back(jobs: Jobs) -> None:
    ahead = asked(jobs)
    os.replace(jobs.folder / ahead.id, jobs.folder / f"2999{ahead.id[4:]}")
    for _ in range(3):
        last = asked(jobs)
        found = jobs.get("latest")
        assert found and found.id == last.id and last.id.startswith("2999")
    (jobs.folder / "99999999T999999999999-abcdef").mkdir()
    assert asked(jobs).state == "waiting"


def test_an_end_that_finds_no_room_waits_for_it(jobs: Jobs, tmp_path: Path,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "ROOM", 0.05)
    settings = Settings("sqlite://", tmp_path, own_desk=tmp_path / "desk")
    job = replace(asked(jobs), state="done", report={"retracted": 1}, written=True)
    (tmp_path / "desk" / "audit.jsonl").mkdir()  # in the way for a moment
    later = threading.Timer(0.3, (tmp_path / "desk" / "audit.jsonl").rmdir)
    later.start()
    working._end(settings, jobs, job, 20.0)
    found = jobs.get(job.id)
    assert found and found.state == "done" and found.report == {"retracted": 1}
    assert [row["job"] for row in notes(tmp_path / "desk", 5)[0]] == [job.id]


def test_a_disk_without_room_is_said_and_nothing_is_left(jobs: Jobs, tmp_path: Path) -> None:
    def full(job: Job) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="磁盘"):
        jobs.put("retract", "甲", {"name": "x"}, first=full)
    assert not [*jobs.all()] and not [*(tmp_path / "desk" / "incoming").iterdir()]
    (tmp_path / "desk" / "incoming").rmdir()
    (tmp_path / "desk" / "incoming").write_text("in the way")
    with pytest.raises(StoreError, match="磁盘"):
        jobs.draft()
