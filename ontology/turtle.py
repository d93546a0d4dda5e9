"""Turtle as plain triples, and what can be asked of one subject; only here is rdflib touched."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from ontology.errors import OntologyError
from ontology.model import Text

__all__ = ["NAMESPACE", "Literal", "Node", "Term", "Triples", "full", "read"]

NAMESPACE = "https://w3id.org/xianglian/ontology#"
_PREFIXES = {
    "xl": NAMESPACE,
    "sh": "http://www.w3.org/ns/shacl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


@dataclass(frozen=True, slots=True)
class Literal:
    """A text with its language and, short-named, its datatype ("xsd:integer")."""

    text: str
    language: str
    datatype: str


Node = str | Literal  # an address is shortened to "sh:path"; a blank node starts with "_:"


def _short(address: str) -> str:
    cut = max(address.rfind("#"), address.rfind("/")) + 1
    for prefix, base in _PREFIXES.items():
        if address[:cut] == base:
            return f"{prefix}:{address[cut:]}"
    return address


def full(name: str) -> str:
    """The whole address of a shortened one."""
    prefix, _, local = name.partition(":")
    return _PREFIXES[prefix] + local if prefix in _PREFIXES else name


def read(file: str, data: bytes) -> list[tuple[str, str, Node]]:
    """Triples of one file as they stand; nothing is fetched, whatever it imports.

    Raises OntologyError with the line of a syntax error.
    """
    from rdflib import BNode, Graph
    from rdflib import Literal as RDFLiteral
    from rdflib.plugins.parsers.notation3 import BadSyntax

    def node(term: object) -> Node:
        if isinstance(term, RDFLiteral):
            return Literal(str(term), term.language or "", _short(str(term.datatype or "")))
        return f"_:{term}" if isinstance(term, BNode) else _short(str(term))

    graph = Graph(bind_namespaces="none")
    try:
        graph.parse(data=data.decode("utf-8-sig"), format="turtle", publicID=f"file:///{file}")
    except UnicodeDecodeError as error:
        raise OntologyError(file, f"第 {error.start + 1} 字节", "文件不是 UTF-8 编码") from None
    except BadSyntax as error:
        line = f"第 {error.lines + 1} 行"
        raise OntologyError(file, line, f"Turtle 语法错误：{error._why}") from None
    return [(str(node(s)), str(node(p)), node(o)) for s, p, o in graph]


@dataclass(slots=True)
class Triples:
    """All triples by subject and predicate, and the file that each subject stands in."""

    said: dict[str, dict[str, list[Node]]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def add(self, file: str, triples: Iterable[tuple[str, str, Node]]) -> None:
        for s, p, o in triples:
            self.said.setdefault(s, {}).setdefault(p, []).append(o)
            if p == "rdf:type" or s not in self.files:
                self.files[s] = file

    def typed(self, type_: str) -> dict[str, "Term"]:
        """Subjects of that type by their short names, sorted."""
        found = sorted(s for s, said in self.said.items() if type_ in said.get("rdf:type", ()))
        names = {s: s.removeprefix("xl:") for s in found}
        return {name: Term(self, s, name) for s, name in names.items()}

    def items(self, head: Node) -> list[str]:
        """The members of an RDF list."""
        out = []
        while isinstance(head, str) and (said := self.said.get(head, {})).get("rdf:first"):
            out.append(str(said["rdf:first"][0]))
            head = said.get("rdf:rest", ["rdf:nil"])[0]
        return out


@dataclass(frozen=True, slots=True)
class Term:
    """One subject with the name under which faults of it are reported."""

    graph: Triples
    subject: str
    name: str

    def fault(self, reason: str, wrong: str = "", known: Iterable[str] = ()) -> OntologyError:
        near = get_close_matches(wrong, sorted(set(known)), 3, 0.5) if wrong else ()
        return OntologyError(self.graph.files.get(self.subject, "?"), self.name, reason, near)

    def all(self, predicate: str) -> list[Node]:
        return self.graph.said.get(self.subject, {}).get(predicate, [])

    def one(self, predicate: str) -> Node | None:
        found = self.all(predicate)
        if len(found) > 1:
            raise self.fault(f"{predicate} 写了 {len(found)} 次，只能写一次")
        return found[0] if found else None

    def text(self, predicate: str) -> str:
        """The plain literal, blank where absent."""
        value = self.one(predicate)
        if value is not None and not isinstance(value, Literal):
            raise self.fault(f"{predicate} 应当是加引号的文字")
        return value.text.strip() if isinstance(value, Literal) else ""

    def texts(self, predicate: str) -> tuple[str, ...]:
        found = sorted(v.text for v in self.all(predicate) if isinstance(v, Literal))
        return tuple(dict.fromkeys(found))

    def both(self, predicate: str) -> Text:
        """The label or comment in Chinese and English, exactly one of each."""
        found: dict[str, str] = {}
        for value in self.all(predicate):
            if not isinstance(value, Literal) or value.language not in ("zh", "en"):
                raise self.fault(f"{predicate} 每句都要标明语言 @zh 或 @en")
            if value.language in found:
                raise self.fault(f"{predicate} 的 @{value.language} 写了两次（名称重复？）")
            found[value.language] = value.text.strip()
        for language, said in (("zh", "中文"), ("en", "英文")):
            if not found.get(language):
                raise self.fault(f"缺少{said} {predicate}")
        return Text(found["zh"], found["en"])

    def word(self, predicate: str, allowed: Sequence[str]) -> str:
        value = self.text(predicate)
        if value and value not in allowed:
            raise self.fault(f"{predicate} 不能是「{value}」", value, allowed)
        return value

    def number(self, predicate: str, default: int) -> int:
        value = self.text(predicate)
        if value and not re.fullmatch(r"\d+", value):
            raise self.fault(f"{predicate} 应当是整数，不是「{value}」")
        return int(value or default)

    def decimal(self, predicate: str) -> float | None:
        value = self.text(predicate)
        if value and not re.fullmatch(r"-?\d+(\.\d+)?", value):
            raise self.fault(f"{predicate} 应当是数，不是「{value}」")
        return float(value) if value else None

    def flag(self, predicate: str) -> bool:
        value = self.one(predicate)
        if value is None:
            return False
        if isinstance(value, Literal) and value.datatype == "xsd:boolean":
            return value.text == "true"
        raise self.fault(f"{predicate} 只能是 true 或 false（不加引号）")
