"""The four lists and the links of a neighbourhood, as rows of text that reports and pages show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from visual.notes import Notes

__all__ = ["LISTS", "Link", "linked", "listed"]

Answer = Mapping[str, Any]
LISTS = {
    "fill": ("补链", "有来源说缺，且必备"),
    "strengthen": ("强链", "有，但弱、单点或证据已旧（含非必备）"),
    "extend": ("延链", "当地有上下游邻居，可以延伸"),
    "check": ("待核", "必备而没有来源说过、说法不一，或证据已旧（含非必备），先去查"),
}


def listed(gaps: Answer, name: str, notes: Notes) -> list[tuple[str, str, str, str]]:
    """(segment, why, what to do next, marks of the sources) of one list."""
    proofs = {row["id"]: [*row["evidence"], *row["hints"]] for row in gaps["segments"]}
    return [(_called(gaps, item), item["why"], item["look_up"],
             notes.mark(proofs.get(item["id"], ()))) for item in gaps["lists"][name]]


def _called(gaps: Answer, item: Answer) -> str:
    """A segment of another chain is named with it."""
    return (item["segment"] if item["chain"] == gaps["chain"]
            else f"{item['segment']}（{item['chain']}）")


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a neighbourhood with the names of its ends."""

    kind: str
    head_id: str
    head: str
    tail_id: str
    tail: str
    product: str
    inferred: bool
    evidence: Sequence[Answer]


def linked(around: Answer) -> Iterator[Link]:
    """The rows of `neighbourhood` in their order."""
    names = {node["id"]: node["name"] for node in around["nodes"]}
    proofs = {item["record"]: item for item in around["evidence"]}
    for row in around["rows"]:
        yield Link(row["kind_name"], row["from_id"], names[row["from_id"]], row["to_id"],
                   names[row["to_id"]], row["product"] or "", row["inferred"],
                   [proofs[record] for record in row["records"] if record in proofs])
