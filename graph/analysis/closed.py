"""A gap that was closed: when it was one, who fills it since, and through whom."""

from collections.abc import Iterable, Iterator, Mapping

from typing_extensions import TypedDict

from graph import dates, structure
from graph.analysis.answers import Evidence, Firm, evidence, firms
from graph.analysis.filters import inside, owners, references
from graph.analysis.verdicts import Grounds
from graph.index import Index
from graph.places import contains
from graph.wording import Said, both, listed, named

__all__ = ["Closed", "Closer", "Helper", "closed"]


class Helper(TypedDict):
    """Who brought something about, as a source says it.

    scope: what the source says was brought about: the firm, a project of it, or the cluster of
    the chain in the region (which does not say that this very firm came through it).
    """

    id: str
    name: str
    scope: str
    result: str
    note: str | None
    evidence: list[Evidence]


class Closer(Firm):
    """A firm that fills the gap; since: the earliest date by which a source has it there."""

    since: str
    through: list[Helper]
    evidence: list[Evidence]


class Closed(TypedDict):
    """until: the time for which a source last says that the segment was missing, as it says it.

    through: who helped the cluster of the chain; said: the whole in one sentence.
    """

    until: str
    missing: list[Evidence]
    firms: list[Closer]
    through: list[Helper]
    said: str


def closed(index: Index, segment: int, region: int, found: Grounds, at: int) -> Closed | None:
    """How the gap came to be closed; None if no source says that it ever was one, or it still is.

    `found` are the grounds of the segment in the region on that day.
    """
    if found.verdict != "present":
        return None
    t, missing = index.table, list(_missing(index, segment, region, at))
    if not missing:
        return None
    latest = max(missing, key=lambda row: (int(t.end[row]), row))
    last = int(t.end[latest])
    claims: dict[int, list[int]] = {}
    for entry in found.positive.tolist():
        firm = int(index.claims.firm[entry])
        if firm >= 0:
            claims.setdefault(firm, []).append(int(index.claims.row[entry]))
    new = {firm: rows for firm, rows in claims.items()
           if min(int(t.start[row]) for row in rows) >= last}
    closers = [_closer(index, firm, new, at) for firm in firms(index, new, at)]
    chains = set(index.chains_of(segment, at))
    around = list(_helpers(index, _clusters(index, chains, region, at), "cluster", at))
    until = dates.unpack(int(t.valid_to[latest])) or dates.iso(last - 1)
    return {"until": until, "missing": evidence(index, missing), "firms": closers,
            "through": around, "said": _sentence(index, segment, until, closers, around)}


def _missing(index: Index, segment: int, region: int, at: int) -> Iterator[int]:
    """Rows by which the segment was absent here, over by that day."""
    d, t = index.denials, index.table
    ranges = index.places.ranges(region, at)
    some = d.of(segment)
    for place, row, end, grade, survey in zip(*(column[some].tolist() for column in (
            d.region, d.row, d.end, d.grade, d.survey)), strict=True):
        if not survey and grade <= index.floor and end <= at and t.start[row] < end and contains(
                index.places.ranges(place, at), ranges):
            yield row


def _closer(index: Index, firm: Firm, rows: Mapping[int, list[int]], at: int) -> Closer:
    t, thing = index.table, index.number(firm["id"])
    mine = rows[thing]
    first = min(mine, key=lambda row: (int(t.start[row]), row))
    told = dates.unpack(int(t.valid_from[first])) or dates.unpack(int(t.observed[first]))
    since = told or t.sources[index.id(int(t.source[first]))].date
    projects = owners(index, references(index, structure.PROJECT, ["company"]).get(thing, ()))
    through = [*_helpers(index, [thing], "firm", at), *_helpers(index, projects, "project", at)]
    return {**firm, "since": since, "through": through, "evidence": evidence(index, mine)}


def _clusters(index: Index, chains: set[int], region: int, at: int) -> list[int]:
    """Clusters of these chains in the region."""
    places = inside(index, region, at)
    of = references(index, structure.CLUSTER, ["chain"])
    where = references(index, structure.CLUSTER, ["region"])
    mine = owners(index, [row for chain in chains for row in of.get(chain, ())])
    here = owners(index, [row for place in places for row in where.get(place, ())])
    here |= {thing for thing in mine for place, _ in index.joined(
        structure.LOCATED, thing, at, forward=True, undated=True) if place in places}
    return sorted(mine & here)


def _helpers(index: Index, results: Iterable[int], scope: str, at: int) -> Iterator[Helper]:
    for result in sorted(results):
        rows: dict[int, list[int]] = {}
        for helper, row in index.joined(structure.FACILITATES, result, at, forward=False,
                                        undated=True):
            if index.table.grade[row] <= index.shown:
                rows.setdefault(helper, []).append(row)
        for helper, some in sorted(rows.items()):
            note = index.said(some).get("note")
            yield {"id": index.id(helper), "name": index.label(helper, at), "scope": scope,
                   "result": index.label(result, at), "note": str(note) if note else None,
                   "evidence": evidence(index, some)}


def _sentence(index: Index, segment: int, until: str, closers: list[Closer],
              around: list[Helper]) -> Said:
    """What the sources say, and where they say nothing."""
    parts = [both("{} 时缺{}", "as of {}, {} was missing", until, named(index, segment))]
    who = [both("{}（有据可查自 {}）", "{} (on record since {})", firm["name"], firm["since"])
           for firm in closers]
    parts.append(both("此后由{}补上", "since then filled by {}", listed(who)) if who else
                 both("补上的是哪家企业，没有来源点名", "no source names the firm that filled it"))
    direct = [both("{}促成{}", "{} brought about {}", helper["name"], helper["result"])
              for firm in closers for helper in firm["through"]]
    if not direct:
        parts.append(both("没有来源说过是谁牵线引来的", "no source says who brought it here"))
        direct = [both("有来源说{}促成了{}{}", "a source says that {} brought about {}{}",
                       helper["name"], helper["result"],
                       both("（{}）", " ({})", helper["note"]) if helper["note"] else "")
                  for helper in around]
    return listed([*parts, *direct], "；", "; ")
