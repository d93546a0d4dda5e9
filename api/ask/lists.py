"""Lists: things of a class, bearers of an honour, members."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from api.ask.firms import makers
from api.ask.frame import Frame, Token
from api.ask.goods import home
from api.ask.lookup import attending, facts_reply, more_of
from api.ask.match import content, coverage, spellings
from api.ask.match import figures as all_figures
from api.ask.reply import MOST, Reply, call, of_facts, slot, unknown
from api.ask.say import cite, join, phrase, when
from api.ask.subjects import ENOUGH, by_class, composed_things, main_of
from api.ask.words import same
from graph import dates, structure
from graph.analysis.facts import Fact, about, between, links, of_rows, own, since
from graph.analysis.filters import inside, located
from ontology.model import Kind

__all__ = ["asked_class", "beside", "honours", "listing", "member"]


def listing(frame: Frame) -> Reply | None:
    """Things of a class in a region, of a chain, of a level: 长沙有哪些产业集群."""
    index, at = frame.index, frame.day
    wanted = asked_class(frame)
    if wanted is None or any(t.text.endswith("人") for t in frame.of("ask", "count")):
        return None
    kind = index.ontology.kinds[wanted]
    places, chain = frame.things("Region", "Park"), frame.first(structure.CHAIN)
    firms = frame.things("Company")
    if kind.name == structure.COMPANY and chain is not None and not firms:
        return makers(frame)
    mine = _dated(frame, kind, _chosen(frame, kind, places, chain, firms))
    mine = _with_words(frame, mine, [*places, *firms, *([chain] if chain is not None else [])])
    if not mine:
        return None if frame.names else unknown(
            "list", f"有哪些{kind.label.zh}？", f"没有来源说过这样的{kind.label.zh}",
            call=call(f"things/{kind.name}"))
    if kind.name == "Event" and frame.asks("who") and len(mine) == 1:
        return facts_reply(frame, "list", mine[0].things[0], attending(frame, mine[0]) or mine)
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


def asked_class(frame: Frame) -> str | None:
    """The class that is asked for: the one beside the question word, else the most special."""
    index = frame.index
    kinds = [k for k in frame.nouns if k in index.ontology.kinds
             and index.ontology.kinds[k].ends is None and k != structure.SEGMENT]
    if not kinds:
        return None
    wanted = [k for k in kinds if k not in (structure.CHAIN, "Region")] or kinds
    for place, (token, after) in enumerate(pairwise(frame.tokens), 1):
        if token.is_a("ask", "which", "what", "count") and after.is_a("noun", *kinds):
            return _head(frame.tokens[place:], kinds) or wanted[0]
    last = [t for t in frame.tokens if t.sort != "break"][-3:]
    if len(last) == 3 and last[0].is_a("noun", *kinds) and last[1].is_a("verb", "has"):
        return _head(last[:1], kinds) or wanted[0]
    return wanted[0]


def _head(tokens: Sequence[Token], kinds: Sequence[str]) -> str:
    """The last class of a run of words: 联盟 of 产业技术创新战略联盟."""
    found = ""
    for token in tokens:
        if token.sort not in ("text", "word") or token.is_a("verb") or token.is_a("blank"):
            break
        found = next((m for s, m in token.classes if s == "noun" and m in kinds), found)
    return found


def beside(frame: Frame) -> bool:
    """Whether a class stands right beside 哪些, 几个 or before 有哪些: a list of it is meant."""
    for token, after in pairwise(frame.tokens):
        if token.is_a("ask", "which", "count", "who") and after.is_a("noun") and not after.is_a(
                "field", "leading_industries"):
            return True
    last = [t for t in frame.tokens if t.sort != "break"][-3:]
    return len(last) == 3 and last[0].is_a("noun") and not last[0].is_a(
        "field", "leading_industries") and last[1].is_a("verb", "has") and last[2].is_a(
        "ask", "which")


def _chosen(frame: Frame, kind: Kind, places: Sequence[int], chain: int | None,
            firms: Sequence[int]) -> list[Fact]:
    """Things of the class that belong to the firm, lie in the place and serve the chain."""
    index, at = frame.index, frame.day
    if firms:
        keep = {f.things[0] for one in firms for f in about(index, one, [kind.name])}
        keep |= {f.other(one) for one in firms for f in links(index, one)
                 if index.kind_of(f.other(one)) == kind.name}
        mine = [own(index, t) for t in sorted(keep)]
    elif places and index.places.level_of(places[0]) != "province":
        there = located(index, kind, inside(index, places[0], at), at)
        cores = tuple({index.label(places[0]).removesuffix("市"),
                       *(n for n in spellings(index, places[0]) if len(n) > 1)})
        mine = [own(index, t) for t in index.things(kind.name)
                if t in there or index.label(t).startswith(cores)]
    else:
        mine = [own(index, t) for t in index.things(kind.name)] if not kind.open or places else []
    mine = [f for f in mine if f.rows and f.things[0] not in places]
    if chain is None:
        return mine
    return [f for f in mine if index.reference(f.said.get("chain")) == chain
            or index.label(chain) in phrase(index, f, at)]


def _dated(frame: Frame, kind: Kind, facts: Sequence[Fact]) -> list[Fact]:
    """Those whose date lies in the time that is named, where the class has dates."""
    part = next((f for f in kind.fields if f.datatype == "date"), None)
    if part is None or not frame.times:
        return list(facts)
    time = frame.times[-1]
    return [f for f in facts if (told := str(f.said.get(part.name) or ""))
            and dates.first_day(time.first) <= dates.first_day(told)
            and dates.last_day(told) <= time.at]


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
    return list(found)[:40]


def member(frame: Frame) -> Reply | None:
    """Whether, since when and of what a thing is a member; who the members are."""
    index, at = frame.index, frame.day
    kinds = [structure.PART_OF, structure.MEMBER_OF]
    named = frame.things("Region", "Park", "Company", "Alliance", "Institute", "Cluster", "Fund")
    spelt = [t for t, _ in composed_things(frame, 3) if index.kind_of(t) in frame.nouns
             and index.kind_of(t) in ("Alliance", "Cluster", "Fund") and t not in named]
    if spelt and not any(index.kind_of(t) in frame.nouns for t in named):
        named = spelt[:1]
    elif {"Alliance", "Cluster", "Fund"} & set(frame.nouns) and all(
            index.kind_of(t) == "Region" for t in named):
        return None  # 湖南省固态电池联盟: the members of the province are not meant
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
    if frame.asks("count", "much") and (counted := _counted(frame, named[0])) is not None:
        return counted
    facts = links(index, named[0], kinds)
    if frame.asks("which", "who", "count"):  # its members; of what it is one, only without any
        facts = links(index, named[0], kinds, forward=False) or facts
    asked = [f for f in facts if index.kind_of(f.other(named[0])) in frame.nouns]
    return facts_reply(frame, "member", named[0], asked or facts) if facts else None


def _counted(frame: Frame, thing: int) -> Reply | None:
    """How many members a source says that it has, with those that are named."""
    index, at = frame.index, frame.day
    mine = own(index, thing)
    if not mine.said.get("member_count"):
        return None
    facts = links(index, thing, [structure.MEMBER_OF], forward=False)
    rows, cited = of_facts(frame, [mine, *facts])
    named = join((index.label(f.things[0], at) for f in facts), 15, "家")
    name = index.label(thing, at)
    return Reply("member", f"{name}有多少成员？", f"{name}成员数：{mine.said['member_count']:g}"
                 f"{f'；点了名的有{named}' if named else ''}{cite(index, cited)}。", rows=rows,
                 cited=cited, slots={"thing": slot(index, thing, at)},
                 call=call(f"entities/{index.id(thing)}/links", kind=structure.MEMBER_OF))


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
        text = (f"不是：截至 {dates.iso(at)} 还不是，来源说{one}从 {when(begun)} 起才属于{other}"
                f"{cite(index, cited)}。")
    else:
        head = "是：" if frame.asks("yesno") else ""
        told = "；".join(dict.fromkeys(phrase(index, f, at) + more_of(frame, f) for f in facts))
        text = f"{head}{told}{since_}{cite(index, cited)}。"
    return Reply("member", f"{one}是不是属于{other}？", text, rows=rows, cited=cited, slots=slots_,
                 call=where_to, at=at)
