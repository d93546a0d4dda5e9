"""What an intent gives back, before it is made into the answer that everybody sees."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from api.ask.frame import Frame
from api.ask.say import row as as_row
from graph.analysis.facts import Fact
from graph.index import Index

__all__ = ["MOST", "Reply", "Row", "call", "of_facts", "slot", "unknown"]

MOST = 100  # rows of an answer

Row = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """`cited`: numbers of the records that it rests on; `restated`: the question as understood;
    `at`: the day that it speaks of."""

    intent: str
    restated: str
    answer: str
    status: str = "answered"
    slots: Row = field(default_factory=dict)
    rows: Sequence[Row] = ()
    cited: Sequence[int] = ()
    call: str = ""
    choices: Sequence[Row] = ()
    at: int | None = None


def call(path: str, **parameters: Any) -> str:
    """The address that gives the same: /api/v1/suppliers?name=比亚迪, readable, not escaped
    more than it must be."""
    said = {name.rstrip("_"): value for name, value in parameters.items() if value}
    pairs = [(name, str(one)) for name, value in said.items()
             for one in (value if isinstance(value, list) else [value])]
    asked = "&".join(f"{name}={_kept(one)}" for name, one in pairs)
    return f"/api/v1/{_kept(path)}" + (f"?{asked}" if asked else "")


def _kept(text: str) -> str:
    """Chinese stays as it is; what has a meaning in an address does not."""
    return "".join(c if ord(c) > 127 else quote(c, safe="/:-") for c in text)


def of_facts(frame: Frame, facts: Iterable[Fact]) -> tuple[list[Row], list[int]]:
    """Rows of facts and the records under them."""
    every = list(facts)
    return ([as_row(frame.index, fact, frame.day) for fact in every],
            [number for fact in every for number in fact.rows])


def slot(index: Index, thing: int, at: int) -> Row:
    """A thing as it was understood."""
    return {"id": index.id(thing), "name": index.label(thing, at)}


def unknown(intent: str, restated: str, reason: str, nearest: str = "", **more: Any) -> Reply:
    """不知道, why, and the nearest thing that is known."""
    tail = f"已知的是：{nearest}。" if nearest else ""
    return Reply(intent, restated, f"不知道：{reason}。{tail}", status="unknown", **more)
