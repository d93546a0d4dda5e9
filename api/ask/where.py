"""Where a thing is."""

from api.ask.frame import Frame
from api.ask.lookup import facts_reply
from api.ask.reply import Reply, call, of_facts, slot, unknown
from api.ask.say import cite, join, phrase
from api.ask.subjects import ENOUGH, leftover, main_of, matching, subjects
from graph import structure
from graph.analysis.facts import Fact, about, links, own

__all__ = ["where_of"]



def where_of(frame: Frame) -> Reply | None:
    """Where a thing is: its region, what it lies in, where it works; or a place in a note."""
    index, at = frame.index, frame.day
    found = subjects(frame)
    if not found:
        return None
    if (reply := _told_where(frame)) is not None:
        return reply
    thing = main_of(frame, found)
    wheres = {k.name for k in index.ontology.classes if k.place}
    mine = own(index, thing)
    kind = index.ontology.kinds[index.kind_of(thing)]
    places: dict[str, None] = {}
    facts: list[Fact] = []
    for part in kind.fields:
        if part.refers and set(part.refers) <= wheres and mine.said.get(part.name):
            places[index.label(index.reference(mine.said[part.name]), at)] = None
            facts.append(mine)
    for fact in links(index, thing, [structure.LOCATED, structure.PART_OF], forward=True):
        places[index.label(fact.things[1], at)] = None
        facts.append(fact)
    for fact in links(index, thing, ["operatesIn"], forward=True):
        if (place := index.reference(fact.said.get(structure.PLACE))) >= 0:
            places[index.label(place, at)] = None
            facts.append(fact)
    sites = [f for f in about(index, thing, ["Site"])]
    name = index.label(thing, at)
    ask = f"{name}在哪里？"
    slots_ = {"thing": slot(index, thing, at)}
    where_to = call(f"entities/{index.id(thing)}")
    if not facts and not sites:
        if "在" in str(mine.said.get("note") or ""):
            return facts_reply(frame, "where", thing, [mine])
        near = phrase(index, mine, at) if mine.rows else ""
        return unknown("where", ask, f"没有来源说过{name}在哪里", near, slots=slots_, call=where_to)
    told = [phrase(index, f, at) for f in sites]
    rows, cited = of_facts(frame, list({f.rows: f for f in [*facts, *sites]}.values()))
    text = f"{name}在{join(places, 5)}" if places else f"{name}的所在地没有写"
    return Reply("where", ask, f"{'；'.join([text, *told])}{cite(index, cited)}。",
                 rows=rows, cited=cited, slots=slots_, call=where_to)


def _told_where(frame: Frame) -> Reply | None:
    """在哪上市, 研发中心设在哪: a fact that holds the words beside the name."""
    for thing in subjects(frame)[:4]:
        left = leftover(frame, thing)
        if not left:
            continue
        hits = [(s, f) for s, f in matching(frame, thing) if s >= ENOUGH
                and f.kind not in (structure.OBSERVATION, "Trait", structure.TAKES_PART)]
        if hits:
            return facts_reply(frame, "where", thing, [f for s, f in hits if s >= hits[0][0]][:3])
    return None
