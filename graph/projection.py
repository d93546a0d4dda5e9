"""The graph that people read in the Neo4j browser, as plain data: what nodes and links should be.

A thing is one node with its merged values under the ontology's names.  References stay ids, as in
`merge`, and the names stand beside them (`region`, `region_name`).  A link is one relationship; its
references show names, and the ids stand beside them (`product`, `product_id`).
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph import identity
from graph.identity import Named
from graph.merge import SourceFacts, merge
from graph.neo4j_rows import escape
from graph.record import Record, Value, record_id
from ontology.model import Kind, Ontology

__all__ = ["Canon", "Label", "bare", "canon_of", "class_of", "display", "ids_in", "label_of",
           "link_of", "node", "references", "relation", "relationship_type"]

Label = tuple[str, str]
"""English and Chinese."""

_LABELS = frozenset({"Row", "Record", "记录", "Thing", "事物"})
_NODE = frozenset({"id", "ids"})
_RELATION = frozenset({"id", "record", "records", "source", "sources", "valid_from", "valid_to",
                       "inferred"})
_TYPES = frozenset({"FROM", "ABOUT"})
NameOf = Callable[[str], str]


@dataclass(frozen=True)
class Canon:
    """Which ids are one thing; `chief` holds only the ids that are not their group's own."""

    chief: Mapping[str, str]
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        groups: dict[str, set[str]] = {}
        for id, chief in self.chief.items():
            groups.setdefault(chief, {chief}).add(id)
        self.members.update((chief, tuple(sorted(ids))) for chief, ids in groups.items())

    def of(self, id: str) -> str:
        return self.chief.get(id, id)

    def group(self, id: str) -> tuple[str, ...]:
        """All ids of the thing, sorted."""
        return self.members.get(self.of(id), (id,))

    def grouped(self, id: str) -> bool:
        """Whether the thing has other ids too."""
        return id in self.chief or id in self.members

    def moved(self, other: "Canon") -> set[str]:
        """Ids whose group is not the same in both."""
        chiefs = self.members.keys() | other.members.keys()
        return {id for chief in chiefs for id in {*self.group(chief), *other.group(chief)}
                if self.of(id) != other.of(id) or self.group(id) != other.group(id)}


def canon_of(ontology: Ontology, ends: Callable[[Kind], Iterable[tuple[str, str]]],
             told: Callable[[Kind], Iterable[tuple[str, Mapping[str, Any]]]],
             mentioned: Callable[[Collection[str]], Iterable[str]]) -> Canon:
    """The groups that live records make, as the index makes them.

    ends       the ends of all links of a kind
    told       (id, what it says of the fields that name a thing) of all records of a class
    mentioned  ids of things of these classes that links or sources name
    What nothing but its id names, as most things of a large store, costs only that id.
    """
    decided: dict[str, list[tuple[str, str]]] = {"same": [], "different": []}
    for kind in ontology.links:
        if kind.identity:
            decided[kind.identity] += ends(kind)
    open_kinds = {kind.name for kind in ontology.classes if kind.open and not kind.key}
    named, plain, rich = list[Named](), set[str](), set[str]()
    for kind in ontology.classes:
        if kind.key and not kind.role("code") and not any(decided.values()):
            continue
        called = identity.namer(kind)
        for id, said in told(kind):
            if _says_its_id(kind, id, said):
                plain.add(id)
            else:
                rich.add(id)
                named.append(called(id, said))
    for kind_name, _, name in (id.partition(":") for id in plain & rich):
        named.append(Named(f"{kind_name}:{name}", kind_name, names=(name,)))
    plain -= rich
    plain.update(id for id in mentioned(open_kinds) if id not in rich)
    return Canon(identity.groups(named, decided["same"], decided["different"], plain).canonical)


def _says_its_id(kind: Kind, id: str, said: Mapping[str, Any]) -> bool:
    """Whether a record calls its thing by the name in the id and by no other."""
    if kind.key or len(said) != 1:
        return False
    (name, value), = said.items()
    field = kind.field(name)
    return (field is not None and field.role == "name" and id == f"{kind.name}:{value}"
            and identity.is_normal(str(value)))


# Names of labels and types -----------------------------------------------------------------------


def class_of(id: str, ontology: Ontology) -> Kind | None:
    """The class that an id names before its colon."""
    kind = ontology.kinds.get(id.partition(":")[0])
    return kind if kind is not None and kind.ends is None else None


def label_of(kind: Kind | None) -> Label:
    """A class that bears a name of ours gets an underscore; an id of no class is a Thing."""
    if kind is None:
        return "Thing", "事物"
    english, chinese = (f"{name}_" if name in _LABELS or name.startswith("Xianglian") else name
                        for name in (kind.name, kind.label.zh))
    return english, chinese


def relationship_type(kind: Kind) -> str:
    """suppliesTo → SUPPLIES_TO"""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.name).upper()
    return f"{name}_" if name in _TYPES else name


# Nodes -------------------------------------------------------------------------------------------


def node(kind: Kind, id: str, ids: Sequence[str], records: Sequence[Record],
         sources: Mapping[str, SourceFacts], name_of: NameOf) -> dict[str, Any]:
    """The properties of a thing that records tell of."""
    values = merge(records, kind, sources).values
    found: dict[str, Any] = {escape(name, _NODE): _plain(value) for name, value in values.items()}
    for f in kind.fields:
        if f.datatype == "reference" and f.name in values:
            found[_beside(kind, f"{f.name}_name")] = _named(values[f.name], name_of)
    return {**found, "id": id, **({"ids": list(ids)} if len(ids) > 1 else {})}


def bare(kind: Kind | None, id: str, ids: Sequence[str]) -> dict[str, Any]:
    """The properties of a thing that is only mentioned: the name that its id gives."""
    named = kind.role("name") if kind else ()
    found: dict[str, Any] = {named[0].name: id.partition(":")[2]} if named else {}
    return {**found, "id": id, **({"ids": list(ids)} if len(ids) > 1 else {})}


def display(kind: Kind | None, id: str, records: Sequence[Record],
            sources: Mapping[str, SourceFacts]) -> str:
    """What a reference to the thing shows: its name, else its full name, else what its id says."""
    if kind is not None and records:
        values = merge(records, kind, sources).values
        for role in ("name", "full_name"):
            for f in kind.role(role):
                if values.get(f.name):
                    return str(values[f.name])
    return id.partition(":")[2] or id


def _plain(value: Value) -> Any:
    """As a property; a list that sources filled with different types is a list of texts."""
    if not isinstance(value, tuple):
        return value
    return list(value) if len(set(map(type, value))) < 2 else [str(part) for part in value]


def _named(value: Value, name_of: NameOf) -> Any:
    if isinstance(value, tuple):
        return [name_of(str(part)) for part in value]
    return name_of(str(value))


def _beside(kind: Kind, name: str) -> str:
    """A name that no field of the kind bears."""
    while kind.field(name):
        name += "_"
    return name


# Links -------------------------------------------------------------------------------------------


def link_of(kind: Kind, record: Record, canon: Canon) -> str:
    """The id of the link that a record states, however its source spells ends and key."""
    head, tail = record.ends or ("", "")
    keys = {f.name: _canonical(record.values[f.name], canon)
            if f.datatype == "reference" else record.values[f.name]
            for f in kind.key if f.name in record.values}
    return identity.link_id(kind, (canon.of(head), canon.of(tail)), keys)


def _canonical(value: Value, canon: Canon) -> Value:
    if isinstance(value, tuple):
        return tuple(canon.of(str(part)) for part in value)
    return canon.of(str(value))


def relation(kind: Kind, id: str, records: Iterable[Record], canon: Canon,
             sources: Mapping[str, SourceFacts], name_of: NameOf) -> dict[str, Any]:
    """The properties of a link that these records state."""
    told = list(records)
    merged = merge(told, kind, sources)
    found: dict[str, Any] = {}
    for field_name, value in merged.values.items():
        f, name = kind.field(field_name), escape(field_name, _RELATION)
        if f is not None and f.datatype == "reference":
            found[_beside(kind, f"{field_name}_id")] = _plain(_canonical(value, canon))
            found[name] = _named(value, name_of)
        else:
            found[name] = _plain(value)
    return {**found, "id": id, **_provenance(told, merged.records)}


def _provenance(told: Sequence[Record], best: Sequence[str]) -> dict[str, Any]:
    """Where a link comes from, the best record first, and when it holds."""
    by_id = {record_id(r.id, r.source, r.valid_from): r for r in told}
    records = list(dict.fromkeys(best))
    sources = list(dict.fromkeys(by_id[one].source for one in records))
    ends = [r.valid_to for r in told]
    starts = [r.valid_from for r in told if r.valid_from]
    found: dict[str, Any] = {"record": records[0], "source": sources[0],
                             "inferred": all(r.inferred for r in told)}
    if len(records) > 1:
        found |= {"records": records, "sources": sources}
    if starts:
        found["valid_from"] = min(starts)
    if all(ends):
        found["valid_to"] = max(end for end in ends if end)
    return found


def references(kind: Kind, said: Record) -> Iterator[str]:
    """The ids that a record's values refer to."""
    for f in kind.fields:
        if f.datatype == "reference" and f.name in said.values:
            yield from ids_in(said.values[f.name])


def ids_in(value: Any) -> Iterator[str]:
    """The ids of a value that refers to one thing or to several."""
    return map(str, value if isinstance(value, tuple | list) else (value,))
