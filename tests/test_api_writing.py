"""Writing over HTTP: jobs, their reports, and what an unfriendly client may try."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from api.examples import KEY
from api.settings import Settings
from graph.store import open_store
from ontology import load_ontology
from tests.serving import Server, in_a_loop
from tests.shell import Shell

HEAD = "企业,环节,所在地,观察日期,来源\n"
ROW = "某某铜箔有限公司,锂电池/铜箔,长沙市,2026-06,2026年6月走访\n"
BAD = "某某铜箔有限公司,锂电池/铜泊,长沙市,2026-06,2026年6月走访\n"
FACT = {"kind": "从事环节", "source": "2026年6月走访", "values": {
    "企业": "某某铜箔有限公司", "环节": "锂电池/铜箔", "所在地": "长沙市", "观察日期": "2026-06"}}
GAPS = "/api/v1/gaps?chain=锂电池&region=长沙"


@pytest.fixture
def server(scratch: Shell) -> Iterator[Server]:
    with started(scratch) as running:
        yield running


@pytest.fixture(scope="module")
def target(shell: Shell, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all who attack it."""
    folder = tmp_path_factory.mktemp("target")
    shell.run("backup", str(folder / "copy.db"))
    with started(Shell(folder, f"sqlite:///{(folder / 'copy.db').as_posix()}")) as running:
        yield running


def left(server: Server) -> int:
    """Jobs there are, and files still coming in."""
    incoming = server.file.parent / "copy.db-desk" / "incoming"
    return len(server.client.get("/api/v1/loads").json()["rows"]) + (
        len([*incoming.iterdir()]) if incoming.is_dir() else 0)


def started(shell: Shell, *arguments: str, **environ: str) -> Server:
    server = Server(shell, *arguments, XIANGLIAN_API_KEY=KEY, **environ)
    server.client.headers["Authorization"] = f"Bearer {KEY}"
    return server


def upload(server: Server, said: str | bytes, **asked: Any) -> httpx.Response:
    return server.client.post("/api/v1/loads", params={"file": "operatesIn.csv"} | asked,
                              content=said)


def ended(server: Server, reply: httpx.Response) -> dict[str, Any]:
    """The job once it has ended."""
    assert reply.status_code == 202, reply.text
    found: dict[str, Any] = {}

    def done() -> bool:
        found.update(server.client.get(reply.headers["location"]).json())
        return found["state"] in ("done", "failed", "lost")

    server.until(done)
    return found


def verdict(server: Server, segment: str = "铜箔") -> str:
    rows = server.client.get(GAPS).json()["segments"]
    return next(row["verdict"] for row in rows if row["segment"] == segment)


def rows(count: int) -> str:
    """A table that takes seconds to load."""
    return HEAD + "".join(f"大厂{n},锂电池/铜箔,长沙市,2026-06,大表\n" for n in range(count))


# --- the same as the command line ------------------------------------------------------------


def test_a_load_reports_as_the_command_line_does(server: Server, scratch: Shell) -> None:
    (scratch.folder / "operatesIn.csv").write_text(HEAD + ROW + BAD, encoding="utf-8")
    for switch in ((), ("--dry-run",), ("--dry-run", "--keep-good")):
        told = scratch.json("load", "operatesIn.csv", *switch, code=1)
        asked = {one.removeprefix("--").replace("-", "_"): True for one in switch}
        job = ended(server, upload(server, HEAD + ROW + BAD, **asked))
        assert job["report"] == told and not job["written"] and job["state"] == "done"
    assert verdict(server) == "unknown"
    job = ended(server, upload(server, HEAD + ROW))
    assert job["written"] and job["report"]["loaded"] == 1
    server.until(lambda: verdict(server) == "present")
    job = ended(server, server.client.delete("/api/v1/sources/2026年6月走访"))
    assert job["report"] == {"retracted": 2}
    server.until(lambda: verdict(server) == "unknown")
    gone = ended(server, server.client.delete("/api/v1/sources/2026年6月走仿"))
    assert gone["state"] == "failed" and gone["error"]["status"] == 404
    whos = server.client.get("/api/v1/audit").json()["rows"]
    assert {row["who"] for row in whos} == {"管理员"} and whos[0]["state"] == "failed"
    assert KEY not in json.dumps(whos)


def test_a_record_is_looked_at_before_it_is_written(server: Server, scratch: Shell) -> None:
    """What the preview says will change, changes; and it leaves nothing behind."""
    before = server.client.get(GAPS).json()
    looked = server.client.post("/api/v1/records/preview", json=FACT).json()
    changes = {(c["segment"], c["region"]): (c["before"], c["after"]) for c in looked["changes"]}
    assert changes[("铜箔", "长沙市")] == ("unknown", "present")
    assert server.client.get(GAPS).json() == before
    job = ended(server, server.client.post("/api/v1/records", json=FACT))
    assert job["report"] == looked["report"] and job["written"]
    server.until(lambda: verdict(server) == "present")
    after = server.client.get(GAPS).json()
    moved = {row["segment"] for row, old in zip(after["segments"], before["segments"], strict=True)
             if row["verdict"] != old["verdict"]}
    assert moved == {segment for segment, region in changes if region == "长沙市"}
    again = server.client.post("/api/v1/records/preview", json=FACT).json()
    assert again["changes"] == [] and again["report"]["unchanged"] == 1
    assert {row["title"] for row in scratch.json("sources", "2026年6月走访")["rows"]} == {
        "2026年6月走访"}


def test_a_preview_names_what_is_wrong(server: Server) -> None:
    wrong = FACT | {"values": {"企业": "甲厂", "环节": "锂电池/铜泊"}}
    looked = server.client.post("/api/v1/records/preview", json=wrong).json()
    assert looked["records"] == [] == looked["changes"]
    assert "铜箔" in json.dumps(looked["report"]["problems"], ensure_ascii=False)
    unknown = server.client.post("/api/v1/records", json=FACT | {"kind": "从事环接"})
    assert unknown.status_code == 404 and "从事环节" in unknown.text


def test_an_order_to_show_only_the_head_of_events_ends_at_once(server: Server, scratch: Shell
                                                               ) -> None:
    with (open_store(scratch.environ["XIANGLIAN_STORE"], load_ontology()) as store,  # type: ignore[attr-defined]
          store.write()):
        job = upload(server, HEAD + ROW).headers["location"]
        head = server.client.head(f"{job}/events")
        assert head.headers["content-type"].startswith("text/event-stream")
        server.until(lambda: '"method": "HEAD"' in server.log)  # the line comes when it is over
        assert server.client.get(job).json()["state"] in ("waiting", "running")


def test_progress_comes_as_events(server: Server) -> None:
    reply = upload(server, rows(20_000))
    said = []
    with server.client.stream("GET", reply.headers["location"] + "/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("data: "):
                said.append(json.loads(line.removeprefix("data: ")))
    read = [job["progress"]["rows"] for job in said
            if job["progress"] and job["progress"]["file"] == "operatesIn.csv"]
    assert read == sorted(read) and len(read) > 1
    assert said[-1]["state"] == "done" and said[-1]["report"]["loaded"] == 20_000


# --- waiting, dying and coming back ------------------------------------------------------------


def test_one_at_a_time_and_the_others_say_what_they_wait_for(server: Server, scratch: Shell
                                                             ) -> None:
    with (open_store(scratch.environ["XIANGLIAN_STORE"], load_ontology()) as store,  # type: ignore[attr-defined]
          store.write()):
        replies = [upload(server, HEAD + ROW) for _ in range(3)]
        jobs = [reply.headers["location"] for reply in replies]
        server.until(lambda: "等它写完" in server.client.get(jobs[0]).json()["note"])
        assert [server.client.get(job).json()["state"] for job in jobs] == [
            "running", "waiting", "waiting"]
        assert server.client.get(GAPS).status_code == 200
    assert [ended(server, reply)["report"]["unchanged"] for reply in replies] == [0, 1, 1]


def test_more_than_the_line_holds_are_refused(scratch: Shell) -> None:
    with (started(scratch, XIANGLIAN_JOBS="2") as server,
          open_store(scratch.environ["XIANGLIAN_STORE"], load_ontology()) as store,  # type: ignore[attr-defined]
          store.write()):
        codes = [upload(server, HEAD + ROW).status_code for _ in range(3)]
        assert codes == [202, 202, 429]


def children(server: Server) -> list[int]:
    """The processes that the server has started."""
    found = []
    for task in Path(f"/proc/{server.process.pid}/task").iterdir():
        found += [int(pid) for pid in (task / "children").read_text().split()]
    return [pid for pid in found if b"resource_tracker" not in
            Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc 只在 Linux 上有")
def test_a_killed_job_says_so_and_leaves_nothing(server: Server) -> None:
    version = server.client.get(GAPS).json()["version"]
    reply = upload(server, rows(60_000))
    job = reply.headers["location"]
    server.until(lambda: bool(server.client.get(job).json()["progress"]))
    for pid in children(server):
        os.kill(pid, signal.SIGKILL)
    told = ended(server, reply)
    assert told["state"] == "lost" and "再做一次不会重复" in told["note"]
    assert server.client.get(GAPS).json()["version"] == version
    assert ended(server, upload(server, HEAD + ROW))["written"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc 只在 Linux 上有")
def test_after_a_power_cut_the_next_server_says_so_and_goes_on(scratch: Shell) -> None:
    with started(scratch) as first:
        version = first.client.get(GAPS).json()["version"]
        lost = upload(first, rows(60_000)).headers["location"]
        waiting = upload(first, HEAD + ROW).headers["location"]
        first.until(lambda: bool(first.client.get(lost).json()["progress"]))
        for pid in [first.process.pid, *children(first)]:
            os.kill(pid, signal.SIGKILL)
        first.process.wait(20)
    assert scratch.json("gaps", "锂电池")["version"] == version
    with started(scratch) as second:
        second.until(lambda: bool(second.client.get(lost).json()["ended"]))
        assert second.client.get(lost).json()["state"] == "lost"
        assert "lost" in {row["state"] for row in second.client.get("/api/v1/audit").json()["rows"]}
        second.until(lambda: second.client.get(waiting).json()["state"] == "done")
        assert second.client.get(waiting).json()["written"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc 只在 Linux 上有")
def test_a_job_outlives_the_worker_that_began_it(scratch: Shell) -> None:
    with started(scratch, "--workers", "2") as server:
        reply = upload(server, rows(30_000))
        server.until(lambda: bool(server.client.get(reply.headers["location"]).json()["progress"]))
        for pid in children(server):  # the workers; the job is a child of one of them
            os.kill(pid, signal.SIGKILL)
        told = ended(server, reply)
        assert told["state"] == "done" and told["report"]["loaded"] == 30_000
        assert ended(server, upload(server, HEAD + ROW))["written"]  # and others take the next


def test_an_orderly_stop_gives_the_job_to_the_next_server(scratch: Shell) -> None:
    with started(scratch) as first:
        job = upload(first, rows(30_000)).headers["location"]
        first.until(lambda: bool(first.client.get(job).json()["progress"]))
    with started(scratch) as second:
        second.until(lambda: second.client.get(job).json()["state"] == "done")
        assert second.client.get(job).json()["report"]["loaded"] == 30_000


def test_many_ask_while_a_load_comes_in(scratch: Shell) -> None:
    """No error, and each answer is of one version, with two workers: until both have seen it."""
    calls = (GAPS, "/api/v1/customers?name=金博股份", "/api/v1/things/Company?limit=3",
             "/api/v1/entities?q=金博", "/api/v1/coverage")
    same: dict[tuple[str, str], set[bytes]] = {}

    async def burst(client: httpx.AsyncClient) -> set[str]:
        """The versions that fifty parallel answers are of."""
        replies = await asyncio.gather(*(client.get(call) for call in calls * 10))
        assert {reply.status_code for reply in replies} == {200}
        for call, reply in zip(calls * 10, replies, strict=True):
            same.setdefault((call, reply.json()["version"]), set()).add(reply.content)
        return {reply.json()["version"] for reply in replies}

    async def ask(url: str) -> set[str]:
        async with httpx.AsyncClient(base_url=url, timeout=300, limits=httpx.Limits(
                max_connections=100), headers={"Authorization": f"Bearer {KEY}"}) as client:
            before = await burst(client)
            posted = await client.post("/api/v1/loads?file=operatesIn.csv",
                                       content=rows(500).encode())
            assert posted.status_code == 202
            while (now := await burst(client)) & before:
                pass
            return before | now

    with started(scratch, "--workers", "2") as server:
        versions = in_a_loop(ask(server.url))
    assert len(versions) == 2 and {version for _, version in same} == versions
    assert all(len(bodies) == 1 for bodies in same.values())


# --- the unfriendly ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [
    "../../Company.csv", "..\\Company.csv", "/etc/Company.csv", "C:Company.csv", "Company.csv/",
    "Company.csv\u0000.xlsx", "Company\n.csv", "Company.sh", "Company.csv.exe", ".csv", "....csv",
    "CON.csv", "nul .csv", "com1.x.csv", "\u202eCompany.csv", "长" * 90 + ".csv", " Company.csv",
    "source.toml", "<script>.csv", "a|b.csv", "*.csv"])
def test_no_name_of_a_file_gets_through(target: Server, name: str) -> None:
    before = left(target)
    reply = upload(target, HEAD + ROW, file=name)
    assert reply.status_code == 422, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert left(target) == before


def test_a_name_with_marks_is_only_text(target: Server) -> None:
    evil = "operatesIn '; DROP TABLE record; -- ${7+7} {{x}} %s.csv"
    job = ended(target, upload(target, HEAD + BAD, file=evil))
    assert job["report"]["problems"][0]["file"] == evil and job["asks"]["file"] == evil
    kind = ended(target, upload(target, HEAD + ROW, file="我的表.csv", kind="从事环节"))
    assert kind["written"]


@pytest.mark.parametrize("said", [
    b"", b"\x00" * 1000, b"PK\x03\x04" + b"x" * 500, b"\xff\xfe" * 99, b"a,b\n\"open",
    ("=cmd|' /C calc'!A1," * 5 + "\n").encode() * 3, b"\n" * 10_000, b"," * 50_000])
@pytest.mark.parametrize("file", ["operatesIn.csv", "operatesIn.xlsx"])
def test_a_malformed_file_is_refused_with_reasons(target: Server, file: str, said: bytes) -> None:
    reply = upload(target, said, file=file)
    if said:
        job = ended(target, reply)
        assert not job["written"] and (job["report"] or {}).get("problems"), job
    else:
        assert reply.status_code == 400


def test_an_oversized_body_leaves_nothing(scratch: Shell) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(50):
            yield b"x" * 4000

    with started(scratch, XIANGLIAN_BODY="100000") as server:
        for said in (b"x" * 100_001, pieces()):
            reply = server.client.post("/api/v1/loads?file=Company.csv", content=said)
            assert reply.status_code == 413
        for call in ("/api/v1/records", "/api/v1/records/preview"):
            reply = server.client.post(call, content=(b'{"a":"%s"}' % (b"x" * 4000)
                                                      for _ in range(50)),
                                       headers={"Content-Type": "application/json"})
            assert reply.status_code == 413 and "100000" in reply.json()["detail"]
        assert server.client.get("/api/v1/loads").json()["rows"] == []
        assert not any(Settings.read(scratch.environ).desk.joinpath("incoming").iterdir())


@pytest.mark.parametrize("rest", [
    b"Content-Length: 500\r\n\r\nhalf", b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nhalf",
    b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf", b"Content-Length: -1\r\n\r\nhalf",
    b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nhalf!",
    b"".join(b"x-%d: %s\r\n" % (n, b"y" * 20) for n in range(10_000)) + b"\r\nhalf"])
def test_a_broken_upload_leaves_nothing(target: Server, rest: bytes) -> None:
    before = left(target)
    with socket.create_connection(("127.0.0.1", target.port), 20) as wire:
        wire.sendall(b"POST /api/v1/loads?file=Company.csv HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                     + f"Authorization: Bearer {KEY}\r\n".encode() + rest)
        time.sleep(0.3)
    target.until(lambda: left(target) == before)
    assert '"event": "fault"' not in target.log
    assert target.client.get("/healthz").status_code == 200


def test_a_slow_upload_is_not_waited_for(target: Server) -> None:
    before = left(target)
    with socket.create_connection(("127.0.0.1", target.port), 40) as wire:
        wire.sendall(b"POST /api/v1/loads?file=Company.csv HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                     + f"Authorization: Bearer {KEY}\r\nContent-Length: 500\r\n\r\n".encode())
        for _ in range(6):
            wire.sendall(b"drip")
            time.sleep(0.5)
        assert wire.recv(65536).split()[1] == b"408"
    target.until(lambda: left(target) == before)


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b'{"kind": 1}', b'{"kind":"Company","source":"x","values":{"a":{}}}',
    b'{"kind":"Company","source":"","values":{}}', b"[" * 100_000,
    b'{"kind":"Company","source":"x","values":{},"more":1}', b"\xff\xfe", b"9" * 5000, b"NaN",
    b'{"kind":"\\ud800","source":"x","values":{}}', b'{"\\ud800":1}', b"kind=Company",
    b'{"kind":"Company","source":"x","values":{"\\udfff":"a"}}', b"null", b'"x"',
    b'{"kind":"Company","source":"x","values":{"a":"\\ud800"}}', b'{"kind":"Company","kinds":1}'])
@pytest.mark.parametrize("call", ["/api/v1/records", "/api/v1/records/preview"])
def test_a_malformed_record_is_refused(target: Server, call: str, body: bytes) -> None:
    reply = target.client.post(call, content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code in (400, 422), reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    said = reply.json()["detail"]
    assert not re.search("parsing|valid|codec|写得不对", said), said
    assert re.search("[一-龥]{2}", said), said


def test_a_body_says_in_what_wrapping_it_has_to_come(target: Server) -> None:
    form = target.client.post("/api/v1/loads?file=Company.csv", files={"file": b"x"})
    assert form.status_code == 400 and "--data-binary" in form.json()["detail"]
    plain = target.client.post("/api/v1/records", content=json.dumps(FACT),
                               headers={"Content-Type": "text/plain"})
    assert plain.status_code == 422 and "Content-Type: application/json" in plain.json()["detail"]
    near = target.client.post("/api/v1/records", json=FACT | {"sources": "x"}).json()
    assert near["errors"][0]["nearest"] == ["source"]


@pytest.mark.parametrize("evil", [
    "' OR 1=1 --", "'; DROP TABLE record; --", "') MATCH (n) DETACH DELETE n //", "<script>",
    "../../etc", "\u0000", "x\r\nX-Injected: 1", "\u202e倒", "=1+1"])
def test_what_is_typed_into_a_record_stays_text(target: Server, evil: str) -> None:
    fact = {"kind": "Company", "source": evil or "x", "values": {"企业名称": f"甲{evil}乙",
                                                                 "备注": evil}}
    for call in ("/api/v1/records/preview", "/api/v1/records"):
        reply = target.client.post(call, json=fact)
        assert reply.status_code < 500 and "x-injected" not in reply.headers
    if reply.status_code == 202:
        job = ended(target, reply)
        assert job["state"] in ("done", "failed")
    assert target.client.get(f"/api/v1/loads/{quote(evil, '')}").status_code == 404
    assert target.client.get(GAPS).status_code == 200


def test_there_is_no_job_but_by_its_number(target: Server) -> None:
    for id in ("%2e%2e", "..%2fkeys", "..%5ckeys", "job.json", "x" * 50,
               "20261122T000000000000-aaaaaa"):
        for end in ("", "/events"):
            reply = target.client.get(f"/api/v1/loads/{id}{end}")
            assert reply.status_code == 404, (id, reply.text)
