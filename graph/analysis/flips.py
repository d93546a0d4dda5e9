"""What would change a verdict: the smallest sets of records to lose, and what would have to come.

Losing records can also make a survey negative, once its source names no firm there any more.
"""

from collections.abc import Collection, Iterable

from typing_extensions import TypedDict

from graph.analysis.verdicts import STATES, Grounds
from graph.index import Index
from graph.wording import Said, both, named

__all__ = ["Flip", "flips"]

Rows = frozenset[str]


class Flip(TypedDict):
    """lose: minimal sets of record ids, each of which gives `verdict` when lost (none: no loss
    does); gain: what kind of statement would have to arrive after that, blank if nothing."""

    verdict: str
    lose: list[list[str]]
    gain: str


def flips(index: Index, found: Grounds, segment: int, region: int, at: int) -> list[Flip]:
    """One entry for each other verdict."""
    ids = index.table.record_id
    positive = frozenset(ids(row) for row in index.claims.row[found.positive].tolist())
    absences = frozenset(ids(row) for row in found.absences)
    surveys = [(ids(row), frozenset(map(ids, naming))) for row, naming in found.surveys]
    now = found.verdict
    name, place = named(index, segment, at), named(index, region, at)
    result: list[Flip] = []
    for other in sorted(set(STATES) - {now}, key=STATES.index):
        lose = _losses(other, positive, absences, surveys)
        gain = "" if lose else _gain(now, other, name, place)
        result.append({"verdict": other, "lose": [sorted(rows) for rows in lose], "gain": gain})
    return result


def _losses(other: str, positive: Rows, absences: Rows,
            surveys: Collection[tuple[str, Rows]]) -> list[Rows]:
    """The minimal sets whose loss leaves exactly the grounds for that verdict."""
    bare = frozenset(row for row, naming in surveys if not naming)
    if other == "unknown":  # nothing may be left, nor a survey that this would make negative
        return [positive | absences | {row for row, naming in surveys if naming <= positive}]
    if other == "present":
        return [absences | bare] if positive and (absences or bare) else []
    if other == "absent":
        if not positive and (absences or bare):
            return []
        return [positive] if absences else _minimal(positive | names for _, names in surveys)
    return _minimal(naming for _, naming in surveys if naming and positive - naming)


def _minimal(sets: Iterable[Rows]) -> list[Rows]:
    """Without those that hold another one; smallest first, then by their ids."""
    known = set(sets)
    return sorted((s for s in known if not any(other < s for other in known)),
                  key=lambda s: (len(s), sorted(s)))


def _gain(now: str, other: str, segment: Said, region: Said) -> str:
    """What would have to arrive."""
    yes = both("一条行业级或更好的记录，写明{0}境内有企业从事「{1}」（生产），或写明{0}具备该环节",
               "a record of industry grade or better by which a firm in {0} produces {1}, "
               "or {0} has it", region, segment)
    no = both("一条行业级或更好的记录，写明{}（或其上级地区）缺失「{}」，"
              "或写明已全面排查而没有列出当地企业",
              "a record of industry grade or better by which {} (or a region around it) has no {}, "
              "or a full survey that lists no firm there", region, segment)
    return {
        ("unknown", "present"): yes,
        ("unknown", "absent"): no,
        ("unknown", "contested"): both("两条：{}；另{}", "two: {}; and {}", yes, no),
        ("present", "contested"): no,
        ("present", "absent"): both("现有正面记录全部撤回，并有{}",
                                       "all records for it retracted, and {}", no),
        ("absent", "contested"): yes,
        ("absent", "present"): both("现有缺失记录全部撤回，并有{}",
                                       "all records of its absence retracted, and {}", yes),
    }.get((now, other), "")
