"""Many records of one thing as one: what people see, where it comes from, and what disagrees."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graph.dates import first_day
from graph.record import Record, Value, record_id
from graph.structure import DEFAULT_GRADE, INFERRED
from ontology.model import Kind, Ontology

__all__ = ["UNKNOWN", "Merged", "SourceFacts", "Sources", "merge", "source_facts"]

UNKNOWN = "未载明"  # what answers say of a publisher, date or address that nobody states


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What is known of a source; blank where its records do not say.

    `order` holds the names of all grades, best first.
    """

    id: str
    title: str
    publisher: str
    date: str
    address: str
    grade: str
    order: tuple[str, ...]

    def rank_of(self, record: Record) -> int:
        """The position of the record's grade in `order`: the source's, or inferred if lower."""
        grade = self.order.index(self.grade)
        return max(grade, self.order.index(INFERRED)) if record.inferred else grade

    def evidence_day(self, record: Record) -> int | None:
        """The day of what the source saw: observed, else its own date, else valid_from."""
        text = record.observed or self.date or record.valid_from
        return first_day(text) if text else None


class Sources(dict[str, SourceFacts]):
    """Facts by the id of the source; one that no record describes has the usual grade."""

    def __init__(self, ontology: Ontology) -> None:
        super().__init__()
        self.order = tuple(choice.name for choice in ontology.grades)

    def __missing__(self, id: str) -> SourceFacts:
        return SourceFacts(id, "", "", "", "", DEFAULT_GRADE, self.order)


def source_facts(records: Iterable[Record], ontology: Ontology) -> Sources:
    """The sources that these records describe.

    Where several records of one source disagree the lowest grade, the latest date and the
    smallest text count, so that the order of the records does not matter.
    """
    said: dict[str, list[Mapping[str, Value]]] = {}
    for record in records:
        said.setdefault(record.id, []).append(record.values)
    sources = Sources(ontology)
    for id in sorted(said):
        def texts(name: str, all: Sequence[Mapping[str, Value]] = said[id]) -> list[str]:
            told = [values[name] for values in all if name in values]
            return sorted({str(t) for v in told for t in (v if isinstance(v, tuple) else (v,))})

        grades = [sources.order.index(g) for g in texts("grade") if g in sources.order]
        sources[id] = SourceFacts(
            id, min(texts("title"), default=""), min(texts("publisher"), default=""),
            max(texts("date"), default=""), " ".join(texts("address")),
            sources.order[max(grades)] if grades else DEFAULT_GRADE, sources.order)
    return sources


@dataclass(frozen=True, slots=True)
class Merged:
    """One thing or link as all its records together tell it.

    conflicts  field → its different values, the winning one first; only single-valued fields
    records    public names of the records, the one that wins first
    """

    id: str
    kind: str
    values: Mapping[str, Value]
    conflicts: Mapping[str, tuple[Value, ...]]
    records: tuple[str, ...]


def merge(records: Sequence[Record], kind: Kind, sources: Mapping[str, SourceFacts]) -> Merged:
    """Records of one id as one.

    A single-valued field has the value of the record with the best grade, then the newest
    evidence, then the smallest source id; a multiple one the sorted union of all values.  Unit,
    bound and wording of a quantity come from the record that the number comes from.
    Raises ValueError if there are no records.
    """
    if not records:
        raise ValueError("no records to merge")
    best = sorted(records, key=lambda record: _order(record, sources[record.source]))
    parts = {name for f in kind.fields for name in f.parts}
    values: dict[str, Value] = {}
    conflicts: dict[str, tuple[Value, ...]] = {}
    for field in kind.fields:
        telling = [record for record in best if field.name in record.values]
        if not telling or field.name in parts:
            continue
        told = [record.values[field.name] for record in telling]
        if field.multiple:
            values[field.name] = tuple(sorted({one for value in told for one in (
                value if isinstance(value, tuple) else (value,))}, key=str))
            continue
        for name in (field.name, *field.parts):
            if name in telling[0].values:
                values[name] = telling[0].values[name]
        if len(different := tuple(dict.fromkeys(told))) > 1:
            conflicts[field.name] = different
    return Merged(best[0].id, kind.name, values, conflicts, tuple(
        record_id(r.id, r.source, r.valid_from) for r in best))


def _order(record: Record, facts: SourceFacts) -> tuple[object, ...]:
    day = facts.evidence_day(record)
    return (facts.rank_of(record), day is None, -(day or 0), record.source, record.id,
            record.valid_from or "")
