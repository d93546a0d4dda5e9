"""Our own sentences in Chinese that know themselves in English.

An answer is a tree of plain values; a `Said` in it is the Chinese text for whoever writes it out,
and a page in English takes `en`.  So a sentence stands in one place, both languages side by side.
What sources say (names, titles, notes) is put into both as it is.
"""

from collections.abc import Callable, Iterable
from functools import partial

from graph.index import Index

__all__ = ["Said", "both", "english", "listed", "named"]


class Said(str):
    """A Chinese text; `en` is the same in English.  Whatever is done to it as a str is Chinese."""

    _en: str | Callable[[], str]

    @property
    def en(self) -> str:
        return self._en if isinstance(self._en, str) else self._en()


def both(zh: str, en: str, *values: object) -> Said:
    """The two templates filled with the same values, each in its language."""
    said = Said(zh.format(*values) if values else zh)
    said._en = en.format(*map(english, values)) if values else en
    return said


def english(value: object) -> str:
    """The value in English, as far as it has any."""
    return value.en if isinstance(value, Said) else str(value)


def listed(parts: Iterable[object], zh: str = "、", en: str = ", ") -> Said:
    """The parts one after the other, in both languages."""
    some = list(parts)
    said = Said(zh.join(map(str, some)))
    said._en = en.join(map(english, some))
    return said


def named(index: Index, thing: int, at: int | None = None) -> Said:
    """The name that a thing bore on that day; in English its own, if it has one.

    Things of an open class (firms, products) are called in English as sources call them.
    """
    said = Said(index.label(thing, at))
    said._en = partial(_english_name, index, thing, str(said))
    return said


def _english_name(index: Index, thing: int, name: str) -> str:
    kind = index.ontology.kinds[index.kind_of(thing)]
    return (not kind.open and index.english(thing)) or name
