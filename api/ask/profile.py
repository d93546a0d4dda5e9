"""介绍一下X: what sources say of a thing, whatever its class, in one paragraph."""

from collections.abc import Sequence
from dataclasses import replace

from api.ask.aspects import of_choice
from api.ask.frame import Frame
from api.ask.lookup import not_said
from api.ask.reply import Reply, call, of_facts, slot, unknown
from api.ask.say import cite, fields, join, phrase, shown, when
from api.ask.subjects import facts_of, leftover, main_of, proper, subjects
from api.ask.words import bare, table
from graph import dates, structure
from graph.analysis.facts import Fact, own
from graph.index import Index

__all__ = ["described", "of_standing", "profile", "standing"]

_SIDE = ("aliases", "former_names", "full_name", "name_en", "code", "website", "address", "status")
_LONG = 220  # characters after which the rest is left to the rows
_LATE = (structure.OBSERVATION, "Trait")  # told after the rest, and only some of them


def profile(frame: Frame) -> Reply | None:
    """介绍一下X: what sources say of it, in one paragraph; every fact is a row."""
    found = subjects(frame)
    if not found:
        return None
    thing = main_of(frame, found)
    left = leftover(frame, thing)
    broad = frame.index.kind_of(thing) in ("Region", structure.CHAIN)
    if (left or frame.has("step")) and (broad or not frame.asks("introduce", "known")):
        return not_said(frame, thing, left)
    kind = frame.index.ontology.kinds[frame.index.kind_of(thing)]
    untold = [part.label.zh for name in frame.fields if (part := kind.field(name)) is not None
              and name not in own(frame.index, thing).said]
    if untold and frame.first() == thing and not frame.nouns[1:]:
        return not_said(frame, thing, untold)
    return described(frame, thing)


def of_standing(frame: Frame) -> bool:
    """啥来头, 靠谱吗 of one firm: it is to be described, whatever else is asked."""
    named = [t for t in frame.names if proper(frame, t)]
    return (frame.asks("standing") and len(named) == 1
            and frame.first(structure.COMPANY, structure.INSTITUTE) is not None
            and not frame.asks("count", "much", "when", "where", "rank")
            and not frame.verb("supply", "supplier", "buy"))


def standing(frame: Frame) -> Reply:
    """The description, and what is said under a word that is asked for besides: 搞什么技术."""
    whole = described(frame, frame.things(structure.COMPANY, structure.INSTITUTE)[0])
    more = of_choice(frame) if frame.has("choice") else None
    if more is None or all(str(row.get("key") or "") in whole.answer for row in more.rows):
        return whole
    return replace(whole, answer=whole.answer + more.answer)


def described(frame: Frame, thing: int) -> Reply:
    index, at = frame.index, frame.day
    kind = index.ontology.kinds[index.kind_of(thing)]
    name = index.label(thing, at)
    ask = f"介绍一下{name}（{kind.label.zh}）。"
    facts = facts_of(frame, thing)
    where_to = call(f"entities/{index.id(thing)}")
    slots_ = {"thing": slot(index, thing, at), "class": kind.name}
    if not facts:
        return unknown("profile", ask, f"只有名字：没有来源介绍过{name}", slots=slots_,
                       call=where_to)
    parts = _paragraph(frame, thing, facts)
    rows, cited = of_facts(frame, facts[:80])
    text = f"{'；'.join(parts)}{cite(index, cited)}。"
    return Reply("profile", ask, text, rows=rows, cited=cited, slots=slots_, call=where_to)


def _paragraph(frame: Frame, thing: int, facts: Sequence[Fact]) -> list[str]:
    index, at = frame.index, frame.day
    kind = index.ontology.kinds[index.kind_of(thing)]
    name, full = index.label(thing, at), index.full_name(thing, at)
    head = f"{name}（{full}）" if full and full != name else name
    typed = next((t.text for t in frame.names if thing in t.things), "")
    if typed and not _shown_anyway(typed, f"{name}{full}"):
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
    untold: list[str] = []
    for name_ in sorted(grouped, key=lambda k: _rank(index, k)):
        for label, some in _sides(index, name_, grouped[name_], thing):
            if sum(map(len, parts)) > _LONG:
                untold.append(label)
                continue
            texts = [_short(frame, fact, thing) for fact in some]
            parts.append(f"{label}：{join(texts, 3 if name_ in _LATE else 5, '个')}")
    if untold:
        parts.append(f"另有{join(untold)}，见下面各行")
    return parts


def _rank(index: Index, kind: str) -> tuple[bool, int]:
    """What tells most comes first: what it does and was honoured for, with whom it deals, its
    projects; figures and traits last."""
    what = index.ontology.kinds[kind]
    first = bool(what.evidence) or kind in (structure.LEADS, structure.HONOURED)
    return kind in _LATE, 0 if first else 1 if what.tie else 2 if what.ends is None else 3


def _shown_anyway(typed: str, names: str) -> bool:
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
    extra += filter(None, [_past(index, fact, at)])
    return other + (f"（{'，'.join(extra)}）" if extra else "")


def _past(index: Index, fact: Fact, at: int) -> str:
    """When a link was true that is no longer: 2014年."""
    table_ = index.table
    if not fact.rows or any(table_.end[row] > at for row in fact.rows):
        return ""
    first, last = (dates.unpack(int(column[fact.rows[0]]))
                   for column in (table_.valid_from, table_.valid_to))
    if not last:
        return ""
    return when(last if first in ("", last) else f"{first}/{last}")
