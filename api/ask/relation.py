"""What two share, or the shortest way of sourced ties between them."""

import re
from collections.abc import Iterable, Sequence

from api.ask.frame import Frame
from api.ask.lookup import facts_reply
from api.ask.meetings import common_events, event_text
from api.ask.naming import naming
from api.ask.reply import Reply, call, of_facts, slot, unknown
from api.ask.say import cite, join, phrase
from api.ask.subjects import PARTIES
from api.ask.ways import in_common, through, tiers
from graph.analysis.facts import Fact, between, links, own
from graph.analysis.paths import PathStep, paths
from graph.index import Index

__all__ = ["relation"]

_MET = re.compile("[碰见]上?[过到]?[面头]|照面|认识|结识|相识")


def relation(frame: Frame) -> Reply | None:
    """What two share, or the shortest way of sourced ties between them."""
    index, at = frame.index, frame.day
    parties = [p for p in frame.things(*PARTIES)]
    firms = [p for p in parties if index.kind_of(p) != "Region"]
    parties = firms if len(firms) > 1 else parties
    if len(parties) < 2:
        return None
    one, other = parties[:2]
    if (reply := in_common(frame, firms)) is not None:
        return reply
    if "Region" in {index.kind_of(one), index.kind_of(other)} and len(firms) == 1:
        firm = firms[0]
        place = other if one == firm else one
        if (reply := tiers(frame, firm, place)) is not None:
            return reply
    names = index.label(one, at), index.label(other, at)
    ask = f"{names[0]}和{names[1]}有什么联系？"
    where_to = call("path", from_=names[0], to=names[1])
    slots_ = {"parties": [slot(index, p, at) for p in (one, other)]}
    direct = [f for f in between(index, one, other)] or _through(index, one, other)
    events = common_events(index, one, other)
    told = [phrase(index, f, at) for f in direct]
    told += [f"两者都参加了{event_text(index, e, at)}" for e in events]
    cited = [r for f in direct for r in f.rows]
    facts = [*direct, *(own(index, e) for e in events)]
    if not told:
        found = paths(index, index.id(one), index.id(other), at)
        if not found["rows"] and (ways := through(index, one, other)):
            facts = [fact for way in ways for fact in way]
            mids = join(index.label(way[0].other(one), at) for way in ways)
            rows, cited = of_facts(frame, facts)
            clauses = "；".join("，".join(phrase(index, f, at) for f in way) for way in ways)
            text = f"靠{mids}连着：{clauses}{cite(index, cited)}。"
            return Reply("relation", ask, text, rows=rows,
                         cited=cited, slots=slots_, call=where_to, at=at)
        if not found["rows"] and (facts := naming(frame, [one, other])):
            return facts_reply(frame, "relation", one, facts, "来源一起说到它们：")
        if not found["rows"]:
            return unknown("relation", ask, f"没有找到{names[0]}和{names[1]}之间步步有来源的联系",
                           slots=slots_, call=where_to)
        rows = [{"names": row["names"], "length": row["length"], "text": _way(row["steps"])}
                for row in found["rows"]]
        shared = [row["names"][1] for row in found["rows"] if row["length"] == 2]
        proofs = {e["record"] for row in found["rows"] for step in row["steps"]
                  for e in step["evidence"]}
        cited = _numbers(index, [index.number(s["id"]) for r in found["rows"] for s in r["steps"]]
                         + [index.number(s["to_id"]) for r in found["rows"] for s in r["steps"]],
                         proofs)
        head = "没有来源说过两者见过面。" if _MET.search(frame.plain) else ""
        head += f"有交集：都和{join(shared)}有往来。" if shared else "没有直接联系，最短的路是："
        text = head + "；".join(str(row["text"]) for row in rows[:4]) + cite(index, cited) + "。"
        return Reply("relation", ask, text, rows=rows, cited=cited, slots=slots_, call=where_to,
                     at=at)
    notes = [str(f.said[n]) for f in direct for n in ("note", "volume") if f.said.get(n)]
    tail = f"（{'；'.join(notes)}）" if notes else ""
    rows_, more = of_facts(frame, facts)
    return Reply("relation", ask, f"{'；'.join(told)}{tail}{cite(index, more)}。", rows=rows_,
                 cited=[*cited, *more], slots=slots_, call=where_to, at=at)


def _through(index: Index, one: int, other: int) -> list[Fact]:
    """Ties with a part of the other, by its name: 中南大学专家团队 of 中南大学."""
    return [f for a, b in ((one, other), (other, one)) for f in links(index, a)
            if len(index.label(b)) > 3 and index.label(b) in index.label(f.other(a))
            and index.ontology.kinds[f.kind].tie]


def _numbers(index: Index, things: Iterable[int], records: set[str]) -> list[int]:
    rows = {row for thing in set(things)
            for row in index.links.row[index.links.of(thing)].tolist()}
    return sorted(row for row in rows if index.table.record_id(row) in records)


def _way(steps: Sequence[PathStep]) -> str:
    parts = []
    for step in steps:
        one, other = (step["name"], step["to"]) if step["forward"] else (step["to"], step["name"])
        what = f"（{step['product']}）" if step["product"] else ""
        parts.append(f"{one}{_verb(step['link'], step['link_name'])}{other}{what}")
    return "，".join(parts)


def _verb(link: str, label: str) -> str:
    return {"suppliesTo": "供应", "supports": "配套", "cooperatesWith": "合作"}.get(link, label)
