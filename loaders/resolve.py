"""What a name in a cell refers to: things of this load and of the store, whatever their order."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from graph.codes import check_credit_code
from graph.identity import thing_id
from graph.names import nearest, normalise
from graph.record import Record, Value
from ontology.model import Kind, Ontology

__all__ = ["Fault", "Known"]


class Fault(Exception):
    """Why a cell is refused, and what may have been meant.

    `column` names the field at fault where that is not clear from the place of the error.
    """

    def __init__(self, reason: str, nearest: Iterable[str] = (), column: str = "") -> None:
        self.reason, self.nearest, self.column = reason, tuple(nearest), column
        super().__init__(reason)


class Known:
    """Every name that a cell may use, gathered before the first record is checked.

    A closed class must be named here.  An open one (Company) need not: an unknown name makes a
    thing known by name only, kept in `mentions` (id → kind, values).
    """

    def __init__(self, ontology: Ontology) -> None:
        self.ontology = ontology
        self.mentions: dict[str, tuple[str, dict[str, Value]]] = {}
        self.guessed: dict[str, set[str]] = {}  # kind assumed → names that may be several
        self.dated: set[str] = set()  # sources that have a date
        self._closed: dict[str, dict[str, int]] = {}  # name → id → 0, or 1 for an alias
        self._looks = 1_000  # for the nearest name; a whole wrong column must not take hours
        self._shown: dict[str, dict[str, str]] = {}  # kind → id → its name as printed
        self.firms: dict[str, str] = {}  # normalised name → name, of classes that evidence is of
        self._firm_kinds = {name for link in ontology.links if link.ends and link.evidence == "firm"
                            for name in link.ends[0].refers}
        self._open: set[str] = set()
        self._owner: dict[str, str] = {}

    @staticmethod
    def naming(kind: Kind) -> tuple[tuple[str, bool], ...]:
        """The fields that name a thing of the kind, and whether only as an alias."""
        return tuple((f.name, f.role == "alias" or not f.role) for f in kind.fields
                     if f.role or f.name == "name_en")

    def declare(self, kind: Kind, id: str, values: Mapping[str, Value]) -> None:
        """Make a thing's names known."""
        if kind.open:
            self._declare_open(kind, id, values)
            return
        names = self._closed
        names.setdefault(normalise(id.partition(":")[2]), {})[id] = 0
        for name, alias in self.naming(kind):
            said = values.get(name, ())
            for text in said if isinstance(said, tuple) else (said,):
                ranks = names.setdefault(normalise(str(text)), {})
                ranks[id] = min(ranks.get(id, 1), int(alias))
                if not alias:
                    self._shown.setdefault(kind.name, {})[id] = str(text)
        if "date" in values:
            self.dated.add(id)

    def firm_names(self, record: Record) -> Iterator[tuple[str, str]]:
        """(id, name) of the firms that a record describes, or names at its ends."""
        if record.kind in self._firm_kinds:
            kind = self.ontology.kinds[record.kind]
            for field in (*kind.role("name"), *kind.role("full_name")):
                if field.name in record.values:
                    yield record.id, str(record.values[field.name])
        for id in record.ends or ():
            kind_name, values = self.mentions.get(id, ("", {}))
            if kind_name in self._firm_kinds:
                yield id, str(next(iter(values.values())))

    def _declare_open(self, kind: Kind, id: str, values: Mapping[str, Value]) -> None:
        self._open.add(id)
        for field in kind.fields:
            said = values.get(field.name) if field.role else None
            for text in said if isinstance(said, tuple) else (said,) if said else ():
                role = field.name if field.role == "code" else self._fields(kind)[0]
                if field.role != "code" and kind.name in self._firm_kinds:
                    self.firms[normalise(str(text))] = str(text)
                with suppress(ValueError):
                    other = thing_id(kind, {role: str(text)})
                    if other != id and self._owner.setdefault(other, id) != id:
                        self._owner[other] = ""  # two claim it: it stays apart

    def same(self, one: str, other: str) -> bool:
        """Whether two ids are one thing, by id or because one carries the other's name."""
        return one == other or (
            (one in self._owner or other in self._owner) and self._root(one) == self._root(other))

    def _root(self, id: str) -> str:
        for _ in range(8):
            owner = self._owner.get(id)
            if not owner:
                return id
            id = owner
        return id

    def has(self, id: str) -> bool:
        """Whether a thing of a closed class is known by that id."""
        return id in self._closed.get(normalise(id.partition(":")[2]), {})

    def names(self, kinds: Iterable[str]) -> list[str]:
        """The printed names of the closed things of some kinds."""
        return [name for kind in kinds for name in self._shown.get(kind, {}).values()]

    def closed(self, text: str, kinds: Iterable[Kind]) -> str | None:
        """A thing of closed classes by any of its names, or None.  Raises Fault for several."""
        names = {kind.name for kind in kinds}
        ranks = {id: rank for id, rank in self._closed.get(normalise(text), {}).items()
                 if id.partition(":")[0] in names}
        if not ranks and "/" in text:
            ranks = self._qualified(text, kinds)
        best = sorted(id for id, rank in ranks.items() if rank == min(ranks.values()))
        if len(best) > 1:
            one = len({id.partition(":")[0] for id in best}) == 1
            raise Fault(f"「{text}」不止一个，请写明是哪一个",
                        (self.label(id, bare=one) for id in best))
        return best[0] if best else None

    def find(self, text: str, refers: tuple[str, ...]) -> str:
        """The id that a cell means among the kinds (none: any class).  Raises Fault."""
        kinds = [self.ontology.kinds[name] for name in refers] or list(self.ontology.classes)
        named: list[Kind] = []
        if ":" in text or "：" in text:
            prefix, _, rest = text.replace("：", ":").partition(":")
            named = [k for k in kinds if prefix.strip() in (k.name, k.label.zh)]
            if named:
                kinds, text = named, rest.strip()
        found = self.closed(text.strip("/ "), kinds) or self._open_id(
            text, [kind for kind in kinds if kind.open], bool(named))
        if found is None:
            raise self._unknown(text, [kind for kind in kinds if not kind.open])
        return found

    def _qualified(self, text: str, kinds: Iterable[Kind]) -> dict[str, int]:
        """Things by a name of their key's first reference and their own: 锂电池/隔膜."""
        ranks: dict[str, int] = {}
        for kind in kinds:
            if len(kind.key) < 2 or kind.key[0].datatype != "reference":
                continue
            for slash in re.finditer("/", text):
                with suppress(Fault):
                    parent = self.find(text[:slash.start()], kind.key[0].refers)
                    start = f"{kind.name}:{parent.partition(':')[2]}/"
                    names = self._closed.get(normalise(text[slash.end():]), {})
                    ranks |= {id: r for id, r in names.items() if id.startswith(start)}
        return ranks

    def _open_id(self, text: str, kinds: list[Kind], named: bool) -> str | None:
        """A thing of an open class; a place without a record of its own must be written 基地:名称,
        for a mistyped region would otherwise become a site that lies nowhere."""
        found: dict[str, tuple[Kind, dict[str, Value]]] = {}
        for kind in kinds:
            name, code = self._fields(kind)
            values: dict[str, Value] = {name: text}
            if code and len(text) >= 18 and len(normalise(text)) == 18:
                with suppress(ValueError):
                    values = {code: check_credit_code(text)}
            with suppress(ValueError):
                found[thing_id(kind, values)] = kind, values
        ids = [id for id in found if id in self._open or id in self._owner]
        ids = ids or [id for id, (kind, _) in found.items() if named or not kind.place]
        if not ids:
            return None
        kind, values = found[ids[0]]
        if len(ids) > 1:
            self.guessed.setdefault(kind.label.zh, set()).add(text)
        before = self.mentions.get(ids[0])
        if before is None or str(before[1]) > str(values):
            self.mentions[ids[0]] = kind.name, values
        return ids[0]

    @staticmethod
    def _fields(kind: Kind) -> tuple[str, str]:
        """The fields of an open class that hold its name and its credit code (or none)."""
        codes = (f.name for f in kind.role("code") if f.datatype == "credit_code")
        names = (f.name for f in kind.role("name"))
        return next(names, "name"), next(codes, "")

    def _unknown(self, text: str, kinds: list[Kind]) -> Fault:
        names = self.names(kind.name for kind in kinds)
        labels = "或".join(kind.label.zh for kind in kinds[:3])
        if not names:
            return Fault(f"图谱里还没有任何{labels}：请先运行 xianglian load 装入随附数据")
        self._looks -= 1
        near = (nearest(text, names) or nearest(text.rpartition("/")[2], names)
                ) if self._looks > 0 else []
        return Fault(f"没有这个{labels}", near)

    def name(self, id: str) -> str:
        """The name that a thing is printed with."""
        kind, _, key = id.partition(":")
        _, values = self.mentions.get(id, ("", {}))
        return self._shown.get(kind, {}).get(id) or str(next(iter(values.values()), key))

    def label(self, id: str, *, bare: bool = False) -> str:
        """How to write a thing so that it is not ambiguous."""
        kind, _, key = id.partition(":")
        name = self.name(id)
        text = key if bare else f"{self.ontology.kinds[kind].label.zh}:{key}"
        return text if normalise(name) in normalise(key) else f"{text}（{name}）"
