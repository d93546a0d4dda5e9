"""Commands, the HTTP API and the pages on a Neo4j store with all the shipped data: the same bytes
as from a SQLite file, before and after jobs and commands that write."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from api.answers import Answers
from api.examples import CALLS, FACT, KEY, TABLE
from api.settings import Settings
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
QUESTIONS = (
    ("gaps", "锂电池", "--region", "长沙", "--at", "2014"),
    ("gaps", "锂电池", "--region", "长沙", "--at", "2018-06-30"),
    ("gaps", "工程机械", "--region", "益阳高新区"),
    ("gaps", "锂电池", "--min-grade", "press"),
    ("gaps", "锂电池", "--known-at", "2999"),
    ("chain", "工程机械"), ("matrix",), ("matrix", "--chain", "锂电池", "--region", "长沙"),
    ("compare", "锂电池", "--region", "长沙", "--from", "2014", "--to", "today"),
    ("suppliers", "华为"), ("customers", "金博股份"), ("customers", "金搏股份"),
    ("path", "金博股份", "杉杉能源"), ("path", "信维电科", "科力尔"),
    ("company", "金博股份"), ("show", "Park", "益阳高新区"), ("show", "suppliesTo", "华为"),
    ("list", "operatesIn", "--limit", "20"), ("list", "Company"), ("sources",),
    ("sources", "湖南日报", "--urls"), ("search", "金博"), ("search", "hncz"), ("ontology",),
    ("ontology", "Company"), ("start", "--answer-only"),
)


def served(shell: Shell, *arguments: str) -> Server:
    server = Server(shell, *arguments, XIANGLIAN_API_KEY=KEY)
    server.client.headers["Authorization"] = f"Bearer {KEY}"
    return server


@pytest.fixture(scope="module")
def graph(neo4j_server: Neo4j | Given,
          tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """The shipped data in Neo4j, with keys and jobs in a folder of its own; the first tests only
    read it, the others leave it as it was or say nothing of what they add."""
    folder = tmp_path_factory.mktemp("neo4j-same")
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


def test_every_command_gives_the_same_bytes(graph: Shell, shell: Shell) -> None:
    for question in QUESTIONS:
        code = int("金搏股份" in question)
        for more in ((), ("--json",)):
            assert graph.run(*question, *more, code=code) == shell.run(
                *question, *more, code=code), question
    for kind in ("csv", "nquads", "graphml"):
        assert exported(graph, kind) == exported(shell, kind)
    assert_all_kinds(graph, shell)


def exported(shell: Shell, kind: str) -> dict[str, bytes]:
    shell.run("export", "--format", kind, "-o", kind)
    target = shell.folder / kind
    return {file.name: file.read_bytes() for file in sorted(
        target.iterdir() if target.is_dir() else [target])}


def assert_all_kinds(server: Shell, file: Shell) -> None:
    answers = [Answers(Settings.read(shell.environ)) for shell in (server, file)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.environ", server.environ)
        for kind in answers[0].ontology.kinds:
            one, other = (json.dumps(a.list(kind), sort_keys=True) for a in answers)
            assert one == other
    for answer in answers:
        answer.close()


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


def test_every_change_reports_and_leaves_the_same(graph: Shell, tmp_path: Path) -> None:
    """Adding, taking back and loading again."""
    graph.run("backup", str(tmp_path / "copy.db"))
    file = Shell(tmp_path, f"sqlite:///{(tmp_path / 'copy.db').as_posix()}")
    for command in (
            ("add", "suppliesTo", "供应商=金博股份", "客户=比亚迪", "--source", "走访"),
            ("add", "Company", "企业名称=金博股份", "主营产品=新品", "--source", "走访"),
            ("load",), ("gaps", "锂电池"), ("retract", "走访"), ("retract", "hunan-press"),
            ("gaps", "锂电池"), ("load", "--dry-run"), ("list", "Company"), ("load",),
            ("customers", "金博股份")):
        assert graph.json(*command) == file.json(*command), command
