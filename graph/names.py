"""Names: one spelling to compare by, the nearest known name, and look-up in all names at once."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from graph.pinyin import Readings, reading, syllables

__all__ = ["Names", "nearest", "normalise", "pinyin"]

Row = tuple[str, str, Sequence[str]]
Hits = tuple[NDArray[np.int64], NDArray[np.int64]]  # rows, and 0 the whole name, 1 its start, 2 any

_BRACKETS = str.maketrans("【】〔〕〖〗[]{}", "()()()()()")
_TRAILING = ".,;:!?。．，、；：！？·…"
_LATIN = re.compile("[a-z0-9]+")
# Scores of a hit by what matched, for (whole name, start, inside); fuzzy ones stay below 45.
_BY_TEXT, _BY_PINYIN, _BY_INITIALS = (100, 90, 80), (78, 70, 65), (60, 55, 50)
_SHORT_LIST = 400


@lru_cache(maxsize=1 << 18)
def normalise(text: str) -> str:
    """The spelling by which names are compared.

    NFKC, casefold, no white space or invisible characters, one kind of brackets, no trailing
    punctuation: "湖南中锂（常德） 公司。" and "湖南中锂(常德)公司" are one.
    """
    while (new := _fold(text)) != text:
        text = new
    return text


def _fold(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().translate(_BRACKETS)
    if not text.isprintable() or " " in text:
        text = "".join(c for c in text if not (c.isspace() or unicodedata.category(c)[0] == "C"))
    return text.rstrip(_TRAILING)


def pinyin(text: str) -> str:
    """How a text is read, without tones: 长沙 → changsha."""
    return "".join(syllables(normalise(text)))


def nearest(text: str, candidates: Iterable[str], n: int = 3) -> list[str]:
    """Up to `n` candidates that a person may have meant, best first.

    Near in writing (锂电 → 锂电池), in sound (隔摸 → 隔膜) or in pinyin (gemo → 隔膜).
    """
    wanted = normalise(text)
    known = list(dict.fromkeys(candidates))
    if not wanted or not known:
        return []
    scores: dict[str, float] = {}
    alike = process.extract(wanted, known, scorer=fuzz.ratio, limit=50, score_cutoff=50)
    for name, score, _ in alike:
        scores[name] = score
    for name in [name for name in known if wanted in name][:200]:
        scores[name] = max(scores.get(name, 0), 60 + 35 * len(wanted) / len(name))
    for name, score in _sounding(wanted, known):
        scores[name] = max(scores.get(name, 0), score)
    return sorted(scores, key=lambda name: (-scores[name], len(name), name))[:n]


def _sounding(wanted: str, known: Sequence[str]) -> list[tuple[str, float]]:
    """Candidates that sound like it; of many only those that begin or end alike are read."""
    spoken = pinyin(wanted)
    latin = _LATIN.fullmatch(wanted) is not None
    if not latin and len(wanted) > 6:  # one wrong character of many leaves it near in writing
        return []
    low, high = (len(wanted) // 6, len(wanted)) if latin else (len(wanted) - 1, len(wanted) + 1)
    fit = [name for name in known if low <= len(name) <= high]
    if len(fit) > _SHORT_LIST:
        heads = {char for char in {name[0] for name in fit if name}
                 if spoken.startswith(reading(char.casefold()))}
        fit = [name for name in fit if name[:1] in heads
               or (not latin and (name[1:2] == wanted[1:2] or name[-1:] == wanted[-1]))]
    if len(fit) > _SHORT_LIST:
        shared = frozenset(wanted)
        fit.sort(key=lambda name: (-len(shared.intersection(name)), name))
        fit = fit[:_SHORT_LIST]
    spelled = {name: pinyin(name) for name in fit}
    close = process.extract(spoken, spelled, scorer=fuzz.ratio, limit=50, score_cutoff=75)
    begun = [(name, 60 + 35 * len(spoken) / len(read)) for name, read in spelled.items()
             if latin and read.startswith(spoken)]
    return begun + [(name, score * 0.97) for _, score, name in close]


class Names:
    """All names of all things, to look up and to search; never changes once built.

    `rows` are (id, kind, names): names, aliases, codes.  All names lie behind each other in one
    array of character codes, a 0 between them, so that a query is a few passes of NumPy over it;
    readings lie in a second array of the same shape, made at the first query that needs them.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        things = sorted(rows, key=lambda row: row[:2])
        self._ids = [id for id, _, _ in things]
        self._kinds = {kind: i for i, kind in enumerate(sorted({kind for _, kind, _ in things}))}
        self._kind = np.array([self._kinds[kind] for _, kind, _ in things], np.int16)
        self._written: list[str] = []
        plain: list[str] = []
        owner: list[int] = []
        for number, (_, _, names) in enumerate(things):
            spellings: dict[str, str] = {}
            for name in names:
                spellings.setdefault(normalise(name), name)
            spellings.pop("", None)
            plain.extend(spellings)
            self._written.extend(spellings.values())
            owner.extend([number] * len(spellings))
        self._owner = np.array(owner, np.int32)
        self._codes = _encode("\0" + "\0".join(plain) + "\0" if plain else "\0")
        zeros = np.flatnonzero(self._codes == 0)
        self._starts, self._ends = zeros[:-1] + 1, zeros[1:]
        self._by_name = _table(plain, owner)
        self._sounds: Readings | None = None

    def __len__(self) -> int:
        return len(self._ids)

    def find(self, text: str, kinds: Collection[str] | None = None) -> list[str]:
        """Ids of the things that bear exactly this name, alias or code, sorted."""
        owners = self._by_name.get(normalise(text), ())
        allowed = self._allowed(kinds)
        found = (owners,) if isinstance(owners, int) else owners
        return [self._ids[i] for i in found if allowed is None or allowed[self._kind[i]]]

    def search(self, text: str, kinds: Collection[str] | None = None,
               limit: int = 20) -> list[tuple[str, str, float]]:
        """Things whose names match, best first, as (id, the name that matched, score to 100).

        Whole name, start, inside, then pinyin (changsha), initials (cs), sound (隔摸 → 隔膜) and
        last, if nothing matched, likeness.  Ties: the shorter name, then the smaller id.
        """
        wanted = normalise(text)
        if not wanted or limit < 1:
            return []
        found = [(self._hits(self._codes, _encode(wanted)), _BY_TEXT)]
        latin = _LATIN.fullmatch(wanted) is not None
        if latin:
            found.append((self._spelled(wanted), _BY_PINYIN))
            letters = np.frombuffer(wanted.encode(), np.uint8)
            if len(letters) > 1:  # one letter begins the pinyin too
                found.append((self._hits(self._sound.initials, letters), _BY_INITIALS))
        elif not len(found[0][0][0]):
            found.append((self._hits(self._sound.codes, self._sound.read(wanted)), _BY_PINYIN))
        rows = np.concatenate([hits[0] for hits, _ in found])
        scores = np.concatenate([np.array(by)[hits[1]] for hits, by in found]).astype(np.float64)
        best = self._best(rows, scores, kinds, limit)
        return best or self._best(*self._alike(wanted, latin), kinds, limit)

    @property
    def _sound(self) -> Readings:
        if self._sounds is None:
            self._sounds = Readings(self._codes)
        return self._sounds

    def _allowed(self, kinds: Collection[str] | None) -> NDArray[np.bool_] | None:
        """Which kind numbers a question is about; None: all."""
        if kinds is None:
            return None
        allowed = np.zeros(len(self._kinds), bool)
        allowed[[self._kinds[kind] for kind in kinds if kind in self._kinds]] = True
        return allowed

    def _hits(self, codes: NDArray[np.integer[Any]], wanted: NDArray[np.integer[Any]]) -> Hits:
        """Where the sequence of codes occurs."""
        at = np.flatnonzero(codes[: max(0, len(codes) - len(wanted) + 1)] == wanted[0])
        for step in range(1, len(wanted)):
            at = at[codes[at + step] == wanted[step]]
        return self._placed(at, at + len(wanted), np.ones(len(at), bool))

    def _placed(self, first: NDArray[np.int64], after: NDArray[np.int64],
                whole: NDArray[np.bool_]) -> Hits:
        """Rows of the positions, and how much of the name lies between them."""
        rows = np.searchsorted(self._starts, first, "right") - 1
        start = first == self._starts[rows]
        exact = start & whole & (after == self._ends[rows])
        return rows, np.where(exact, 0, np.where(start, 1, 2))

    def _spelled(self, wanted: str) -> Hits:
        """Names in which it can be read from some character on; the last may be cut short."""
        parts = [self._placed(*triple) for triple in self._sound.spelled(wanted)]
        empty = np.zeros(0, np.int64)
        return (np.concatenate([empty, *(rows for rows, _ in parts)]),
                np.concatenate([empty, *(place for _, place in parts)]))

    def _best(self, rows: NDArray[np.int64], scores: NDArray[np.float64],
              kinds: Collection[str] | None, limit: int) -> list[tuple[str, str, float]]:
        """The best row of each thing, in order."""
        allowed = self._allowed(kinds)
        if allowed is not None and len(rows):
            keep = allowed[self._kind[self._owner[rows]]]
            rows, scores = rows[keep], scores[keep]
        if not len(rows):
            return []
        length = np.minimum(self._ends[rows] - self._starts[rows], 0xFFFF)
        rank = np.rint((100 - scores) * 100).astype(np.int64)  # 14 bits, 16 and 31 follow
        key = (rank << 47) | (length << 31) | self._owner[rows]
        take = min(len(key), 8 * limit)
        while True:
            best = np.argpartition(key, take - 1)[:take] if take < len(key) else np.arange(len(key))
            best = best[np.lexsort((rows[best], key[best]))]
            first = best[np.sort(np.unique(self._owner[rows[best]], return_index=True)[1])]
            if len(first) >= limit or take == len(key):
                break
            take = min(len(key), take * 8)
        return [(self._ids[self._owner[rows[i]]], self._written[rows[i]], float(scores[i]))
                for i in first[:limit]]

    def _name(self, row: int) -> slice:
        return slice(int(self._starts[row]), int(self._ends[row]))

    def _alike(self, wanted: str, latin: bool) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rows near in writing or sound, with scores below 45."""
        rows = self._short_list(wanted, latin)
        written = [_decode(self._codes[self._name(row)]) for row in rows]
        spoken = [self._sound.text(self._name(row)) for row in rows]
        by_text = process.cdist([wanted], written, scorer=fuzz.ratio)
        by_sound = process.cdist([pinyin(wanted)], spoken, scorer=fuzz.ratio)
        scores = np.maximum(by_text[0], 1.95 * by_sound[0] - 98) if len(rows) else np.zeros(0)
        keep = scores >= 50
        return rows[keep], np.round(scores[keep].astype(np.float64) * 0.45, 1)

    def _short_list(self, wanted: str, latin: bool) -> NDArray[np.int64]:
        """Rows that share most of the rarest sounds (of Latin text: pairs of letters)."""
        sound = self._sound
        codes: NDArray[np.integer[Any]] = self._codes
        query: NDArray[np.integer[Any]] = _encode(wanted)
        if not latin:
            codes, query = sound.codes, sound.read(wanted)
        width = 2 if latin and len(wanted) > 1 else 1
        grams = {tuple(query[i : i + width].tolist()) for i in range(len(query) - width + 1)}
        rare = sorted((int(np.count_nonzero(codes == gram[0])), gram) for gram in grams)
        rare = [(n, gram) for n, gram in rare if n and (latin or 3 * n < len(self._starts))] or rare
        places = [np.unique(self._hits(codes, np.array(gram, codes.dtype))[0])
                  for _, gram in rare[:6]]
        if latin:
            sizes = range(len(wanted) - 1, 1, -1)
            begins = (np.unique(self._spelled(wanted[:size])[0]) for size in sizes)
            places += [next((rows for rows in begins if len(rows)), np.zeros(0, np.int64))] * 6
        count = np.bincount(np.concatenate(places), minlength=len(self._starts))
        rows = np.flatnonzero(count)
        length = self._ends[rows] - self._starts[rows]
        return rows[np.lexsort((rows, abs(length - len(wanted)), -count[rows]))][:_SHORT_LIST]


def _encode(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _decode(codes: NDArray[np.uint32]) -> str:
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


def _table(names: Iterable[str], owners: Iterable[int]) -> dict[str, int | tuple[int, ...]]:
    """Name → its thing, or the tuple of its things."""
    table: dict[str, int | tuple[int, ...]] = {}
    for name, owner in zip(names, owners, strict=True):
        known = table.get(name)
        if known is None:
            table[name] = owner
        else:
            table[name] = (*((known,) if isinstance(known, int) else known), owner)
    return table
