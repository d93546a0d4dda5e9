"""What a parsed TOML file may hold: every key with its type, checked before anything reads it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graph.names import nearest
from ontology.errors import Problem

__all__ = ["Shape", "faults"]


@dataclass(frozen=True, slots=True)
class Shape:
    """A value may be what `fits`, a table of these `keys`, or a list of `items`.

    expected  how to write it, for the message
    keys      key → shape of its value; "*" stands for any other key
    must      keys that may not be missing or blank
    """

    expected: str
    fits: Callable[[Any], bool] = lambda value: False
    keys: Mapping[str, "Shape"] = field(default_factory=dict)
    must: tuple[str, ...] = ()
    items: "Shape | None" = None


def faults(file: str, said: Any, shape: Shape, key: str = "") -> Iterator[Problem]:
    """Everything at or under `key` (table[2].record[1].each.split) that is not of the shape."""
    if isinstance(said, dict) and shape.keys:
        yield from _keys(file, said, shape, key)
    elif isinstance(said, list) and shape.items:
        for number, value in enumerate(said, 1):
            yield from faults(file, value, shape.items, f"{key}[{number}]")
    elif not shape.fits(said):
        text = str(said) if isinstance(said, str | int | float) else ""
        yield Problem(file, f"{key} 要写成{shape.expected}", value=text[:200])


def _keys(file: str, said: Mapping[str, Any], shape: Shape, key: str) -> Iterator[Problem]:
    start = f"{key}." if key else ""
    missing = [name for name in shape.must if _blank(said.get(name, ""))]
    for name, value in said.items():
        inner = shape.keys.get(name, shape.keys.get("*"))
        if inner is None:
            where = f"{key}：" if key else ""
            yield Problem(file, f"{where}不认识的键「{name}」", value=name,
                          nearest=tuple(nearest(name, shape.keys)))
        elif name not in missing:
            yield from faults(file, value, inner, start + name)
    for name in missing:
        yield Problem(file, f"缺少 {start}{name}")


def _blank(value: Any) -> bool:
    return value == [] or (isinstance(value, str) and not value.strip())
