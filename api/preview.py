"""What one more record would change, before it is written."""

from typing import Any

from typing_extensions import TypedDict

from api.reading import Graph
from api.reports import NewRecord
from graph import dates
from graph.analysis.effects import Effect, effects
from graph.refresh import supposed
from loaders import pipeline

__all__ = ["Preview", "preview"]


class Preview(TypedDict):
    """report: as the command line's --json; records: ids that would be written; changes: verdicts
    as of today that would be others."""

    report: dict[str, Any]
    records: list[str]
    changes: list[Effect]
    version: str


def preview(graph: Graph, asked: NewRecord) -> Preview:
    """Of the present state; raises XianglianError for a kind that there is not."""
    state = graph.state()
    kind = graph.ontology.kind(asked.kind)
    report, records = pipeline.preview(graph.store, graph.ontology, kind, asked.values,
                                       asked.source)
    changes: list[Effect] = []
    if records:
        after = supposed(state.index, graph.store, records)
        changes = effects(state.index, after, dates.today())
    ids = sorted(record.id for some in records.values() for record in some)
    return {"report": report.json(), "records": ids,
            "changes": changes, "version": state.version}
