"""What the Turtle compiles to: frozen plain data that every other room asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property

from ontology.errors import NotFound

__all__ = ["Choice", "End", "Field", "Kind", "Ontology", "Text"]


@dataclass(frozen=True, slots=True)
class Text:
    """A label or comment in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a closed vocabulary; `name` is stored, either label may be typed.

    `colour` (#RRGGBB) and `symbol` are blank where pictures do not tell the values apart.
    """

    name: str
    label: Text
    synonyms: tuple[str, ...] = ()
    colour: str = ""
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One property of a class or link.

    `datatype` is one of: string, integer, decimal, boolean, date, period, quantity, address,
    credit_code, choice, reference.  A quantity keeps a number here and its unit, bound and the
    source's wording in the sibling fields named by `unit_field`, `bound_field`, `wording_field`.
    `role` tells what the field does for identity: code, full_name, name, alias (or blank).
    """

    name: str
    label: Text
    comment: Text
    datatype: str
    refers: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    required: bool = False
    multiple: bool = False
    key: bool = False
    role: str = ""
    example: str = ""
    synonyms: tuple[str, ...] = ()
    vocabulary: str = ""  # name of the vocabulary that `choices` come from
    unit_field: str = ""
    bound_field: str = ""
    wording_field: str = ""
    minimum: float | None = None  # the least that a number may be

    @property
    def parts(self) -> tuple[str, ...]:
        """The sibling fields that belong to a quantity."""
        return tuple(filter(None, (self.unit_field, self.bound_field, self.wording_field)))


@dataclass(frozen=True, slots=True)
class End:
    """One end of a link: `name` is its column ("supplier"), `refers` the classes it may be.

    An empty `refers` means any class.
    """

    name: str
    label: Text
    comment: Text
    refers: tuple[str, ...] = ()
    example: str = ""
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A class, or a link when `ends` is set.

    open      a reference to an unknown name makes a thing known by name only
              (Company); otherwise an unknown name is an error (Region, Segment)
    timeless  without an explicit start it holds at all times (segmentOf, partOf)
    place     its things are places of the region DAG (Region, Park, Site)
    tie       the link is a business tie that a path may walk (suppliesTo)
    evidence  what the link says about a segment at a place:
              firm | presence | absence | survey | "" (nothing)
    identity  the link is a decision about two names: same | different | ""
    """

    name: str
    label: Text
    comment: Text
    fields: tuple[Field, ...]
    ends: tuple[End, End] | None = None
    colour: str = ""
    symbol: str = ""
    order: int = 0
    shelf_life: int = 0  # years after which the last evidence is stale; 0 = never
    open: bool = False
    timeless: bool = False
    place: bool = False
    tie: bool = False
    evidence: str = ""
    identity: str = ""
    maps_to: tuple[str, ...] = ()  # IRIs of superclasses or equivalent properties

    def field(self, name: str) -> Field | None:
        """The field of that English name, or None."""
        return next((f for f in self.fields if f.name == name), None)

    def role(self, role: str) -> tuple[Field, ...]:
        """The fields that play an identity role (code, full_name, name, alias)."""
        return self._roles.get(role, ())

    @cached_property  # asked for every record that gets an id
    def _roles(self) -> dict[str, tuple[Field, ...]]:
        return {role: tuple(f for f in self.fields if f.role == role)
                for role in {f.role for f in self.fields}}

    @cached_property
    def key(self) -> tuple[Field, ...]:
        """The fields that belong to the identity."""
        return tuple(f for f in self.fields if f.key)


@dataclass(frozen=True, slots=True)
class Ontology:
    """All kinds, vocabularies and numbers of the model, from one folder of Turtle."""

    namespace: str
    kinds: Mapping[str, Kind]
    thresholds: Mapping[str, float]
    grades: tuple[Choice, ...]  # best first
    words: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)  # every vocabulary
    common: tuple[Field, ...] = ()  # columns that every kind accepts: source, valid_from ...
    about: Mapping[str, tuple[Text, Text]] = field(default_factory=dict)
    # label and comment of each vocabulary and threshold
    fingerprint: str = ""

    @property
    def classes(self) -> tuple[Kind, ...]:
        return tuple(k for k in self.kinds.values() if k.ends is None)

    @property
    def links(self) -> tuple[Kind, ...]:
        return tuple(k for k in self.kinds.values() if k.ends is not None)

    def kind(self, name: str) -> Kind:
        """The kind of that English or Chinese name.

        Raises NotFound with the nearest names.
        """
        wanted = name.strip().casefold()
        for kind in self.kinds.values():
            if wanted in (kind.name.casefold(), kind.label.zh, kind.label.en.casefold()):
                return kind
        part = [kind for kind in self.kinds.values() if wanted in kind.label.zh]
        if wanted and len(part) == 1:
            return part[0]
        names = [k.name for k in self.kinds.values()] + [k.label.zh for k in self.kinds.values()]
        raise NotFound("种类", name, get_close_matches(name, names, 3, 0.4))
