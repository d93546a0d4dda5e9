"""Any fact of a thing that holds the words of the question, and what to say if none does."""

import re
from collections.abc import Sequence

from api.ask.figures import nearest_figures
from api.ask.frame import Frame
from api.ask.lexicon import described
from api.ask.match import content, coverage, figures, sayings, spellings
from api.ask.naming import naming
from api.ask.reply import Reply, call, of_facts, slot, unknown
from api.ask.say import cite, fields, join, phrase, when
from api.ask.subjects import (
    ENOUGH,
    asked,
    by_class,
    composed_things,
    leftover,
    main_of,
    matching,
    proper,
    subjects,
)
from api.ask.words import same, table
from graph import structure
from graph.analysis.facts import Fact, about, links, own, since
from graph.analysis.filters import inside
from graph.index import Index

__all__ = ["attending", "by_words", "date_told", "facts_reply", "field_of", "later", "linked",
           "lookup", "more_of", "not_said", "of_choice", "parts_listed", "why", "yes_no"]

# Fields of a link that its clause leaves out and that belong to the answer.
_BESIDE = ("note", "share", "volume", "capacity", "level", "side", "topic", "list", "function")
_LISTS = ("key_targets", "terms", "industries", "leading_industries")  # what a thing is made of
_SPELT = 6.0  # of the weight of a long name, for the name to count as spelt out
_ACTUAL = "actual"  # status of a figure that came about
_UNITS = frozenset("家个项所名位条种类座件款人支钱亿万天年月台吨亩套次")


def facts_reply(frame: Frame, intent: str, thing: int, facts: Sequence[Fact],
                 head: str = "") -> Reply:
    index, at = frame.index, frame.day
    rows, cited = of_facts(frame, facts)
    told = "；".join(dict.fromkeys(phrase(index, f, at) + more_of(frame, f) for f in facts))
    name = index.label(thing, at)
    what = "".join(leftover(frame, thing))
    return Reply(intent, f"{name}：{what}？", f"{head}{told}{cite(index, cited)}。", rows=rows,
                 cited=cited, slots={"thing": slot(index, thing, at)},
                 call=call(f"entities/{index.id(thing)}"))


def more_of(frame: Frame, fact: Fact) -> str:
    """Notes and values of a link that its clause leaves out."""
    kind = frame.index.ontology.kinds[fact.kind]
    if kind.name == structure.OBSERVATION:
        return f"（{fact.said['note']}）" if fact.said.get("note") else ""
    if not kind.ends:
        return ""
    text = phrase(frame.index, fact, frame.day)
    extra = [told for name, _, told in fields(frame.index, fact, frame.day)
             if told not in text and name in _BESIDE]
    return f"（{'，'.join(extra)}）" if extra else ""


def not_said(frame: Frame, thing: int, left: Sequence[str]) -> Reply:
    """The thing is known, what is asked of it is not."""
    index, at = frame.index, frame.day
    name = index.label(thing, at)
    what = "".join(left)
    hits = matching(frame, thing)
    figure = _wants_figure(frame)
    near = [fact for score, fact in hits if score >= 0.3 and (
        fact.kind == structure.OBSERVATION or not figure)][:3]
    if frame.asks("count", "much", "rank"):
        some = [f for one in dict.fromkeys([thing, *subjects(frame)[:3]])
                for f in nearest_figures(frame, one)]
        near = list({f.rows: f for f in [*some, *near]}.values())[:4]
    if frame.asks("count", "much", "rank") and hits and hits[0][0] >= 0.75:
        reason = f"来源没有给出“{asked(frame)}”的数字"
    else:
        reason = f"没有来源说过“{asked(frame)}”"
    near += [f for f in _of_namesakes(frame, thing) if f not in near]
    told = "；".join(phrase(index, f, at) + more_of(frame, f) + cite(index, f.rows) for f in near)
    if not told:
        mine = own(index, thing)
        told = phrase(index, mine, at) if mine.rows else ""
    return unknown("lookup", f"{name}的“{what}”？", reason, told,
                   slots={"thing": slot(index, thing, at)}, cited=[r for f in near for r in f.rows],
                   call=call(f"entities/{index.id(thing)}"))


def _of_namesakes(frame: Frame, thing: int) -> list[Fact]:
    """What is said of others whose names begin as this one was typed: 湘投金天 (新材料)."""
    token = next((t for t in frame.names if thing in t.things), None)
    if token is None or len(token.text) < 3:
        return []
    others = [t for t in frame.lexicon.begun(token.text)
              if t != thing and frame.index.kind_of(t) == frame.index.kind_of(thing)]
    return [fact for other in others for score, fact in matching(frame, other, [token])[:1]
            if score >= ENOUGH]


def by_words(frame: Frame) -> Reply | None:
    """A sentence of the data that holds all the words of a question which names nobody."""
    known = sayings(frame.index, described(frame.index))
    runs = content(frame.tokens, frame.of("noun"))
    named = [t for t in frame.names if proper(frame, t)]
    beside = content(frame.tokens, [*frame.of("noun"), *named])
    if sum(len(run) for run in runs) < 4 or (named and sum(map(len, beside)) < 4):
        return None
    hits: list[tuple[float, int, Fact]] = []
    for number in known.near(runs, 40):
        subject, doc, _ = known.entries[number]
        score = coverage(runs, doc, known.weight, known.usual)
        if score >= 0.8:
            hits.append((round(score, 2), subject, known.fact(number)))
    if not hits:
        return None
    top = max(score for score, _, _ in hits)
    best = [one for one in hits if one[0] >= top - 0.05][:10]
    if frame.asks("count", "much", "rank") and not any(_has_number(frame, f) for _, _, f in best):
        return None
    return facts_reply(frame, "said", best[0][1], [fact for _, _, fact in best])


def linked(frame: Frame) -> Reply | None:
    """Things of a class that is asked for, by a link with the words of the question:
    哪些部门研发的."""
    index = frame.index
    wanted = [k for k in frame.nouns if k in index.ontology.kinds]
    for thing in subjects(frame)[:4]:
        kinds = [k for k in wanted if k != index.kind_of(thing)]
        facts = [f for s, f in matching(frame, thing, frame.of("noun")) if len(f.things) > 1
                 and s >= 0.4 and index.kind_of(f.other(thing)) in kinds]
        if facts:
            return facts_reply(frame, "linked", thing, facts[:20])
    return None


def lookup(frame: Frame) -> Reply | None:
    """Any fact of the thing that holds the words of the question."""
    if frame.asks("introduce", "known") and not any(leftover(frame, t) for t in frame.things()):
        return None
    best: tuple[float, int, list[Fact]] | None = None
    for thing in subjects(frame)[:6]:
        if not leftover(frame, thing) and len(frame.names) < 2:
            continue
        hits = [(s, f) for s, f in matching(frame, thing) if s >= ENOUGH
                and (f.kind == structure.OBSERVATION or not _wants_figure(frame))]
        if hits and (best is None or hits[0][0] > best[0]):
            best = hits[0][0], thing, [f for s, f in hits if s >= hits[0][0] - 0.1][:6]
    if best is None:
        return None
    if frame.asks("what", "introduce") and not frame.asks("count", "much", "rank"):
        facts = [f for f in best[2] if f.kind != structure.OBSERVATION] or best[2]
        best = best[0], best[1], facts
    if frame.asks("who") and best[2][0].kind in (structure.TAKES_PART, "Event"):
        return facts_reply(frame, "lookup", best[1], attending(frame, best[2][0]) or best[2])
    if frame.asks("count", "much", "rank") and (
            best[0] < 0.75 or not any(_has_number(frame, f) for f in best[2])):
        return not_said(frame, best[1], leftover(frame, best[1]))
    return facts_reply(frame, "lookup", best[1], best[2])


def _wants_figure(frame: Frame) -> bool:
    """GDP多少, 2024年营收: a metric that only a figure can answer."""
    return not frame.asks("who", "which", "yesno", "why", "when") and any(
        member in table()["metrics"]["words"] for member in frame.marks.get("content", ()))


def attending(frame: Frame, fact: Fact) -> list[Fact]:
    """Those who took part in the event, those of the role that is asked for if it is said."""
    found = links(frame.index, fact.things[-1], [structure.TAKES_PART], forward=False)
    role = [f for f in found if f.said.get("role") and any(
        part in str(f.said["role"]) for part in content(frame.tokens) for part in [part[-2:]])]
    return role or found


def _has_number(frame: Frame, fact: Fact) -> bool:
    """Whether a number with the asked measure word stands in the fact."""
    token = next(t for t in frame.tokens if t.is_a("ask", "count", "much", "rank"))
    after = next((t.text for t in frame.tokens if t.start == token.end), "")
    unit = token.text.removeprefix("多少").removeprefix("几").removeprefix("第几") or after[:1]
    unit = unit if unit in _UNITS else ""
    text = phrase(frame.index, fact, frame.at) + more_of(frame, fact)
    money = unit in ("钱", "亿", "万")
    return re.search(rf"\\d[余多]?[万亿]*{'元' if money else unit}", text) is not None


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


def parts_listed(frame: Frame) -> Reply | None:
    """分别是哪五个: what a thing whose name is spelt out consists of, where it says so."""
    index, at = frame.index, frame.day
    for thing, share in composed_things(frame, 2):
        mine = own(index, thing)
        lists = [(label, _narrowed(frame, thing, mine, name) or text) for name, label, text in (
            fields(index, mine, at) if mine.rows else ()) if name in _LISTS]
        if share < _SPELT or not lists or thing in frame.things():
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


def later(frame: Frame, fact: Fact) -> bool:
    """Whether all that is said of it began after the day that the question names."""
    kind, start = frame.index.ontology.kinds[fact.kind], frame.index.table.start
    dated = bool(kind.evidence or kind.tie) or kind.name in (
        structure.FILLS, structure.PROJECT, structure.COMPANY)
    return bool(frame.times) and dated and all(start[row] > frame.day for row in fact.rows)


def _only_hoped(frame: Frame, fact: Fact) -> bool:
    """Whether a forecast or target would be taken for the figure that is asked about."""
    asked_for = {m for t in frame.tokens for s, m in t.classes if s == "status"}
    status = fact.said.get(structure.STATUS)
    return (fact.kind == structure.OBSERVATION and status not in (None, _ACTUAL)
            and (_ACTUAL in asked_for or status not in asked_for))


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
