"""How Chinese characters are read, without tones; pypinyin is imported at the first use."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Readings", "reading", "syllables"]

# The reading in names where the dictionary's first one is rare in them: 长缆, 长高, 南县.
_IN_NAMES = {"长": "chang", "南": "nan", "行": "hang", "重": "zhong"}


@lru_cache(maxsize=1)
def _dictionary() -> tuple[Any, Any, Any]:
    """Single characters, phrases and the function that takes tones off."""
    from pypinyin.constants import PHRASES_DICT, PINYIN_DICT
    from pypinyin.contrib.tone_convert import to_normal

    return PINYIN_DICT, PHRASES_DICT, to_normal


@lru_cache(maxsize=1 << 15)
def _readings(char: str) -> tuple[str, ...]:
    """All readings of a character, best first; other characters read as themselves."""
    single, _, plain = _dictionary()
    known = single.get(ord(char))
    if known is None:
        return (char,)
    readings = dict.fromkeys(plain(one) for one in known.split(","))
    usual = _IN_NAMES.get(char)
    return tuple([usual, *(r for r in readings if r != usual)] if usual else readings)


def _mixed(char: str) -> bool:
    """Whether the reading of the character depends on its neighbours."""
    return len(_readings(char)) > 1


@lru_cache(maxsize=1 << 17)
def reading(char: str, before: str = "", after: str = "") -> str:
    """How a character is read between its neighbours: 长 before 沙 is chang."""
    options = _readings(char)
    if len(options) == 1:
        return options[0]
    _, phrases, plain = _dictionary()
    for phrase, place in ((char + after, 0), (before + char, 1)):
        known = phrases.get(phrase) if len(phrase) == 2 else None
        if known is not None:
            return str(plain(known[place][0]))
    return options[0]


def syllables(text: str) -> list[str]:
    """One reading for each character."""
    around = zip(text, ("", *text), (*text[1:], ""), strict=False)
    return [reading(char, before, after) for char, before, after in around]


class Readings:
    """How every character of an array of codes is read, as numbers of `readings`."""

    def __init__(self, codes: NDArray[np.uint32]) -> None:
        chars, place = _numbered(codes)
        letters = ["" if code == 0 else chr(code) for code in chars.tolist()]
        self.readings: list[str] = [""]
        self._number: dict[str, int] = {"": 0}
        self.codes = np.array([self._of(reading(c)) if c else 0 for c in letters],
                              np.uint16)[place]
        mixed = np.array([bool(c) and _mixed(c) for c in letters])
        at = np.flatnonzero(mixed[place])
        n = len(chars)
        around = (place[at - 1] * n + place[at]) * n + place[at + 1]
        cases, which = np.unique(around, return_inverse=True)
        read = [self._of(reading(letters[case // n % n], letters[case // n // n],
                                        letters[case % n])) for case in cases.tolist()]
        self.codes[at] = np.array(read, np.uint16)[which]
        heads = [ord(r[0]) if r and r[0].isascii() else 0 for r in self.readings]
        self.initials = np.array(heads, np.uint8)[self.codes]

    def _of(self, read: str) -> int:
        number = self._number.setdefault(read, len(self._number))
        if number == len(self.readings):
            self.readings.append(read)
        return number

    def read(self, text: str) -> NDArray[np.uint16]:
        """The numbers of a text's readings; 65535 for one that no name has."""
        return np.array([self._number.get(s, 0xFFFF) for s in syllables(text)], np.uint16)

    def text(self, part: slice) -> str:
        """The pinyin of a part of the array."""
        return "".join(self.readings[number] for number in self.codes[part])

    def spelled(
        self, wanted: str
    ) -> Iterable[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]]:
        """(first position, position after, whether the last syllable is whole) of every match."""
        everywhere = np.arange(len(self.codes))
        work = [(wanted, everywhere, everywhere)]
        while work:
            rest, first, at = work.pop()
            here = self.codes if at is everywhere else self.codes[at]
            ends = np.array([one.startswith(rest) for one in self.readings])
            if ends.any():
                hit = np.flatnonzero(ends[here])
                whole = here[hit] == self._number.get(rest, 0xFFFF)
                yield first[hit], at[hit] + 1, whole
            for size in range(1, min(len(rest), 7)):
                number = self._number.get(rest[:size])
                if number is not None:
                    on = np.flatnonzero(here == number)
                    if len(on):
                        work.append((rest[size:], first[on], at[on] + 1))


def _numbered(codes: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different characters in order, and for every code the number of its character.

    np.unique gives the same by sorting; a table of all Unicode is ten times faster.
    """
    there = np.zeros(0x110000, bool)
    there[codes] = True
    chars = np.flatnonzero(there)
    number = np.zeros(0x110000, np.int64)
    number[chars] = np.arange(len(chars))
    return chars, number[codes]
