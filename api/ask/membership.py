"""Of what a thing is a member, since when, and who the members are."""

from collections.abc import Sequence

from api.ask.frame import Frame
from api.ask.lookup import facts_reply, more_of
from api.ask.reply import Reply, call, of_facts, slot, unknown
from api.ask.say import cite, join, phrase, when
from api.ask.subjects import composed_things
from graph import dates, structure
from graph.analysis.facts import Fact, between, links, own, since

__all__ = ["member"]

_BODIES = ("Alliance", "Cluster", "Fund")


def member(frame: Frame) -> Reply | None:
    """Whether, since when and of what a thing is a member; who the members are."""
    index, at = frame.index, frame.day
    kinds = [structure.PART_OF, structure.MEMBER_OF]
    named = frame.things("Region", "Park", "Company", "Alliance", "Institute", "Cluster", "Fund")
    spelt = [t for t, _ in composed_things(frame, 3) if index.kind_of(t) in frame.nouns
             and index.kind_of(t) in _BODIES and t not in named]
    if spelt and not any(index.kind_of(t) in frame.nouns for t in named):
        named = spelt[:1]
    elif set(_BODIES) & set(frame.nouns) and all(
            index.kind_of(t) == "Region" for t in named):
        return None  # 湖南省固态电池联盟: the members of the province are not meant
    if not named:
        return None
    if len(named) > 1:
        for one in named:
            facts = [f for other in named if other != one for f in between(index, one, other)
                     if f.kind in kinds]
            if facts:
                return _membership(frame, facts)
        if frame.asks("yesno"):
            names = [index.label(t, at) for t in named[:2]]
            return unknown("member", f"{names[0]}属于{names[1]}吗？",
                           f"没有来源说过{names[0]}属于{names[1]}",
                           slots={"things": [slot(index, t, at) for t in named[:2]]},
                           call=call(f"entities/{index.id(named[0])}/links"))
        return None
    if frame.asks("count", "much") and (counted := _counted(frame, named[0])) is not None:
        return counted
    facts = links(index, named[0], kinds)
    if frame.asks("which", "who", "count"):  # its members; of what it is one, only without any
        facts = links(index, named[0], kinds, forward=False) or facts
    asked = [f for f in facts if index.kind_of(f.other(named[0])) in frame.nouns]
    return facts_reply(frame, "member", named[0], asked or facts) if facts else None


def _counted(frame: Frame, thing: int) -> Reply | None:
    """How many members a source says that it has, with those that are named; those alone are
    not their number."""
    index, at = frame.index, frame.day
    mine = own(index, thing)
    facts = links(index, thing, [structure.PART_OF, structure.MEMBER_OF], forward=False)
    told = [mine, *facts] if mine.said.get("member_count") else facts
    if not told or (told[0] is not mine and index.kind_of(thing) not in _BODIES):
        return None
    rows, cited = of_facts(frame, told)
    listed = join((index.label(f.things[0], at) for f in facts), 15, "家")
    name, source = index.label(thing, at), cite(index, cited)
    slots_ = {"thing": slot(index, thing, at)}
    where_to = call(f"entities/{index.id(thing)}/links", kind=structure.MEMBER_OF)
    if told[0] is not mine:
        return unknown("member", f"{name}有多少成员？", f"没有来源说过{name}一共有多少成员",
                       f"点了名的有 {len(facts)} 个：{listed}{source}", rows=rows, cited=cited,
                       slots=slots_, call=where_to)
    return Reply("member", f"{name}有多少成员？", f"{name}成员数：{mine.said['member_count']:g}"
                 f"{f'；点了名的有{listed}' if listed else ''}{source}。", rows=rows, cited=cited,
                 slots=slots_, call=where_to)


def _membership(frame: Frame, facts: Sequence[Fact]) -> Reply:
    """Yes since …; at a time before it: not yet, by the source's own date."""
    index, at = frame.index, frame.day
    fact = facts[0]
    one, other = (index.label(t, at) for t in fact.things)
    begun = since(index, fact)
    rows, cited = of_facts(frame, facts)
    slots_ = {"things": [slot(index, t, at) for t in fact.things]}
    where_to = call(f"entities/{index.id(fact.things[0])}/links", kind=fact.kind)
    early = begun is not None and frame.times and at < dates.first_day(begun)
    since_ = f"（{when(begun)}起）" if begun else ""
    if early and begun is not None:
        text = (f"不是：截至 {dates.iso(at)} 还不是，来源说{one}从 {when(begun)} 起才属于{other}"
                f"{cite(index, cited)}。")
    else:
        head = "是：" if frame.asks("yesno") else ""
        told = "；".join(dict.fromkeys(phrase(index, f, at) + more_of(frame, f) for f in facts))
        text = f"{head}{told}{since_}{cite(index, cited)}。"
    return Reply("member", f"{one}是不是属于{other}？", text, rows=rows, cited=cited, slots=slots_,
                 call=where_to, at=at)
