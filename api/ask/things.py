"""Questions about any thing: what it is, one of its fields, when, where, who; lists; yes or no."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from api.ask import chains, figures, ties
from api.ask.figures import composed_things, proper
from api.ask.frame import Frame, Token
from api.ask.match import content, coverage, spellings
from api.ask.match import figures as all_figures
from api.ask.reply import Reply, Row, call, of_facts, slot, unknown
from api.ask.say import cite, fields, join, phrase, shown, source_titles, when
from api.ask.words import bare, same, table
from graph import dates, structure
from graph.analysis.candidates import candidates
from graph.analysis.facts import Fact, about, between, links, of_rows, own, since
from graph.analysis.filters import inside, located
from graph.index import Index

__all__ = ["about_post", "bare_metric", "doubtful", "evidence_for", "field_of", "fill",
           "foreign", "grant",
           "honours", "listing", "lookup", "makers", "member", "not_understood", "out_of_scope",
           "of_choice", "post", "profile", "verdict_or_makers", "when_of",
           "where_of", "why", "yes_no"]

ENOUGH = 0.6
_MOST = 100  # rows of an answer
_KEPT = 2000  # things whose facts are remembered
_LATE = (structure.OBSERVATION, "Trait")  # told after the rest, and only some of them
_UNITS = frozenset("家个项所名位条种类座件款人支钱亿万天年月台吨亩套次")
_SIDE = ("aliases", "former_names", "full_name", "name_en", "code", "website", "address", "status")


# --- what is not answered -------------------------------------------------------------------------


def doubtful(frame: Frame) -> Reply | None:
    """A name that two or more things bear: ask back."""
    index = frame.index
    for token in frame.names:
        by_kind: dict[str, list[int]] = {}
        for thing in token.things:
            by_kind.setdefault(index.kind_of(thing), []).append(thing)
        plain = {structure.SEGMENT, "Product", "Honour", "Person", "Space"}
        several = [t for kind, some in by_kind.items() if len(some) > 1 and kind not in plain
                   for t in some]
        if token.slip and len(set(token.things)) > 1 and not by_kind.keys() <= plain:
            several = [t for t in token.things if index.kind_of(t) not in plain]
            firms = [t for t in several if index.kind_of(t) == "Company"]
            if len(several) < 2 or len(firms) == 1:
                continue
        if len(several) > 1:
            choices = [{"id": index.id(t), "kind": index.kind_of(t),
                        "kind_name": index.ontology.kinds[index.kind_of(t)].label.zh,
                        "name": index.label(t, frame.at),
                        "full_name": index.full_name(t, frame.at) or index.label(t, frame.at)}
                       for t in several[:10]]
            told = join(f"{c['full_name']}（{c['kind_name']}）" for c in choices)
            return Reply("ambiguous", f"“{token.text}”指哪一个？",
                         f"“{token.text}”可能是：{told}。请写全称再问一次。", status="ambiguous",
                         choices=choices, call=call("entities", q=token.text))
    return None


def foreign(frame: Frame) -> bool:
    return frame.has("out") or (not frame.names and not composed_things(frame)
                                and not _has_question(frame))


def _has_question(frame: Frame) -> bool:
    return frame.has("verb") or frame.has("noun") or frame.has("field") or any(
        t.is_a("ask", "who", "which", "when", "where", "count", "much", "rank", "introduce")
        for t in frame.tokens)


def out_of_scope(frame: Frame) -> Reply:
    return Reply("out_of_scope", "听不懂或不归这里管的问题",
                 "这个问题不归湘链回答，或者没有看懂。湘链知道湖南的产业链、环节、企业、园区、供需、项目、"
                 "政策和它们的数字，例如：2014年长沙锂电池产业链缺哪些环节？谁给比亚迪供碳陶制动盘？",
                 status="out_of_scope", call="/api/v1/ontology")


def not_understood(frame: Frame) -> Reply:
    """No name was found: say which words mean nothing here, with the nearest names."""
    index = frame.index
    odd = [t.text for t in frame.tokens if t.sort == "text" and len(t.text) > 1]
    near = [index.label(index.number(id)) for text in odd[:2]
            for id, _, score in index.names().search(text, None, 6) if score >= 30
            and index.kind_of(index.number(id)) in ("Company", "Park", "Region", "Cluster",
                                                    "Project", "Policy", "Chain")]
    if not frame.names and not odd:
        return out_of_scope(frame)
    what = "、".join(odd) or "、".join(t.text for t in frame.names)
    tail = f"名称相近的有{join(near, 5)}，是不是指其中一个？" if near else ""
    reason = f"图谱里没有叫“{what}”的，或没有来源说过所问的事" if odd else f"没有来源说过关于{what}所问的事"
    return Reply("not_found", f"关于“{what}”的问题", f"不知道：{reason}。{tail}", status="unknown",
                 choices=[{"name": name} for name in dict.fromkeys(near)],
                 call=call("entities", q=what))


# --- subjects and their facts ---------------------------------------------------------------------


def subjects(frame: Frame) -> list[int]:
    """What the question may be about: what is named, then long names of which it says a part."""
    named = frame.things()
    long = [t for t, _ in composed_things(frame) if t not in named]
    return [*named, *long]


def facts_of(frame: Frame, thing: int) -> list[Fact]:
    """Everything that is said of a thing, its own description first."""
    index, known = frame.index, frame.lexicon.facts
    key = thing, index.shown
    if key not in known:
        if len(known) > _KEPT:
            known.clear()
        mine = own(index, thing)
        known[key] = [*([mine] if mine.rows else []), *about(index, thing), *links(index, thing)]
    return known[key]


def _matching(frame: Frame, thing: int, skip: Sequence[Token] = ()) -> list[tuple[float, Fact]]:
    """Facts that hold the words of the question (and every proper name in it), best first."""
    index = frame.index
    own_names = "|".join(same(n) for n in spellings(index, thing))
    mine = [t for t in frame.names if thing in t.things or same(t.text) in own_names]
    mine += [t for t in frame.tokens if t.sort != "name" and len(t.text) > 1
             and same(t.text) in own_names and t.sort != "time"]
    mine += [t for t in frame.tokens if t.is_a("noun", index.kind_of(thing)) and t not in mine]
    runs = content(frame.tokens, [*mine, *skip])
    others = [t for t in frame.names if t not in mine and proper(frame, t)]
    known = all_figures(index)
    found: list[tuple[float, Fact]] = []
    for fact in facts_of(frame, thing):
        text = _doc(frame, fact)
        if any(not (set(t.things) & set(fact.things) or same(t.text) in text) for t in others):
            continue
        score = coverage(runs, text, known.weight, known.usual) if runs else 0.0
        found.append((round(score, 3), fact))
    return sorted(found, key=lambda pair: (-pair[0], len(_doc(frame, pair[1]))))


def _doc(frame: Frame, fact: Fact) -> str:
    """What a fact says, in the spelling of figures, with the labels of its class and fields."""
    key, known = (frame.at, *fact.rows), frame.lexicon.docs
    if key not in known:
        if len(known) > 20 * _KEPT:
            known.clear()
        index = frame.index
        kind = index.ontology.kinds[fact.kind]
        text = f"{kind.label.zh} {phrase(index, fact, frame.at)}"
        if kind.ends:
            text += " " + " ".join(f"{label} {told}" for _, label, told in fields(
                index, fact, frame.at))
        else:
            text += " " + " ".join(spellings(index, fact.things[0])[1:3])
        known[key] = same(text)
    return known[key]


def _leftover(frame: Frame, thing: int) -> list[str]:
    """What the question says beside the name of the thing and its class."""
    index = frame.index
    own_names = "|".join(same(n) for n in spellings(index, thing))
    kind = index.kind_of(thing)
    skip = [t for t in frame.tokens if thing in t.things or t.is_a("noun", kind)
            or (t.sort != "time" and len(t.text) > 1 and same(t.text) in own_names)
            or t.is_a("field", "organisation") or t.is_a("noun", "Company")]
    skip += [t for t in frame.tokens if t.is_a("verb", "make")]
    return [run for run in content(frame.tokens, skip) if len(run) > 1]


# --- one thing --------------------------------------------------------------------------------------


def profile(frame: Frame) -> Reply | None:
    """介绍一下X: what sources say of it, in one paragraph; every fact is a row."""
    found = subjects(frame)
    if not found:
        return None
    thing = _main(frame, found)
    left = _leftover(frame, thing)
    if (left or frame.has("step")) and not frame.asks("introduce", "known"):
        return _not_said(frame, thing, left)
    kind = frame.index.ontology.kinds[frame.index.kind_of(thing)]
    untold = [part.label.zh for name in frame.fields if (part := kind.field(name)) is not None
              and name not in own(frame.index, thing).said]
    if untold and frame.first() == thing and not frame.nouns[1:]:
        return _not_said(frame, thing, untold)
    return described(frame, thing)


def _main(frame: Frame, found: Sequence[int]) -> int:
    """Of what is named the most special: a firm or project before a region."""
    index = frame.index
    broad = {"Region": 3, structure.CHAIN: 2, structure.SEGMENT: 2, "Product": 2, "Honour": 2}
    of_class = [t for t in _by_class(frame) if index.kind_of(t) in frame.nouns
                and index.kind_of(t) not in (*broad, "Company")]
    if of_class:
        return of_class[0]
    return min(found, key=lambda t: (broad.get(index.kind_of(t), 1), found.index(t)))


def described(frame: Frame, thing: int) -> Reply:
    index, at = frame.index, frame.day
    kind = index.ontology.kinds[index.kind_of(thing)]
    name = index.label(thing, at)
    ask = f"介绍一下{name}（{kind.label.zh}）。"
    facts = facts_of(frame, thing)
    where_to = call(f"entities/{index.id(thing)}")
    slots_ = {"thing": slot(index, thing, at), "class": kind.name}
    if not facts:
        return unknown("profile", ask, f"只有名字：没有来源介绍过{name}", slots=slots_, call=where_to)
    parts = _paragraph(frame, thing, facts)
    rows, cited = of_facts(frame, facts[:80])
    return Reply("profile", ask, f"{'；'.join(parts)}{cite(index, cited)}。", rows=rows, cited=cited,
                 slots=slots_, call=where_to)


def _paragraph(frame: Frame, thing: int, facts: Sequence[Fact]) -> list[str]:
    index, at = frame.index, frame.day
    kind = index.ontology.kinds[index.kind_of(thing)]
    name, full = index.label(thing, at), index.full_name(thing, at)
    head = f"{name}（{full}）" if full and full != name else name
    typed = next((t.text for t in frame.names if thing in t.things), "")
    if typed and not t_in(typed, f"{name}{full}"):
        head += f"，也叫“{typed}”"
    mine = own(index, thing)
    told = {field: (label, text) for field, label, text in fields(index, mine, at)} if mine.rows \
        else {}
    region_ = told.pop("region", None) or told.pop("place", None)
    parts = [f"{head}，{region_[1] if region_ else ''}{kind.label.zh}"]
    parts += [f"{label}：{text}" for field, (label, text) in told.items()
              if field not in _SIDE and field != "name"]
    grouped: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.things != (thing,):
            grouped.setdefault(fact.kind, []).append(fact)
    order = sorted(grouped, key=lambda k: (index.ontology.kinds[k].ends is None, k in _LATE))
    for name_ in order:
        for label, some in _sides(index, name_, grouped[name_], thing):
            texts = [_short(frame, fact, thing) for fact in some]
            parts.append(f"{label}：{join(texts, 3 if name_ in _LATE else 5, '个')}")
    return parts


def t_in(typed: str, names: str) -> bool:
    """Whether what was typed stands in the names that the answer shows anyway."""
    return bare(typed) in bare(names) or not typed.strip()


def _sides(index: Index, kind: str, facts: Sequence[Fact],
           thing: int) -> list[tuple[str, list[Fact]]]:
    """Facts of a kind with their label, those of which the thing is the second end apart."""
    what = index.ontology.kinds[kind]
    if not what.ends:
        return [(what.label.zh, list(facts))]
    ahead = [f for f in facts if f.things[0] == thing]
    back = [f for f in facts if f.things[0] != thing]
    other = table()["back"].get(kind, [what.label.zh])[0]
    return [(label, some) for label, some in ((what.label.zh, ahead), (other, back)) if some]


def _short(frame: Frame, fact: Fact, thing: int) -> str:
    """A fact without the name of the thing that it is told of."""
    index, at = frame.index, frame.day
    kind = index.ontology.kinds[fact.kind]
    if kind.name == structure.OBSERVATION:
        return phrase(index, fact, at).removeprefix(index.label(thing, at)).replace("：", "")
    if not kind.ends:
        keys = [shown(index, f, fact.said[f.name], at) for f in kind.key
                if f.name in fact.said and f.datatype != "reference"]
        return str(keys[-1]) if keys else index.label(fact.things[0], at)
    other = index.label(fact.other(thing), at)
    extra = [str(shown(index, f, fact.said[f.name], at)) for f in kind.key if fact.said.get(f.name)]
    extra += [] if not kind.field("title") else []
    return other + (f"（{'，'.join(extra)}）" if extra else "")


def _not_said(frame: Frame, thing: int, left: Sequence[str]) -> Reply:
    """The thing is known, what is asked of it is not."""
    index, at = frame.index, frame.day
    name = index.label(thing, at)
    what = "".join(left)
    hits = _matching(frame, thing)
    near = [fact for score, fact in hits if score >= 0.3][:3]
    if frame.asks("count", "much", "rank"):
        some = figures.nearest_figures(frame, thing)
        near = list({f.rows: f for f in [*some, *near]}.values())[:4]
    if frame.asks("count", "much", "rank") and hits and hits[0][0] >= 0.75:
        reason = f"来源没有给出“{_asked(frame)}”的数字"
    else:
        reason = f"没有来源说过“{_asked(frame)}”"
    told = "；".join(phrase(index, f, at) + cite(index, f.rows) for f in near)
    if not told:
        mine = own(index, thing)
        told = phrase(index, mine, at) if mine.rows else ""
    return unknown("lookup", f"{name}的“{what}”？", reason, told,
                   slots={"thing": slot(index, thing, at)}, cited=[r for f in near for r in f.rows],
                   call=call(f"entities/{index.id(thing)}"))


def _asked(frame: Frame) -> str:
    """The question without its mark, to be quoted."""
    return frame.text.strip().rstrip("?？。.!！ ")


def fill(frame: Frame) -> Reply | None:
    """Who could close the gap: the candidates with their reasons."""
    segments = chains.segment_slots(frame)
    if not segments:
        return None
    index, at, where = frame.index, frame.day, chains.region(frame)
    found = candidates(index, index.id(segments[0]), index.id(where), at, limit=10)
    chain = next(iter(index.chains_of(segments[0])), None)
    name = f"{index.label(chain)}/{found['segment']}" if chain is not None else found["segment"]
    ask = f"谁能补上{found['region']}的{found['segment']}？"
    slots_ = {"segment": slot(index, segments[0], at), "region": slot(index, where, at)}
    where_to = call("candidates", segment=name, region=found["region"])
    if not found["rows"]:
        return unknown("candidates", ask, f"没有来源说过谁做{found['segment']}，也没有相邻的企业",
                       slots=slots_, call=where_to)
    rows = [{"name": one["name"], "kind_name": one["kind_name"], "places": one["places"],
             "segments": one["segments"], "reasons": [r["label"] for r in one["reasons"]]}
            for one in found["rows"]]
    text = (f"可以先找的有{join(str(row['name']) for row in rows)}（共 {found['total']} 个候选，按写明的"
            f"理由排列，是线索，不是结论）。")
    return Reply("candidates", ask, text, rows=rows, slots=slots_, call=where_to, at=at)


def why(frame: Frame) -> Reply | None:
    """为什么: what sources call the advantages of the thing; they seldom say it is the reason."""
    index, found = frame.index, subjects(frame)
    for thing in found[:3]:
        facts = [f for f in about(index, thing, ["Trait"]) if f.said.get("type") == "advantage"]
        if facts:
            close = [f for s, f in _matching(frame, thing) if f in facts and s >= 0.45]
            every = list({f.rows: f for f in [*close, *facts]}.values())[:8]
            return _facts_reply(frame, "why", thing, every, "来源说到的优势有：")
    return None


def of_choice(frame: Frame) -> Reply | None:
    """What is said of a thing under one word of a vocabulary: its goals, advantages, steps."""
    index = frame.index
    asked = [m.split("/") for t in frame.tokens for s, m in t.classes if s == "choice"]
    for thing in subjects(frame)[:4]:
        facts = [f for f in about(index, thing, {kind for kind, _, _ in asked})
                 if any(f.kind == kind and f.said.get(name) == value
                        for kind, name, value in asked)]
        if facts and frame.asks("what", "which", "introduce", "count"):
            narrowed = [f for s, f in _matching(frame, thing, frame.of("choice"))
                        if f in facts and s >= ENOUGH]
            return _facts_reply(frame, "choice", thing, (narrowed or facts)[:20])
    return None


def lookup(frame: Frame) -> Reply | None:
    """Any fact of the thing that holds the words of the question."""
    if frame.asks("introduce", "known") and not any(_leftover(frame, t) for t in frame.things()):
        return None
    best: tuple[float, int, list[Fact]] | None = None
    for thing in subjects(frame)[:6]:
        if not _leftover(frame, thing) and len(frame.names) < 2:
            continue
        hits = [(s, f) for s, f in _matching(frame, thing) if s >= ENOUGH]
        if hits and (best is None or hits[0][0] > best[0]):
            best = hits[0][0], thing, [f for s, f in hits if s >= hits[0][0] - 0.1][:6]
    if best is None:
        return None
    if frame.asks("who") and all(f.kind == structure.TAKES_PART for f in best[2][:1]):
        event = best[2][0].things[1]
        found = links(frame.index, event, [structure.TAKES_PART], forward=False)
        return _facts_reply(frame, "lookup", event, found)
    if frame.asks("count", "much", "rank") and (
            best[0] < 0.75 or not any(_has_number(frame, f) for f in best[2])):
        return _not_said(frame, best[1], _leftover(frame, best[1]))
    return _facts_reply(frame, "lookup", best[1], best[2])


def _has_number(frame: Frame, fact: Fact) -> bool:
    """Whether a number with the asked measure word stands in the fact."""
    token = next(t for t in frame.tokens if t.is_a("ask", "count", "much", "rank"))
    after = next((t.text for t in frame.tokens if t.start == token.end), "")
    unit = token.text.removeprefix("多少").removeprefix("几").removeprefix("第几") or after[:1]
    unit = unit if unit in _UNITS else ""
    text = phrase(frame.index, fact, frame.at) + _more(frame, fact)
    money = unit in ("钱", "亿", "万")
    return re.search(rf"\\d[余多]?[万亿]*{'元' if money else unit}", text) is not None


def _facts_reply(frame: Frame, intent: str, thing: int, facts: Sequence[Fact],
                 head: str = "") -> Reply:
    index, at = frame.index, frame.day
    rows, cited = of_facts(frame, facts)
    told = "；".join(dict.fromkeys(phrase(index, f, at) + _more(frame, f) for f in facts))
    name = index.label(thing, at)
    what = "".join(_leftover(frame, thing))
    return Reply(intent, f"{name}：{what}？", f"{head}{told}{cite(index, cited)}。", rows=rows,
                 cited=cited, slots={"thing": slot(index, thing, at)},
                 call=call(f"entities/{index.id(thing)}"))


def _more(frame: Frame, fact: Fact) -> str:
    """Notes and values of a link that its clause leaves out."""
    kind = frame.index.ontology.kinds[fact.kind]
    if not kind.ends:
        return ""
    text = phrase(frame.index, fact, frame.day)
    extra = [told for name, _, told in fields(frame.index, fact, frame.day)
             if told not in text and name in ("note", "share", "volume", "capacity", "level", "side",
                                              "topic", "list", "function")]
    return f"（{'，'.join(extra)}）" if extra else ""


def field_of(frame: Frame) -> Reply | None:
    """One field of a thing: 主导产业, 成立日期, 投资额, 进展 … by the ontology's own labels."""
    index, at = frame.index, frame.day
    for thing in _by_class(frame):
        mine = own(index, thing)
        kind = index.ontology.kinds[index.kind_of(thing)]
        wanted = [name for name in frame.fields if kind.field(name) is not None]
        found = [(name, label, text) for name, label, text in (
            fields(index, mine, at) if mine.rows else ()) if name in wanted]
        if not found:
            linked = [f for f in links(index, thing) if index.kind_of(f.other(thing)) in frame.nouns]
            if linked and wanted:
                return _facts_reply(frame, "field", thing, linked[:10])
            continue
        others = [t for t in frame.names if thing not in t.things and proper(frame, t)
                  and same(t.text) not in same(phrase(index, mine, at))]
        if others and not any(thing in t.things for t in frame.names):
            continue
        name = index.label(thing, at)
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


def _by_class(frame: Frame) -> list[int]:
    """The subjects, those of a class that is asked for first, with the projects and so on of a
    firm or place that is named."""
    index = frame.index
    found = subjects(frame)
    more: list[int] = []
    for thing in frame.things():
        for kind in frame.nouns:
            if kind in index.ontology.kinds and kind != index.kind_of(thing):
                mine = about(index, thing, [kind])
                if len(mine) == 1 or index.kind_of(thing) == "Company":
                    more += [f.things[0] for f in mine]
    every = [*more, *found] if more else found
    return sorted(dict.fromkeys(every), key=lambda t: (index.kind_of(t) not in frame.nouns,
                                                       every.index(t)))


# --- when, where, who -------------------------------------------------------------------------------


def when_of(frame: Frame) -> Reply | None:
    """The date of whatever the question tells: membership, event, agreement, step, honour."""
    index, at = frame.index, frame.day
    best: list[tuple[float, int, Fact, str]] = []
    for thing in subjects(frame)[:6]:
        for score, fact in _matching(frame, thing, frame.of("ask")):
            if (told := date_of(index, fact)) and score > 0:
                best.append((score + _date_fit(frame, fact), thing, fact, told))
        if len(frame.things()) > 1:
            for other in frame.things():
                for fact in between(index, thing, other) if other != thing else ():
                    if told := date_of(index, fact):
                        best.append((1.2 + _date_fit(frame, fact), thing, fact, told))
    best = [one for one in best if one[0] >= ENOUGH]
    best += [(1.1 - 0.2 * n, t, own(index, t), date_of(index, own(index, t)))
             for n, t in enumerate(_by_class(frame)[:3]) if _dated_field(frame, t)]
    if not best:
        found = subjects(frame)
        if not found:
            return None
        thing = _main(frame, found)
        left = _leftover(frame, thing)
        return _undated(frame, thing, left)
    best.sort(key=lambda one: (-one[0], one[3], index.id(one[2].things[0])))
    score, thing, fact, told = best[0]
    rows, cited = of_facts(frame, [fact])
    name = index.label(thing, at)
    return Reply("when", f"{name}：{''.join(_leftover(frame, thing))}是什么时候？",
                 f"{when(told)}：{phrase(index, fact, at)}{_more(frame, fact)}{cite(index, cited)}。",
                 rows=[{**row, "date": told} for row in rows], cited=cited,
                 slots={"thing": slot(index, thing, at)}, call=call(f"entities/{index.id(thing)}"))


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
    hits = [f for s, f in _matching(frame, thing) if s >= 0.45][:2] or [own(index, thing)]
    hits = [f for f in hits if f.rows]
    near = "；".join(phrase(index, f, at) + cite(index, f.rows) for f in hits)
    return unknown("when", f"{name}：{''.join(left)}是什么时候？",
                   f"没有来源说过{name}{'“' + ''.join(left) + '”' if left else ''}的日期", near,
                   slots={"thing": slot(index, thing, at)}, cited=[r for f in hits for r in f.rows],
                   call=call(f"entities/{index.id(thing)}"))


def where_of(frame: Frame) -> Reply | None:
    """Where a thing is: its region, what it lies in, where it works; or a place in a note."""
    index, at = frame.index, frame.day
    found = subjects(frame)
    if not found:
        return None
    if (reply := _told_where(frame)) is not None:
        return reply
    thing = _main(frame, found)
    wheres = {k.name for k in index.ontology.classes if k.place}
    mine = own(index, thing)
    kind = index.ontology.kinds[index.kind_of(thing)]
    places: dict[str, None] = {}
    facts: list[Fact] = []
    for part in kind.fields:
        if part.refers and set(part.refers) <= wheres and mine.said.get(part.name):
            places[index.label(index.reference(mine.said[part.name]), at)] = None
            facts.append(mine)
    for fact in links(index, thing, [structure.LOCATED, structure.PART_OF], forward=True):
        places[index.label(fact.things[1], at)] = None
        facts.append(fact)
    for fact in links(index, thing, ["operatesIn"], forward=True):
        if (place := index.reference(fact.said.get(structure.PLACE))) >= 0:
            places[index.label(place, at)] = None
            facts.append(fact)
    sites = [f for f in about(index, thing, ["Site"])]
    name = index.label(thing, at)
    ask = f"{name}在哪里？"
    slots_ = {"thing": slot(index, thing, at)}
    where_to = call(f"entities/{index.id(thing)}")
    if not facts and not sites:
        if "在" in str(mine.said.get("note") or ""):
            return _facts_reply(frame, "where", thing, [mine])
        near = phrase(index, mine, at) if mine.rows else ""
        return unknown("where", ask, f"没有来源说过{name}在哪里", near, slots=slots_, call=where_to)
    told = [phrase(index, f, at) for f in sites]
    rows, cited = of_facts(frame, list({f.rows: f for f in [*facts, *sites]}.values()))
    text = f"{name}在{join(places, 5)}" if places else f"{name}的所在地没有写"
    return Reply("where", ask, f"{text}{'；' if told else ''}{'；'.join(told)}{cite(index, cited)}。",
                 rows=rows, cited=cited, slots=slots_, call=where_to)


def _told_where(frame: Frame) -> Reply | None:
    """在哪上市, 研发中心设在哪: a fact that holds the words beside the name."""
    for thing in subjects(frame)[:4]:
        left = _leftover(frame, thing)
        if not left:
            continue
        hits = [(s, f) for s, f in _matching(frame, thing) if s >= ENOUGH
                and f.kind not in (structure.OBSERVATION, "Trait", structure.TAKES_PART)]
        if hits:
            return _facts_reply(frame, "where", thing, [f for s, f in hits if s >= hits[0][0]][:3])
    return None


def about_post(frame: Frame) -> bool:
    return frame.has("titles") or frame.verb("post") or any(
        frame.kinds(t) == {structure.PERSON} for t in frame.names)


def post(frame: Frame) -> Reply | None:
    """Who holds a post somewhere, or which posts a person holds."""
    index, at = frame.index, frame.day
    people = frame.things(structure.PERSON)
    if people and not frame.has("titles"):
        facts = [f for p in people for f in links(index, p, [structure.HOLDS])]
        if not facts:
            return None
        return _facts_reply(frame, "post", people[0], facts)
    titles = [bare(t.text) for t in frame.of("titles")]
    whole = {bare(str(f.said.get("title") or "")) for t in frame.things()
             for f in links(index, t, [structure.HOLDS], forward=False)}
    titles = [t for t in whole if t and t in frame.plain] or titles
    bodies = [t for t in frame.things() if index.kind_of(t) != structure.PERSON]
    for body in bodies:
        facts = links(index, body, [structure.HOLDS], forward=False)
        fit = [f for f in facts if _title_fits(str(f.said.get("title") or ""), titles)]
        if people:
            fit = [f for f in fit if f.things[0] in people]
        if fit and titles:
            head = ("是，" if frame.asks("yesno") else "") if not people or fit else ""
            return _facts_reply(frame, "post", body, fit, head)
    if not bodies:
        return None
    name, what = index.label(bodies[-1], at), "、".join(titles) or "负责人"
    facts = [f for b in bodies for f in links(index, b, [structure.HOLDS], forward=False)]
    near = "；".join(phrase(index, f, at) + cite(index, f.rows) for f in facts[:4])
    if facts and not titles:
        return _facts_reply(frame, "post", bodies[-1], facts)
    return unknown("post", f"{name}的{what}是谁？", f"没有来源说过{name}的{what}是谁", near,
                   slots={"organisation": slot(index, bodies[-1], at), "title": what},
                   call=call(f"entities/{index.id(bodies[-1])}/links", kind=structure.HOLDS),
                   cited=[r for f in facts[:4] for r in f.rows])


def _title_fits(title: str, wanted: Sequence[str]) -> bool:
    """区长 is not 副区长."""
    told = bare(title)
    if told in wanted:
        return True
    return not wanted or any(w == told or (w in told and "副" + w not in told) for w in wanted)


# --- policies and honours ---------------------------------------------------------------------------


def grant(frame: Frame) -> Reply | None:
    """What a policy grants: clauses whose words the question says."""
    index, at = frame.index, frame.day
    known = all_figures(index)
    places = frame.things("Region")
    scope = {p for one in places for p in inside(index, one, at)}
    found: list[tuple[float, Fact]] = []
    policies = [t for t in subjects(frame) if index.kind_of(t) == structure.POLICY]
    for thing in index.things("Clause"):
        fact = own(index, thing)
        if not fact.rows:
            continue
        policy = index.reference(fact.said.get("policy"))
        home = index.reference(index.said(index.rows_of(policy)).get("region")) if policy >= 0 else -1
        if scope and home not in scope and policy not in policies:
            continue
        named = [t for t in frame.names if set(t.things) & {*places, *policies, policy}]
        runs = content(frame.tokens, [*named, *frame.of("verb", "grant"), *frame.of("noun", "Policy"),
                                      *frame.of("field")])
        doc = same(f"{phrase(index, fact, at)} {index.label(policy) if policy >= 0 else ''}")
        score = coverage(runs, doc, known.weight, known.usual) if runs else (
            1.0 if policy in policies else 0.0)
        if score >= 0.5:
            found.append((round(score, 2), fact))
    if not found:
        return None
    top = max(score for score, _ in found)
    facts = [fact for score, fact in found if score >= top - 0.02]
    told = "；".join(_clause(frame, fact) for fact in facts[:6])
    rows, cited = of_facts(frame, facts)
    return Reply("grant", f"{'、'.join(index.label(p, at) for p in places)}的政策给多少、给什么？",
                 f"{told}{cite(index, cited)}。", rows=rows, cited=cited,
                 slots={"region": [slot(index, p, at) for p in places],
                        "policy": [slot(index, p, at) for p in policies[:3]]},
                 call=call("things/Clause", q=index.label(facts[0].things[0], at)))


def _clause(frame: Frame, fact: Fact) -> str:
    index, at = frame.index, frame.day
    policy = index.reference(fact.said.get("policy"))
    told = {name: text for name, _, text in fields(index, fact, at)}
    amount = told.get("ceiling", "")
    parts = [told.get("benefit", ""), amount]
    return f"《{index.label(policy, at)}》{told.get('name', '')}：{'，'.join(filter(None, parts))}"


def honours(frame: Frame) -> Reply | None:
    """Which honours a thing has, or who bears an honour."""
    index, at = frame.index, frame.day
    holders = [t for t in _by_class(frame) if index.kind_of(t) not in (
        "Honour", structure.CHAIN, structure.SEGMENT)]
    asked = _honours_named(frame)
    narrow = [t for t in holders if links(index, t, [structure.HONOURED], forward=True)]
    if narrow and not (asked and frame.asks("who", "which") and frame.nouns):
        thing = narrow[0] if index.kind_of(narrow[0]) in frame.nouns else _main(frame, narrow)
        facts = links(index, thing, [structure.HONOURED], forward=True)
        fit = [f for f in facts if f.things[1] in asked] if asked else facts
        if frame.asks("yesno") and asked and not fit:
            return unknown("honours", f"{index.label(thing, at)}获评过吗？",
                           f"没有来源说过{index.label(thing, at)}获评{join(index.label(h) for h in asked)}",
                           "；".join(phrase(index, f, at) for f in facts[:5]),
                           slots={"thing": slot(index, thing, at)},
                           call=call(f"entities/{index.id(thing)}/links", kind=structure.HONOURED))
        head = "是：" if frame.asks("yesno") and fit and asked else ""
        return _facts_reply(frame, "honours", thing, fit or facts, head)
    if not asked:
        return None
    facts = [pair for h in asked for pair in index.joined(
        structure.HONOURED, h, dates.last_day("2999"), forward=False, undated=True)]
    kinds = [k for k in frame.nouns if k not in ("Honour",)]
    pairs = [pair for pair in facts if index.kind_of(pair[0]) in kinds] or facts
    places = frame.things("Region", "Park")
    if places and index.places.level_of(places[0]) != "province":
        near = inside(index, places[0], at)
        pairs = [pair for pair in pairs if pair[0] in near or ties.home(index, pair[0]) & near]
    fit = of_rows(index, [row for _, row in pairs[:_MOST]])
    if not fit:
        return None
    what = join(dict.fromkeys(index.label(f.things[1], at) for f in fit), 4)
    names = list(dict.fromkeys(index.label(thing, at) for thing, _ in pairs))
    rows, cited = of_facts(frame, fit)
    return Reply("honours", f"谁获评{what}？", f"来源点了名的有 {len(names)} 个：{join(names, 20)}"
                 f"（{what}）{cite(index, cited)}。已录入的不是全名单。", rows=rows, cited=cited,
                 slots={"honour": [slot(index, h, at) for h in asked][:5]},
                 call=call("things/Company", honour=what))


def _honours_named(frame: Frame) -> list[int]:
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
    if not found:
        found = {t: None for t, _ in composed_things(frame) if index.kind_of(t) == "Honour"}
    return list(found)[:6]


# --- lists, members, makers ---------------------------------------------------------------------------


def member(frame: Frame) -> Reply | None:
    """Whether, since when and of what a thing is a member; who the members are."""
    index, at = frame.index, frame.day
    kinds = [structure.PART_OF, structure.MEMBER_OF]
    named = frame.things("Region", "Park", "Company", "Alliance", "Institute", "Cluster", "Fund")
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
    facts = links(index, named[0], kinds)
    if frame.asks("which", "who", "count"):  # its members; of what it is one, only without any
        facts = links(index, named[0], kinds, forward=False) or facts
    asked = [f for f in facts if index.kind_of(f.other(named[0])) in frame.nouns]
    return _facts_reply(frame, "member", named[0], asked or facts) if facts else None


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
        text = f"不是：截至 {dates.iso(at)} 还不是，来源说{one}从 {when(begun)} 起才属于{other}{cite(index, cited)}。"
    else:
        head = "是：" if frame.asks("yesno") else ""
        told = "；".join(dict.fromkeys(phrase(index, f, at) + _more(frame, f) for f in facts))
        text = f"{head}{told}{since_}{cite(index, cited)}。"
    return Reply("member", f"{one}是不是属于{other}？", text, rows=rows, cited=cited, slots=slots_,
                 call=where_to, at=at)


def makers(frame: Frame) -> Reply | None:
    """Who makes a product or does a segment: products first, then the segment's firms."""
    if frame.things("Company") and not frame.asks("who"):
        return None
    if not frame.first("Region", "Park"):
        reply = ties.makers_of(frame)
        if reply is not None:
            return reply
    return chains.makers(frame) or _makers_by_words(frame)


def _makers_by_words(frame: Frame) -> Reply | None:
    """Firms of segments or chains whose names hold the words: 电机 of 永州电机/电机整机."""
    index, at = frame.index, frame.day
    texts = [t.text for t in frame.tokens if t.sort == "text" and len(t.text) > 1]
    if not texts or not (frame.verb("make") or frame.asks("who")):
        return None
    segments: dict[int, None] = {}
    for text in texts:
        for id, _, score in index.names().search(text, [structure.SEGMENT, structure.CHAIN], 12):
            thing = index.number(id)
            if score >= 65:
                segments |= {thing: None} if index.kind_of(thing) == structure.SEGMENT else (
                    dict.fromkeys(index.segments_of(thing)))
    if not segments:
        return None
    names = "、".join(texts)
    return chains.firms_of(frame, list(segments), names)


def verdict_or_makers(frame: Frame) -> Reply | None:
    if frame.asks("count", "much"):
        return figures.figure_of(frame) or chains.makers(frame)
    if frame.asks("who", "which") and not frame.verb("lack"):
        return chains.makers(frame)
    return chains.verdict_of(frame)


def listing(frame: Frame) -> Reply | None:
    """Things of a class in a region, of a chain, of a level: 长沙有哪些产业集群."""
    index, at = frame.index, frame.day
    kinds = [k for k in frame.nouns if k in index.ontology.kinds
             and index.ontology.kinds[k].ends is None and k not in (structure.SEGMENT,)]
    wanted = [k for k in kinds if k not in (structure.CHAIN, "Region")] or kinds
    if not wanted:
        return None
    kind = index.ontology.kinds[wanted[0]]
    places, chain = frame.things("Region", "Park"), frame.first(structure.CHAIN)
    firms = frame.things("Company")
    mine = [own(index, t) for t in index.things(kind.name)] if not kind.open or places or chain \
        else []
    mine = [f for f in mine if f.rows]
    if firms:
        keep = {f.things[0] for one in firms for f in about(index, one, [kind.name])}
        keep |= {f.other(one) for one in firms for f in links(index, one)
                 if index.kind_of(f.other(one)) == kind.name}
        mine = [own(index, t) for t in sorted(keep)]
    elif places and index.places.level_of(places[0]) != "province":
        there = located(index, kind, inside(index, places[0], at), at)
        cores = tuple({index.label(places[0]).removesuffix("市"),
                       *(n for n in spellings(index, places[0]) if len(n) > 1)})
        mine = [f for f in mine if f.things[0] in there
                or index.label(f.things[0]).startswith(cores)]
    if chain is not None:
        mine = [f for f in mine if index.reference(f.said.get("chain")) == chain
                or index.label(chain) in phrase(index, f, at)] or mine
    mine = _with_words(frame, mine, [*places, *firms, *([chain] if chain is not None else [])])
    if not mine:
        return None
    place = index.label(places[0], at) if places else ""
    who = "、".join(index.label(f, at) for f in firms)
    names = [index.label(f.things[0], at) if kind.role("name") else phrase(index, f, at)
             for f in mine]
    rows, cited = of_facts(frame, mine[:100])
    told = phrase(index, mine[0], at) if len(mine) == 1 else join(names, 15)
    of = f"{index.label(chain)}链的" if chain is not None else ""
    return Reply("list", f"{place}{who}有哪些{of}{kind.label.zh}？",
                 f"来源说过的{place}{who}{of}{kind.label.zh}有 {len(names)} 个：{told}"
                 f"{cite(index, cited)}。", rows=rows, cited=cited,
                 slots={"class": kind.name, "region": [slot(index, p, at) for p in places]},
                 call=call(f"things/{kind.name}", region=place))


def _with_words(frame: Frame, facts: Sequence[Fact], slots_: Iterable[int]) -> list[Fact]:
    """Those that hold the other words of the question: 国家先进制造业集群."""
    index, known = frame.index, all_figures(frame.index)
    taken = set(slots_)
    asked = [m.split("/") for t in frame.tokens for s, m in t.classes if s == "choice"]
    fit = [f for f in facts if any(f.kind == k and f.said.get(n) == v for k, n, v in asked)]
    facts = fit or facts
    skip = [t for t in frame.tokens if set(t.things) & taken
            or (t.is_a("noun") and not t.is_a("content"))]
    skip += [t for t in frame.tokens if t.is_a("verb", "honour")]
    runs = content(frame.tokens, skip)
    if not runs:
        return list(facts)
    scored = [(coverage(runs, same(phrase(index, f, frame.at)), known.weight, known.usual), f)
              for f in facts]
    best = max((s for s, _ in scored), default=0.0)
    return [f for s, f in scored if s >= max(ENOUGH, best - 0.05)]


# --- yes or no, evidence --------------------------------------------------------------------------------


def yes_no(frame: Frame) -> Reply | None:
    """是, or nobody has said it: a fact that holds every word of the question."""
    best: tuple[float, int, Fact] | None = None
    for thing in subjects(frame)[:5]:
        for score, fact in _matching(frame, thing)[:1]:
            if score >= 0.7 and (best is None or score > best[0]):
                best = score, thing, fact
    if best is not None:
        return _facts_reply(frame, "yes_no", best[1], [best[2]], "是：")
    found = subjects(frame)
    if not found:
        return None
    thing = _main(frame, found)
    left = _leftover(frame, thing)
    others = [frame.index.label(t, frame.at) for t in frame.things() if t != thing]
    if not left and not others:
        return None
    return _not_said(frame, thing, left or others)


def evidence_for(frame: Frame) -> Reply | None:
    """凭什么说 …: the same question without these words, and the sources of its answer."""
    from api.ask.ask import reply_to
    rest = frame.without(*frame.of("ask", "evidence"))
    reply = reply_to(rest)
    if not reply.cited or reply.status not in ("answered", "unknown"):
        return reply if reply.status != "out_of_scope" else None
    titles = source_titles(frame.index, reply.cited)
    return Reply("evidence", f"依据是什么：{reply.restated}",
                 f"依据是{join(titles, 5, '个来源')}。所说的是：{reply.answer}", rows=reply.rows,
                 cited=reply.cited, slots=reply.slots, call=reply.call, status=reply.status,
                 at=reply.at)


def bare_metric(frame: Frame) -> bool:
    """A figure that is asked for without a question word: 永州省级制造业单项冠军, GDP增速."""
    return not (frame.has("ask") or frame.verb("lack", "supply", "supplier", "customer", "talk",
                                               "support", "complete", "nearest"))


def named_rows(frame: Frame, things_: Sequence[int]) -> list[Row]:
    """Names as rows."""
    return [slot(frame.index, t, frame.at) for t in things_]


def unused(_: Any) -> None:
    """Nothing."""
