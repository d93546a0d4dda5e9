"""Where a thing is."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from api.ask.compound import joined
from api.ask.frame import Frame
from api.ask.lookup import facts_reply
from api.ask.reply import Reply, call, of_facts, slot, unknown
from api.ask.say import cite, join, phrase
from api.ask.subjects import ENOUGH, leftover, main_of, matching, proper, subjects
from api.ask.when import attended
from graph import structure
from graph.analysis.facts import Fact, about, links, own
from graph.index import Index

__all__ = ["abroad", "fits", "where_of"]

_PARK = re.compile("园|高新区|经开区|开发区|基地|产业港|小镇")
_COUNTRY = re.compile("哪(?:个|些|几个|一个|两个)?国(?!家?级)|海外|国外|境外")
_GOES = re.compile("(?:开|建|办|设|搬|走|铺|伸|做|销|卖|出口)[^，。]{0,3}[到在去进往]"
                   "|海外|国外|境外|出海|建厂|设厂|办厂|开厂")


def fits(frame: Frame) -> bool:
    """Whether it is asked where something is; 哪国的垄断 asks what, not where."""
    of = any(one.is_a("ask", "where") and one.text.endswith(("国", "国家")) and other.text == "的"
             for one, other in pairwise(frame.tokens))
    return (frame.asks("where") and not of and not frame.verb("sign", "talk")) or (
        abroad(frame) and bool(frame.things("Company", "Site")))


def where_of(frame: Frame) -> Reply | None:
    """Where a thing is; where a park is asked for and none is told, only what is known."""
    reply = _where(frame)
    if reply is None or reply.status != "answered" or not any(
            "园区" in t.text for t in frame.of("ask", "where")):
        return reply
    told = reply.answer
    for token in frame.names:
        told = told.replace(frame.typed(token), "")
    if _PARK.search(told):
        return reply
    return replace(reply, status="unknown", answer="不知道：没有来源说过在哪个园区。"
                   f"已知的是：{reply.answer}")


def _where(frame: Frame) -> Reply | None:
    """Where a thing is, or several that are named: region, what it lies in, where it works."""
    index, at = frame.index, frame.day
    found = subjects(frame)
    if not found:
        return None
    named = [t for token in frame.names if proper(frame, token) for t in token.things[:1]
             if index.kind_of(t) != "Region"]
    if len(named) > 1 and (reply := _each_told(frame)) is not None:
        return reply
    if (reply := _told_where(frame)) is not None:
        return reply
    if abroad(frame):
        return _in_countries(frame, main_of(frame, found))
    things = named if len(named) > 1 else [main_of(frame, found)]
    places = {thing: _places(index, thing, at) for thing in things}
    names = "、".join(index.label(t, at) for t in things)
    ask = f"{names}在哪里？"
    slots_ = {"thing": [slot(index, t, at) for t in things]}
    where_to = call(f"entities/{index.id(things[0])}")
    facts = [fact for some in places.values() for _, fact in some]
    if not facts:
        mine = own(index, things[0])
        if "在" in str(mine.said.get("note") or ""):
            return facts_reply(frame, "where", things[0], [mine])
        near = phrase(index, mine, at) if mine.rows else ""
        return unknown("where", ask, f"没有来源说过{names}在哪里", near, slots=slots_,
                       call=where_to)
    small = any(mark in t.text for t in frame.of("ask", "where") for mark in "市区县")
    if small and all(index.places.level_of(place) == "province" for place in _ends(facts, index)):
        return unknown("where", ask, f"来源只说{_told(index, things[0], places[things[0]], at)}，"
                       "没有说在哪个市县", slots=slots_, call=where_to,
                       cited=[row for fact in facts for row in fact.rows])
    told = [_told(index, thing, places[thing], at) for thing in things]
    rows, cited = of_facts(frame, list({f.rows: f for f in facts}.values()))
    return Reply("where", ask, f"{'；'.join(told)}{cite(index, cited)}。", rows=rows, cited=cited,
                 slots=slots_, call=where_to)


def _places(index: Index, thing: int, at: int) -> list[tuple[str, Fact]]:
    """The places that its fields, its links and its sites give a thing, with what says so."""
    wheres = {k.name for k in index.ontology.classes if k.place}
    mine = own(index, thing)
    found: list[tuple[str, Fact]] = []
    for part in index.ontology.kinds[index.kind_of(thing)].fields:
        if part.refers and set(part.refers) <= wheres and mine.said.get(part.name):
            place = index.reference(mine.said[part.name])
            found.append((index.label(place, at), mine))
    for fact in links(index, thing, [structure.LOCATED, structure.PART_OF], forward=True):
        found.append((index.label(fact.things[1], at), fact))
    for fact in links(index, thing, forward=True):
        if (place := index.reference(fact.said.get(structure.PLACE))) >= 0:
            found.append((index.label(place, at), fact))
    sites = about(index, thing, [k for k in wheres if index.ontology.kinds[k].open])
    return found + [("", site) for site in sites]


def _ends(facts: Sequence[Fact], index: Index) -> set[int]:
    """The places that the facts give."""
    wheres = {kind.name for kind in index.ontology.classes if kind.place}
    told = [f.things[-1] for f in facts if len(f.things) > 1] + [
        index.reference(f.said.get(name)) for f in facts for name in ("region", structure.PLACE)]
    return {one for one in told if one >= 0 and index.kind_of(one) in wheres}


def _told(index: Index, thing: int, places: Sequence[tuple[str, Fact]], at: int) -> str:
    """X在甲、乙；sites in a clause each; or that nobody says."""
    name = index.label(thing, at)
    where = join((place for place, _ in places if place), 5)
    text = f"{name}在{where}" if where else f"{name}的所在地没有来源写过"
    return "；".join([text, *(phrase(index, fact, at) for place, fact in places if not place)])


def _each_told(frame: Frame) -> Reply | None:
    """分别在哪上市: what each of those that are named did where, if all did so."""
    names = [t for t in frame.names if proper(frame, t) and not frame.kinds(t) & {"Region"}]
    told = [_told_where(frame.without(*(t for t in names if t is not name))) for name in names]
    known = [reply for reply in told if reply is not None]
    return joined(known) if len(known) == len(names) else None


def abroad(frame: Frame) -> bool:
    """开到哪个国家, 海外哪里: a place outside this country is asked for."""
    return bool(_COUNTRY.search(frame.plain) and _GOES.search(frame.plain)) and frame.asks(
        "where", "which")


def _in_countries(frame: Frame, thing: int) -> Reply:
    """The sites and places of a thing in other countries; what is known of it if there are none."""
    index, at = frame.index, frame.day
    name = index.label(thing, at)
    places = _places(index, thing, at)
    facts = [fact for _, fact in places if any(
        _foreign(index, place) for place in _ends([fact], index))]
    facts += [f for f in links(index, thing, forward=True) if f not in facts and any(
        _foreign(index, place) for place in _ends([f], index))]
    ask = f"{name}在哪个国家？"
    if not facts:
        near = _told(index, thing, places, at) if places else ""
        return unknown("where", ask, f"没有来源说过{name}去了哪个国家", near,
                       slots={"thing": [slot(index, thing, at)]},
                       cited=[row for _, fact in places for row in fact.rows],
                       call=call(f"entities/{index.id(thing)}"))
    return facts_reply(frame, "where", thing, list({f.rows: f for f in facts}.values()))


def _foreign(index: Index, place: int) -> bool:
    """Whether a place is none of this country's: outside, and in no province."""
    return index.places.level_of(place) == "outside"


def _new(frame: Frame, fact: Fact) -> bool:
    """Whether a link tells more than that its ends, which the question names, are joined."""
    return len(fact.things) < 2 or not set(fact.things) <= {
        t for token in frame.names for t in token.things} or any(
        fact.said.get(part.name) for part in frame.index.ontology.kinds[fact.kind].fields)


def _told_where(frame: Frame) -> Reply | None:
    """在哪上市, 研发中心设在哪: a fact that holds the words beside the name."""
    for thing in subjects(frame)[:4]:
        left = leftover(frame, thing)
        if not left:
            continue
        if events := attended(frame, thing, one=True):
            return facts_reply(frame, "where", thing, [own(frame.index, e) for _, e in events][:2])
        hits = [(s, f) for s, f in matching(frame, thing) if s >= ENOUGH
                and f.kind not in (structure.OBSERVATION, "Trait", structure.TAKES_PART)
                and _new(frame, f)]
        if hits:
            return facts_reply(frame, "where", thing, [f for s, f in hits if s >= hits[0][0]][:3])
    return None
