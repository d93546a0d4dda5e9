"""Every error a user can meet, on one page.

    XianglianError          exit 1; the base: nothing else is raised across rooms on purpose
    ├── OntologyError       the Turtle is faulty: file, term, nearest known term
    ├── InputError          a file was refused: one Problem per bad cell
    ├── NotFound            a name is unknown: the nearest known names
    ├── Ambiguous           a name means several things: the choices
    └── StoreError          exit 3; the store cannot be reached, read or written
        └── Busy            somebody else is writing into it
"""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "Ambiguous",
    "Busy",
    "InputError",
    "NotFound",
    "OntologyError",
    "Problem",
    "StoreError",
    "XianglianError",
]


class XianglianError(Exception):
    """Base of all our errors; `str(error)` is a sentence for the user, in Chinese."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong at one place of an input; blank where a place does not apply.

    `row` is the row number as the spreadsheet shows it (1 = headers).
    `column` is the header as printed in the file.
    """

    file: str
    reason: str
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    nearest: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = self.file
        if self.sheet:
            place += f" · 工作表「{self.sheet}」"
        if self.row is not None:
            place += f" · 第 {self.row} 行"
        if self.column:
            place += f" ·「{self.column}」列"
        text = f"{place}：{self.reason}"
        if self.value:
            value = self.value if len(self.value) <= 60 else self.value[:59] + "…"
            text += f"（值：{value}）"
        if self.nearest:
            text += "；最接近的是 " + "、".join(self.nearest) + "？"
        return text


class OntologyError(XianglianError):
    """The ontology files cannot be compiled."""

    def __init__(self, file: str, term: str, reason: str, nearest: Sequence[str] = ()) -> None:
        self.file, self.term, self.reason, self.nearest = file, term, reason, tuple(nearest)
        hint = f"；最接近的是 {'、'.join(nearest)}？" if nearest else ""
        super().__init__(f"{file}：{term}：{reason}{hint}")


class InputError(XianglianError):
    """An input was refused; nothing of it was written."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class NotFound(XianglianError):
    """A name that nothing known carries."""

    def __init__(self, what: str, name: str, nearest: Sequence[str] = ()) -> None:
        self.what, self.name, self.nearest = what, name, tuple(nearest)
        hint = f"；最接近的是：{'、'.join(nearest)}" if nearest else ""
        super().__init__(f"没有找到{what}「{name}」{hint}")


class Ambiguous(XianglianError):
    """A name that several things carry."""

    def __init__(self, what: str, name: str, choices: Sequence[str]) -> None:
        self.what, self.name, self.choices = what, name, tuple(choices)
        super().__init__(f"{what}「{name}」不止一个，请写明是哪一个：{'、'.join(choices)}")


class StoreError(XianglianError):
    """The store cannot be reached, is damaged, locked, too new, full or read-only."""

    exit_code = 3


class Busy(StoreError):
    """Somebody else is writing into the store, and went on for longer than we waited."""
