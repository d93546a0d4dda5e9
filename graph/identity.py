"""Which words name one thing: ids made from what one source says, and groups of ids afterwards.

An id depends on one record alone, a group only on the set of live records: the order of loading
does not matter, and removing a source is the same as never having loaded it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from graph.names import normalise
from graph.record import Value
from ontology.model import Kind

__all__ = ["Doubt", "Groups", "Named", "groups", "is_normal", "link_id", "namer", "thing_id"]

_LONGEST = 80
_plain = re.compile("[0-9a-z\u4e00-\u9fff]+").fullmatch  # normalised already


def thing_id(kind: Kind, values: Mapping[str, Value]) -> str:
    """The id that these values give a thing of a class.

    Made of its code, else its key fields, else its normalised full name, else its name.
    Raises ValueError if there is none of them.
    """
    code = next((_text(values.get(f.name, "")) for f in kind.role("code")), "")
    if code:
        return _id(kind.name, code)
    if kind.key:
        parts = [_key_text(values.get(f.name, ""), f.datatype) for f in kind.key]
        while parts and not parts[-1]:
            parts.pop()
        key = "/".join(parts)
    else:
        told = (normalise(_text(values.get(f.name, "")))
                for role in ("full_name", "name") for f in kind.role(role))
        key = next((text for text in told if text), "")
    if not key:
        raise ValueError(f"{kind.label.zh}缺少名称，无法编号")
    return _id(kind.name, key)


def link_id(kind: Kind, ends: tuple[str, str], values: Mapping[str, Value]) -> str:
    """The id of a link: a digest of its kind, its ends and the key fields that are not blank."""
    said = [kind.name, *ends]
    for field in kind.key:
        if text := _text(values.get(field.name, "")):
            said.append(f"{field.name}={text}")
    return f"{kind.name}:" + blake2b("\x1f".join(said).encode(), digest_size=10).hexdigest()


def _id(kind: str, key: str) -> str:
    if len(key) > _LONGEST:
        key = blake2b(key.encode(), digest_size=10).hexdigest()
    return f"{kind}:{key}"


def _text(value: Value) -> str:
    return "、".join(map(str, value)) if isinstance(value, tuple) else str(value).strip()


def _key_text(value: Value, datatype: str) -> str:
    """A reference contributes its own id's part after the kind."""
    text = _text(value)
    return text.partition(":")[2] if datatype == "reference" and ":" in text else text


@dataclass(frozen=True, slots=True)
class Named:
    """What one record calls its thing; names are normalised, `code` may be blank."""

    id: str
    kind: str
    code: str = ""
    full_names: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Doubt:
    """Ids that may be one thing and were left apart: for a person to decide."""

    kind: str
    ids: tuple[str, ...]  # sorted
    reason: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Groups:
    """`canonical` holds only the ids that change; `review` is sorted."""

    canonical: Mapping[str, str]
    review: tuple[Doubt, ...]

    def of(self, id: str) -> str:
        return self.canonical.get(id, id)


def is_normal(text: str) -> bool:
    """Whether normalising changes nothing."""
    return _plain(text) is not None or normalise(text) == text


def namer(kind: Kind) -> Callable[[str, Mapping[str, Any]], Named]:
    """What tells of (id, values) how a record calls its thing.

    A class with key fields is known by them, never by name.
    """
    codes = [f.name for f in kind.role("code")]
    roles = [] if kind.key else [
        [f.name for f in kind.role(role)] for role in ("full_name", "name", "alias")]

    def named(id: str, said: Mapping[str, Any]) -> Named:
        code = next((_text(said[f]) for f in codes if said.get(f)), "")
        return Named(id, kind.name, code, *[_texts(said, fields) for fields in roles])

    return named


def _texts(said: Mapping[str, Any], fields: Sequence[str]) -> tuple[str, ...]:
    found: list[str] = []
    for field in fields:
        value = said.get(field)
        if type(value) is str:
            found.append(value if _plain(value) else normalise(value))
        elif value is not None:
            found += map(normalise, value if isinstance(value, list | tuple) else (str(value),))
    return tuple(filter(None, found))


def groups(rows: Iterable[Named], same: Iterable[tuple[str, str]] = (),
           different: Iterable[tuple[str, str]] = (), plain: Collection[str] = ()) -> Groups:
    """Which ids are one thing.

    In this order: what people decided to be the `same`; an equal code; an equal full name; and a
    thing known only by name joins the one group that bears its name.  Two codes, or two ids that
    people decided to be `different`, never come together: whatever would bring them together is
    left undone and listed for review.

    plain  ids without a row: nothing but the name that the id ends with is known of them
    """
    by_kind: defaultdict[str, list[Named]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    canonical: dict[str, str] = {}
    review: list[Doubt] = []
    same, different = list(same), list(different)
    for id in _met(by_kind, same, set(plain)):
        kind, _, name = id.partition(":")
        by_kind[kind].append(Named(id, kind, names=(name,)))
    for kind in sorted(by_kind):
        sharing = _sharing(by_kind[kind])
        sharing.update(id for pair in same for id in pair)
        partition = _Partition(kind, [row for row in by_kind[kind] if row.id in sharing], different)
        partition.join(partition.numbered(same), "判定为同一，但代码不同或另有判定为不同")
        partition.join(_chained(partition.by_code), "代码相同，但判定为不同")
        partition.join(_chained(partition.by_full_name), "全称相同，但代码不同或判定为不同")
        partition.join_by_name()
        canonical |= partition.canonical()
        review += partition.review
    return Groups(canonical, tuple(sorted(review)))


def _met(by_kind: Mapping[str, Sequence[Named]], same: Iterable[tuple[str, str]],
         plain: set[str]) -> set[str]:
    """The plain ids that anything else touches; two of them never share a name."""
    if not plain:
        return plain
    called = {f"{kind}:{text}" for kind, rows in by_kind.items() for row in rows
              for texts in (row.full_names, row.names, row.aliases) for text in texts}
    called.update(id for pair in same for id in pair)
    return called & plain


def _sharing(rows: Iterable[Named]) -> set[str]:
    """Ids that share a text with another id or have two codes; most have no need of more."""
    bearer: dict[str, str] = {}
    code: dict[str, str] = {}
    sharing: set[str] = set()
    for row in rows:
        id = row.id
        if row.code:
            if code.setdefault(id, row.code) != row.code:
                sharing.add(id)
            if (first := bearer.setdefault(row.code, id)) != id:
                sharing.update((first, id))
        for texts in (row.full_names, row.names, row.aliases):
            for text in texts:
                if (first := bearer.setdefault(text, id)) != id:
                    sharing.update((first, id))
    return sharing


def _chained(bearers: Mapping[str, Collection[int]]) -> list[tuple[int, int]]:
    """Pairs that tie together all that bear the same text."""
    return [(first, other) for first, *others in bearers.values() for other in others
            if other != first]


class _Partition:
    """The ids of one kind in groups.  Ids are numbered in their order; a group is known by its
    smallest number.  What would bring together what must stay apart is refused and listed."""

    def __init__(self, kind: str, rows: Sequence[Named],
                 different: Iterable[tuple[str, str]]) -> None:
        self._kind = kind
        self._ids = sorted({row.id for row in rows})
        self._number = {id: number for number, id in enumerate(self._ids)}
        self._parent = list(range(len(self._ids)))
        self._code: dict[int, str] = {}
        self._own: dict[int, list[str]] = {}  # names of ids known by nothing else
        self._bearers: dict[str, list[int]] = {}  # of a name, full name or alias
        self.by_code: dict[str, list[int]] = {}
        self.by_full_name: dict[str, list[int]] = {}
        self.review: list[Doubt] = []
        twice = {number for row in rows if row.code for number in (self._number[row.id],)
                 if self._code.setdefault(number, row.code) != row.code}
        for number in sorted(twice):
            self._doubt((number,), "有两个不同的代码")
            del self._code[number]
        self._sure = {self._number[row.id] for row in rows if row.code or row.full_names}
        for row in rows:
            self._note(self._number[row.id], row, twice)
        self._apart = self.numbered(different)

    def _note(self, number: int, row: Named, twice: Collection[int]) -> None:
        bearers = self._bearers
        for texts in (row.names, row.full_names, row.aliases):
            for text in texts:
                bearers.setdefault(text, []).append(number)
        if number not in self._sure:
            self._own.setdefault(number, []).extend(row.names)
        elif number not in twice:
            if row.code:
                self.by_code.setdefault(row.code, []).append(number)
            for text in row.full_names:
                self.by_full_name.setdefault(text, []).append(number)

    def numbered(self, pairs: Iterable[tuple[str, str]]) -> list[tuple[int, int]]:
        """Those pairs of two ids that are both of this kind."""
        known = self._number
        return [(known[a], known[b]) for a, b in pairs if a in known and b in known and a != b]

    def _doubt(self, numbers: Iterable[int], reason: str, name: str = "") -> None:
        ids = tuple(self._ids[number] for number in sorted(set(numbers)))
        self.review.append(Doubt(self._kind, ids, reason, name))

    def _root(self, number: int) -> int:
        parent = self._parent
        while (above := parent[number]) != number:
            parent[number] = number = parent[above]
        return number

    def _unite(self, pairs: Iterable[tuple[int, int]]) -> None:
        for a, b in pairs:
            one, other = self._root(a), self._root(b)
            self._parent[max(one, other)] = min(one, other)

    def join(self, pairs: Collection[tuple[int, int]], reason: str) -> None:
        """Join all pairs but those of a component that would hold what must stay apart.

        Judged by whole components, so the order of the pairs does not matter.
        """
        before = list(self._parent)
        self._unite(pairs)
        if not (wrong := self._wrong()):
            return
        refused: defaultdict[int, set[int]] = defaultdict(set)
        for pair in pairs:
            if (root := self._root(pair[0])) in wrong:
                refused[root].update(pair)
        kept = [pair for pair in pairs if self._root(pair[0]) not in wrong]
        self._parent = before
        self._unite(kept)
        for numbers in refused.values():
            self._doubt(numbers, reason)

    def _wrong(self) -> set[int]:
        """Roots of the groups that hold two codes or two things judged different."""
        wrong = {self._root(a) for a, b in self._apart if self._root(a) == self._root(b)}
        codes: dict[int, str] = {}
        for number, code in self._code.items():
            if codes.setdefault(root := self._root(number), code) != code:
                wrong.add(root)
        return wrong

    def join_by_name(self) -> None:
        """Each group known only by names joins the one other group that bears one of them.

        Done in rounds, each judged on the groups at its start: two groups that bear a name may
        have become one.  As every such group joins at most one other, two codes never meet.
        """
        waiting = {number: bearing for number, names in self._own.items() if len(
            bearing := {b for name in names for b in self._bearers[name]}) > 1}
        while True:
            sure = {self._root(number) for number in self._sure}
            claims: dict[int, set[int]] = {}
            for number, bearing in waiting.items():
                if (root := self._root(number)) not in sure:
                    claims.setdefault(root, set()).update(map(self._root, bearing))
            self._discard_apart(claims)
            if not self._unite_apart({root: one for root, (one, *more) in claims.items()
                                      if not more}):
                break
        called: dict[int, list[str]] = {}
        for number in waiting:
            called.setdefault(self._root(number), []).extend(self._own[number])
        for root, bearing in claims.items():
            reason = ("名称属于不止一家" if len(bearing) > 1 else
                      "名称属于一家，但会与判定为不同的合到一起")
            self._doubt((root, *bearing), reason, min(called[root]))

    def _discard_apart(self, claims: dict[int, set[int]]) -> None:
        """Leave out of each group's claimants itself and those that it was judged different from;
        then groups that nobody claims."""
        for a, b in self._apart:
            one, other = self._root(a), self._root(b)
            claims.get(one, set()).discard(other)
            claims.get(other, set()).discard(one)
        for root in list(claims):
            claims[root].discard(root)
            if not claims[root]:
                del claims[root]

    def _unite_apart(self, claimed: dict[int, int]) -> bool:
        """Join each group to its claimant, but those that would meet what they differ from."""
        before = list(self._parent)
        held = {number: self._root(number) for pair in self._apart for number in pair}
        self._unite(claimed.items())
        meeting = {held[number] for pair in self._apart
                   if self._root(pair[0]) == self._root(pair[1]) for number in pair}
        if meeting:
            self._parent = before
            claimed = {root: one for root, one in claimed.items() if root not in meeting}
            self._unite(claimed.items())
        return bool(claimed)

    def canonical(self) -> dict[str, str]:
        """id → the id of its group: one made of a code, else of a full name, else the smallest."""
        members: dict[int, list[int]] = {}
        for number in range(len(self._ids)):
            if (root := self._root(number)) != number:
                members.setdefault(root, [root]).append(number)
        made = [{_id(self._kind, text) for text in texts}
                for texts in (self.by_code, self.by_full_name)]
        chosen: dict[str, str] = {}
        for group in members.values():
            ids = [self._ids[number] for number in group]
            best = next((id for makes in made for id in ids if id in makes), ids[0])
            chosen.update((id, best) for id in ids if id != best)
        return chosen
