"""What a question is about: named things, long names of which it says a part, their facts."""

from collections.abc import Sequence

from api.ask.frame import Frame, Token
from api.ask.match import content, coverage, spellings
from api.ask.match import figures as all_figures
from api.ask.say import fields, phrase
from api.ask.words import same
from graph import structure
from graph.analysis.facts import Fact, about, links, own, referring
from graph.analysis.filters import inside

__all__ = ["ENOUGH", "PARTIES", "asked", "by_class", "composed_things", "described_by",
           "facts_of", "fits_names", "leftover", "main_of", "matching", "proper", "subjects"]

ENOUGH = 0.6  # the share of a question that a fact must hold
PARTIES = ("Company", "Park", "Institute", "Alliance", "Agency", "Cluster", "Platform", "Person",
           "Region", "Site", "Fund")
_KEPT = 2000  # things whose facts are remembered


def composed_things(frame: Frame, most: int = 6) -> list[tuple[int, float]]:
    """Things with long names of which the question says a good part, best first."""
    return frame.once("composed", _composed)[:most]


def _composed(frame: Frame) -> list[tuple[int, float]]:
    pairs, entries, weight, whole = frame.lexicon.composed
    text = same("".join(t.text if t.sort != "break" and not t.is_a("ask") else "\n"
                        for t in frame.tokens))
    mass: dict[int, float] = {}
    for pair in {text[i:i + 2] for i in range(len(text) - 1)}:
        for entry in pairs.get(pair, ()):
            mass[entry] = mass.get(entry, 0.0) + weight[pair]
    best: dict[int, float] = {}
    for entry, held in mass.items():
        thing, _ = entries[entry]
        share = held / whole[entry] if whole[entry] else 0.0
        if share < 0.3:
            continue
        wanted = frame.index.kind_of(thing) in frame.nouns
        if share >= (0.32 if wanted else 0.5) or _common(text, entries[entry][1]):
            best[thing] = max(best.get(thing, 0.0), share * held * (1.3 if wanted else 1.0))
    order = sorted(best.items(), key=lambda item: (-item[1], frame.index.id(item[0])))
    return [(thing, share) for thing, share in order[:40] if fits_names(frame, thing)]


def fits_names(frame: Frame, thing: int) -> bool:
    """Whether the thing is called by, lies in or belongs to every name of the question: 益阳高新区
    says that 祁阳高新区 is not meant."""
    known = all_figures(frame.index)
    names, homes = known.names(thing), known.homes(thing)
    for token in frame.names:
        if not proper(frame, token) or thing in token.things:
            continue
        if _mostly_in(same(token.text), names):
            continue
        if homes.isdisjoint(token.things) and not any(
                place in homes or home in inside(frame.index, place, frame.at)
                for place in token.things for home in homes
                if frame.index.ontology.kinds[frame.index.kind_of(place)].place):
            return False
    return True


def _mostly_in(text: str, names: str) -> bool:
    """Whether names hold the text, a long one but for a character or two: 怀化新型显示产业链 of
    怀化市新型显示产业链发展三年行动计划."""
    pairs = [text[i:i + 2] for i in range(len(text) - 1)]
    held = sum(pair in names for pair in pairs)
    return text in names or (len(pairs) > 4 and 4 * held >= 3 * len(pairs))


def described_by(frame: Frame) -> bool:
    """Whether the question spells out most of the name of a thing of a class that it names."""
    return any(frame.index.kind_of(t) in frame.nouns and t not in frame.things()
               for t, share in composed_things(frame, 2) if share >= 8)


def _common(text: str, name: str) -> bool:
    """Whether six characters of the name stand in the question as they are."""
    return any(name[i:i + 6] in text for i in range(len(name) - 5))


def proper(frame: Frame, token: Token) -> bool:
    """Whether the name is of somebody or some place, not a thing that is made or done."""
    plain = {"Product", "Segment", "Chain", "Honour"}
    return bool(frame.kinds(token) - plain) and not frame.kinds(token) & plain


def subjects(frame: Frame) -> list[int]:
    """What the question may be about: what is named, then long names of which it says a part."""
    return list(frame.once("subjects", _found))


def _found(frame: Frame) -> list[int]:
    named = frame.things()
    long = [t for t, _ in composed_things(frame) if t not in named]
    odd = [same(t.text) for t in frame.tokens if t.sort == "text" and len(t.text) > 1]
    better = [t for t in long if odd and any(
        text in same(name) for text in odd for name in spellings(frame.index, t))
        and not any(text in same(name) for text in odd for one in named
                    for name in spellings(frame.index, one))]
    return [*better, *named, *(t for t in long if t not in better)]


def by_class(frame: Frame) -> list[int]:
    """The subjects, those of a class that is asked for first, with the projects and so on of a
    firm or place that is named."""
    return list(frame.once("by class", _by_class))


def _by_class(frame: Frame) -> list[int]:
    index = frame.index
    found = subjects(frame)
    more: list[int] = []
    for kind in frame.nouns:
        if kind not in index.ontology.kinds:
            continue
        told = [referring(index, thing, kind) for thing in frame.things()
                if kind != index.kind_of(thing)]
        both = [t for t in told[0] if all(t in some for some in told)] if told else []
        more += both if len(told) > 1 else []
        for thing, mine in zip(frame.things(), told, strict=False):
            if len(mine) == 1 or index.kind_of(thing) == "Company":
                more += mine
    every = [*more, *found] if more else found
    return sorted(dict.fromkeys(every), key=lambda t: (index.kind_of(t) not in frame.nouns,
                                                       every.index(t)))


def main_of(frame: Frame, found: Sequence[int]) -> int:
    """Of what is named the most special: a firm or project before a region."""
    index = frame.index
    broad = {"Region": 3, structure.CHAIN: 2, structure.SEGMENT: 2, "Product": 2, "Honour": 2}
    of_class = [t for t in by_class(frame) if index.kind_of(t) in frame.nouns
                and index.kind_of(t) not in (*broad, "Company")]
    if of_class:
        return of_class[0]
    return min(found, key=lambda t: (broad.get(index.kind_of(t), 1), found.index(t)))


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


def matching(frame: Frame, thing: int, skip: Sequence[Token] = ()) -> list[tuple[float, Fact]]:
    """Facts that hold the words of the question (and every proper name in it), best first."""
    index = frame.index
    own_names = "|".join(same(n) for n in spellings(index, thing))
    mine = [t for t in frame.names if thing in t.things or same(t.text) in own_names]
    mine += [t for t in frame.tokens if t.sort != "name" and len(t.text) > 1
             and same(t.text) in own_names and t.sort != "time"]
    mine += [t for t in frame.tokens if t.is_a("noun", index.kind_of(thing)) and t not in mine]
    runs = content(frame.tokens, [*mine, *skip])
    known = all_figures(index)
    others = [t for t in frame.names if t not in mine and proper(frame, t)
              and not (index.kind_of(thing) == "Park" and frame.kinds(t) == {"Region"}
                       and not known.homes(thing).isdisjoint(t.things))]
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


def leftover(frame: Frame, thing: int) -> list[str]:
    """What the question says beside the name of the thing and its class."""
    index = frame.index
    own_names = "|".join(same(n) for n in spellings(index, thing))
    kind = index.kind_of(thing)
    skip = [t for t in frame.tokens if thing in t.things or t.is_a("noun", kind)
            or (t.sort != "time" and len(t.text) > 1 and same(t.text) in own_names)
            or t.is_a("field", "organisation") or t.is_a("noun", "Company")]
    skip += [t for t in frame.tokens if t.is_a("verb", "make")]
    return [run for run in content(frame.tokens, skip) if len(run) > 1]


def asked(frame: Frame) -> str:
    """The question without its mark, to be quoted."""
    return frame.text.strip().rstrip("?？。.!！ ")
