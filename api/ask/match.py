"""How well a sentence of the data answers the words of a question: shared pairs of characters."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise
from math import log

import numpy as np

from api.ask.frame import Frame, Token
from api.ask.words import same
from graph.analysis.facts import Fact, of_rows, own
from graph.index import Index
from graph.structure import FACILITATES, OBSERVATION, SOURCE

__all__ = ["Corpus", "content", "coverage", "figures", "sayings", "spellings"]

_WINDOW = 9  # how far apart two characters of a pair may stand
_ENOUGH = 0.66


def content(tokens: Iterable[Token], skip: Sequence[Token] = ()) -> list[str]:
    """The stretches of the question that say what is asked, in the spelling of figures."""
    runs: list[str] = []
    last = -1
    for token in tokens:
        if token in skip or not _tells(token):
            continue
        if runs and token.start == last:
            runs[-1] += token.text
        else:
            runs.append(token.text)
        last = token.end
    return [run for run in (same(text) for text in runs) if run]


def _tells(token: Token) -> bool:
    if token.sort in ("break", "time"):
        return False
    if token.sort in ("text", "name") or token.is_a("content"):
        return True
    if token.is_a("ask", "rank"):
        return True
    if any(s in ("ask", "blank", "time", "status") for s, _ in token.classes):
        return False
    return not token.is_a("verb", "has", "most", "least", "name_of")


@lru_cache(maxsize=1 << 14)
def pairs(run: str) -> Sequence[str]:
    """Neighbouring characters; digits and Latin letters stay whole words."""
    parts: list[str] = []
    for char in run:
        if parts and char.isascii() and char.isalnum() and parts[-1][-1].isascii() and (
                parts[-1][-1].isalnum()):
            parts[-1] += char
        else:
            parts.append(char)
    if len(parts) == 1:
        return parts
    return [a + "\0" + b for a, b in pairwise(parts)]


def coverage(runs: Iterable[str], doc: str, weight: Mapping[str, float], usual: float) -> float:
    """The share of the weight of the question's pairs that the text holds, 0 to 1."""
    whole = held = 0.0
    for run in runs:
        for pair in pairs(run):
            mass = weight.get(pair, usual)
            whole += mass
            held += mass * _holds(doc, pair)
    return held / whole if whole else 0.0


def _holds(doc: str, pair: str) -> float:
    first, _, second = pair.partition("\0")
    if first + second in doc:
        return 1.0
    if not second:
        return 0.0
    at = doc.find(first)
    while at >= 0:
        if doc.find(second, at + len(first), at + len(first) + _WINDOW) >= 0:
            return 0.85
        at = doc.find(first, at + 1)
    return 0.5 if first in doc and second in doc else 0.0


@dataclass(frozen=True)
class Corpus:
    """Sentences of an index: (the thing they are about, their words, the thing that says it)."""

    index: Index
    entries: Sequence[tuple[int, str, int]]
    memory: dict[int, str] = field(default_factory=dict, compare=False, repr=False)
    told: dict[int, Fact] = field(default_factory=dict, compare=False, repr=False)
    places: dict[int, frozenset[int]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def by_subject(self) -> Mapping[int, list[int]]:
        found: dict[int, list[int]] = {}
        for number, (subject, _, _) in enumerate(self.entries):
            found.setdefault(subject, []).append(number)
        return found

    @cached_property
    def postings(self) -> Mapping[str, list[int]]:
        found: dict[str, list[int]] = {}
        for number, (_, doc, _) in enumerate(self.entries):
            for pair in set(pairs(doc)):
                found.setdefault(pair, []).append(number)
        return found

    @cached_property
    def weight(self) -> Mapping[str, float]:
        many = len(self.entries) + 2
        return {pair: log(many / (1 + len(where))) for pair, where in self.postings.items()}

    @property
    def usual(self) -> float:
        """The weight of a pair that no figure has."""
        return log(len(self.entries) + 2)

    def names(self, subject: int) -> str:
        """All names of a subject, in the spelling of figures."""
        known = self.memory.get(subject)
        if known is None:
            known = self.memory[subject] = "|".join(same(n) for n in spellings(self.index, subject))
        return known

    def homes(self, subject: int) -> frozenset[int]:
        """What a subject says that it belongs to: its region, firm, chain, policy …"""
        if subject not in self.places:
            said = self.index.said(self.index.rows_of(subject))
            kind = self.index.ontology.kinds[self.index.kind_of(subject)]
            found = {self.index.reference(said.get(f.name)) for f in kind.fields
                     if f.datatype == "reference" and not f.multiple}
            if not kind.place and not kind.open:  # who takes part in an event, and so on
                found |= set(self.index.links.there[self.index.links.of(subject)].tolist())
            self.places[subject] = frozenset(found - {-1})
        return self.places[subject]

    def near(self, runs: Iterable[str], most: int = 400) -> list[int]:
        """Entries that share rare pairs with the question."""
        score: dict[int, float] = {}
        for run in runs:
            for pair in pairs(run):
                where = self.postings.get(pair, ())
                if len(where) < 3000:
                    for number in where:
                        score[number] = score.get(number, 0.0) + self.weight[pair]
        return sorted(score, key=lambda number: (-score[number], number))[:most]

    def fact(self, number: int) -> Fact:
        """The thing that says it, or the link: those count from -1 downwards."""
        if number not in self.told:
            self.told[number] = self._fact(self.entries[number][2])
        return self.told[number]

    def _fact(self, said: int) -> Fact:
        return own(self.index, said) if said >= 0 else of_rows(self.index, [-said - 1])[0]


def spellings(index: Index, thing: int) -> list[str]:
    """The names of a thing: the usual one first, then those that its records tell."""
    said = index.said(index.rows_of(thing))
    kind = index.ontology.kinds[index.kind_of(thing)]
    found = [index.label(thing)]
    for part in kind.fields:
        if part.role in ("name", "full_name", "alias"):
            value = said.get(part.name)
            found += [str(v) for v in (value if isinstance(value, list) else [value]) if v]
    return found


def figures(index: Index) -> Corpus:
    """All figures, read once an index."""
    key = ("ask figures", index.shown)
    known = index.memory.get(key)
    if not isinstance(known, Corpus):
        known = index.memory[key] = Corpus(index, _entries(index))
    return known


def sayings(index: Index, kinds: Collection[str]) -> Corpus:
    """What sources say in sentences: traits, notes, and the things of these classes."""
    key = ("ask sayings", index.shown)
    known = index.memory.get(key)
    if not isinstance(known, Corpus):
        known = index.memory[key] = Corpus(index, _sentences(index, kinds))
    return known


def _sentences(index: Index, kinds: Collection[str]) -> list[tuple[int, str, int]]:
    t, found = index.table, dict[int, list[str]]()
    wanted = [n for n, name in enumerate(t.kinds) if name in kinds]
    for row in np.flatnonzero(t.head < 0).tolist():
        if t.grade[row] > index.shown or t.kinds[t.kind[row]] in (SOURCE, OBSERVATION):
            continue
        if t.kind[row] in wanted or '"note":' in t.values[row] or '"text":' in t.values[row]:
            texts = [str(part) for value in t.said(row).values()
                     for part in (value if isinstance(value, list) else [value])]
            found.setdefault(int(index.canon[t.thing[row]]), []).extend(texts)
    entries: list[tuple[int, str, int]] = []
    for thing in sorted(found):
        said = index.said(index.rows_of(thing))
        subject = index.reference(said.get("subject"))
        about = [index.label(subject)] if subject >= 0 else []
        entries.append((subject if subject >= 0 else thing,
                        same(" ".join([index.label(thing), *about, *found[thing]])), thing))
    return entries + list(_of_links(index))


def _of_links(index: Index) -> Iterator[tuple[int, str, int]]:
    """What links say in sentences: the topic of a cooperation, what a firm gets from another."""
    t, seen = index.table, set[tuple[int, int, str]]()
    ties = [n for n, name in enumerate(t.kinds) if index.ontology.kinds[name].tie
            or name == FACILITATES]
    for row in np.flatnonzero((t.head >= 0) & np.isin(t.kind, ties)).tolist():
        if t.grade[row] > index.shown or not ('"topic":' in t.values[row]
                                              or '"note":' in t.values[row]):
            continue
        ends = int(index.canon[t.head[row]]), int(index.canon[t.tail[row]])
        texts = [str(v) for name, v in t.said(row).items() if name in ("topic", "note", "form")]
        text = same(" ".join([*(index.label(end) for end in ends), *texts]))
        if (*ends, text) not in seen:
            seen.add((*ends, text))
            yield ends[0], text, -row - 1


def _entries(index: Index) -> list[tuple[int, str, int]]:
    found: dict[int, tuple[int, str, int]] = {}
    rows = index.table.rows(OBSERVATION).tolist()
    for row, said in index.table.each(rows):
        thing = int(index.canon[index.table.thing[row]])
        subject = index.reference(said.get("subject"))
        if subject >= 0 and thing not in found and index.table.grade[row] <= index.shown:
            text = " ".join(str(said.get(name) or "") for name in ("metric", "scope"))
            found[thing] = subject, same(text), thing
    return [found[thing] for thing in sorted(found)]


def share(frame: Frame, runs: Sequence[str], doc: str) -> float:
    """Coverage by the weights of the figures of the index."""
    known = figures(frame.index)
    return coverage(runs, doc, known.weight, known.usual)
