"""Which honours a thing has, and who bears one."""

from api.ask.figures import figure_of
from api.ask.frame import Frame
from api.ask.goods import home
from api.ask.lookup import facts_reply
from api.ask.match import spellings
from api.ask.reply import MOST, Reply, call, of_facts, slot, unknown
from api.ask.say import cite, join, phrase
from api.ask.subjects import by_class, composed_things, main_of
from api.ask.words import same
from graph import dates, structure
from graph.analysis.facts import links, of_rows
from graph.analysis.filters import inside

__all__ = ["counted", "honour_asked", "honoured", "honours"]


def honours(frame: Frame) -> Reply | None:
    """Which honours a thing has, or who bears an honour."""
    index, at = frame.index, frame.day
    holders = [t for t in by_class(frame) if index.kind_of(t) not in (
        "Honour", structure.CHAIN, structure.SEGMENT)]
    asked = _honours_named(frame)
    narrow = [t for t in holders if links(index, t, [structure.HONOURED], forward=True)]
    if narrow and not (asked and frame.asks("who", "which") and frame.nouns):
        thing = narrow[0] if index.kind_of(narrow[0]) in frame.nouns else main_of(frame, narrow)
        facts = links(index, thing, [structure.HONOURED], forward=True)
        fit = [f for f in facts if f.things[1] in asked] if asked else facts
        if frame.asks("yesno") and asked and not fit:
            what = join(index.label(h) for h in asked)
            return unknown("honours", f"{index.label(thing, at)}获评过{what}吗？",
                           f"没有来源说过{index.label(thing, at)}获评{what}",
                           "；".join(phrase(index, f, at) for f in facts[:5]),
                           slots={"thing": slot(index, thing, at)},
                           call=call(f"entities/{index.id(thing)}/links", kind=structure.HONOURED))
        head = "是：" if frame.asks("yesno") and fit and asked else ""
        return facts_reply(frame, "honours", thing, fit or facts, head)
    if not asked:
        return None
    bearers = [pair for h in asked for pair in index.joined(
        structure.HONOURED, h, dates.last_day("2999"), forward=False, undated=True)]
    kinds = [k for k in frame.nouns if k not in ("Honour",)]
    pairs = [pair for pair in bearers if index.kind_of(pair[0]) in kinds] or bearers
    places = frame.things("Region", "Park")
    if places and index.places.level_of(places[0]) != "province":
        near = inside(index, places[0], at)
        pairs = [pair for pair in pairs if pair[0] in near or home(index, pair[0]) & near]
    fit = of_rows(index, [row for _, row in pairs[:MOST]])
    if not fit:
        return None
    what = join(dict.fromkeys(index.label(f.things[1], at) for f in fit), 4)
    names = list(dict.fromkeys(index.label(thing, at) for thing, _ in pairs))
    rows, cited = of_facts(frame, fit)
    return Reply("honours", f"谁获评{what}？", f"来源点了名的有 {len(names)} 个：{join(names, 20)}"
                 f"（{what}）{cite(index, cited)}。已录入的不是全名单。", rows=rows, cited=cited,
                 slots={"honour": [slot(index, h, at) for h in asked][:5]},
                 call=call("things/Company", honour=what))


def honoured(frame: Frame) -> bool:
    """有哪些小巨人企业: firms are asked for by an honour that they bear."""
    if not frame.asks("which", "who", "count", "what") or frame.things(structure.COMPANY):
        return False
    words = [t for t in frame.tokens if t.sort != "name" and len(t.text) > 2]
    firms = (structure.COMPANY in frame.nouns or any(t.text.endswith("企业") for t in words)
             or len([t for t in frame.tokens if t.sort == "text" or t.is_a("content")]) == 1)
    labels = [same(frame.index.label(t)) for t in frame.index.things("Honour")] if firms else []
    return any(same(t.text) in label for t in words if t.sort == "text" or t.is_a("content")
               for label in labels)


def honour_asked(frame: Frame) -> bool:
    """单项冠军有多少家: the bearers of an honour are counted, of no firm and no other thing."""
    return (frame.asks("count", "much") and not frame.times and not frame.verb("most", "least")
            and all(frame.kinds(t) & {"Region", "Park", "Honour"} for t in frame.names)
            and bool(_honours_named(frame, True)))


def counted(frame: Frame) -> Reply | None:
    """The figure of the place that is named, else those whom sources name; never the figure of a
    place that nobody named."""
    reply, mine = figure_of(frame), [slot(frame.index, p, frame.day)["id"] for p in frame.things()]
    if reply is not None and reply.status == "answered":
        about = reply.slots.get("subject")
        if isinstance(about, dict) and about.get("id") in mine:
            return reply
    return honours(frame)


def _honours_named(frame: Frame, plainly: bool = False) -> list[int]:
    """Honours that are named in full or by their core: 小巨人, 单项冠军, 福布斯."""
    index = frame.index
    named = frame.things("Honour")
    if named:
        return named
    found: dict[int, None] = {}
    for token in frame.tokens:
        if (token.sort in ("text", "name") or token.is_a("content")) and len(token.text) > 2:
            text = same(token.text)
            for thing in index.things("Honour"):
                if any(text in same(n) for n in [index.label(thing), *spellings(index, thing)]):
                    found[thing] = None
    if not found and not plainly:
        found = {t: None for t, _ in composed_things(frame) if index.kind_of(t) == "Honour"}
    return list(found)[:40]
