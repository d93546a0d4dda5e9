"""The HTTP API on a Neo4j store: the same bytes as from a SQLite file, and jobs that write."""

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import pytest

from api.examples import CALLS, FACT, KEY, TABLE
from graph.store import open_store
from ontology import load_ontology
from tests.neo4j_server import Given, clear
from tests.neo4j_server import Server as Neo4j
from tests.neo4j_server.database import PASSWORD
from tests.serving import Server
from tests.shell import Shell
from tests.test_web_views import VIEWS

JSON = {"Content-Type": "application/json"}
GAPS = "/api/v1/gaps?chain=锂电池&region=长沙"


def served(shell: Shell, *arguments: str) -> Server:
    server = Server(shell, *arguments, XIANGLIAN_API_KEY=KEY)
    server.client.headers["Authorization"] = f"Bearer {KEY}"
    return server


@pytest.fixture(scope="module")
def graph(neo4j_server: Neo4j | Given,
          tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """The shipped data in Neo4j, with keys and jobs in a folder of its own; the first tests only
    read it, the others leave it as it was or say nothing of what they add."""
    folder = tmp_path_factory.mktemp("neo4j-http")
    with neo4j_server.driver() as driver, pytest.MonkeyPatch.context() as patch:
        patch.setenv(PASSWORD, neo4j_server.password)
        clear(driver, keep="xianglian_")
        shell = Shell(folder, neo4j_server.store)
        shell.environ["XIANGLIAN_DESK"] = str(folder / "desk")
        assert shell.json("load")["rejected"] == 0
        yield shell
        clear(driver, keep="xianglian_")


def verdict(server: Server, segment: str) -> str:
    rows = server.client.get(GAPS).json()["segments"]
    return str(next(row["verdict"] for row in rows if row["segment"] == segment))


def test_every_question_has_the_same_bytes_as_from_a_file(graph: Shell, server: Server) -> None:
    with served(graph, "--workers", "2") as here:
        for name, call in CALLS.items():
            one, other = here.client.get(call), server.client.get(call)
            assert one.status_code == other.status_code == 200, name
            assert one.content == other.content, name
            assert one.headers["etag"] == other.headers["etag"], name


def test_every_page_has_the_same_bytes_as_from_a_file(graph: Shell, server: Server) -> None:
    with Server(graph) as here:
        for address in VIEWS:
            one, other = (client.get(address, headers={"Accept": "text/html"})
                          for client in (here.client, server.client))
            assert one.status_code == other.status_code, address
            assert one.text == other.text, address


def test_jobs_write_and_every_worker_sees_it(graph: Shell) -> None:
    with served(graph, "--workers", "2") as here:
        ask = here.client

        def done(path: str) -> None:
            here.until(lambda: ask.get(path).json()["state"] == "done")
            assert ask.get(path).json()["written"], ask.get(path).text

        assert (verdict(here, "铜箔"), verdict(here, "铝箔")) == ("unknown", "unknown")
        looked = ask.post("/api/v1/records/preview", content=FACT, headers=JSON).json()
        assert ("铝箔", "长沙市", "present") in {
            (row["segment"], row["region"], row["after"]) for row in looked["changes"]}
        done(ask.post("/api/v1/loads?file=operatesIn.csv",
                      content=TABLE).headers["location"])
        done(ask.post("/api/v1/records", content=FACT, headers=JSON).headers["location"])
        here.until(lambda: verdict(here, "铜箔") == verdict(here, "铝箔") == "present")
        assert graph.json("gaps", "锂电池", "--region", "长沙")["version"] == ask.get(
            GAPS).json()["version"]
        done(ask.delete(f"/api/v1/sources/{quote('2026年6月走访')}").headers["location"])
        here.until(lambda: verdict(here, "铜箔") == "unknown")


def test_a_job_waits_for_another_program_that_writes(graph: Shell) -> None:
    with (served(graph) as here, closing(
            open_store(graph.environ["XIANGLIAN_STORE"], load_ontology())) as store):
        with store.write():
            job = here.client.post("/api/v1/loads?file=operatesIn.csv",
                                   content=TABLE).headers["location"]
            here.until(lambda: "等它写完" in here.client.get(job).json()["note"])
            assert here.client.get(GAPS).status_code == 200
        here.until(lambda: here.client.get(job).json()["state"] == "done")
