"""Any fact of a thing that holds the words of the question, and what to say if none does."""

import re
from collections.abc import Sequence

from api.ask.figures import nearest_figures
from api.ask.frame import Frame
from api.ask.lexicon import described
from api.ask.match import content, coverage, sayings
from api.ask.reply import Reply, call, of_facts, slot, unknown
from api.ask.say import cite, fields, phrase
from api.ask.subjects import ENOUGH, asked, leftover, matching, proper, subjects
from api.ask.words import table
from graph import structure
from graph.analysis.facts import Fact, links, own

__all__ = ["attending", "by_words", "facts_reply", "later", "linked", "lookup", "more_of",
           "not_said"]

# Fields of a link that its clause leaves out and that belong to the answer.
_BESIDE = ("note", "share", "volume", "capacity", "level", "side", "topic", "list", "function")
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


def later(frame: Frame, fact: Fact) -> bool:
    """Whether all that is said of it began after the day that the question names."""
    kind, start = frame.index.ontology.kinds[fact.kind], frame.index.table.start
    dated = bool(kind.evidence or kind.tie) or kind.name in (
        structure.FILLS, structure.PROJECT, structure.COMPANY)
    return bool(frame.times) and dated and all(start[row] > frame.day for row in fact.rows)
