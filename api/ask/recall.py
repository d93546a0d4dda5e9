"""What the data say that comes nearest to a question that nothing answers, found by its letters
rather than by its words: 接进湘易办 finds 接入“湘易办”等省级平台."""

from dataclasses import replace

from api.ask.frame import Frame, Token
from api.ask.lexicon import described
from api.ask.lookup import more_of
from api.ask.match import Corpus, figures, pairs, sayings
from api.ask.naming import naming
from api.ask.reply import MOST, Reply, of_facts
from api.ask.say import cite, phrase
from api.ask.subjects import proper
from api.ask.words import same
from graph.analysis.facts import Fact

__all__ = ["recalled", "with_nearest"]

_INTENTS = ("lookup", "not_found", "partners", "yes_no", "when", "where", "relation", "meetings",
            "supply_yes_no", "customers", "suppliers", "post", "makers", "verdict", "list",
            "honours", "figure", "member", "field")
_ENOUGH = 0.3  # of what the letters of the question tell
_FEW = 1  # records on which an unknown may rest that is told more


def recalled(frame: Frame, most: int = 2) -> list[Fact]:
    """The facts that hold most of the question's letters: of those it names, else of others."""
    pieces = _pieces(frame)
    found: list[tuple[float, Fact]] = []
    for known in (figures(frame.index), sayings(frame.index, described(frame.index))):
        found += _scored(frame, known, pieces)
    if not found and len(firms := [t for t in frame.names if proper(frame, t) and not frame.kinds(
            t) & {"Region", "Park"}]) and len(frame.names) > 1:
        both = naming(frame, [t.things[0] for t in firms], 20)
        places = {place for t in frame.names if t not in firms for place in t.things}
        known = figures(frame.index)
        there = [f for f in both if not known.homes(f.things[0]).isdisjoint(places)]
        return (there or both)[:most]
    found.sort(key=lambda pair: -pair[0])
    best = found[0][0] if found else 0.0
    return [fact for score, fact in found if score >= 0.75 * best][:most]


def _pieces(frame: Frame) -> list[str]:
    """What is typed between question words, times and breaks, small words and all."""
    pieces = [""]
    for token in frame.tokens:
        if token.sort in ("break", "time") or token.is_a("ask"):
            pieces.append("")
        else:
            pieces[-1] += token.text
    return [same(piece) for piece in pieces if len(piece) > 1]


def _scored(frame: Frame, known: Corpus, pieces: list[str]) -> list[tuple[float, Fact]]:
    names = [t for t in frame.names if proper(frame, t)]
    asked = {pair for piece in pieces for pair in pairs(piece)}
    named = {pair for t in names for pair in pairs(same(t.text))}
    rest = asked - named
    whole = sum(min(known.weight.get(pair, 0.0), known.usual) for pair in rest)
    if not whole:
        return []
    held: dict[int, float] = {}
    for pair in rest:
        for number in known.postings.get(pair, ()):
            held[number] = held.get(number, 0.0) + known.weight[pair]
    odd = _odd(frame)
    order = sorted(held, key=lambda number: (-held[number], number))[:40]
    found: list[tuple[float, Fact]] = []
    for number in order:
        score = held[number] / whole
        doc = known.entries[number][1]
        mine = _about_named(frame, known, number)
        if held[number] > known.usual and (score >= _ENOUGH if mine else any(
                word in doc for word in odd)):
            found.append((score + (0.2 if mine else 0.0), known.fact(number)))
    return found


def _about_named(frame: Frame, known: Corpus, number: int) -> bool:
    """Whether it speaks of every firm and so on that is named; of places one is enough."""
    subject, doc, _ = known.entries[number]
    own, homes = known.names(subject) + doc, known.homes(subject)
    names = [t for t in frame.names if proper(frame, t)]
    firms = [t for t in names if not frame.kinds(t) & {"Region", "Park"}]

    def held(token: Token) -> bool:
        return bool(subject in token.things or same(token.text) in own
                    or not homes.isdisjoint(token.things))

    return all(map(held, firms)) if firms else any(map(held, names)) if names else True


def _odd(frame: Frame) -> list[str]:
    """What is typed and is neither a name nor a usual word: 无水染色, 境内过会."""
    return [same(t.text) for t in frame.tokens if len(t.text) > 2 and (
        t.sort == "text" or t.is_a("content", "words")) and not t.text.isascii()]


def with_nearest(frame: Frame, reply: Reply) -> Reply:
    """An unknown with the nearest facts that it does not tell yet."""
    if reply.status != "unknown" or reply.intent not in _INTENTS or len(reply.cited) > _FEW:
        return reply
    index = frame.index
    told = [(fact, phrase(index, fact, frame.at) + more_of(frame, fact)) for fact in recalled(frame)
            if not set(fact.rows) & set(reply.cited)]
    fresh = [(fact, text) for fact, text in told if text not in reply.answer]
    if not fresh:
        return reply
    near = "；".join(text + cite(index, fact.rows) for fact, text in fresh)
    head = "；还有：" if "已知的是" in reply.answer else "。已知的是："
    rows, cited = of_facts(frame, [fact for fact, _ in fresh])
    return replace(reply, answer=f"{reply.answer.rstrip('。')}{head}{near}。",
                   rows=[*reply.rows, *rows][:MOST], cited=[*reply.cited, *cited])
