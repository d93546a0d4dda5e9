"""What a parsed TOML file may hold: every key with its type, checked before anything reads it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graph.names import nearest
from ontology.errors import Problem

__all__ = ["Keys", "Leaf", "Many", "Named", "Shape", "faults"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value without parts."""

    expected: str
    fits: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Keys:
    """A table of known keys; `bare` is what may stand in its place."""

    expected: str
    known: Mapping[str, "Shape"]
    must: tuple[str, ...] = ()
    bare: Leaf | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A table whose keys are free and whose values are alike."""

    expected: str
    inner: "Shape"


@dataclass(frozen=True, slots=True)
class Many:
    """A list of things alike."""

    expected: str
    inner: "Shape"


Shape = Leaf | Keys | Named | Many


def faults(file: str, said: Any, shape: Shape, key: str = "") -> Iterator[Problem]:
    """Everything at or under `key` (table[2].record[1].each.split) that is not of the shape."""
    match shape:
        case Keys() if isinstance(said, dict):
            yield from _keys(file, said, shape, key)
        case Named() if isinstance(said, dict):
            for name, value in said.items():
                yield from faults(file, value, shape.inner, _join(key, name))
        case Many() if isinstance(said, list):
            for number, value in enumerate(said, 1):
                yield from faults(file, value, shape.inner, f"{key}[{number}]")
        case Leaf() if shape.fits(said):
            pass
        case Keys(bare=Leaf() as bare) if bare.fits(said):
            pass
        case _:
            text = str(said) if isinstance(said, str | int | float) else ""
            yield Problem(file, f"{key} 要写成{shape.expected}", value=text[:200])


def _keys(file: str, said: Mapping[str, Any], shape: Keys, key: str) -> Iterator[Problem]:
    for name, value in said.items():
        if name in shape.known:
            if name not in shape.must or not _blank(value):
                yield from faults(file, value, shape.known[name], _join(key, name))
        else:
            yield Problem(file, f"{key + '：' if key else ''}不认识的键「{name}」", value=name,
                          nearest=tuple(nearest(name, shape.known)))
    for name in shape.must:
        if _blank(said.get(name, "")):
            yield Problem(file, f"缺少 {_join(key, name)}")


def _blank(value: Any) -> bool:
    return value == [] or (isinstance(value, str) and not value.strip())


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
