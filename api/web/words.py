"""Values of records in the words of people."""

from collections.abc import Mapping
from typing import Any

from api.ask.say import quantity
from ontology import Field
from visual.legend import Legend

__all__ = ["spoken"]


def spoken(legend: Legend, field: Field | None, value: Any, said: Mapping[str, Any]) -> str:
    """One value of a field; `said` holds the unit, bound and wording that may stand beside it."""
    if isinstance(value, (list, tuple)):
        return legend.join(spoken(legend, field, part, said) for part in value)
    if isinstance(value, bool):
        return _yes(legend, value)
    if value is None:
        return ""
    if field is None:
        return legend.said(value) if isinstance(value, str) else str(value)
    for choice in field.choices:
        if choice.name == value:
            return legend.text(choice.label)
    if field.datatype == "quantity" and isinstance(value, (int, float)):
        return str(said.get(field.wording_field) or quantity({**said, field.name: value}, field))
    return legend.said(value) if isinstance(value, str) else str(value)


def _yes(legend: Legend, value: bool) -> str:
    if legend.lang == "en":
        return "yes" if value else "no"
    return "是" if value else "否"
