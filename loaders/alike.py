"""New names that look like known ones: somebody should look at them; they are never merged."""

from collections.abc import Iterable, Iterator, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

from graph.names import pinyin

__all__ = ["alike"]

_SHORT = 4  # shorter names that differ in a character are mostly different names


def alike(new: Iterable[str], known: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """(new name, the known name nearest to it as printed, how they are alike).

    `new` and the keys of `known` are normalised.  Alike are names of four characters or more that
    differ in one (left out, put in, another, two swapped), and names that are read alike of which
    at most half is written otherwise.
    """
    by_length: dict[int, list[str]] = {}
    for other in known:
        by_length.setdefault(len(other), []).append(other)
    for name in new:
        size = len(name)
        near = [other for length in (size - 1, size, size + 1) for other, _, _ in process.extract(
            name, by_length.get(length, ()), scorer=OSA.distance, limit=None,
            score_cutoff=size // 2 if length == size else 1)]
        for other in sorted(near, key=lambda other: (OSA.distance(name, other), other)):
            if pinyin(other) == pinyin(name):
                yield name, known[other], "读音相同"
                break
            if min(size, len(other)) >= _SHORT and OSA.distance(name, other) == 1:
                yield name, known[other], "只差一个字"
                break
