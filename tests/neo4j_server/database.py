"""A server that somebody else runs, and emptying a database between tests."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import neo4j

from graph.store import PASSWORD

__all__ = ["PASSWORD", "VARIABLE", "Given", "clear", "given"]

VARIABLE = "XIANGLIAN_TEST_NEO4J"


@dataclass(frozen=True)
class Given:
    """A Neo4j that runs already; the same names as Server, without start, stop and kill."""

    url: str
    user: str
    password: str

    @property
    def store(self) -> str:
        """For `open_store` and `--store`; the password is not in it."""
        scheme, rest = self.url.split("://")
        return f"{scheme}://{self.user}@{rest}"

    def driver(self, **settings: Any) -> neo4j.Driver:
        return neo4j.GraphDatabase.driver(self.url, auth=(self.user, self.password), **settings)


def given(environ: Mapping[str, str] = os.environ) -> Given | None:
    """The server that XIANGLIAN_TEST_NEO4J=bolt://user@host:port names, if it names one."""
    address = environ.get(VARIABLE, "")
    if "://" not in address:
        return None
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return Given(f"{parts.scheme}://{host}", parts.username or "neo4j", environ.get(PASSWORD, ""))


def clear(driver: neo4j.Driver, *, keep: str | None = None) -> None:
    """Removes every node, relationship, constraint and index of the default database.

    Making a schema takes seconds: constraints and indexes whose names begin with `keep` stay.
    """
    with driver.session() as session:
        session.run(
            "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS").consume()
        names = [("CONSTRAINT", row["name"]) for row in session.run("SHOW CONSTRAINTS YIELD name")]
        names += [("INDEX", row["name"]) for row in session.run(
            "SHOW INDEXES YIELD name, type, owningConstraint "
            "WHERE type <> 'LOOKUP' AND owningConstraint IS NULL")]
        names = [(what, name) for what, name in names if keep is None or not name.startswith(keep)]
        if names:
            with session.begin_transaction() as transaction:
                for what, name in names:
                    transaction.run(f"DROP {what} `{name.replace('`', '``')}`").consume()
                transaction.commit()
