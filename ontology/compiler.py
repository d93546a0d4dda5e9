"""Compiles the Turtle files of a folder to one frozen `Ontology`, strictly.

Whatever the files say is either understood or refused with the file, the term, the reason and the
nearest right word; nothing is ignored silently.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache
from hashlib import blake2b
from importlib import resources
from pathlib import Path
from types import MappingProxyType

from ontology.checks import (
    FLAGS,
    SIBLINGS,
    Shape,
    check_aligned,
    check_distinct,
    check_field,
    check_kind,
    check_names,
    check_siblings,
    check_terms,
)
from ontology.errors import OntologyError
from ontology.model import Choice, End, Field, Kind, Ontology, Text
from ontology.turtle import NAMESPACE, Term, Triples, full, read

__all__ = ["load_ontology"]

_DATATYPES = {
    "xsd:string": "string", "xsd:integer": "integer", "xsd:decimal": "decimal",
    "xsd:boolean": "boolean", "xsd:anyURI": "address", "xl:Date": "date", "xl:Period": "period",
    "xl:Quantity": "quantity", "xl:CreditCode": "credit_code",
}
_ROLES = ("code", "full_name", "name", "alias")
_EVIDENCE = ("firm", "presence", "absence", "survey")
_IDENTITY = ("same", "different")
_MAPS = ("rdfs:subClassOf", "rdfs:subPropertyOf", "skos:closeMatch", "skos:exactMatch",
         "owl:equivalentClass", "owl:equivalentProperty")
_CLASS_NAME, _LINK_NAME = re.compile(r"[A-Z][A-Za-z0-9]*"), re.compile(r"[a-z][A-Za-z0-9]*")
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*")


@cache
def _packaged() -> Ontology:
    files = (f for f in resources.files("ontology").iterdir() if f.name.endswith(".ttl"))
    return _compile({file.name: file.read_bytes() for file in files})


def load_ontology(folder: Path | None = None) -> Ontology:
    """The ontology of a folder of `.ttl` files; by default the packaged one, compiled once.

    The order and the names of the files do not matter, and nothing is fetched from the network.
    Raises OntologyError at the first fault.
    """
    if folder is None:
        return _packaged()
    files = {file.name: file.read_bytes() for file in sorted(folder.glob("*.ttl"))}
    if not files:
        raise OntologyError(str(folder), "*.ttl", "文件夹里没有 Turtle 文件")
    return _compile(files)


def _compile(files: Mapping[str, bytes]) -> Ontology:
    graph = Triples()
    for name in sorted(files):
        graph.add(name, read(name, files[name]))
    check_terms(graph)
    words, about = _words(graph)
    thresholds = _thresholds(graph, about)
    classes, links = graph.typed("xl:Class"), graph.typed("xl:Link")
    common = tuple(p.field for term in graph.typed("xl:Shared").values()
                   for p in _properties(term, words, classes))
    kinds = [_kind(term, words, classes) for term in (classes | links).values()]
    kinds.sort(key=lambda kind: (kind.order, kind.name))
    check_names(kinds, classes | links)
    places = {kind.name for kind in kinds if kind.place}
    for kind in kinds:
        check_kind(kind, (classes | links)[kind.name], places, common)
    check_aligned(graph, kinds, common)
    if "Grade" not in words:
        raise OntologyError("*.ttl", "xl:Grade", "缺少来源等级的词表")
    ontology = Ontology(
        NAMESPACE, MappingProxyType({kind.name: kind for kind in kinds}),
        MappingProxyType(thresholds), words["Grade"], MappingProxyType(words), common,
        MappingProxyType(about))
    return replace(ontology, fingerprint=_fingerprint(ontology))


def _fingerprint(o: Ontology) -> str:
    """32 hex digits over what the files mean, not over how they are written."""
    said = [dict(part) if isinstance(part, Mapping) else part
            for part in (o.kinds, o.common, o.thresholds, o.words, o.about)]
    content = json.dumps(said, default=asdict, ensure_ascii=False, sort_keys=True).encode()
    return blake2b(content, digest_size=16).hexdigest()


def _words(graph: Triples) -> tuple[dict[str, tuple[Choice, ...]], dict[str, tuple[Text, Text]]]:
    schemes = graph.typed("skos:ConceptScheme")
    found: dict[str, list[tuple[int, Choice]]] = {scheme: [] for scheme in schemes}
    seen: dict[str, dict[str, str]] = {scheme: {} for scheme in schemes}
    for term in graph.typed("skos:Concept").values():
        scheme = str(term.one("skos:inScheme")).removeprefix("xl:")
        if scheme not in schemes:
            raise term.fault(f"不认识词表 {scheme}", scheme, schemes)
        notation = term.text("skos:notation")
        if term.name != f"{scheme}-{notation}":
            raise term.fault(f"skos:notation 与名称不一致，名称应当是 {scheme}-{notation}")
        choice = Choice(notation, term.both("skos:prefLabel"), term.texts("skos:altLabel"),
                        _colour(term), term.text("xl:symbol"))
        texts = (choice.name, choice.label.zh, choice.label.en, *choice.synonyms)
        check_distinct(term, ((text, choice.name) for text in texts), seen[scheme])
        found[scheme].append((term.number("xl:order", 9999), choice))
    words, about = {}, {}
    for name, term in schemes.items():
        about[name] = term.both("skos:prefLabel"), term.both("skos:definition")
        words[name] = tuple(c for _, c in sorted(found[name], key=lambda x: (x[0], x[1].name)))
        if not words[name]:
            raise term.fault("词表里一个词也没有")
    return words, about


def _thresholds(graph: Triples, about: dict[str, tuple[Text, Text]]) -> dict[str, float]:
    out = {}
    for name, term in graph.typed("xl:Threshold").items():
        value = term.decimal("rdf:value")
        if value is None or value < 0:
            raise term.fault("阈值 rdf:value 应当是不小于 0 的数")
        out[name], about[name] = value, (term.both("rdfs:label"), term.both("rdfs:comment"))
    return out


def _kind(term: Term, words: Mapping[str, tuple[Choice, ...]], classes: Mapping[str, Term]) -> Kind:
    link = "xl:Link" in term.all("rdf:type")
    if not (_LINK_NAME if link else _CLASS_NAME).fullmatch(term.name):
        raise term.fault("联系的名称以小写字母开头" if link else "类的名称以大写字母开头")
    shapes = _properties(term, words, classes)
    if not link and any(p.end for p in shapes):
        raise term.fault("xl:end 只用于联系；类只有字段")
    label = term.both("rdfs:label")
    life = term.text("xl:shelfLife") or "P0Y"
    if not re.fullmatch(r"P\d{1,3}Y", life):
        raise term.fault(f"保鲜期「{life}」应当写成整年，例如 P5Y")
    flags = {flag: term.flag(f"xl:{flag}") for flag in FLAGS}
    return Kind(
        term.name, label, term.both("rdfs:comment"),
        tuple(p.field for p in shapes if not p.end), _ends(term, shapes) if link else None,
        _colour(term) or "#888888", term.text("xl:symbol") or label.zh[0],
        term.number("xl:order", 9999), int(life[1:-1]),
        evidence=term.word("xl:evidence", _EVIDENCE),
        identity=term.word("xl:identity", _IDENTITY), maps_to=_maps(term), **flags)


def _colour(term: Term) -> str:
    colour = term.text("xl:colour")
    if colour and not re.fullmatch(r"#[0-9A-Fa-f]{6}", colour):
        raise term.fault(f"颜色「{colour}」应当写成 #RRGGBB")
    return colour


def _maps(term: Term) -> tuple[str, ...]:
    targets = [str(v) for predicate in _MAPS for v in term.all(predicate)]
    inner = next((t for t in targets if t.startswith("xl:")), "")
    if inner:
        raise term.fault(f"不支持在本体内部继承（{inner}），请把字段写全")
    return tuple(sorted(full(t) for t in targets))


def _ends(term: Term, shapes: Sequence[Shape]) -> tuple[End, End]:
    ends = []
    for side in ("from", "to"):
        found = [p for p in shapes if p.end == side]
        if len(found) != 1:
            raise term.fault(f"联系要有且只有一个 xl:end \"{side}\"，现在有 {len(found)} 个")
        f = found[0].field
        if f.datatype != "reference" or f.multiple or f.key:
            raise found[0].term.fault("联系的一端要指向一个事物，不能是多值，也不必写 xl:key")
        ends.append(End(f.name, f.label, f.comment, f.refers, f.example, f.synonyms))
    return ends[0], ends[1]


def _properties(term: Term, words: Mapping[str, tuple[Choice, ...]],
                classes: Mapping[str, Term]) -> list[Shape]:
    shapes = [_property(term, str(node), words, classes) for node in term.all("sh:property")]
    shapes.sort(key=lambda p: (p.order, p.field.name))
    fields = {p.field.name: p.field for p in shapes}
    if len(fields) < len(shapes):
        twice = [p for p in shapes if fields[p.field.name] is not p.field]
        raise twice[0].term.fault("字段重复")
    for shape in shapes:
        check_siblings(shape, fields)
    return shapes


def _property(owner: Term, node: str, words: Mapping[str, tuple[Choice, ...]],
              classes: Mapping[str, Term]) -> Shape:
    path = str(Term(owner.graph, node, f"{owner.name} 的字段").one("sh:path") or "")
    name = path.removeprefix("xl:")
    term = Term(owner.graph, node, f"{owner.name}.{name or '?'}")
    if not path.startswith("xl:") or not _FIELD_NAME.fullmatch(name):
        raise term.fault("字段要有 sh:path，名称用小写字母、数字和下划线，例如 xl:name")
    least, most = term.number("sh:minCount", 0), term.number("sh:maxCount", 0)
    if least > 1 or most > 1:
        raise term.fault("sh:minCount 只能是 0 或 1，sh:maxCount 只能是 1（多值就不写）")
    datatype, refers = _type(term, classes)
    vocabulary = str(term.one("xl:choices") or "").removeprefix("xl:")
    if vocabulary:
        if vocabulary not in words:
            raise term.fault(f"不认识词表 {vocabulary}", vocabulary, words)
        if datatype != "string":
            raise term.fault("有 xl:choices 的字段，sh:datatype 应当是 xsd:string")
        datatype = "choice"
    siblings = {f"{key[:-5]}_field": term.text(f"xl:{key}") for key in SIBLINGS}
    found = Field(
        name, term.both("sh:name"), term.both("sh:description"), datatype, refers,
        words[vocabulary] if vocabulary else (), least == 1, most == 0, term.flag("xl:key"),
        term.word("xl:role", _ROLES), term.text("xl:example"), term.texts("xl:synonym"),
        vocabulary, minimum=term.decimal("sh:minInclusive"), **siblings)
    check_field(found, term)
    end = term.word("xl:end", ("from", "to"))
    return Shape(found, end, term.number("sh:order", 9999), term)


def _type(term: Term, classes: Mapping[str, Term]) -> tuple[str, tuple[str, ...]]:
    """(datatype, referred classes); a reference without classes may be any thing."""
    datatype, class_, any_of = (term.one(f"sh:{p}") for p in ("datatype", "class", "or"))
    node_kind = term.one("sh:nodeKind")
    if sum(v is not None for v in (datatype, class_, any_of, node_kind)) != 1:
        raise term.fault("要写明且只写一种：sh:datatype、sh:class、sh:or 或 sh:nodeKind sh:IRI")
    if datatype is not None:
        if datatype not in _DATATYPES:
            raise term.fault(f"不认识数据类型 {datatype}", str(datatype), _DATATYPES)
        return _DATATYPES[str(datatype)], ()
    if node_kind is not None:
        if node_kind != "sh:IRI":
            raise term.fault(f"sh:nodeKind 只能是 sh:IRI，不是 {node_kind}")
        return "reference", ()
    listed = term.graph.items(any_of) if any_of is not None else []
    wanted = ([str(class_)] if class_ is not None else
              [str(Term(term.graph, item, term.name).one("sh:class")) for item in listed])
    for name in wanted:
        if name.removeprefix("xl:") not in classes:
            raise term.fault(f"不认识类 {name}", name, [f"xl:{known}" for known in classes])
    if not wanted or len(set(wanted)) < len(wanted):
        raise term.fault("sh:or 要列出不重复的 [ sh:class xl:… ]")
    return "reference", tuple(name.removeprefix("xl:") for name in wanted)
