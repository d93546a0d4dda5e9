"""The graph that people read in a Neo4j, as plain data."""

from typing import Any

from graph.neo4j import Neo4jStore
from tests.neo4j_server import Given, Server

Anything = Server | Given


def query(server: Anything, text: str, **parameters: Any) -> list[Any]:
    with server.driver() as driver, driver.session() as session:
        return [row.values() for row in session.run(text, parameters)]  # type: ignore[arg-type]


def drawn(server: Anything) -> dict[str, Any]:
    """Everything that can be read, by ids that the database did not give out."""
    return {
        "things": sorted(query(server, """MATCH (n) WHERE n.id IS NOT NULL AND NOT n:Row
            RETURN n.id, labels(n), properties(n)"""), key=repr),
        "links": sorted(query(server, """MATCH (a)-[e]->(b) WHERE NOT a:Row
            RETURN a.id, type(e), b.id, properties(e)"""), key=repr),
        "records": sorted(query(server, """MATCH (r:Record)-[e]->(t)
            RETURN r.id, type(e), t.id"""), key=repr),
        "labels": query(server, "MATCH (r:Record) RETURN count(r), count(DISTINCT r.id)"),
    }


def drawn_anew(server: Anything, store: Neo4jStore) -> dict[str, Any]:
    query(server, "MATCH (s:XianglianStore) SET s.projected = 0")
    with store.write():
        pass
    return drawn(server)
