"""What is known of a chain in the places above a region: where to look on when it is silent."""

from typing_extensions import TypedDict

from graph.analysis.completeness import Completeness
from graph.analysis.matrix import matrix, segment_matrix
from graph.index import Index
from graph.wording import named

__all__ = ["Above", "above"]


class Above(TypedDict):
    """A place that holds the region, the smallest first; present: essential segments it has."""

    region: str
    region_id: str
    completeness: Completeness
    coverage: float
    present: list[str]


def above(index: Index, chain: str, region: str, at: int) -> list[Above]:
    """Raises NotFound or Ambiguous for names."""
    steps = index.places.rungs(index.region(region), at)[1:]
    places = [place for step in steps if step.name != "outside" for place in step.places]
    if not places:
        return []
    ids = [index.id(place) for place in places]
    there: dict[str, list[str]] = {id: [] for id in ids}
    for cell in segment_matrix(index, chain, at, ids)["rows"]:
        if cell["essential"] and cell["verdict"] == "present":
            there[cell["region_id"]].append(named(index, index.number(cell["id"])))
    return [{"region": named(index, place, at), "region_id": id,
             "completeness": cell["completeness"], "coverage": cell["coverage"],
             "present": there[id]}
            for place, id, cell in zip(places, ids, matrix(index, at, [chain], ids)["rows"],
                                       strict=True)]
