"""Who talked, signed or met with whom: events and those who took part."""

import re
from collections.abc import Sequence

from api.ask.frame import Frame
from api.ask.match import figures
from api.ask.reply import Reply, call, of_facts, slot, unknown
from api.ask.say import cite, figure, join, phrase, when
from api.ask.subjects import PARTIES, composed_things
from api.ask.words import bare
from graph import structure
from graph.analysis.facts import Fact, about, between, links, own
from graph.analysis.filters import inside
from graph.index import Index
from graph.places import EVER

_SIGNED_WHAT = re.compile("签[^,。?!和跟与]{0,4}(?:什么|啥|么子|哪[个份项种几些]|何种)")

__all__ = ["agreements", "common_events", "event_text", "meetings", "signed"]


def meetings(frame: Frame) -> Reply | None:
    """Who talked, signed or met with whom: events and those who take part."""
    index, at = frame.index, frame.day
    wanted = {"talk": {"talk", "matchmaking", "visit"}, "sign": {"signing", "launch"}}
    verbs = [v for v in wanted if frame.verb(v)]
    parties = [p for p in frame.things(*PARTIES)]
    if (reply := _signed(frame, parties)) is not None:
        return reply
    kind = {m.split("/")[0] for m in frame.marks.get("choice", ())} | set(frame.nouns)
    if "Agreement" in kind and frame.asks("how"):
        return None  # how something is settled there
    if "Agreement" in frame.nouns and not frame.asks("who", "when") and any(
            index.kind_of(t) == "Agreement" for t, _ in composed_things(frame, 2)):
        return None  # what it says, not who signed it
    if frame.verb("conclude") and len(parties) > 1:
        return _no_meeting(frame, parties)
    events = _relevant(frame, parties, verbs, wanted)
    if not events:
        return _no_meeting(frame, parties) if verbs and len(parties) > 1 and (
            frame.asks("yesno") or frame.asks("what")) and not frame.asks("who", "which") else None
    facts = [f for event in events for f in links(index, event, [structure.TAKES_PART])]
    firms = [p for p in parties if index.kind_of(p) in ("Company", "Institute", "Person")]
    places = [p for p in parties if index.kind_of(p) in ("Region", "Park")]
    if frame.asks("yesno") and firms and not frame.asks("who", "which"):
        return _attended(frame, firms, events, facts)
    mine = [f for f in facts if index.kind_of(f.things[0]) == "Company"] or facts
    sides = {f.said.get("side") for f in mine if f.things[0] in firms}
    shown_ = [f for f in mine if f.things[0] not in firms]
    if firms and sides - {None}:
        shown_ = [f for f in shown_ if f.said.get("side") not in sides] or shown_
    asked_side = _side(frame, places, mine)
    if asked_side is not None:
        shown_ = [f for f in mine if f.said.get("side") == asked_side and f.things[0] not in firms]
    if not shown_:
        shown_ = mine
    names = _by_side(frame, shown_)
    told = join((event_text(index, e, at) for e in events), 3)
    who = "、".join(index.label(p, at) for p in parties)
    rows, cited = of_facts(frame, [*shown_, *(own(index, e) for e in events)])
    extra = _event_figures(frame, events, asked_side)
    return Reply("meetings", f"{who or '有关各方'}：谁和谁在一起谈过、签过或参加过？",
                 f"{_with_whom(frame, firms)}来源点了名的有{names}，在{told}上"
                 f"{cite(index, cited)}。{extra}",
                 rows=rows, cited=cited,
                 slots={"parties": [slot(index, p, at) for p in parties],
                        "events": [slot(index, e, at) for e in events]},
                 call=call(f"entities/{index.id(events[0])}/links", kind=structure.TAKES_PART),
                 at=at)


def _signed(frame: Frame, parties: Sequence[int]) -> Reply | None:
    """签了个啥: the agreements of two that are named, in the time that is asked for."""
    if not frame.verb("sign") or len(parties) < 2 or not _SIGNED_WHAT.search(frame.plain):
        return None
    index, at = frame.index, frame.day
    names = [index.label(p, at) for p in parties[:2]]
    found = signed(frame, names) or _tied(frame, parties)
    if not found:
        return None
    rows, cited = of_facts(frame, found)
    told = "；".join(phrase(index, f, at) for f in found)
    return Reply("agreements", f"{'和'.join(names)}签了什么？", f"{told}{cite(index, cited)}。",
                 rows=rows, cited=cited, at=at,
                 slots={"parties": [slot(index, p, at) for p in parties]},
                 call=call(f"entities/{index.id(found[0].things[0])}"))


def _tied(frame: Frame, parties: Sequence[int]) -> list[Fact]:
    """Where no agreement is known: what they are said to have signed, and the projects of one
    with the other."""
    index = frame.index
    one, other = parties[:2]
    ties = [f for f in between(index, one, other) if "签" in str(f.said.get("form") or "")]
    projects = [own(index, f.things[0]) for a, b in ((one, other), (other, one))
                for f in about(index, a, [structure.PROJECT])
                if b in {index.reference(f.said.get(name)) for name in ("region", "company")}]
    return list({f.rows: f for f in [*ties, *projects]}.values()) if ties else []


def signed(frame: Frame, names: Sequence[str]) -> list[Fact]:
    """Agreements of both, in the time that is asked for; those that have been signed, if a day of
    signing is told of any."""
    every = agreements(frame, names)
    dated = [f for f in every if f.said.get("signed") and (
        not frame.times or frame.times[-1].meets(str(f.said["signed"])))]
    return dated or ([] if frame.times else every)


def agreements(frame: Frame, names: Sequence[str]) -> list[Fact]:
    """Agreements whose name holds both."""
    index = frame.index
    cores = [n.removesuffix("市").removeprefix("湖南") for n in names]
    found = [own(index, t) for t in index.things("Agreement")
             if all(core in index.label(t) for core in cores)]
    return found


def _by_side(frame: Frame, facts: Sequence[Fact]) -> str:
    """Names, each side with its own: 艾迪奥、金博氢能（益阳高新区）."""
    sides: dict[str, list[str]] = {}
    for fact in facts:
        sides.setdefault(str(fact.said.get("side") or ""), []).append(
            frame.index.label(fact.things[0], frame.day))
    return "、".join(join(names, 12, "家") + (f"（{side}）" if side else "")
                    for side, names in sides.items())


def _with_whom(frame: Frame, firms: Sequence[int]) -> str:
    names = "、".join(frame.index.label(f, frame.day) for f in firms)
    return f"与{names}在一起的，" if firms else ""


def _event_figures(frame: Frame, events: Sequence[int], side: str | None) -> str:
    """How many firms there were, where a figure says so."""
    known = figures(frame.index)
    facts = [known.fact(n) for e in events[:1] for n in known.by_subject.get(e, ())
             if "企业" in known.entries[n][1]]
    if not facts:
        return ""
    told = "；".join(figure(frame.index, f, frame.day).replace(
        frame.index.label(events[0], frame.day), "") + (
            f"（{f.said['note']}）" if f.said.get("note") else "") for f in facts)
    return f"来源还说：{told}。"


def _side(frame: Frame, places: Sequence[int], facts: Sequence[Fact]) -> str | None:
    """The side whose firms are asked for: the place that stands right before the question."""
    index = frame.index
    asked = next((t for t in frame.tokens if t.is_a("ask", "who", "which")), None)
    sides = [str(f.said["side"]) for f in facts if f.said.get("side")]
    if asked is None:
        return None
    order = sorted((p for p in places if frame.position(p).end <= asked.start),
                   key=lambda p: asked.start - frame.position(p).end)
    for place in order[:1]:
        token = frame.position(place)
        beside = [t for t in frame.tokens if token.end <= t.start < asked.start]
        if all(t.is_a("blank") or t.is_a("verb", "join", "has") for t in beside):
            for side in sides:
                if bare(side) in (bare(index.label(place)), token.text) or token.text in bare(side):
                    return side
    return None


def _relevant(frame: Frame, parties: Sequence[int], verbs: Sequence[str],
              wanted: dict[str, set[str]]) -> list[int]:
    """Events of the asked sort in which those who are named take part; the more of them the
    better; an event that is named itself comes first."""
    index = frame.index
    named = frame.things("Event")
    if named:
        return named[:1]
    score = _scored(index, parties)
    if structure.COMPANY in frame.nouns and frame.asks("who", "which") and score and not any(
            _companies(index, e) for e, s in score.items() if s == max(score.values())):
        found = _scored(index, parties, wide=True)  # which firms met, not which regions
        score = {e: s for e, s in found.items() if _companies(index, e)} or score
    types = {t for v in verbs for t in wanted[v]}
    if types:
        score = {e: s for e, s in score.items()
                 if index.said(index.rows_of(e)).get("type") in types
                 or any(w in index.label(e) for v in verbs for w in (
                     ("谈", "交流") if v == "talk" else ("签",)))}
    joined = frame.verb("join")
    if joined and not score:
        return []
    best = max(score.values(), default=0)
    if not score:
        score = {e: 1 for e, _ in composed_things(frame) if index.kind_of(e) == "Event"}
        return list(score)[:1]
    firms = [p for p in parties if index.kind_of(p) == "Company"]
    if firms:  # every firm that is named must have been there
        there = {e: s for e, s in score.items() if any(e in _events_of(index, f) for f in firms)}
        score = there or (score if frame.asks("yesno") and best > 1 else {})
    elif len(parties) > 1 and best < 2:
        return []
    first = sorted((e for e, s in score.items() if s == max(score.values(), default=0)),
                   key=lambda e: (-_companies(index, e), index.id(e)))
    return first[:1] if frame.asks("who", "which") else first[:3]


def _scored(index: Index, parties: Sequence[int], wide: bool = False) -> dict[int, int]:
    """Events → how many of the parties took part."""
    score: dict[int, int] = {}
    for party in parties:
        for event in _events_of(index, party, wide):
            score[event] = score.get(event, 0) + 1
    return score


def _companies(index: Index, event: int) -> int:
    return sum(index.kind_of(f.things[0]) == "Company"
               for f in links(index, event, [structure.TAKES_PART]))


def _attended(frame: Frame, firms: Sequence[int], events: Sequence[int],
              facts: Sequence[Fact]) -> Reply:
    index, at = frame.index, frame.day
    there = [f for f in facts if f.things[0] in firms]
    who = "、".join(index.label(f, at) for f in firms)
    told = join((event_text(index, e, at) for e in events), 3)
    ask = f"{who}是否参加了{told}？"
    where_to = call(f"entities/{index.id(events[0])}/links", kind=structure.TAKES_PART)
    slots_ = {"parties": [slot(index, p, at) for p in firms],
              "events": [slot(index, e, at) for e in events]}
    rows, cited = of_facts(frame, there)
    if {f.things[0] for f in there} >= set(firms):
        return Reply("meetings", ask, f"是：{'；'.join(phrase(index, f, at) for f in there)}"
                     f"{cite(index, cited)}。", rows=rows, cited=cited, slots=slots_, call=where_to)
    names = join((index.label(f.things[0], at) for f in facts
                  if index.kind_of(f.things[0]) == "Company"), 12, "家")
    return unknown("meetings", ask, f"没有来源说过{who}参加了{told}",
                   f"来源点名参加的有{names}" if names else "", slots=slots_, call=where_to,
                   cited=[r for f in facts for r in f.rows])


def _no_meeting(frame: Frame, parties: Sequence[int]) -> Reply:
    index, at = frame.index, frame.day
    who = "、".join(index.label(p, at) for p in parties)
    events = common_events(index, parties[0], parties[1])
    ties = [f for f in between(index, *parties[:2]) if index.ontology.kinds[f.kind].tie]
    near = "；".join([*(phrase(index, f, at) + cite(index, f.rows) for f in ties[:2]),
                     *(f"它们都参加了{event_text(index, e, at)}" for e in events)])
    did = "谈成什么" if frame.verb("conclude") else "签过什么" if frame.verb("sign") else "谈过"
    return unknown("meetings", f"{who}之间谈过或签过什么？",
                   f"没有来源说过{who}之间{did}", near,
                   cited=[*(r for f in ties[:2] for r in f.rows),
                          *(r for e in events for r in own(index, e).rows)],
                   call=call("path", from_=index.label(parties[0]), to=index.label(parties[1])),
                   slots={"parties": [slot(index, p, at) for p in parties]})


def _events_of(index: Index, thing: int, wide: bool = False) -> dict[int, Fact]:
    """The events in which it took part; of a region, if need be, those of its parks too."""
    small = wide and index.kind_of(thing) == "Region" and index.places.level_of(thing) != "province"
    parts = [thing, *(place for place in sorted(inside(index, thing, EVER) if small else ())
                      if index.kind_of(place) == "Park")]
    return {f.things[1]: f for one in parts
            for f in links(index, one, [structure.TAKES_PART], forward=True)}


def common_events(index: Index, one: int, other: int) -> list[int]:
    mine = _events_of(index, one)
    return [event for event in _events_of(index, other) if event in mine]


def event_text(index: Index, event: int, at: int) -> str:
    said = index.said(index.rows_of(event))
    return index.label(event, at) + (f"（{when(str(said['date']))}）" if said.get("date") else "")
