"""What several test files share: one store with the shipped data and one Neo4j a session."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest

from api.settings import Settings
from tests import serving
from tests.left_out import leave_out, report
from tests.neo4j_server import Given, Server, Unavailable, clear, given, install
from tests.neo4j_server.database import PASSWORD, VARIABLE
from tests.shell import Shell
from tests.tcp_proxy import Proxy

pytest_plugins = ["tests.browser", "tests.paged"]


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A store with the shipped data, only read by the tests that share it."""
    folder = tmp_path_factory.mktemp("shell")
    shell = Shell(folder, f"sqlite:///{(folder / 'shipped.db').as_posix()}")
    report = shell.json("load")
    assert report["rejected"] == 0
    return shell


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
          Server(jar, Path(home)) as server):
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several processes, one has the Neo4j and another the browser."""
    for item in items:
        names = " ".join(getattr(item, "fixturenames", ()))
        group = "neo4j" if "neo4j" in names else "browser" if "chromium" in names else ""
        if group:
            item.add_marker(pytest.mark.xdist_group(group))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    report(terminalreporter)
