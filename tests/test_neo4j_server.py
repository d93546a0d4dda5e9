"""A real Neo4j for the tests: it answers, survives kill -9, and is emptied quickly."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import neo4j
import pytest

from tests.neo4j_server import Failed, Given, Server, clear
from tests.neo4j_server.__main__ import SOURCES, SUPPLIES, password_of, show
from tests.neo4j_server.database import PASSWORD
from tests.tcp_proxy import Proxy

ROOT = Path(__file__).parent.parent
FIRM = "金博碳素股份有限公司"


def test_acknowledged_data_survives_kill_9(
    neo4j_empty: Server | Given, neo4j_kill: Server
) -> None:
    port = neo4j_kill.port
    with neo4j_kill.driver() as driver:
        driver.execute_query("CREATE (:Company {name: $name})", name=FIRM)
    neo4j_kill.kill()
    neo4j_kill.start()
    assert neo4j_kill.port == port
    with neo4j_kill.driver() as driver:
        rows = driver.execute_query("MATCH (c:Company) RETURN c.name AS name").records
    assert [row["name"] for row in rows] == [FIRM]


def test_clearing_leaves_nothing(neo4j_bare: Server | Given) -> None:
    with neo4j_bare.driver() as driver:
        driver.execute_query("CREATE CONSTRAINT id FOR (c:Company) REQUIRE c.id IS UNIQUE")
        driver.execute_query("CREATE INDEX `odd``name` FOR (c:Company) ON (c.name)")
        driver.execute_query("UNWIND range(1, 3000) AS i CREATE (a:Company {id: i})-[:KNOWS]->(a)")
        clear(driver)
        left = driver.execute_query("MATCH (n) RETURN count(n) AS n").records[0]["n"]
        indexes = driver.execute_query("SHOW INDEXES YIELD type").records
        constraints = driver.execute_query("SHOW CONSTRAINTS").records
    assert left == 0
    assert {row["type"] for row in indexes} <= {"LOOKUP"}
    assert constraints == []


def test_neo4j_admin_refuses_with_its_own_words(neo4j_kill: Server) -> None:
    with pytest.raises(Failed, match="The database is in use"):
        neo4j_kill.admin("database", "import", "full", "--nodes=nowhere.csv")


def test_a_database_can_be_imported_before_the_first_start(
    neo4j_kill: Server, tmp_path: Path
) -> None:
    table = tmp_path / "firms.csv"
    table.write_text(f"name,:LABEL\n{FIRM},Company\n长远锂科,Company\n", "utf-8")
    with Server(neo4j_kill.jar, tmp_path / "home", password="@ -'\"\\密码#") as server:
        server.admin("database", "import", "full", "neo4j", f"--nodes={table}")
        server.start()
        with server.driver() as driver:
            rows = driver.execute_query("MATCH (c:Company) RETURN c.name AS n ORDER BY n").records
    assert [row["n"] for row in rows] == [FIRM, "长远锂科"]


def through(proxy: Proxy, server: Server | Given, scheme: str = "bolt") -> neo4j.Driver:
    return neo4j.GraphDatabase.driver(f"{scheme}://127.0.0.1:{proxy.port}",
                                      auth=(server.user, server.password),
                                      connection_timeout=5, max_transaction_retry_time=20)


def test_a_lost_answer_is_asked_for_again(
    neo4j_empty: Server | Given, neo4j_proxy: Proxy
) -> None:
    with through(neo4j_proxy, neo4j_empty) as driver:
        driver.verify_connectivity()
        neo4j_proxy.drop_after(1)
        driver.execute_query("MERGE (c:Company {name: $name})", name=FIRM)
        count = driver.execute_query("MATCH (c:Company) RETURN count(c) AS n").records[0]["n"]
    assert count == 1


def test_a_server_that_refuses_is_said_to_be_unavailable(
    neo4j_empty: Server | Given, neo4j_proxy: Proxy
) -> None:
    neo4j_proxy.refuse()
    with (through(neo4j_proxy, neo4j_empty) as driver,
          pytest.raises(neo4j.exceptions.ServiceUnavailable)):
        driver.verify_connectivity()
    neo4j_proxy.accept()
    with through(neo4j_proxy, neo4j_empty) as driver:
        driver.verify_connectivity()


def test_routing_goes_through_the_proxy_too(
    neo4j_empty: Server | Given, neo4j_proxy: Proxy
) -> None:
    with through(neo4j_proxy, neo4j_empty, "neo4j") as driver:
        summary = driver.execute_query("RETURN 1").summary
    assert summary.server.address[1] == neo4j_proxy.port


PARENT = """
import sys
from pathlib import Path
from tests.neo4j_server import Server
server = Server(Path(sys.argv[1]), Path(sys.argv[2])).start()
print(server.port, flush=True)
sys.stdin.read()
"""


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_server_ends_with_a_parent_that_is_killed(neo4j_kill: Server, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(neo4j_kill.jar), str(tmp_path)],
                          cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        assert listens(port)
        parent.kill()
    deadline = time.monotonic() + 60
    while listens(port) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not listens(port)


def test_a_start_that_fails_says_why(neo4j_kill: Server, tmp_path: Path) -> None:
    with pytest.raises(Failed, match="at least 8 characters"):
        Server(neo4j_kill.jar, tmp_path, password="short").start()
    with pytest.raises(Failed, match="Address already in use"):
        Server(neo4j_kill.jar, tmp_path, port=neo4j_kill.port).start()


def test_the_two_cypher_texts_are_shown_as_tables(
    neo4j_empty: Server | Given, capsys: pytest.CaptureFixture[str]
) -> None:
    with neo4j_empty.driver() as driver:
        driver.execute_query(
            "CREATE (:Company {name: '金博股份'})-[:SUPPLIES_TO {product: '碳陶制动盘'}]->"
            "(:Company {name: '比亚迪'}), "
            "(:Record {id: 'r1'})-[:FROM]->(:Source {title: '答卷', publisher: '湖南日报'})")
        show(driver, SUPPLIES)
        show(driver, SOURCES, record="r1")
        with pytest.raises(Failed, match="没有查到"):
            show(driver, SOURCES, record="r2")
    text = capsys.readouterr().out
    for word in ("金博股份", "碳陶制动盘", "比亚迪", "$record = 'r1'", "答卷", "湖南日报"):
        assert word in text


def test_a_password_is_kept_unless_the_user_has_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PASSWORD, raising=False)
    where, password = password_of(tmp_path)
    assert password_of(tmp_path) == (where, password)
    assert str(tmp_path / "password.txt") in where
    assert password not in where
    monkeypatch.setenv(PASSWORD, "of the user")
    assert password_of(tmp_path) == (f"环境变量 {PASSWORD} 里的那一个", "of the user")


def test_the_tour_of_make_neo4j_ends_well(neo4j_kill: Server, tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if name != PASSWORD}
    done = subprocess.run(
        [sys.executable, "-m", "tests.neo4j_server", "--home", str(tmp_path), "--port", "0",
         "--once"], cwd=ROOT, env=environ | {"PYTHONUTF8": "1"}, stdin=subprocess.DEVNULL,
        capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    answer, supplies, sources = re.split(r"\n\$ xianglian gaps|\nMATCH", done.stdout)[1:]
    assert re.search(r"隔膜 .*✕ 缺失", answer) and re.search(r"负极材料 .*● 具备", answer)
    assert all(name in supplies for name in ("金博股份", "碳陶制动盘", "比亚迪"))
    assert re.search(r"\$record = 'r[0-9a-f]{20}'", sources)
    assert "湖南日报" in sources
    assert (tmp_path / "password.txt").read_text("utf-8").strip() not in done.stdout
