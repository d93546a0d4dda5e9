"""What an unfriendly client may try; the server refuses, answers plainly, or does not notice."""

import asyncio
import json
import re
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from api.app import application, running
from api.examples import CALLS
from api.exports import _kept, _written
from api.reading import Graph
from api.security import Rates, host_of
from api.settings import Limits, Settings
from ontology import XianglianError
from tests.serving import Server, in_a_loop
from tests.shell import Shell

KEY = "a-key-of-enough-characters"
INJECTIONS = (
    "' OR 1=1 --", "'; DROP TABLE record; --", "锂电池') RETURN n //", "MATCH (n) DETACH DELETE n",
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{7*7}}", "${jndi:ldap://x}",
    "x\r\nX-Injected: 1", "x\n{\"event\": \"forged\"}", "../../etc/passwd", "..\\..\\windows",
    "\u0000", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "\u202e倒", "%s%n%x",
    "a" * 200, "😀" * 50, "锂电池\u3000", "-1", "1e999", "NaN", "[]", "null", "=cmd|' /C calc'!A1")


def asked(settings: Settings, ask: Callable[[httpx.AsyncClient], Awaitable[Any]],
          client: tuple[str, int] = ("10.1.2.3", 5)) -> Any:
    """What `ask` gets from an application with these settings, as a client elsewhere."""
    async def run() -> Any:
        app = application(settings)
        transport = httpx.ASGITransport(app=app, client=client)
        async with running(app), httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1") as http:
            return await ask(http)

    return in_a_loop(run())


@pytest.fixture
def settings(shell: Shell) -> Settings:
    return Settings(shell.environ["XIANGLIAN_STORE"], Path(shell.environ["XIANGLIAN_CACHE"]))


def raw(server: Server, said: bytes, patience: float = 20) -> bytes:
    """What comes back for bytes that no decent client would send."""
    with socket.create_connection(("127.0.0.1", server.port), patience) as wire:
        wire.sendall(said)
        found = b""
        while part := wire.recv(65536):
            found += part
            if b"\r\n\r\n" in found and b"}" in found:
                break
        return found


# --- words -----------------------------------------------------------------------------------


def parameters(server: Server) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in server.client.get("/openapi.json").json()["paths"].items():
        if "get" in methods and methods["get"]["operationId"] in CALLS:
            yield path, methods["get"]


@pytest.mark.parametrize("evil", INJECTIONS)
def test_no_parameter_lets_anything_through(server: Server, evil: str) -> None:
    """Every parameter and path part of every operation, one after the other."""
    for path, operation in parameters(server):
        call = httpx.URL(CALLS[operation["operationId"]])
        for one in operation.get("parameters", ()):
            if one["in"] == "query":
                reply = server.client.get(call.copy_set_param(one["name"], evil))
            else:
                reply = server.client.get(path.replace(f"{{{one['name']}}}", quote(evil, "")))
            assert reply.status_code < 500, (path, one["name"], reply.text[:300])
            assert "x-injected" not in reply.headers
            assert reply.headers["x-content-type-options"] == "nosniff"
            if reply.status_code >= 400:
                assert reply.headers["content-type"] == "application/problem+json"
            if "text/html" in reply.headers.get("content-type", ""):
                assert "<script" not in reply.text and "<img" not in reply.text


def test_the_log_is_one_object_a_line_without_secrets(shell: Shell) -> None:
    with Server(shell, XIANGLIAN_API_KEY=KEY) as server:
        for evil in INJECTIONS:
            server.client.get("/api/v1/gaps", params={"chain": evil, "token": "s3cret"},
                              headers={"Authorization": f"Bearer {KEY}", "Cookie": "c=s3cret"})
        lost = f"xl_{'k3y-' * 10}"  # put where keys do not belong
        server.client.get(f"/api/v1/entities/{lost}", params={"q": f"Bearer {lost}", lost: "1"})
        server.client.get("/x\u2028y%0aforged")
        server.until(lambda: "forged" in server.log)
    lines = [json.loads(line) for line in server.log.splitlines()[1:]]
    requests = [line for line in lines if line["event"] == "request"]
    assert len(requests) >= len(INJECTIONS) and not [
        line for line in lines if line["event"] not in ("request", "note")]
    assert KEY not in server.log and "s3cret" not in server.log and "k3y" not in server.log


def test_what_the_driver_says_is_no_line_of_its_own_shape() -> None:
    said = subprocess.run([sys.executable, "-c", "import logging; from api.journal import "
                           "set_up_logging; set_up_logging(); log = logging.getLogger('neo4j.pool')"
                           "; log.warning('retried'); log.error('a\\nb')"], capture_output=True,
                          check=True, text=True, cwd=Path(__file__).parent.parent).stderr
    assert [json.loads(line)["text"] for line in said.splitlines()] == ["a\nb"]


def test_an_export_that_fails_leaves_no_file(settings: Settings, tmp_path: Path,
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with closing(Graph(settings)) as graph, pytest.raises(XianglianError):
        _written(graph, "no-format", "csv")
    assert not [*tmp_path.glob("*.csv")]
    late, given_up = tmp_path / "late.csv", threading.Event()
    late.write_text("x")
    assert _kept((late, "v"), given_up) == (late, "v") and late.exists()
    given_up.set()  # nobody waits for it any more
    _kept((late, "v"), given_up)
    assert not late.exists()


def test_an_export_comes_whole(server: Server) -> None:
    whole = server.client.get("/api/v1/export")
    for wanted in ("bytes=0-9", "bytes=999999999-", "bytes=x", "lines=1", "bytes=0-1,3-4"):
        reply = server.client.get("/api/v1/export", headers={"Range": wanted})
        assert (reply.status_code, reply.content) == (200, whole.content)
    assert whole.headers["accept-ranges"] == "none"


# --- hosts, keys, rates ----------------------------------------------------------------------


@pytest.mark.parametrize(("host", "status"), [
    ("127.0.0.1", 200), ("localhost:8000", 200), ("LOCALHOST", 200), ("[::1]:80", 200),
    ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("", 421), ("127.0.0.1@evil", 421),
    ("xianglian.example.cn", 421), ("127.0.0.1.", 200), ("LocalHost.:8000", 200),
    ("localhost:", 200), ("[0:0:0:0:0:0:0:1]:8000", 200), ("[::FFFF:127.0.0.1]", 200),
    ("evil@127.0.0.1", 421), ("127.0.0.1@127.0.0.1", 421), ("a:b@localhost:80", 421),
    ("localhost..", 421), ("[::1]evil", 421), ("[::1", 421), ("::1", 421), ("[127.0.0.1]", 421),
    ("127.0.0.1:evil", 421), ("127.0.0.1:99999", 421), ("127.0.0.1:80:80", 421),
    ("localhost/evil", 421), ("localhost,evil", 421), ("localhost%00", 421), (":80", 421)])
def test_a_foreign_host_is_refused(server: Server, host: str, status: int) -> None:
    reply = server.client.get("/healthz", headers={"Host": host})
    assert reply.status_code == status
    if status == 421:
        assert reply.headers["content-type"] == "application/problem+json"


def test_names_of_the_settings_and_one_host_only(settings: Settings) -> None:
    named = replace(settings, hosts=("xianglian.example.cn",))
    ok = asked(named, lambda c: c.get("/healthz", headers={"Host": "xianglian.example.cn:80"}))
    two = asked(named, lambda c: c.get("/healthz", headers=[("Host", "127.0.0.1"),
                                                            ("Host", "evil.example")]))
    assert (ok.status_code, two.status_code) == (200, 400)
    assert host_of("[2001:DB8:0::1]:80") == "2001:db8::1" and host_of("A.example.:1") == "a.example"
    many = replace(settings, hosts=("Xianglian.Example.cn:8443", "2001:DB8::1"))
    for host in ("xianglian.example.cn", "XIANGLIAN.example.cn.:8443", "[2001:db8::0:1]:8443"):
        assert asked(many, lambda c, h=host: c.get("/healthz", headers={
            "Host": h})).status_code == 200


@pytest.mark.parametrize(("said", "status"), [
    (f"Bearer {KEY}", 200), (f"bearer  {KEY}", 200), ("", 401), (f"Basic {KEY}", 401),
    (f"Bearer {KEY}x", 401), (f"Bearer {KEY[:-1]}", 401), ("Bearer", 401), (KEY, 401),
    ("Bearer é", 401)])
def test_with_a_key_only_who_has_it_is_answered(settings: Settings, said: str,
                                                status: int) -> None:
    def ask(path: str) -> httpx.Response:
        reply: httpx.Response = asked(replace(settings, key=KEY), lambda c: c.get(
            path, headers={"Authorization": said.encode("latin-1")} if said else {}))
        return reply

    reply = ask("/api/v1/gaps?chain=锂电池")
    assert reply.status_code == status
    if status == 401:
        assert reply.headers["www-authenticate"].startswith("Bearer")
        assert reply.headers["content-type"] == "application/problem+json"
    assert ask("/metrics").status_code == status
    assert ask("/healthz").status_code == ask("/docs").status_code == 200


def test_another_address_needs_a_key(shell: Shell) -> None:
    ended = shell.process("serve", "--host", "0.0.0.0", "--port", "0")
    assert ended.returncode == 1 and "XIANGLIAN_API_KEY" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_in_use_is_said(shell: Shell, server: Server) -> None:
    ended = shell.process("serve", "--port", str(server.port))
    assert ended.returncode == 3 and str(server.port) in ended.stderr


def test_who_asks_too_often_waits(settings: Settings) -> None:
    slow = replace(settings, limits=Limits(rate=5))

    async def ask(client: httpx.AsyncClient) -> list[httpx.Response]:
        return [await client.get("/healthz") for _ in range(7)]

    replies = asked(slow, ask)
    assert [reply.status_code for reply in replies] == [200] * 5 + [429] * 2
    assert int(replies[-1].headers["retry-after"]) in range(1, 13)
    here = asked(slow, ask, client=("127.0.0.1", 5))
    assert {reply.status_code for reply in here} == {200}


def test_a_bucket_fills_again() -> None:
    rates = Rates()
    assert [rates.wait("a", 60, now) for now in [0.0] * 60] == [0] * 60
    assert (rates.wait("a", 60, 0.5), rates.wait("b", 60, 0.5), rates.wait("a", 60, 1.0)) == (
        1, 0, 0)


# --- bodies and headers ----------------------------------------------------------------------


def test_a_large_body_is_refused(settings: Settings) -> None:
    small = replace(settings, limits=Limits(body=1000))

    async def pieces() -> Any:
        for _ in range(3):
            yield b"x" * 600

    known = asked(small, lambda c: c.request("GET", "/healthz", content=b"x" * 1001))
    assert known.status_code == 413
    assert known.headers["content-type"] == "application/problem+json"
    asked(small, lambda c: c.request("GET", "/healthz", content=pieces()))


@pytest.mark.parametrize("said", [
    "GET /api/v1/gaps?chain=锂电池 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode(),
    b"GARBAGE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00" * 20 + b"\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nbad header\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: gzip\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"x: y\r\n" * 200_000 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"".join(
        b"x-%d: %s\r\n" % (n, b"y" * 20) for n in range(10_000)) + b"\r\n"])
def test_what_is_no_http_gets_a_problem(server: Server, said: bytes) -> None:
    reply = raw(server, said)
    assert reply.split()[1][:1] == b"4", reply[:200]
    assert b"application/problem+json" in reply and b"nosniff" in reply.lower()
    assert server.client.get("/healthz").status_code == 200


def test_a_broken_chunk_leaves_no_fault_in_the_log(server: Server) -> None:
    raw(server, b"GET /api/v1/gaps HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n")
    server.client.get("/healthz")
    assert '"event": "fault"' not in server.log


def test_who_sends_slowly_is_not_waited_for(server: Server) -> None:
    reply = raw(server, b"GET /healthz HTTP/1.1\r\nHost: 127", patience=40)
    assert reply.split()[1] == b"408"


def test_who_takes_an_answer_slowly_is_not_waited_for(server: Server) -> None:
    """An export is more than all buffers on the way hold."""
    def ended() -> int:
        return server.log.count('"path": "/api/v1/export"')

    before, found = ended(), b""
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.connect(("127.0.0.1", server.port))
        wire.sendall(b"GET /api/v1/export?format=nquads HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        server.until(lambda: ended() > before)
        with suppress(ConnectionError):
            while part := wire.recv(65536):
                found += part
    promised = re.search(rb"content-length: (\d+)", found)
    assert promised and len(found) < int(promised[1])


def test_an_answer_that_takes_too_long_is_given_up(settings: Settings) -> None:
    from api.problems import Refused
    from api.reading import Graph
    from api.replies import Replies

    short = replace(settings, limits=Limits(seconds=1))
    waiting = threading.Event()

    async def wait() -> None:
        await Replies(short, Graph(short)).thread(lambda: waiting.wait(20))

    with pytest.raises(Refused, match="1 秒"):
        try:
            in_a_loop(wait())
        finally:
            waiting.set()


def test_many_who_ask_the_same_at_once_wait_for_one_answer(settings: Settings) -> None:
    """A time limit that a hundred answers one after the other would exceed many times."""
    short = replace(settings, limits=Limits(seconds=10))
    call = "/api/v1/gaps?chain=工程机械&region=湖南"

    async def ask(client: httpx.AsyncClient) -> list[httpx.Response]:
        await client.get("/api/v1/chains")
        return await asyncio.gather(*(client.get(call) for _ in range(300)))

    replies = asked(short, ask)
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.content for reply in replies}) == 1


def test_an_error_reaches_everybody_who_asked(settings: Settings) -> None:
    async def ask(client: httpx.AsyncClient) -> list[httpx.Response]:
        await client.get("/api/v1/chains")
        return await asyncio.gather(*(client.get("/api/v1/gaps?chain=锂电磁") for _ in range(50)))

    replies = asked(settings, ask)
    assert {reply.status_code for reply in replies} == {404}
    assert len({reply.content for reply in replies}) == 1


def test_an_answer_without_pages_is_cut_at_the_limit(settings: Settings) -> None:
    few = replace(settings, limits=Limits(rows=2))
    cut = asked(few, lambda c: c.get("/api/v1/matrix")).json()
    whole = asked(settings, lambda c: c.get("/api/v1/matrix")).json()
    assert cut["rows"] == whole["rows"][:2] and cut["truncated"] and len(whole["rows"]) > 2
    assert "truncated" not in whole
    page = asked(few, lambda c: c.get("/api/v1/suppliers?name=华为")).json()
    after = asked(few, lambda c: c.get("/api/v1/suppliers?name=华为&cursor=" + page["next"])).json()
    assert len(page["rows"]) == 2 and "truncated" not in page
    assert not {row["link"] + row["id"] + str(row["product"]) for row in page["rows"]} & {
        row["link"] + row["id"] + str(row["product"]) for row in after["rows"]}


def test_a_fault_of_ours_says_nothing_of_its_inside(settings: Settings, tmp_path: Path) -> None:
    """A store that is no store: the answer is a problem, not a traceback."""
    (tmp_path / "x.db").write_bytes(b"no database" * 1000)
    broken = replace(settings, store=f"sqlite:///{(tmp_path / 'x.db').as_posix()}")
    reply = asked(broken, lambda c: c.get("/api/v1/gaps?chain=锂电池"))
    assert reply.status_code == 503 and "Traceback" not in reply.text
    assert asked(broken, lambda c: c.get("/readyz")).status_code == 503
    assert asked(broken, lambda c: c.get("/healthz")).status_code == 200
