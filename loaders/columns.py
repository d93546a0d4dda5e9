"""The columns a kind can be typed in, and which header means which of them."""

from collections.abc import Iterable, Sequence
from functools import cache

from graph.names import nearest, normalise
from graph.structure import SOURCE
from loaders.tables import Head, Table
from ontology.errors import Problem
from ontology.model import Field, Kind, Ontology, Text

__all__ = ["ORIGIN", "SOURCE", "columns", "head_of", "header", "kind_of_stem", "match"]

ORIGIN = Field("origin", Text("装入名", "origin"), Text(
    "一起装入和更新的一批的名称；只在导出的表里有。",
    "The name of what was loaded together; only in exports."), "string")


def columns(kind: Kind, ontology: Ontology) -> tuple[Field, ...]:
    """Ends, fields, then what every kind accepts: source columns, validity, inferred."""
    ends = tuple(
        Field(end.name, end.label, end.comment, "reference", refers=end.refers, required=True,
              key=True, example=end.example, synonyms=end.synonyms)
        for end in kind.ends or ())
    own = {field.name for field in (*ends, *kind.fields)}
    shared = [f for f in ontology.common if f.name not in own
              and not (kind.name == SOURCE and f.name.startswith("source"))]
    shared.sort(key=lambda f: not f.name.startswith("source"))
    return (*ends, *kind.fields, *shared)


def header(field: Field) -> str:
    """What row 1 of a template prints: 企业名称 (name)."""
    return f"{field.label.zh} ({field.name})"


@cache
def _fold(text: str) -> str:
    return normalise(text).rstrip("*").replace("_", "").replace("-", "")


def _spellings(fields: Iterable[Field]) -> dict[str, Field]:
    """Every way to write a header; where two fields share one, the earlier and plainer wins."""
    known: dict[str, Field] = {}
    fields = tuple(fields)
    for forms in (
        lambda f: (header(f), f"{f.label.zh}({f.label.en})", f.name),
        lambda f: (f.label.zh,),
        lambda f: (f.label.en,),
        lambda f: f.synonyms,
    ):
        for field in fields:
            for form in forms(field):
                known.setdefault(_fold(form), field)
    return known


def match(table: Table, kind: Kind, ontology: Ontology) -> tuple[list[Field | None], list[Problem]]:
    """The field of each header, and what is wrong with the headers."""
    fields = columns(kind, ontology)
    known = _spellings((*fields, ORIGIN))
    found = [known.get(_fold(text)) for text in table.headers]
    problems = []
    first: dict[str, str] = {}
    for text, field in zip(table.headers, found, strict=True):
        if field is None:
            problems.append(Problem(table.file, f"「{kind.label.zh}」没有这一列", table.sheet,
                                    table.head, text, text, _near(text, fields)))
        elif field.name in first:
            problems.append(Problem(table.file, f"与「{first[field.name]}」是同一列",
                                    table.sheet, table.head, text, text))
        else:
            first[field.name] = text
    missing = [f for f in fields if f.required and f.name not in first]
    problems += [Problem(table.file, f"缺少必填的列「{header(f)}」", table.sheet, table.head,
                         header(f))
                 for f in missing]
    return found, problems


def head_of(ontology: Ontology, *, guess: bool = False, said: int = 0) -> Head:
    """Finds the row of the headers: the first whose cells are named like a column of any kind.

    Where no row is: the first with the most cells if it may `guess`, else the first.
    said: the number of the row, where a person said so.
    """
    known = {form for kind in ontology.kinds.values()
             for form in _spellings((*columns(kind, ontology), ORIGIN))}

    def find(rows: Sequence[tuple[int, list[str]]]) -> int:
        filled = {number: [cell for cell in cells if cell] for number, cells in rows}
        most = max(map(len, filled.values()))
        if said in filled:
            return said
        named = (number for number, cells in filled.items()
                 if len(cells) >= min(2, most) and 2 * len(cells) >= most
                 and any(_fold(cell) in known for cell in cells))
        first = (number for number, cells in filled.items() if len(cells) == most)
        return next(named, next(first) if guess else rows[0][0])

    return find


def _near(text: str, fields: Sequence[Field]) -> tuple[str, ...]:
    by_form = {form: header(f) for f in fields for form in (f.name, f.label.zh, *f.synonyms)}
    return tuple(dict.fromkeys(by_form[form] for form in nearest(text, by_form)))


def kind_of_stem(name: str, ontology: Ontology) -> Kind | None:
    """The kind a file stem or sheet is named after: Company, 企业, Company_2026, 企业 长沙."""
    words: Sequence[str] = [name, *(name.split(sep)[0] for sep in " _-（(" if sep in name)]
    for word in words:
        folded = normalise(word)
        for kind in ontology.kinds.values():
            if folded in (normalise(kind.name), normalise(kind.label.zh), normalise(kind.label.en)):
                return kind
    return None
