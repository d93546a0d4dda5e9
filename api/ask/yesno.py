"""是, or nobody has said it: a fact with every word, the place, time and step of the question."""

from api.ask.frame import Frame
from api.ask.lookup import facts_reply, later, more_of, not_said
from api.ask.match import spellings
from api.ask.reply import Reply, call, slot, unknown
from api.ask.say import cite, phrase, when
from api.ask.subjects import asked, leftover, main_of, matching, subjects
from api.ask.words import same
from graph import structure
from graph.analysis.facts import Fact, since
from graph.analysis.filters import inside
from graph.index import Index

__all__ = ["date_told", "yes_no"]

_ACTUAL = "actual"  # status of a figure that came about


def yes_no(frame: Frame) -> Reply | None:
    """是, or nobody has said it: a fact that holds every word of the question and its time."""
    best: tuple[float, int, Fact] | None = None
    for thing in subjects(frame)[:5]:
        held = [(s, f) for s, f in matching(frame, thing) if not later(frame, f)
                and not _only_hoped(frame, f) and _holds_all(frame, thing, f)]
        for score, fact in held[:1]:
            if score >= 0.7 and (best is None or score > best[0]):
                best = score, thing, fact
    if best is not None and (day := _other_time(frame, best[2])) is not None:
        told = phrase(frame.index, best[2], frame.at) + cite(frame.index, best[2].rows)
        asked_for = "、".join(t.text for t in frame.times)
        return unknown("yes_no", f"{asked(frame)}？", f"没有来源说过{asked_for}是这样，"
                       f"来源说的时间是{when(day)}", told,
                       slots={"thing": slot(frame.index, best[1], frame.at)},
                       cited=best[2].rows, call=call(f"entities/{frame.index.id(best[1])}"))
    if best is not None:
        head = "" if frame.asks("who", "which") else "是："
        return facts_reply(frame, "yes_no", best[1], [best[2]], head)
    found = subjects(frame)
    if not found:
        return None
    thing = main_of(frame, found)
    left = leftover(frame, thing)
    others = [frame.index.label(t, frame.at) for t in frame.things() if t != thing]
    if not left and not others:
        return None
    return not_said(frame, thing, left or others)


def _holds_all(frame: Frame, thing: int, fact: Fact) -> bool:
    """Whether nothing that is typed and is no known word is left out, and a step of a project
    that is asked about is the step that is told."""
    text = same(phrase(frame.index, fact, frame.at) + more_of(frame, fact))
    names = "|".join(same(n) for one in {thing, *fact.things} for n in spellings(frame.index, one))
    odd = [same(t.text) for t in frame.tokens if t.sort == "text" and len(t.text) > 1]
    if any(not _half_in(word, text + names) for word in odd):
        return False
    if not _placed_there(frame, fact):
        return False
    steps = {m for t in frame.tokens for s, m in t.classes if s == "step"}
    told = fact.kind not in (structure.PROJECT, structure.LOCATED)
    return not steps or told or fact.said.get(structure.STEP) in steps


def _placed_there(frame: Frame, fact: Fact) -> bool:
    """Whether what has a place has it in every region that is named: a note that names another
    one does not put it there."""
    index = frame.index
    home = index.reference(fact.said.get("region"))
    named = [t.things[0] for t in frame.names if frame.kinds(t) == {"Region"}]
    return home < 0 or fact.kind == structure.COMPANY or all(
        region in fact.things or home in inside(index, region, frame.at)
        or region in inside(index, home, frame.at) for region in named)


def _half_in(word: str, text: str) -> bool:
    """Whether at least half of the pairs of characters stand in the text as they are."""
    pairs = [word[i:i + 2] for i in range(len(word) - 1)]
    return 2 * sum(pair in text for pair in pairs) >= len(pairs)


def _other_time(frame: Frame, fact: Fact) -> str | None:
    """The time that a fact tells, where the question names another one."""
    if not frame.times:
        return None
    period = str(fact.said.get("period") or "")
    day = period or date_told(frame.index, fact)
    return None if not day or any(t.meets(day) for t in frame.times) else day


def date_told(index: Index, fact: Fact) -> str:
    """The date of a fact: a date field, else the start that a source states."""
    kind = index.ontology.kinds[fact.kind]
    for part in kind.fields:
        if part.datatype == "date" and fact.said.get(part.name):
            return str(fact.said[part.name])
    return since(index, fact) or ""


def _only_hoped(frame: Frame, fact: Fact) -> bool:
    """Whether a forecast or target would be taken for the figure that is asked about."""
    asked_for = {m for t in frame.tokens for s, m in t.classes if s == "status"}
    status = fact.said.get(structure.STATUS)
    return (fact.kind == structure.OBSERVATION and status not in (None, _ACTUAL)
            and (_ACTUAL in asked_for or status not in asked_for))
