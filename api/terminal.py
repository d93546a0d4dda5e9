"""What every command does with the terminal and the store: open, print, warn."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from api.answers import Answer, Answers
from api.settings import Settings
from graph import dates
from graph.store import PASSWORD, Store, open_store
from ontology import Ontology, load_ontology

__all__ = ["answers_of", "asked", "console", "held", "opened", "print_json", "progress", "say",
           "warn"]

held = ExitStack()  # what the running command has opened


def console(stderr: bool = False) -> Console:
    """Colour on a terminal; elsewhere plain text, 100 columns wide."""
    found = Console(stderr=stderr, highlight=False, emoji=False)
    return found if found.is_terminal else Console(
        stderr=stderr, highlight=False, emoji=False, width=100, no_color=True)


def print_json(answer: Answer) -> None:
    print(json.dumps(answer, ensure_ascii=False, sort_keys=True, indent=1))


def say(answer: Answer, as_json: bool, sentence: str) -> None:
    if as_json:
        print_json(answer)
    else:
        console().print(sentence, markup=False)


def warn(sentence: str) -> None:
    if sentence:
        console(stderr=True).print(sentence, markup=False, soft_wrap=True)


def asked(store: str | None) -> Settings:
    """Settings; for Neo4j a person at a terminal is asked for the password that is not set."""
    settings = Settings.read(store=store)
    if (settings.store.startswith(("bolt", "neo4j")) and PASSWORD not in os.environ
            and sys.stdin.isatty()):
        os.environ[PASSWORD] = typer.prompt("Neo4j 密码", hide_input=True, err=True)
    return settings


def answers_of(store: str | None, at: str | None = None, known_at: str | None = None,
               min_grade: str | None = None) -> Answers:
    """Open until the command ends."""
    answers = Answers(asked(store), at=at, known_at=known_at, min_grade=min_grade)
    held.callback(answers.close)
    if answers.at > dates.today():
        warn("提示：这一天还没有到，按已有的资料回答。")
    return answers


@contextmanager
def opened(store: str | None, *, create: bool = True) -> Iterator[tuple[Store, Ontology]]:
    """The store, to be written, and its ontology."""
    settings = asked(store)
    model = load_ontology(settings.ontology)
    with closing(open_store(settings.store, model, create=create)) as target:
        yield target, model


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr; call it with (what, done, total); silent when not on a terminal."""
    shown = console(stderr=True)
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                  console=shown, disable=not shown.is_terminal, transient=True) as bar:
        task = bar.add_task("装入", total=None)

        def advance(what: str, done: int, total: int) -> None:
            bar.update(task, description=escape(what), completed=done, total=total or None)

        yield advance
