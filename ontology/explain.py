"""Tells a person or a program what a term of the ontology means."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from ontology.errors import NotFound
from ontology.model import Choice, End, Field, Kind, Ontology, Text

__all__ = ["explain"]


def explain(ontology: Ontology, term: str | None = None) -> dict[str, Any]:
    """The whole model, or one term of it, ready for JSON; `type` tells which.

    A term is a kind (Company, 企业), a field ("Company.credit_code", 企业.企业全称, or
    统一社会信用代码 alone), a vocabulary (Grade, 来源等级) or a threshold (strong_firms).
    A field named alone is given for every kind that has it.
    Raises NotFound with the nearest names.
    """
    if term is None or not term.strip():
        return _overview(ontology)
    wanted = term.strip()
    for kind in ontology.kinds.values():
        if _named(wanted, kind.name, kind.label):
            return _kind(kind)
    if wanted in ontology.words:
        return _vocabulary(ontology, wanted)
    if rows := _fields(ontology, wanted):
        return {"type": "field", "fields": rows}
    for name, (label, _) in ontology.about.items():
        if _named(wanted, name, label):
            known = name in ontology.words
            return _vocabulary(ontology, name) if known else _threshold(ontology, name)
    near = get_close_matches(wanted, sorted(set(_names(ontology))), 3, 0.4)
    raise NotFound("术语", wanted, near)


def _named(wanted: str, name: str, label: Text) -> bool:
    return wanted.casefold() in (name.casefold(), label.zh.casefold(), label.en.casefold())


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _head(name: str, label: Text, comment: Text) -> dict[str, Any]:
    return {"name": name, "label": _text(label), "comment": _text(comment)}


def _overview(ontology: Ontology) -> dict[str, Any]:
    def brief(kind: Kind) -> dict[str, Any]:
        return _head(kind.name, kind.label, kind.comment) | (
            {"ends": [_end(e) for e in kind.ends]} if kind.ends else {})

    return {
        "type": "ontology",
        "namespace": ontology.namespace,
        "fingerprint": ontology.fingerprint,
        "classes": [brief(k) for k in ontology.classes],
        "links": [brief(k) for k in ontology.links],
        "common": [_field(f) for f in ontology.common],
        "vocabularies": [_vocabulary(ontology, name) for name in ontology.words],
        "thresholds": [_threshold(ontology, name) for name in ontology.thresholds],
    }


def _kind(kind: Kind) -> dict[str, Any]:
    marks = ("open", "place", "timeless", "tie", "evidence", "identity", "shelf_life")
    return {
        "type": "link" if kind.ends else "class",
        **_head(kind.name, kind.label, kind.comment),
        **({"ends": [_end(e) for e in kind.ends]} if kind.ends else {}),
        "fields": [_field(f) for f in kind.fields],
        "colour": kind.colour,
        "symbol": kind.symbol,
        **{mark: getattr(kind, mark) for mark in marks},
        "maps_to": list(kind.maps_to),
    }


def _field(field: Field) -> dict[str, Any]:
    return {
        **_head(field.name, field.label, field.comment),
        "datatype": field.datatype,
        "refers": list(field.refers),
        "vocabulary": field.vocabulary,
        "choices": [_choice(c) for c in field.choices],
        "required": field.required,
        "multiple": field.multiple,
        "key": field.key,
        "role": field.role,
        "example": field.example,
        "synonyms": list(field.synonyms),
    }


def _end(end: End) -> dict[str, Any]:
    return {**_head(end.name, end.label, end.comment), "refers": list(end.refers),
            "example": end.example, "synonyms": list(end.synonyms)}


def _choice(choice: Choice) -> dict[str, Any]:
    return {"name": choice.name, "label": _text(choice.label), "synonyms": list(choice.synonyms)}


def _vocabulary(ontology: Ontology, name: str) -> dict[str, Any]:
    return {"type": "vocabulary", **_head(name, *ontology.about[name]),
            "choices": [_choice(c) for c in ontology.words[name]]}


def _threshold(ontology: Ontology, name: str) -> dict[str, Any]:
    return {"type": "threshold", **_head(name, *ontology.about[name]),
            "value": ontology.thresholds[name]}


def _columns(ontology: Ontology) -> Iterator[tuple[Kind | None, Field | End]]:
    for kind in ontology.kinds.values():
        for column in (*(kind.ends or ()), *kind.fields):
            yield kind, column
    for field in ontology.common:
        yield None, field


def _fields(ontology: Ontology, wanted: str) -> list[dict[str, Any]]:
    """Every column of that name; the kind is blank for a column that all kinds accept."""
    owner, dot, name = wanted.rpartition(".")
    rows = []
    for kind, column in _columns(ontology):
        if dot and not (kind and _named(owner, kind.name, kind.label)):
            continue
        if _named(name, column.name, column.label):
            shown = _end(column) if isinstance(column, End) else _field(column)
            rows.append({"kind": kind.name if kind else "", **shown})
    return rows


def _names(ontology: Ontology) -> Iterator[str]:
    for kind in ontology.kinds.values():
        yield from (kind.name, kind.label.zh, kind.label.en)
    for kind_, column in _columns(ontology):
        yield from (column.name, column.label.zh)
        if kind_:
            yield f"{kind_.name}.{column.name}"
    for name, (label, _) in ontology.about.items():
        yield from (name, label.zh)
