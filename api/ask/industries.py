"""What a region lives by: its clusters, and the chains of which sources name firms there."""

from collections import Counter

from api.ask.frame import Frame
from api.ask.match import content
from api.ask.reply import Reply, Row, call, of_facts, slot, unknown
from api.ask.say import cite, join
from graph import dates, structure
from graph.analysis.facts import own
from graph.analysis.filters import inside, located

__all__ = ["fits", "industries"]

_FIELD = "leading_industries"


def fits(frame: Frame) -> bool:
    """邵阳有什么产业, 邵东的支柱产业: a place, the word, and nothing else that is asked of it."""
    places = frame.things("Region", "Park")
    words = [t for t in frame.tokens if t.is_a("field", _FIELD)]
    if len(places) != 1 or not words or len(frame.names) != 1 or frame.asks(
            "count", "much", "rank", "when", "yesno") or frame.verb(
            "lack", "most", "least", "leads", "complete", "nearest", "compare"):
        return False
    rest = content(frame.tokens, [*words, *frame.names, *frame.of("noun"), *frame.of("verb")])
    return not any(len(run) > 1 for run in rest)


def industries(frame: Frame) -> Reply | None:
    """The leading industries of a park as sources state them; of a region its clusters and the
    chains with most named firms."""
    index, at, place = frame.index, frame.day, frame.things("Region", "Park")[0]
    mine = own(index, place)
    if mine.said.get(_FIELD):
        return None
    name = index.label(place, at)
    near = inside(index, place, at)
    clusters = [own(index, t) for t in sorted(located(
        index, index.ontology.kinds[structure.CLUSTER], near, at))]
    clusters += [own(index, t) for t in index.things(structure.CLUSTER)
                 if index.label(t).startswith(name) and all(t not in f.things for f in clusters)]
    parks = [own(index, t) for t in sorted(near) if index.kind_of(t) == "Park"]
    parks = [f for f in parks if f.rows and f.said.get(_FIELD)]
    counted, proofs = _firms(frame, place)
    ask = f"{name}有哪些产业？"
    slots_ = {"region": slot(index, place, at)}
    where_to = call("matrix", region=name, at=dates.iso(at) if frame.times else "")
    if not clusters and not counted and not parks:
        return unknown("industries", ask, f"没有来源说过{name}有什么产业", slots=slots_,
                       call=where_to)
    parts = []
    if clusters:
        parts.append(f"产业集群有{join((index.label(f.things[0], at) for f in clusters), 8)}")
    if counted:
        told = (f"{index.label(chain)}链（{many} 家）" for chain, many in counted.most_common(8))
        parts.append(f"点名企业最多的链是{join(told, 8, '条')}")
    if parks:
        parts.append("园区的主导产业：" + "；".join(
            f"{index.label(f.things[0], at)}：{join(map(str, f.said[_FIELD]), 6)}"
            for f in parks[:4]))
    rows, cited = of_facts(frame, [*clusters, *parks][:60])
    rows += [_row(frame, chain, many) for chain, many in counted.most_common()]
    return Reply("industries", ask, f"{name}，来源说过的：{'。'.join(parts)}"
                 f"{cite(index, [*cited, *proofs])}。没有来源给出全部产业的名单。", rows=rows,
                 cited=[*cited, *proofs], slots=slots_, call=where_to, at=at)


def _row(frame: Frame, chain: int, many: int) -> Row:
    name = frame.index.label(chain)
    return {"chain": name, "firms": many, "text": f"{name}链：点名企业 {many} 家"}


def _firms(frame: Frame, place: int) -> tuple[Counter[int], list[int]]:
    """How many firms of each chain sources name there on that day, and the records."""
    index, at = frame.index, frame.day
    claims, ranges = index.claims, index.places.ranges(place, at)
    found: Counter[int] = Counter()
    proofs: list[int] = []
    for chain in index.things(structure.CHAIN):
        firms: set[int] = set()
        for segment in index.segments_of(chain, at):
            for entry in claims.within(segment, ranges).tolist():
                if claims.firm[entry] >= 0 and claims.grade[entry] <= index.floor and (
                        claims.start[entry] <= at < claims.end[entry]):
                    firms.add(int(claims.firm[entry]))
                    proofs.append(int(claims.row[entry]))
        if firms:
            found[chain] = len(firms)
    return found, proofs[:100]
