"""New names that look like known ones: somebody should look at them; they are never merged."""

from collections.abc import Iterator, Mapping, Set

from rapidfuzz.distance import OSA

from graph.names import pinyin

__all__ = ["alike"]

_SHORT = 4  # shorter names that differ in a character are mostly different names


def alike(new: Set[str], known: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """(new name, known name as printed, how they are alike), each new name once.

    `new` and the keys of `known` are normalised.  Alike are names that are read alike, and names
    of four characters or more that differ in one (left out, put in, another, two swapped).
    """
    by_sign: dict[str, list[str]] = {}
    for name in new:
        for sign in _signs(name):
            by_sign.setdefault(sign, []).append(name)
    found: set[str] = set()
    for other, printed in sorted(known.items()):
        for sign in _signs(other):
            for name in by_sign.get(sign, ()):
                how = _how(name, other)
                if how and name not in found:
                    found.add(name)
                    yield name, printed, how


def _signs(name: str) -> Iterator[str]:
    """Alike names share one of these: the reading, the name, the name without a character."""
    yield pinyin(name)
    if len(name) >= _SHORT:
        yield name
        for place in range(len(name)):
            yield name[:place] + name[place + 1:]


def _how(name: str, other: str) -> str:
    if pinyin(name) == pinyin(other):
        return "读音相同"
    near = min(len(name), len(other)) >= _SHORT and OSA.distance(name, other) == 1
    return "只差一个字" if near else ""
