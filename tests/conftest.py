"""What several test files share: one store with the shipped data and one Neo4j a session."""

import re
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import pytest

from api.settings import Settings
from graph.index import Index
from graph.store import Store, open_store
from ontology import Ontology, load_ontology
from tests import serving
from tests.left_out import leave_out, report
from tests.neo4j_server import STEADY, Given, Server, Unavailable, clear, given, install
from tests.neo4j_server.database import PASSWORD, VARIABLE
from tests.shell import Shell
from tests.tcp_proxy import Proxy

pytest_plugins = ["tests.browser", "tests.disturbed", "tests.loading", "tests.paged"]


@pytest.fixture(scope="session")
def ontology() -> Ontology:
    return load_ontology()


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A store with the shipped data, only read by the tests that share it."""
    folder = tmp_path_factory.mktemp("shell")
    shell = Shell(folder, f"sqlite:///{(folder / 'shipped.db').as_posix()}")
    report = shell.json("load")
    assert report["rejected"] == 0 and report["problems"] == []
    return shell


@pytest.fixture(scope="session")
def shipped_store(shell: Shell, ontology: Ontology) -> Iterator[Store]:
    """The same, in this process."""
    with closing(open_store(shell.environ["XIANGLIAN_STORE"], ontology)) as store:
        yield store


@pytest.fixture(scope="session")
def shipped_index(shipped_store: Store, ontology: Ontology) -> Index:
    return Index.build(shipped_store, ontology)


@pytest.fixture
def scratch(tmp_path: Path, shell: Shell) -> Shell:
    """A copy of the shipped store that a test may change."""
    shell.run("backup", str(tmp_path / "copy.db"))
    return Shell(tmp_path, f"sqlite:///{(tmp_path / 'copy.db').as_posix()}")


@pytest.fixture(scope="session")
def server(shell: Shell) -> Iterator[serving.Server]:
    """The HTTP server on the shipped data."""
    with serving.Server(shell) as running:
        yield running


@pytest.fixture(scope="session")
def neo4j_server() -> Iterator[Server | Given]:
    """A running Neo4j: the one that XIANGLIAN_TEST_NEO4J names, else one of our own."""
    existing = given()
    if existing is not None:
        with existing.driver() as driver:
            nodes = driver.execute_query("MATCH (n) RETURN count(n) AS n").records[0]["n"]
        if nodes:
            pytest.fail(f"{existing.url} 里有 {nodes} 个节点；测试会清空它，请指定一个空的库",
                        pytrace=False)
        yield existing
        return
    try:
        jar = install(Settings.read().cache)
    except Unavailable as error:
        leave_out("Neo4j", f"{error}；或指定一个空的库 {VARIABLE}=bolt://user@host:port", VARIABLE)
    memory = Path("/dev/shm")  # where there is one, commits need not wait for a disk
    with (TemporaryDirectory(prefix="neo4j-", dir=memory if memory.is_dir() else None) as home,
          Server(jar, Path(home), options=STEADY) as server):
        yield server.start()


@pytest.fixture
def neo4j_kill(neo4j_server: Server | Given) -> Iterator[Server]:
    """The running Neo4j, for a test that stops or kills it; it runs again afterwards."""
    if isinstance(neo4j_server, Given):
        leave_out("Neo4j", f"{VARIABLE} 指定的服务器不能由测试停掉；不设它就自己启动一个")
    yield neo4j_server
    if not neo4j_server.running:
        neo4j_server.start()


@pytest.fixture
def neo4j_empty(
    neo4j_server: Server | Given, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server | Given]:
    """The running Neo4j with an empty database; the password is in the environment."""
    monkeypatch.setenv(PASSWORD, neo4j_server.password)
    with neo4j_server.driver() as driver:
        clear(driver, keep="xianglian_")
    yield neo4j_server
    with neo4j_server.driver() as driver:
        clear(driver, keep="xianglian_")


@pytest.fixture
def neo4j_bare(neo4j_empty: Server | Given) -> Iterator[Server | Given]:
    """The same without the schema that is kept between tests."""
    with neo4j_empty.driver() as driver:
        clear(driver)
    yield neo4j_empty
    with neo4j_empty.driver() as driver:
        clear(driver)


@pytest.fixture
def neo4j_proxy(neo4j_server: Server | Given) -> Iterator[Proxy]:
    """In front of the running Neo4j, for a test of faults."""
    address = urlsplit(neo4j_server.url)
    with Proxy(address.port or 7687, address.hostname or "127.0.0.1") as proxy:
        yield proxy


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With several processes a file goes to one of them, and all that share a Neo4j or a browser
    go to the same."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduler(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return shared(nodeid.partition("::")[0])

    return Scheduler(config, log)


@cache
def shared(file: str) -> str:
    """What the tests of a file share with those of other files; else the file."""
    text = (Path(__file__).parent.parent / file).read_text(encoding="utf-8")
    for what, fixtures in (("neo4j", r"\bneo4j_(server|empty|bare|kill|proxy)\b"),
                           ("browser", r"\bchromium\b")):
        if re.search(fixtures, text):
            return what
    return file


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    report(terminalreporter)
