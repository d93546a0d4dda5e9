"""A real Neo4j for the tests: it answers, survives kill -9, and is emptied quickly."""

import pytest

from tests.neo4j_server import Given, Server, clear

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


def test_the_cjk_analyzer_finds_a_part_of_a_name(neo4j_empty: Server | Given) -> None:
    with neo4j_empty.driver() as driver:
        driver.execute_query("CREATE FULLTEXT INDEX names FOR (c:Company) ON EACH [c.name] "
                             "OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk'}}")
        driver.execute_query("CREATE (:Company {name: $name}), (:Company {name: '长远锂科'})",
                             name=FIRM)
        driver.execute_query("CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()")
        rows = driver.execute_query(
            "CALL db.index.fulltext.queryNodes('names', '碳素') YIELD node RETURN node.name AS name"
        ).records
    assert [row["name"] for row in rows] == [FIRM]


def test_clearing_leaves_nothing(neo4j_empty: Server | Given) -> None:
    with neo4j_empty.driver() as driver:
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
    with pytest.raises(RuntimeError, match="The database is in use"):
        neo4j_kill.admin("database", "import", "full", "--nodes=nowhere.csv")
