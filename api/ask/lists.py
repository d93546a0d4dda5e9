"""Lists of the things of a class: in a region, of a chain, with other words of the question."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from api.ask.firms import makers
from api.ask.frame import Frame, Token
from api.ask.lexicon import described
from api.ask.lookup import attending, facts_reply
from api.ask.match import content, coverage, sayings, spellings
from api.ask.match import figures as all_figures
from api.ask.reply import MOST, Reply, call, of_facts, slot, unknown
from api.ask.say import cite, join, phrase
from api.ask.subjects import ENOUGH
from api.ask.words import same
from graph import dates, structure
from graph.analysis.facts import Fact, about, links, own
from graph.analysis.filters import inside, located
from ontology.model import Kind

__all__ = ["asked_class", "beside", "listing"]


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
    if kind.open and places and not firms and chain is None and not _words_beside(frame, kind):
        return _all_of(frame, kind, places[0])
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
        mine = [own(index, t) for t in (_said_so(frame, kind) if kind.open else index.things(
            kind.name))] if not kind.open or places else []
    mine = [f for f in mine if f.rows and f.things[0] not in places]
    if chain is None:
        return mine
    return [f for f in mine if index.reference(f.said.get("chain")) == chain
            or index.label(chain) in phrase(index, f, at)]


def _words_beside(frame: Frame, kind: Kind) -> list[str]:
    """What the question says beside names and the class."""
    return content(frame.tokens, [*frame.names, *frame.of("noun", kind.name)])


def _all_of(frame: Frame, kind: Kind, place: int) -> Reply | None:
    """How many of a class sources name in a place, and the first of them."""
    index, at = frame.index, frame.day
    there = sorted(located(index, kind, inside(index, place, at), at) - {place},
                   key=lambda t: index.label(t, at))
    if not there:
        return None
    rows, cited = of_facts(frame, [own(index, t) for t in there[:MOST]])
    name = index.label(place, at)
    names = join((index.label(t, at) for t in there), 15)
    return Reply("list", f"{name}有哪些{kind.label.zh}？", f"来源说过的{name}{kind.label.zh}有 "
                 f"{len(there)} 个：{names}{cite(index, cited)}。", rows=rows, cited=cited,
                 slots={"class": kind.name, "region": [slot(index, place, at)]},
                 call=call(f"things/{kind.name}", region=name))


def _said_so(frame: Frame, kind: Kind) -> list[int]:
    """Of a class without end those of which a sentence shares words with the question."""
    index = frame.index
    runs = _words_beside(frame, kind)
    known = sayings(index, described(index))
    found = [known.fact(number).things[0] for number in known.near(runs, MOST)]
    return [t for t in dict.fromkeys(found) if index.kind_of(t) == kind.name]


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
