"""What one more record would change, before it is written."""

from typing import cast

from typing_extensions import TypedDict

from api.keys import Visitor
from api.problems import Refused
from api.reading import Graph
from api.reports import NewRecord, Report
from api.working import closed
from graph import dates
from graph.analysis.effects import Effect, effects
from graph.refresh import supposed
from loaders import pipeline

__all__ = ["Preview", "preview"]

TRIES = 3  # a load meanwhile makes it begin anew


class Preview(TypedDict):
    """report: as the command line's --json; records: ids that would be written; changes: verdicts
    as of today that would be others."""

    report: Report
    records: list[str]
    changes: list[Effect]
    version: str


def preview(graph: Graph, asked: NewRecord, visitor: Visitor) -> Preview:
    """Of the present state; raises XianglianError for a kind that there is not."""
    kind = graph.ontology.kind(asked.kind)
    for _ in range(TRIES):
        graph.refresh()  # what is read of the store below has to be of the same version
        state = graph.state()
        report, records = pipeline.preview(graph.store, graph.ontology, kind, asked.values,
                                           asked.source, closed(visitor))
        changes: list[Effect] = []
        if records:
            after = supposed(state.index, graph.store, records)
            changes = effects(state.index, after, dates.today())
        if graph.store.version() == state.version:
            ids = sorted(record.id for some in records.values() for record in some)
            return {"report": cast(Report, report.json()), "records": ids,
                    "changes": changes, "version": state.version}
    raise Refused("not-ready", "正在装入数据，请稍后再看", {"Retry-After": "5"})
