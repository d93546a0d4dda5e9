"""Many at once, several workers, and a store that changes meanwhile."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.serving import Server, in_a_loop
from tests.shell import Shell

CALLS = ("/api/v1/gaps?chain=锂电池&region=长沙", "/api/v1/customers?name=金博股份",
         "/api/v1/things/Company?limit=3", "/api/v1/entities?q=金博",
         "/api/v1/path?from=信维电科&to=科力尔", "/api/v1/sources?limit=2",
         "/api/v1/neighbourhood?id=金博股份", "/api/v1/coverage")
FACT = ("add", "operatesIn", "企业=长沙某膜业有限公司", "环节=先进储能材料/隔膜", "所在地=长沙市",
        "有效期起=2017", "--source")


@pytest.fixture
def pair(scratch: Shell) -> Iterator[Server]:
    """Two workers on a store that the test may change."""
    with Server(scratch, "--workers", "2") as running:
        yield running


def verdict(answer: httpx.Response) -> str:
    return next(row["verdict"] for row in answer.json()["segments"] if row["segment"] == "隔膜")


def test_a_thousand_at_once_while_others_load(pair: Server, scratch: Shell) -> None:
    """No error, and each answer is of one version: the same question, the same bytes."""
    before = scratch.json("gaps", "锂电池")["version"]

    async def ask() -> list[tuple[str, httpx.Response]]:
        limits = httpx.Limits(max_connections=1000)
        async with httpx.AsyncClient(base_url=pair.url, timeout=120, limits=limits) as client:
            async def one(number: int) -> tuple[str, httpx.Response]:
                call = CALLS[number % len(CALLS)]
                return call, await client.get(call)

            load = asyncio.create_task(asyncio.to_thread(scratch.process, *FACT, "走访一"))
            found = await asyncio.gather(*(one(number) for number in range(1000)))
            assert (await load).returncode == 0
            return found

    found = in_a_loop(ask())
    assert {reply.status_code for _, reply in found} == {200}
    after = scratch.json("gaps", "锂电池")["version"]
    same: dict[tuple[str, str], set[bytes]] = {}
    for call, reply in found:
        same.setdefault((call, reply.json()["version"]), set()).add(reply.content)
    assert {version for _, version in same} <= {before, after} and before != after
    assert all(len(bodies) == 1 for bodies in same.values())


def test_a_load_is_seen_by_every_worker_within_a_second(pair: Server, scratch: Shell) -> None:
    call = CALLS[0] + "&at=2018"
    assert verdict(pair.client.get(call)) == "unknown"
    scratch.run(*FACT, "走访二")
    time.sleep(1)
    with ThreadPoolExecutor(10) as many:  # at once, so that both workers have to answer
        replies = list(many.map(httpx.get, [pair.url + call] * 60))
    assert {verdict(reply) for reply in replies} == {"present"}
    workers = {line.split('"worker": ')[1].split(",")[0] for line in pair.log.splitlines()
               if '"worker"' in line}
    assert len(workers) == 2
    total = pair.client.get("/metrics").text
    assert 'route="/api/v1/gaps"' in total


def test_an_empty_store_says_so_until_something_is_loaded(tmp_path_factory: pytest.TempPathFactory
                                                          ) -> None:
    folder = tmp_path_factory.mktemp("empty")
    shell = Shell(folder, f"sqlite:///{(folder / 'later.db').as_posix()}")
    with Server(shell, wait=False) as server:
        server.until(lambda: server.client.get("/healthz").status_code == 200)
        reply = server.client.get(CALLS[0])
        assert reply.status_code == 503 and "xianglian load" in reply.json()["detail"]
        (folder / "Company.csv").write_text("企业名称,来源\n甲厂,走访\n", encoding="utf-8")
        shell.run("load", "Company.csv")
        server.until(lambda: server.client.get("/readyz").status_code == 200)
        assert server.client.get("/api/v1/things/企业").json()["total"] == 1
