"""The settings of a command, with the password that a person may still have to type."""

import os
import sys

import typer

from api.settings import Settings
from graph.store import PASSWORD

__all__ = ["asked"]


def asked(store: str | None) -> Settings:
    """Settings; for Neo4j a person at a terminal is asked for the password that is not set."""
    settings = Settings.read(store=store)
    if (settings.store.startswith(("bolt", "neo4j")) and PASSWORD not in os.environ
            and sys.stdin.isatty()):
        os.environ[PASSWORD] = typer.prompt("Neo4j 密码", hide_input=True, err=True)
    return settings
