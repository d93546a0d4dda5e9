"""Who works with whom, and who brought them together."""

import re
from collections.abc import Sequence

from api.ask.frame import Frame
from api.ask.goods import doubts, home
from api.ask.lookup import facts_reply
from api.ask.meetings import agreements, common_events, event_text
from api.ask.naming import naming
from api.ask.reply import MOST, Reply, call, of_facts, slot, unknown
from api.ask.say import because, cite, join, phrase
from api.ask.subjects import PARTIES, composed_things
from graph import structure
from graph.analysis.facts import Fact, between, links, own
from graph.analysis.filters import inside, owners, references
from graph.analysis.partners import partners as candidates
from graph.index import Index

__all__ = ["facilitated", "partners"]

_COULD = re.compile("(?:能够?|可以|可能|应该|该|适合|值得|有机会|潜在)(?!不)")


def partners(frame: Frame) -> Reply | None:
    """Who works with whom: cooperation, agreements, common institutes."""
    index, at = frame.index, frame.day
    parties = [p for p in frame.things(*PARTIES)]
    if not parties:
        return None
    if _COULD.search(frame.plain) and (reply := _prospects(frame)) is not None:
        return reply
    if len(parties) > 1 and (reply := _pair(frame, parties)) is not None:
        return reply
    me = parties[0]
    facts = links(index, me, _partnering(index))
    wanted = [n for n in frame.nouns if n in ("Institute", "Company", "Park", "Region", "Agency")]
    if wanted:
        fit = [f for f in facts if index.kind_of(f.other(me)) in wanted]
        facts = fit or facts
    if not facts and (topics := _for(frame, me, parties, wanted)):
        return facts_reply(frame, "partners", me, topics)
    facts = facts or [f for f in naming(frame, [me]) if f.kind in _partnering(index)]
    name = index.label(me, at)
    kinds = join(index.ontology.kinds[k].label.zh for k in wanted) if wanted else "谁"
    ask = f"{name}和{'哪些' if wanted else ''}{kinds}有合作？"
    where_to = call(f"entities/{index.id(me)}/links", kind="cooperatesWith")
    slots_ = {"party": slot(index, me, at)}
    if not facts:
        return unknown("partners", ask, f"没有来源说过{name}和{kinds}有合作", slots=slots_,
                       call=where_to)
    told = "；".join(dict.fromkeys(phrase(index, f, at) for f in facts[:10]))
    others = join((index.label(f.other(me), at) for f in facts), 15)
    rows, cited = of_facts(frame, facts)
    text = (f"{name}的合作方，来源说过的有{others}：{told}{cite(index, cited)}。"
            f"{doubts(frame, facts)}")
    return Reply("partners", ask, text, rows=rows, cited=cited, slots=slots_, call=where_to, at=at)


def _for(frame: Frame, me: int, parties: Sequence[int], wanted: Sequence[str]) -> list[Fact]:
    """Partners of the class that is asked for who work on what is named itself: 研究院 X是跟哪所
    大学合办的.  Of two that are named both must be in it."""
    index = frame.index
    return [f for f in naming(frame, [me], 40) if f.kind in _partnering(index)
            and all(p in f.things for p in parties if p != me)
            and me not in f.things and any((index.kind_of(t) in wanted or not wanted)
                                           and t not in parties for t in f.things)]


def _prospects(frame: Frame) -> Reply | None:
    """能和谁合作, of one firm: whom the sources give reasons for, best first."""
    firms, index, at = frame.things(structure.COMPANY), frame.index, frame.day
    if len(firms) != 1 or not frame.asks("who", "which", "what"):
        return None
    found = candidates(index, index.id(firms[0]), at)
    every = list(found["rows"])
    if wanted := [n for n in frame.nouns if n in (structure.COMPANY, structure.INSTITUTE,
                                                  structure.PERSON)]:
        every = [row for row in every if row["kind"] in wanted]
    if where := frame.first("Region", "Park"):
        near = inside(index, where, at)
        every = [row for row in every if home(index, index.number(row["id"])) & near]
    name = index.label(firms[0], at)
    ask = f"{name}可以找谁合作？"
    slots_ = {"party": slot(index, firms[0], at)}
    where_to = call("partners", name=name)
    if not every:
        return unknown("partners", ask, f"没有来源说得出{name}可以找谁合作的理由",
                       slots=slots_, call=where_to)
    rows = [{"id": one["id"], "name": one["name"], "kind_name": one["kind_name"],
             "places": one["places"], "roles": [r["role_name"] for r in one["roles"]],
             "text": because(one)} for one in every[:MOST]]
    told = "；".join(str(row["text"]) for row in rows[:5])
    return Reply("partners", ask, f"{name}可以先找的有 {len(every)} 个，按写明的理由排列，是线索，"
                 f"不是结论：{told}{'；其余见各行' if len(rows) > 5 else ''}。", rows=rows,
                 slots=slots_, call=where_to, at=at)


def _partnering(index: Index) -> list[str]:
    """Ties between equals: both ends may be anything."""
    return [kind.name for kind in index.ontology.links
            if kind.tie and kind.ends and not kind.ends[0].refers and kind.field("form")]


def _pair(frame: Frame, parties: Sequence[int]) -> Reply | None:
    """Two are named: what joins them."""
    index, at = frame.index, frame.day
    one, other = parties[:2]
    facts = [f for f in between(index, one, other) if not index.ontology.kinds[f.kind].timeless]
    names = index.label(one, at), index.label(other, at)
    ask = f"{names[0]}和{names[1]}有什么合作？"
    where_to = call("path", from_=names[0], to=names[1])
    slots_ = {"parties": [slot(index, p, at) for p in (one, other)]}
    events = common_events(index, one, other)
    groups = _groups(frame, one, other)
    if not facts and not events and not groups:
        if not frame.asks("yesno") and any(index.kind_of(p) in ("Region", "Park")
                                           for p in parties[:2]):
            return None
        if both := [f for f in naming(frame, [one, other]) if f.kind in _partnering(index)]:
            left = [p for p in parties if not any(p in f.things for f in both) and p != one]
            rest = join(index.label(p, at) for p in left)
            head = f"没有来源说到{rest}，来源说的是：" if left else ""
            return facts_reply(frame, "partners", one, both, head)
        mine = links(index, one, _partnering(index)) + links(index, other, _partnering(index))
        near = "；".join(phrase(index, f, at) for f in mine[:5])
        return unknown("partners", ask, f"没有来源说过{names[0]}和{names[1]}有合作", near,
                       slots=slots_, call=where_to, cited=[r for f in mine[:5] for r in f.rows])
    told = [phrase(index, f, at) for f in facts]
    told += [f"都参加了{event_text(index, e, at)}" for e in events]
    told += [phrase(index, f, at) for f in groups]
    notes = [str(f.said["note"]) for f in facts if f.said.get("note")]
    event_facts = [own(index, e) for e in events]
    signed = agreements(frame, names)
    told += [phrase(index, f, at) for f in signed]
    rows, cited = of_facts(frame, [*facts, *event_facts, *groups, *signed])
    head = "有：" if frame.asks("yesno") else ""
    tail = f"（{'；'.join(notes)}）" if notes else ""
    return Reply("partners", ask, f"{head}{'；'.join(told)}{tail}{cite(index, cited)}。", rows=rows,
                 cited=cited, slots=slots_, call=where_to, at=at)


def _groups(frame: Frame, one: int, other: int) -> list[Fact]:
    """The memberships of both in one alliance or cluster."""
    mine, theirs = ({f.things[1]: f for f in links(frame.index, party, [structure.MEMBER_OF],
                                                   forward=True)} for party in (one, other))
    return [some[group] for group in sorted(mine.keys() & theirs.keys())
            for some in (mine, theirs)]


def _likely(frame: Frame) -> list[int]:
    """Those that are named or spelt out, whoever could have brought something about first."""
    found = [*frame.things(), *(t for t, _ in composed_things(frame, 3))]
    return sorted(dict.fromkeys(found), key=lambda t: frame.index.kind_of(t) == "Region")


def facilitated(frame: Frame) -> Reply | None:
    """Who brought about what: alliances and agencies that drew a firm here."""
    index, at = frame.index, frame.day
    facts: list[Fact] = []
    me: int | None = None
    for thing in _likely(frame):
        mine = links(index, thing, [structure.FACILITATES])
        if not mine:  # what a project's firm owes to somebody
            projects = owners(index, references(index, "Project", ["company"]).get(thing, ()))
            mine = [f for p in sorted(projects) for f in links(index, p, [structure.FACILITATES])]
        if mine:
            facts, me = mine, thing
            break
    if me is None:
        return None
    forward = all(f.things[0] == me for f in facts)
    name = index.label(me, at)
    rows, cited = of_facts(frame, facts)
    told = "；".join(phrase(index, f, at) for f in facts)
    ask = f"{name}促成了什么？" if forward else f"{name}是谁牵线促成的？"
    return Reply("facilitated", ask, f"{told}{cite(index, cited)}。", rows=rows, cited=cited,
                 slots={"thing": slot(index, me, at)}, at=at,
                 call=call(f"entities/{index.id(me)}/links", kind=structure.FACILITATES))
