"""One side of a thing: a field, what it consists of, what is said under a word, why."""

import re

from api.ask.frame import Frame
from api.ask.lookup import facts_reply
from api.ask.match import coverage, figures
from api.ask.naming import naming
from api.ask.reply import Reply, call, of_facts, slot
from api.ask.say import cite, fields, join, phrase
from api.ask.subjects import ENOUGH, by_class, composed_things, leftover, matching, proper, subjects
from api.ask.words import same
from graph import structure
from graph.analysis.facts import Fact, about, links, own

__all__ = ["each_part", "field_of", "of_choice", "parts_listed", "why"]

_LISTS = ("key_targets", "terms", "industries", "leading_industries")  # what a thing is made of
_SO_MANY = re.compile(
    "哪[两三四五六七八九十](?:个|大)?方面|(?<![强榜第])[两三四五六七八九十]"
    "(?:大|[份张项条个](?=[^，]{0,4}(?:清单|任务|举措|行动)))")
_DOCUMENTS = ("Policy", "Agreement", "Demand")
_SPELT = 6.0  # of the weight of a long name, for the name to count as spelt out


def field_of(frame: Frame) -> Reply | None:
    """One field of a thing: 主导产业, 成立日期, 投资额, 进展 … by the ontology's own labels."""
    index, at = frame.index, frame.day
    things = by_class(frame)
    if frame.verb("invest") and frame.asks("much"):  # what a firm puts into its projects
        things = [*(f.things[0] for t in frame.things(structure.COMPANY)
                    for f in about(index, t, [structure.PROJECT])), *things]
    for thing in things:
        mine = own(index, thing)
        kind = index.ontology.kinds[index.kind_of(thing)]
        wanted = [part.name for name in frame.fields if (part := kind.field(name)) is not None
                  and not (part.datatype == "date" and frame.asks("which"))]
        found = [(name, label, text) for name, label, text in (
            fields(index, mine, at) if mine.rows else ()) if name in wanted]
        if frame.asks("count", "much"):  # a place is no number
            found = [one for one in found if any(char.isdigit() for char in one[2])]
        if not found:
            linked = [f for f in links(index, thing)
                      if index.kind_of(f.other(thing)) in frame.nouns]
            if linked and wanted:
                return facts_reply(frame, "field", thing, linked[:10])
            continue
        others = [t for t in frame.names if thing not in t.things and proper(frame, t)
                  and same(t.text) not in same(phrase(index, mine, at))]
        if others and not any(thing in t.things for t in frame.names):
            continue
        name = index.label(thing, at)
        found = [(one, label, _narrowed(frame, thing, mine, one) or text)
                 for one, label, text in found]
        told = "；".join(f"{label}：{text}" for _, label, text in found)
        note = str(mine.said.get("note") or "")
        rows, cited = of_facts(frame, [mine])
        tail = f"（{note}）" if note else ""
        head = f"{name}（{kind.label.zh}）" if kind.label.zh not in name else name
        return Reply("field", f"{name}的{join(label for _, label, _ in found)}？",
                     f"{head}{told}{tail}{cite(index, cited)}。", rows=rows, cited=cited,
                     slots={"thing": slot(index, thing, at), "fields": wanted},
                     call=call(f"entities/{index.id(thing)}"))
    return None


def each_part(frame: Frame) -> bool:
    """分别是哪五个, 哪三大, 五大清单包括什么: what an agreement or a list consists of."""
    return ("Agreement" in frame.nouns or "分别" in frame.plain
            or bool(_SO_MANY.search(frame.plain)) or any(
                t.text.endswith("大") for t in frame.of("ask", "which")))


def parts_listed(frame: Frame) -> Reply | None:
    """分别是哪五个: what a thing whose name is spelt out consists of, where it says so."""
    index, at = frame.index, frame.day
    for thing, share in composed_things(frame, 2):
        mine = own(index, thing)
        lists = [(label, _narrowed(frame, thing, mine, name) or text) for name, label, text in (
            fields(index, mine, at) if mine.rows else ()) if name in _LISTS]
        if share < _SPELT or not lists or (
                thing in frame.things() and index.kind_of(thing) not in _DOCUMENTS):
            continue
        rows, cited = of_facts(frame, [mine])
        name = index.label(thing, at)
        told = "；".join(f"{label}：{text}" for label, text in lists)
        note = str(mine.said.get("note") or "")
        return Reply("field", f"{name}是哪些？", f"{name}，{told}{f'（{note}）' if note else ''}"
                     f"{cite(index, cited)}。", rows=rows, cited=cited,
                     slots={"thing": slot(index, thing, at)},
                     call=call(f"entities/{index.id(thing)}"))
    return None


def _narrowed(frame: Frame, thing: int, fact: Fact, name: str) -> str:
    """Of a list the parts that the question asks for: 重点工程 of all targets."""
    values = fact.said.get(name)
    runs = leftover(frame.without(*frame.of("field")), thing)
    if not isinstance(values, list) or not runs:
        return ""
    known = figures(frame.index)
    held = {str(v): coverage(runs, same(str(v)), known.weight, known.usual) for v in values}
    least = max(0.3, max(held.values()) - 0.05)
    fit = [value for value, share in held.items() if share >= least]
    return "、".join(fit) if 0 < len(fit) < len(values) else ""


def of_choice(frame: Frame) -> Reply | None:
    """What is said of a thing under one word of a vocabulary: its goals, advantages, steps."""
    index = frame.index
    asked = [m.split("/") for t in frame.tokens for s, m in t.classes if s == "choice"]
    for thing in subjects(frame)[:4]:
        facts = [f for f in about(index, thing, {kind for kind, _, _ in asked})
                 if any(f.kind == kind and f.said.get(name) == value
                        for kind, name, value in asked)]
        if facts and frame.asks("what", "which", "introduce", "count"):
            narrowed = [f for s, f in matching(frame, thing, frame.of("choice"))
                        if f in facts and s >= ENOUGH]
            if not narrowed and any(len(run) > 3 for run in leftover(
                    frame.without(*frame.of("choice"), *frame.of("noun")), thing)):
                continue  # it asks for more than that word
            return facts_reply(frame, "choice", thing, (narrowed or facts)[:20])
    people = frame.things(structure.PERSON)
    kept = [f for f in naming(frame, people, 40) if any(
        f.said.get(name) == value for _, name, value in asked)] if people else []
    return facts_reply(frame, "choice", people[0], kept[:12]) if kept else None


def why(frame: Frame) -> Reply | None:
    """为什么: what sources call the advantages of the thing; they seldom say it is the reason."""
    index, found = frame.index, subjects(frame)
    for thing in found[:3] if len(frame.things()) > 1 else ():
        close = [f for s, f in matching(frame, thing) if f.kind == "Trait" and s >= 0.3]
        if close:  # it names the others too: 星球石墨看中长沙的 …
            return facts_reply(frame, "why", thing, close[:8], "来源说：")
    for thing in found[:3]:
        facts = [f for f in about(index, thing, ["Trait"]) if f.said.get("type") == "advantage"]
        if facts:
            close = [f for s, f in matching(frame, thing) if f in facts and s >= 0.45]
            every = list({f.rows: f for f in [*close, *facts]}.values())[:8]
            return facts_reply(frame, "why", thing, every, "来源说到的优势有：")
    return None
