"""What the terminal shows answers with: words of the ontology, tables, numbered sources."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.notes import Notes, fold
from ontology import Ontology

__all__ = ["HIDDEN", "NOBODY", "Answer", "Texts", "few", "firms"]

Answer = dict[str, Any]

NARROW = ("判定", "位置", "从", "到")  # columns that never break
NOBODY = "没有来源说过。没人说过不等于没有。"
HIDDEN = ("id", "name", "kind", "kind_name", "records", "conflicts", "inferred")


class Texts:
    """Shows answers on a console, in the words of the ontology; tables stay within 100 columns."""

    def __init__(self, console: Console, ontology: Ontology) -> None:
        self.console = console
        self.ontology = ontology
        self.notes = Notes({grade.name: grade.label.zh for grade in ontology.grades})

    def word(self, vocabulary: str, name: str) -> str:
        """The Chinese label of a choice; the name itself where there is none."""
        return next((choice.label.zh for choice in self.ontology.words.get(vocabulary, ())
                     if choice.name == name), name)

    def mark(self, proofs: Sequence[Any], pool: Sequence[Answer] = ()) -> str:
        """Numbers of the sources, safe inside a table cell."""
        return escape(self.notes.mark(proofs, pool))

    def say(self, text: str, indent: str = "") -> None:
        """A sentence, broken between any two Chinese characters (rich breaks at spaces only)."""
        for line in fold(text, self.console.width, indent):
            self.console.print(line, markup=False)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]],
              empty: str | None = None) -> None:
        """Rows of escaped cells; without any, the sentence `empty` if there is one."""
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for column in columns:
            table.add_column(column, overflow="fold", no_wrap=column in NARROW)
        for row in rows:
            table.add_row(*row)
        if table.row_count or empty is None:
            self.console.print(table)
        elif empty:
            self.console.print(empty)

    def cited(self) -> None:
        """The numbered sources, where there are any."""
        for number, line in enumerate(self.notes.lines()):
            if not number:
                self.console.print("[bold]依据[/bold]")
            self.say(line, "      ")

    def title(self, *parts: str, known: Answer) -> None:
        """The parts that are not blank; `known`: the answer, which may be of an earlier time."""
        moment = [f"按 {known['known_at'].partition('T')[0]} 已录入的资料"] if known.get(
            "known_at") else []
        first, *rest = [part for part in (*parts, *moment) if part]
        self.console.print(f"[bold]{escape(first)}[/bold]" + escape("".join(
            f" · {part}" for part in rest)))

    def label(self, kind: str, key: str) -> str:
        """What a column is called in Chinese."""
        what = self.ontology.kinds[kind]
        for part in (*(what.ends or ()), *what.fields, *self.ontology.common):
            if part.name == key:
                return str(part.label.zh)
        return "名称" if key == "name" else key

    def fields(self, kind: str, row: Answer) -> Iterator[tuple[str, str]]:
        """(name, text) of all that a row says, and where its sources differ."""
        for key, value in row.items():
            if key not in HIDDEN and value not in (None, "", []):
                yield self.label(kind, key), self.value(kind, key, value)
        for key, values in row["conflicts"].items():
            told = "／".join(self.value(kind, key, value) for value in values)
            yield "各来源说法不一", f"{self.label(kind, key)}：{told}"

    def value(self, kind: str, key: str, value: Any) -> str:
        """What a column of a kind holds, as people write it."""
        if isinstance(value, list):
            return "、".join(self.value(kind, key, part) for part in value)
        if isinstance(value, bool) or value is None:
            return {True: "是", False: "否", None: ""}[value]
        field = self.ontology.kinds[kind].field(key)
        if field is not None and field.vocabulary:
            return self.word(field.vocabulary, str(value))
        if isinstance(value, float):
            return f"{value:,.10g}"
        return f"{value:,}" if isinstance(value, int) else str(value)


def firms(found: Sequence[Answer]) -> str:
    """Names of firms, with those of today where they differ, safe inside a table cell."""
    return escape(few([firm["name"] + (f"（今{firm['now']}）" if firm.get("now") else "")
                       for firm in found]))


def few(names: Sequence[str], most: int = 4) -> str:
    return "、".join(names[:most]) + (f" 等 {len(names)} 家" if len(names) > most else "")
