"""A real Neo4j for tests and for `make neo4j`: a process of its own, never part of the package.

Kernel, Cypher, Bolt, authentication, full-text indexes and neo4j-admin are those of Neo4j Community
(GPLv3), fetched by Maven on first use; only its HTTP server is left out.
"""

from tests.neo4j_server.database import Given, clear, given
from tests.neo4j_server.jars import Unavailable
from tests.neo4j_server.server import STEADY, Failed, Server, install

__all__ = ["STEADY", "Failed", "Given", "Server", "Unavailable", "clear", "given", "install"]
