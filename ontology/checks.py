"""What the compiler refuses: each check raises OntologyError with the nearest right word."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from ontology.model import End, Field, Kind
from ontology.turtle import NAMESPACE, Term, Triples

__all__ = ["FLAGS", "SIBLINGS", "Shape", "check_aligned", "check_distinct", "check_field",
           "check_kind", "check_names", "check_siblings", "check_terms"]

_META = ("Class", "Link", "Shared", "Threshold")
FLAGS = ("open", "place", "timeless", "tie")
SIBLINGS = {"unitField": "string", "boundField": "choice", "wordingField": "string"}
_CHECKED = ("xl", "sh", "rdfs", "skos")
_SEGMENT = "Segment"  # evidence links speak of this class
_KIND = frozenset(["sh:property", *(f"xl:{name}" for name in (
    *FLAGS, "evidence", "identity", "shelfLife", "colour", "symbol", "order"))])
_SHAPE = frozenset(
    [f"sh:{name}" for name in ("path", "name", "description", "datatype", "class", "or",
                               "nodeKind", "minCount", "maxCount", "minInclusive", "order")]
    + [f"xl:{name}" for name in (*SIBLINGS, "key", "role", "choices", "end", "example", "synonym")])
_OTHERS = {"xl:Shared": frozenset(["sh:property"]),
           "skos:Concept": frozenset(["xl:order", "xl:colour", "xl:symbol"])}
_ANYWHERE = frozenset(
    [f"rdfs:{name}" for name in ("label", "comment", "subClassOf", "subPropertyOf", "seeAlso",
                                 "isDefinedBy", "domain", "range")]
    + [f"skos:{name}" for name in ("prefLabel", "altLabel", "definition", "notation", "inScheme",
                                   "closeMatch", "exactMatch", "broadMatch", "narrowMatch",
                                   "relatedMatch", "note", "scopeNote")])


@dataclass(frozen=True, slots=True)
class Shape:
    """A property shape: a field, or an end when `end` is "from" or "to"."""

    field: Field
    end: str
    order: int
    term: Term


def check_terms(graph: Triples) -> None:
    """Refuse predicates, types and terms that the compiler would otherwise ignore."""
    for subject, said in graph.said.items():
        types = [str(t) for t in said.get("rdf:type", ())]
        if subject.startswith("xl:") and not types and subject[3:] not in _META:
            raise _term(graph, subject).fault(
                "没有写明它是什么（a xl:Class、xl:Link、skos:Concept …）", subject,
                [s for s, other in graph.said.items() if "rdf:type" in other])
        allowed = _allowed(subject, types)
        for predicate in said:
            if predicate.partition(":")[0] in _CHECKED and predicate not in allowed:
                raise _term(graph, subject).fault(f"这里不能用属性 {predicate}", predicate, allowed)
        for type_ in types:
            if type_.startswith("xl:") and type_[3:] not in _META:
                raise _term(graph, subject).fault(f"不认识类型 {type_}", type_,
                                                  [f"xl:{m}" for m in _META])
        ours = any(t[3:] in _META for t in types if t.startswith("xl:"))
        if ours and not subject.startswith("xl:"):
            raise _term(graph, subject).fault(f"名称要写在命名空间 {NAMESPACE} 里")


def _allowed(subject: str, types: Sequence[str]) -> frozenset[str]:
    if subject.startswith("_:"):
        return _ANYWHERE | _SHAPE
    if "xl:Class" in types or "xl:Link" in types:
        return _ANYWHERE | _KIND
    return _ANYWHERE.union(*(_OTHERS.get(type_, ()) for type_ in types))


def _term(graph: Triples, subject: str) -> Term:
    """The subject under the name a reader knows: a field by its class and path."""
    owner = next((s for s, said in graph.said.items()
                  if subject in said.get("sh:property", ())), "")
    path = "、".join(str(v).removeprefix("xl:") for v in graph.said[subject].get("sh:path", ()))
    name = f"{owner}.{path}" if owner else subject
    return Term(graph, subject, name.removeprefix("xl:"))


def check_field(f: Field, term: Term) -> None:
    """Refuse a key, role or quantity that cannot work."""
    if f.key and f.multiple:
        raise term.fault("多值字段不能是键（加上 sh:maxCount 1，或去掉 xl:key）")
    if f.role in ("code", "full_name", "name") and f.multiple:
        raise term.fault(f"多值字段不能担任 {f.role}")
    if f.role and f.datatype not in ("string", "credit_code"):
        raise term.fault(f"担任 {f.role} 的字段应当是文字")
    if f.minimum is not None and f.datatype not in ("integer", "decimal", "quantity"):
        raise term.fault("sh:minInclusive 只用于数字和数量")
    if f.datatype == "quantity" and f.multiple:
        raise term.fault("数量字段不能是多值")


def check_siblings(shape: Shape, fields: Mapping[str, Field]) -> None:
    """Refuse a quantity whose unit, bound or wording field is not there."""
    for key, datatype in SIBLINGS.items():
        name = getattr(shape.field, f"{key[:-5]}_field")
        if not name:
            continue
        if shape.field.datatype != "quantity":
            raise shape.term.fault(f"xl:{key} 只用于数量字段")
        if name not in fields:
            raise shape.term.fault(f"xl:{key} 所指的字段「{name}」不存在", name, fields)
        if fields[name].datatype != datatype or fields[name].multiple:
            raise shape.term.fault(f"xl:{key} 所指的字段「{name}」类型不对，应当是单值 {datatype}")


def check_distinct(term: Term, pairs: Iterable[tuple[str, str]],
                   seen: dict[str, str] | None = None) -> None:
    """Refuse one text that would mean two things, or another thing than `seen` before."""
    seen = {} if seen is None else seen
    for text, owner in pairs:
        if seen.setdefault(text.casefold(), owner) != owner:
            raise term.fault(f"「{text}」既指 {seen[text.casefold()]} 又指 {owner}")


def check_names(kinds: Sequence[Kind], terms: Mapping[str, Term]) -> None:
    """Refuse two classes or links of one name, in either language."""
    seen: dict[str, str] = {}
    for kind in kinds:
        for text in (kind.name, kind.label.zh, kind.label.en):
            if seen.setdefault(text.casefold(), kind.name) != kind.name:
                raise terms[kind.name].fault(
                    f"名称「{text}」已经用于 {seen[text.casefold()]}")


def check_kind(kind: Kind, term: Term, places: set[str], common: Sequence[Field]) -> None:
    """Refuse columns that one header would confuse, and marks that do not fit the kind."""
    columns: list[Field | End] = [*(kind.ends or ()), *kind.fields]
    for c in common:
        if any(own.name == c.name for own in columns):
            raise term.fault(f"字段「{c.name}」与公共列重名")
    check_distinct(term, ((text, c.name) for c in chain(columns, common)
                          for text in (c.name, c.label.zh)))
    check_distinct(term, ((text, c.name) for c in columns
                          for text in (c.label.zh, *c.synonyms)))
    for role in ("code", "full_name", "name"):
        if len(kind.role(role)) > 1:
            raise term.fault(f"有两个字段担任 {role}")
    if kind.ends is None:
        if not kind.key and not (kind.role("code") or kind.role("full_name") or kind.role("name")):
            raise term.fault("类要有键（xl:key）或担任 name 的字段，否则无法识别")
        if kind.tie or kind.evidence or kind.identity:
            raise term.fault("xl:tie、xl:evidence、xl:identity 只用于联系")
    else:
        if kind.open or kind.place:
            raise term.fault("xl:open、xl:place 只用于类")
        _check_evidence(kind, term, places)


def _check_evidence(kind: Kind, term: Term, places: set[str]) -> None:
    if not kind.evidence or kind.ends is None:
        return
    start, end = (set(e.refers) for e in kind.ends)
    if kind.evidence == "firm":
        if end != {_SEGMENT} or not start:
            raise term.fault(f"evidence \"firm\" 的联系要从一类事物指向 {_SEGMENT}")
        if not any(f.refers and set(f.refers) <= places and f.key for f in kind.fields):
            raise term.fault("evidence \"firm\" 的联系要有指向地点的键字段")
    elif start != {_SEGMENT} or not end or not end <= places:
        raise term.fault(f"evidence \"{kind.evidence}\" 的联系要从 {_SEGMENT} 指向地点"
                         f"（{'、'.join(sorted(places))}）")


def check_aligned(graph: Triples, kinds: Sequence[Kind], common: Sequence[Field]) -> None:
    """Every rdf:Property that is mapped to another vocabulary must be a column of something."""
    used = {f"xl:{c.name}" for k in kinds for c in (*k.fields, *(k.ends or ()), *common)}
    for term in graph.typed("rdf:Property").values():
        if term.subject.startswith("xl:") and term.subject not in used:
            raise term.fault("没有哪个类或联系用到这个字段", term.subject, used)
