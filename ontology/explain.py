"""Tells a person or a program what a term of the ontology means."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from typing import Any

from ontology.errors import NotFound
from ontology.model import End, Field, Kind, Ontology, Text

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
            return {"type": "link" if kind.ends else "class", **_plain(kind)}
    if wanted in ontology.words:
        return _about(ontology, wanted)
    if rows := _fields(ontology, wanted):
        return {"type": "field", "fields": rows}
    for name, (label, _) in ontology.about.items():
        if _named(wanted, name, label):
            return _about(ontology, name)
    near = get_close_matches(wanted, sorted(set(_names(ontology))), 3, 0.4)
    raise NotFound("术语", wanted, near)


def _named(wanted: str, name: str, label: Text) -> bool:
    return wanted.casefold() in (name.casefold(), label.zh.casefold(), label.en.casefold())


def _plain(part: Any) -> Any:
    """A part of the model as JSON has it; what does not apply is left out."""
    if is_dataclass(part):
        return {f.name: _plain(value) for f in fields(part)
                if (value := getattr(part, f.name)) is not None}
    return [_plain(one) for one in part] if isinstance(part, tuple) else part


def _overview(ontology: Ontology) -> dict[str, Any]:
    def brief(kind: Kind) -> dict[str, Any]:
        return {key: value for key, value in _plain(kind).items()
                if key in ("name", "label", "comment", "ends")}

    return {
        "type": "ontology",
        "namespace": ontology.namespace,
        "fingerprint": ontology.fingerprint,
        "classes": [brief(k) for k in ontology.classes],
        "links": [brief(k) for k in ontology.links],
        "common": _plain(ontology.common),
        "vocabularies": [_about(ontology, name) for name in ontology.words],
        "thresholds": [_about(ontology, name) for name in ontology.thresholds],
    }


def _about(ontology: Ontology, name: str) -> dict[str, Any]:
    """A vocabulary with its choices, or a threshold with its value."""
    label, comment = map(_plain, ontology.about[name])
    head = {"name": name, "label": label, "comment": comment}
    if name in ontology.words:
        return {"type": "vocabulary", **head, "choices": _plain(ontology.words[name])}
    return {"type": "threshold", **head, "value": ontology.thresholds[name]}


def _columns(ontology: Ontology) -> Iterator[tuple[str, Field | End]]:
    """(kind, column); the kind is blank for a column that all kinds accept."""
    for kind in ontology.kinds.values():
        for column in (*(kind.ends or ()), *kind.fields):
            yield kind.name, column
    for field in ontology.common:
        yield "", field


def _fields(ontology: Ontology, wanted: str) -> list[dict[str, Any]]:
    """Every column of that name, or of that kind and name."""
    owner, _, name = wanted.rpartition(".")
    return [{"kind": kind, **_plain(column)} for kind, column in _columns(ontology)
            if _named(name, column.name, column.label)
            and (not owner or (kind and _named(owner, kind, ontology.kinds[kind].label)))]


def _names(ontology: Ontology) -> Iterator[str]:
    for kind in ontology.kinds.values():
        yield from (kind.name, kind.label.zh, kind.label.en)
    for owner, column in _columns(ontology):
        yield from (column.name, column.label.zh, f"{owner}.{column.name}".lstrip("."))
    for name, (label, _) in ontology.about.items():
        yield from (name, label.zh)
