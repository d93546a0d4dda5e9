"""All names of one index, made ready to be found inside a question; built once a version."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import log

from api.ask.words import Word, bare, same, table, words
from graph import structure
from graph.analysis.facts import Fact
from graph.index import Index
from graph.names import pinyin
from ontology.model import Kind

__all__ = ["Lexicon", "lexicon"]

_PREFIXED = re.compile("ai[一-鿿]{4,}$")
Things = tuple[int, ...]
# Classes whose choices are asked for in another way: a status, a step, a level.
_UNCHOSEN = (structure.SOURCE, structure.OBSERVATION, structure.STAGE, "Region")
_MOST = 12  # things that one short form may mean before it means nothing


@dataclass(frozen=True)
class Lexicon:
    """names: spelling → things; reach: first two characters → longest name that begins so."""

    index: Index
    names: Mapping[str, Things]
    reach: Mapping[str, int]
    words: Mapping[str, tuple[Word, ...]]
    word_reach: Mapping[str, int]
    facts: dict[tuple[int, int], list[Fact]] = field(default_factory=dict)
    docs: dict[tuple[int, ...], str] = field(default_factory=dict)

    @cached_property
    def ordered(self) -> Sequence[str]:
        """All spellings, sorted, for short forms."""
        return sorted(self.names)

    @cached_property
    def composed(self) -> tuple[Mapping[str, list[int]], Sequence[tuple[int, str]],
                                Mapping[str, float], Sequence[float]]:
        """Pairs of characters → entries of long names (projects, policies, events …), those
        entries as (thing, name), how much each pair tells, and the whole weight of each name:
        names that nobody types in full."""
        entries: list[tuple[int, str]] = []
        for kind in self.index.ontology.classes:
            if kind.name in described(self.index):
                for thing, spellings in self.index.spellings(kind).items():
                    entries += [(thing, same(name)) for name in {bare(s) for s in spellings}
                                if len(name) > 3]
        pairs: dict[str, list[int]] = {}
        for number, (_, name) in enumerate(entries):
            for pair in {name[i:i + 2] for i in range(len(name) - 1)}:
                pairs.setdefault(pair, []).append(number)
        weight = {pair: log((2 + len(entries)) / (1 + len(where))) for pair, where in pairs.items()}
        whole = [sum(weight[p] for p in {name[i:i + 2] for i in range(len(name) - 1)})
                 for _, name in entries]
        return pairs, entries, weight, whole

    def longest(self, text: str, at: int) -> tuple[int, Things]:
        """Where the longest name that begins here ends, and what bears it."""
        for size in range(min(self.reach.get(text[at:at + 2], 0), len(text) - at), 1, -1):
            if (things := self.names.get(text[at:at + size])) is not None:
                return at + size, things
        return at, ()

    def word(self, text: str, at: int) -> tuple[int, tuple[Word, ...]]:
        """Where the longest word that begins here ends, and its classes."""
        for size in range(min(self.word_reach.get(text[at], 0), len(text) - at), 0, -1):
            if (classes := self.words.get(text[at:at + size])) is not None:
                return at + size, classes
        return at, ()

    def begun(self, text: str) -> Things:
        """The things of which a name begins so; none if they are too many."""
        found: dict[int, None] = {}
        for i in range(bisect_left(self.ordered, text), len(self.ordered)):
            if not self.ordered[i].startswith(text):
                break
            found |= dict.fromkeys(self.names[self.ordered[i]])
            if len(found) > _MOST:
                return ()
        return tuple(found)

    def holding(self, text: str) -> Things:
        """Firms in whose names it stands somewhere."""
        index = self.index
        kinds = ["Company"]
        return tuple(dict.fromkeys(index.number(id) for id, _, score in index.names(kinds).search(
            text, kinds, 4) if score >= 80))

    @cached_property
    def spoken(self) -> Mapping[str, list[str]]:
        """Pinyin → names of up to ten characters, for slips of the input method."""
        found: dict[str, list[str]] = {}
        for name in self.names:
            if 2 <= len(name) <= 10 and not name.isascii():
                found.setdefault(pinyin(name), []).append(name)
        return found


    @cached_property
    def read_in_order(self) -> Sequence[str]:
        """All readings, sorted."""
        return sorted(self.spoken)

    def begun_spoken(self, text: str) -> list[tuple[str, list[str]]]:
        """Readings that begin so, with their names; at most a few."""
        found: list[tuple[str, list[str]]] = []
        for i in range(bisect_left(self.read_in_order, text), len(self.read_in_order)):
            read = self.read_in_order[i]
            if not read.startswith(text) or len(found) > _MOST:
                break
            found.append((read, self.spoken[read]))
        return found


def named(index: Index) -> list[Kind]:
    """Classes whose things people call by a name."""
    return [kind for kind in index.ontology.classes
            if kind.role("name") and kind.name != structure.SOURCE]


def described(index: Index) -> set[str]:
    """Classes whose names describe rather than name; of open classes only the few honours."""
    plain = {structure.CHAIN, structure.SEGMENT}
    return {kind.name for kind in named(index)
            if kind.name not in plain and (not kind.open or kind.name == "Honour")
            and not any(f.role == "code" for f in kind.fields)}


def lexicon(index: Index) -> Lexicon:
    """The lexicon of the index, made at the first question."""
    known = index.memory.get("ask")
    if not isinstance(known, Lexicon):
        known = index.memory["ask"] = _built(index)
    return known


def _built(index: Index) -> Lexicon:
    names: dict[str, dict[int, None]] = {}
    for kind in named(index):
        for thing, spellings in index.spellings(kind).items():
            for spelling in _usable(kind, spellings):
                names.setdefault(spelling, {})[thing] = None
    provinces = [p for p, level in index.places.level.items() if level == "province"]
    if provinces:  # what people in the province call it
        names.setdefault("全省", {})[max(provinces, key=lambda p: (index.places.ranges(
            p, 0)[0][1] - index.places.ranges(p, 0)[0][0], -p))] = None
    known = _labels(index)
    _shorten(index, names, known)
    return Lexicon(index, {name: tuple(things) for name, things in names.items()},
                   _reach(names, 2), known, _reach(known, 1))


def _shorten(index: Index, names: dict[str, dict[int, None]],
             known: Mapping[str, Sequence[Word]]) -> None:
    """Firms without what sort of firm they are, where a small word inside hides the beginning of
    the name and one firm only begins so: 理想 of 理想汽车, because of 想."""
    firms = {spelling: things for spelling, things in names.items() if any(
        index.kind_of(t) == structure.COMPANY for t in things)}
    for spelling, things in firms.items():
        core = next((spelling.removesuffix(sort) for sort in table()["sorts"]["words"]
                     if spelling.endswith(sort) and 1 < len(spelling) - len(sort) < 4), "")
        if core and core not in names and core not in known and any(
                char in known for char in core) and all(
                    set(other) <= set(things) for name, other in firms.items()
                    if name.startswith(core)):
            names[core] = dict(things)


def _usable(kind: Kind, spellings: Iterable[str]) -> Iterable[str]:
    """Not the ids of things with key fields, which begin with what they belong to; a region
    also without its level (浏阳市 → 浏阳)."""
    for spelling in spellings:
        plain = bare(spelling)
        if len(plain) > 1 and not (kind.key and "/" in plain):
            yield plain
            if _PREFIXED.match(plain):  # 花猫社区 of AI花猫社区
                yield plain[2:]


def _labels(index: Index) -> dict[str, tuple[Word, ...]]:
    """What the ontology and the data call classes, fields, choices, metrics and posts."""
    found: dict[str, dict[Word, None]] = {w: dict.fromkeys(c) for w, c in words().items()}

    def add(spelling: str, word: Word) -> None:
        if len(plain := bare(spelling)) > 1:
            found.setdefault(plain, {})[word] = None

    for kind in index.ontology.classes:
        if kind.name not in (structure.SOURCE, structure.OBSERVATION):
            add(kind.label.zh, ("noun", kind.name))
            add(kind.label.en, ("noun", kind.name))
    for kind in index.ontology.kinds.values():
        for part in kind.fields:
            if part.role not in ("name", "full_name"):
                for spelling in (part.label.zh, *part.synonyms):
                    add(spelling, ("field", part.name))
        if kind.name == structure.STAGE:
            for choice in kind.fields[1].choices:
                for spelling in (choice.label.zh, *choice.synonyms):
                    add(spelling, ("step", choice.name))
    for kind in index.ontology.classes:
        for part in kind.fields:
            if part.choices and kind.name not in _UNCHOSEN:
                for choice in part.choices:
                    for spelling in (choice.label.zh, *choice.synonyms):
                        add(spelling, ("choice", f"{kind.name}/{part.name}/{choice.name}"))
    for choice in index.ontology.words.get("ObservationStatus", ()):
        for spelling in (choice.label.zh, *choice.synonyms):
            add(spelling, ("status", choice.name))
    for row, said in index.table.each(index.table.rows(structure.HOLDS).tolist()):
        if index.table.grade[row] <= index.shown and said.get("title"):
            add(str(said["title"]), ("titles", "words"))
    return {w: tuple(c) for w, c in found.items()}


def _reach(spellings: Iterable[str], width: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for spelling in spellings:
        head = spelling[:width]
        found[head] = max(found.get(head, 0), len(spelling))
    return found


def tables(section: str) -> Mapping[str, list[str]]:
    """One section of words.toml."""
    found: Mapping[str, list[str]] = table()[section]
    return found
