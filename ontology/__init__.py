"""The single source: Turtle files, and the compiler that makes one frozen `Ontology` of them."""

from ontology.compiler import load_ontology
from ontology.errors import (
    Ambiguous,
    Busy,
    InputError,
    NotFound,
    OntologyError,
    Problem,
    StoreError,
    XianglianError,
)
from ontology.explain import explain
from ontology.model import Choice, End, Field, Kind, Ontology, Text

__all__ = [
    "Ambiguous",
    "Busy",
    "Choice",
    "End",
    "Field",
    "InputError",
    "Kind",
    "NotFound",
    "Ontology",
    "OntologyError",
    "Problem",
    "StoreError",
    "Text",
    "XianglianError",
    "explain",
    "load_ontology",
]
