"""When something happened: the date that a fact tells."""

import re
from collections.abc import Sequence

from api.ask.frame import Frame
from api.ask.lookup import more_of
from api.ask.match import coverage, figures
from api.ask.meetings import signed
from api.ask.reply import Reply, call, of_facts, slot, unknown
from api.ask.say import cite, phrase, when
from api.ask.subjects import (
    ENOUGH,
    PARTIES,
    by_class,
    fits_names,
    leftover,
    main_of,
    matching,
    subjects,
)
from api.ask.words import same
from graph import dates, structure
from graph.analysis.facts import Fact, about, between, links, own, since
from graph.index import Index

__all__ = ["attended", "date_of", "when_of"]

_UNTIL = re.compile("到(?:哪年|哪一年|几几年|什么时候|啥时候|何时|几时)|截止|到期|为止")


def when_of(frame: Frame) -> Reply | None:
    """The date of whatever the question tells: membership, event, agreement, step, honour."""
    index, at = frame.index, frame.day
    if _UNTIL.search(frame.plain) and (reply := _until(frame)) is not None:
        return reply
    best: list[tuple[float, int, Fact, str]] = []
    if len(parties := frame.things(*PARTIES)) > 1 and frame.verb("sign"):
        best += [(2.0, fact.things[0], fact, str(fact.said["signed"])) for fact in signed(
            frame, [index.label(p, at) for p in parties[:2]]) if fact.said.get("signed")]
    for thing in subjects(frame)[:6]:
        told_of = matching(frame, thing, frame.of("ask"))
        for project in about(index, thing, [structure.PROJECT]) if frame.has("step") else ():
            if fits_names(frame, project.things[0]):
                told_of += [(0.7, fact) for fact in about(
                    index, project.things[0], [structure.STAGE])]
        if thing not in frame.things() and not leftover(frame, thing):  # spelt out and no more
            told_of.append((0.9, own(index, thing)))
        told_of += [(share, own(index, event)) for share, event in attended(frame, thing)]
        for score, fact in told_of:
            if (told := date_of(index, fact)) and score > 0:
                best.append((score + _date_fit(frame, fact), thing, fact, told))
        if len(frame.things()) > 1:
            for other in frame.things():
                for fact in between(index, thing, other) if other != thing else ():
                    if told := date_of(index, fact):
                        best.append((1.2 + _date_fit(frame, fact), thing, fact, told))
    best = [one for one in best if one[0] >= ENOUGH]
    best += [(1.1 - 0.2 * n, t, own(index, t), date_of(index, own(index, t)))
             for n, t in enumerate(by_class(frame)[:3]) if _dated_field(frame, t)]
    if not best:
        found = subjects(frame)
        if not found:
            return None
        thing = main_of(frame, found)
        left = leftover(frame, thing)
        return _undated(frame, thing, left)
    best.sort(key=lambda one: (-one[0], one[3], index.id(one[2].things[0])))
    score, thing, fact, told = best[0]
    rows, cited = of_facts(frame, [fact])
    name = index.label(thing, at)
    return Reply("when", f"{name}：{''.join(leftover(frame, thing))}是什么时候？",
                 f"{when(told)}：{_brief(frame, fact)}"
                 f"{cite(index, cited)}。",
                 rows=[{**row, "date": told} for row in rows], cited=cited,
                 slots={"thing": slot(index, thing, at)}, call=call(f"entities/{index.id(thing)}"))


def _brief(frame: Frame, fact: Fact) -> str:
    """The fact without what is not asked: of a thing its name, what the date is of, its note."""
    index, at = frame.index, frame.day
    kind = index.ontology.kinds[fact.kind]
    if kind.ends or not kind.role("name"):
        return phrase(index, fact, at) + more_of(frame, fact)
    part = next((p for p in kind.fields if p.datatype == "date" and fact.said.get(p.name)), None)
    note = str(fact.said.get("note") or "")
    told = "；".join(filter(None, (part.label.zh if part else "", note)))
    return index.label(fact.things[0], at) + (f"（{told}）" if told else "")


def attended(frame: Frame, thing: int, one: bool = False) -> list[tuple[float, int]]:
    """The events in which it took part, by how much of the question (or of one of its words) their
    names hold."""
    index, known = frame.index, figures(frame.index)
    runs = leftover(frame, thing)
    events = [f.things[1] for f in links(index, thing, [structure.TAKES_PART], forward=True)]
    parts = [[run] for run in runs] if one else [runs] if runs else []
    return [(share, event) for event in events if (share := max((coverage(
        part, same(index.label(event)), known.weight, known.usual) for part in parts),
        default=0.0)) >= ENOUGH]


def _until(frame: Frame) -> Reply | None:
    """到哪年为止: the supplies between two firms of which a source says until when."""
    firms = frame.things("Company")
    if len(firms) < 2:
        return None
    table = frame.index.table
    facts = [f for f in between(frame.index, *firms[:2]) if any(
        table.valid_to[row] for row in f.rows)]
    if not facts:
        return None
    spans: dict[tuple[int, int], list[Fact]] = {}
    for fact in facts:
        for row in fact.rows:
            if table.valid_to[row]:
                spans.setdefault((int(table.valid_from[row]), int(table.valid_to[row])),
                                 []).append(fact)
    told = "；".join(_span_text(frame, span, spans[span]) for span in sorted(spans))
    rows, cited = of_facts(frame, facts)
    names = [frame.index.label(f, frame.day) for f in firms[:2]]
    return Reply("when", f"{names[0]}和{names[1]}的供应到什么时候？",
                 f"{told}{cite(frame.index, cited)}。", rows=rows, cited=cited,
                 slots={"firms": [slot(frame.index, f, frame.day) for f in firms[:2]]},
                 call=call("customers", name=names[0]))


def _span_text(frame: Frame, span: tuple[int, int], facts: Sequence[Fact]) -> str:
    first, last = (when(dates.unpack(day) or "") for day in span)
    told = "、".join(dict.fromkeys(phrase(frame.index, f, frame.day) for f in facts))
    return f"{f'{first}起，' if first else ''}到 {last}为止：{told}"


def _dated_field(frame: Frame, thing: int) -> bool:
    """Whether the thing's own date field is the one that the question names: 协议 … 签的."""
    kind = frame.index.ontology.kinds[frame.index.kind_of(thing)]
    said = own(frame.index, thing).said
    named = any(thing in t.things for t in frame.names) or kind.name in frame.nouns
    return named and any(part.datatype == "date" and said.get(part.name)
                         for name in frame.fields if (part := kind.field(name)) is not None)


def _date_fit(frame: Frame, fact: Fact) -> float:
    """A little more for the class or the step that the question names."""
    index = frame.index
    bonus = 0.15 if fact.kind in frame.nouns else 0.0
    if frame.verb("member") and fact.kind in (structure.PART_OF, structure.MEMBER_OF):
        bonus += 0.5
    if frame.verb("sign") and fact.kind in ("Agreement", structure.STAGE):
        bonus += 0.3
    if fact.kind == structure.STAGE:
        steps = {m for t in frame.tokens for s, m in t.classes if s == "step"}
        bonus += 0.4 if fact.said.get("step") in steps else -0.5
    kind = index.ontology.kinds[fact.kind]
    bonus += 0.25 if any(kind.field(name) and kind.field(name).datatype == "date"  # type: ignore[union-attr]
                         and fact.said.get(name) for name in frame.fields) else 0.0
    return bonus


def date_of(index: Index, fact: Fact) -> str:
    """The date that a fact tells: a date field, else its stated start."""
    kind = index.ontology.kinds[fact.kind]
    for part in kind.fields:
        if part.datatype == "date" and fact.said.get(part.name):
            return str(fact.said[part.name])
    if kind.name == structure.OBSERVATION:
        return ""
    return since(index, fact) or ""


def _undated(frame: Frame, thing: int, left: Sequence[str]) -> Reply:
    index, at = frame.index, frame.day
    name = index.label(thing, at)
    hits = [f for s, f in matching(frame, thing) if s >= 0.45][:2] or [own(index, thing)]
    hits = [f for f in hits if f.rows]
    near = "；".join(phrase(index, f, at) + cite(index, f.rows) for f in hits)
    return unknown("when", f"{name}：{''.join(left)}是什么时候？",
                   f"没有来源说过{name}{'“' + ''.join(left) + '”' if left else ''}的日期", near,
                   slots={"thing": slot(index, thing, at)}, cited=[r for f in hits for r in f.rows],
                   call=call(f"entities/{index.id(thing)}"))
