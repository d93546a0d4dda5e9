"""A question in, one answer out: read, choose an intent, answer, say what was understood."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from typing_extensions import TypedDict

from api.answers import Answers
from api.ask import (
    ahead,
    aspects,
    bearers,
    changes,
    claims,
    compound,
    cuts,
    figures,
    gaps,
    industries,
    lists,
    lookup,
    makers,
    meetings,
    membership,
    moments,
    names,
    partners,
    parts,
    people,
    policies,
    premises,
    profile,
    ranks,
    recall,
    relation,
    supply,
    unclear,
    usage,
    verdicts,
    versus,
    when,
    where,
    yesno,
)
from api.ask.frame import Frame, read
from api.ask.lexicon import lexicon
from api.ask.reply import Reply
from api.ask.say import in_words, join, source_titles
from api.ask.slots import segment_slots
from api.ask.subjects import composed_things, described_by, main_of
from api.ask.ways import asks_shared
from api.ask.words import table
from graph import dates
from graph.analysis.answers import Envelope, Evidence, envelope, evidence
from graph.index import Index

__all__ = ["INTENTS", "Asked", "Understood", "answer", "ask", "intents"]

Answer = dict[str, Any]
MOST = 200  # records that an answer cites
# Intents that say how things stand on a day.
_STATES = ("gap", "verdict", "completeness", "nearest", "candidates", "makers", "suppliers",
           "customers", "supply_yes_no", "partners", "leaders", "segments")
LOST = ("out_of_scope", "not_found")  # intents of questions that were not understood
Intent = tuple[str, Callable[[Frame], bool], Callable[[Frame], Reply | None]]


class Understood(TypedDict):
    """How a question was read: the intent, what fills its slots, the question in our words."""

    intent: str
    slots: dict[str, Any]
    restated: str


class Asked(Envelope):
    """status: answered, unknown, ambiguous or out_of_scope; call: the same as an address; rows are
    those of the intent, choices what an ambiguous name may mean."""

    status: str
    understood: Understood
    answer: str
    rows: list[dict[str, Any]]
    evidence: list[Evidence]
    call: str
    choices: list[dict[str, Any]]


def ask(answers: Answers, text: str) -> Answer:
    """The answer of an `Answers` (its index, its day) to a question as people type it.

    A question that is not understood is put to the language model, if there is one.
    """
    found, model = answer(answers.index, text, answers.at), answers.graph.settings.model
    if model is None or found["understood"]["intent"] not in LOST:
        return found
    from api.ask.model import meant  # a library or two that nobody else needs

    if (question := meant(model, text)) is None:
        return found
    again = answer(answers.index, question, answers.at)
    return found if again["understood"]["intent"] in LOST else {
        **again, "answer": f"（语言模型把问题听成“{question}”）{again['answer']}"}


def answer(index: Index, text: str, at: int) -> Answer:
    """The same for an index and a day."""
    frame = cuts.cut(moments.dated(moments.settled(read(index, lexicon(index), text, at))))
    reply = _to_come(frame, understood(frame))
    day = reply.at if reply.at is not None else frame.day
    proofs = evidence(index, list(dict.fromkeys(reply.cited))[:MOST])
    return {
        "status": reply.status,
        "understood": {"intent": reply.intent, "slots": reply.slots, "restated": reply.restated},
        "answer": _with_guesses(frame, _usual(frame, reply)),
        "rows": [in_words(row) for row in reply.rows],
        "evidence": proofs, "call": reply.call, "choices": list(reply.choices),
        **envelope(index, day),
    }


def _to_come(frame: Frame, reply: Reply) -> Reply:
    """What is true on a day that has not come nobody knows: what is known today, and that."""
    ahead = [t for t in frame.tokens if t.time is not None
             and dates.first_day(t.time.first) > frame.at]
    if not ahead or reply.intent not in _STATES:
        return reply
    known = understood(frame.without(*ahead))
    said = (f"“{ahead[0].text}”还没有到，谁也不知道那时怎样；下面按今天"
            f"（{dates.iso(frame.at)}）所知道的答。")
    return replace(known, answer=said + known.answer)


def understood(frame: Frame) -> Reply:
    """The reply to all parts of a question, what it takes to be so held against the sources."""
    reply = claims.confirmed(frame, told) or told(frame)
    whole = compound.each(frame, compound.together(frame, reply, _near), told)
    return recall.with_nearest(frame, whole)


def _near(frame: Frame) -> Reply:
    return recall.with_nearest(frame, claims.confirmed(frame, told) or told(frame))


def told(frame: Frame) -> Reply:
    """The reply to one part; names that no source gives are not given."""
    return names.listed(frame, reply_to(frame))


def _usual(frame: Frame, reply: Reply) -> str:
    """The sentence with parks as people call them: 益阳高新区."""
    text = reply.answer
    if reply.intent in ("called", "same", "ambiguous", "profile"):
        return text
    for short, spellings in table()["zone"].items():
        for long in spellings:
            text = text.replace(long, short) if not long.isascii() else text
    return text


def _with_guesses(frame: Frame, text: str) -> str:
    if not frame.guesses:
        return text
    taken = "、".join(f"“{typed}”按“{name}”理解" for typed, name in frame.guesses)
    return f"（{taken}）{text}"


def intents() -> list[str]:
    """The names of all intents, in the order in which they are tried."""
    return list(dict.fromkeys(name for name, _, _ in INTENTS))


def reply_to(frame: Frame) -> Reply:
    """The first intent that fits and knows something to say; else what was not understood."""
    if (doubt := premises.doubted(frame) or unclear.doubtful(frame)) is not None:
        return doubt
    for _, fits, tell in INTENTS:
        if fits(frame) and (reply := tell(frame)) is not None:
            return reply
    return unclear.not_understood(frame)


def evidence_for(frame: Frame) -> Reply | None:
    """凭什么说 …: the same question without these words, and the sources of its answer."""
    rest = frame.without(*frame.of("ask", "evidence"))
    reply = reply_to(rest)
    if not reply.cited or reply.status not in ("answered", "unknown"):
        return reply if reply.status != "out_of_scope" else None
    titles = source_titles(frame.index, reply.cited)
    return Reply("evidence", f"依据是什么：{reply.restated}",
                 f"依据是{join(titles, 5, '个来源')}。所说的是：{reply.answer}", rows=reply.rows,
                 cited=reply.cited, slots=reply.slots, call=reply.call, status=reply.status,
                 at=reply.at)


def _only_names(frame: Frame) -> bool:
    """Whether nothing but names is typed, as people do in a search box."""
    return bool(frame.names) and all(t.sort in ("name", "break") for t in frame.tokens)


def bare_name(frame: Frame) -> Reply | None:
    """One name and nothing else: what it is.  A chain and a place: how complete it is there."""
    kinds = frame.kinds(frame.names[0]) if len(frame.names) == 1 else set[str]()
    if kinds:
        return profile.described(frame, main_of(frame, frame.names[0].things))
    if len(frame.names) == 2 and frame.things("Chain") and frame.things("Region", "Park"):
        return gaps.completeness_of(frame)
    return None


def bare_metric(frame: Frame) -> bool:
    """A figure that is asked for without a question word: 永州省级制造业单项冠军, GDP增速."""
    return not (frame.has("ask") or frame.has("field", "issuer") or frame.verb(
        "lack", "supply", "supplier", "customer", "talk",
                                               "support", "complete", "nearest"))


def _counts(frame: Frame) -> bool:
    return frame.asks("count", "much", "rank")


INTENTS: Sequence[Intent] = (
    ("usage", usage.fits, usage.usage),
    ("out_of_scope", unclear.foreign, unclear.out_of_scope),
    ("evidence", lambda f: f.asks("evidence") and bool(f.names), evidence_for),
    ("profile", _only_names, bare_name),
    ("profile", profile.of_standing, profile.standing),
    ("candidates", lambda f: f.verb("fill") and not f.verb("buy"), makers.fill),
    ("why", lambda f: f.asks("why") and not f.verb("lack") and not (
        f.asks("yesno") and segment_slots(f)), aspects.why),
    ("why", lambda f: f.asks("why") and f.verb("lack") and bool(segment_slots(f)),
     verdicts.why_lacking),
    ("nearest", lambda f: f.verb("nearest") and bool(segment_slots(f)), verdicts.nearest_of),
    ("completeness", ranks.fits, ranks.most_complete),
    ("compare", lambda f: f.first("Chain") is not None and (
        (f.verb("compare") and (bool(f.times) or "补" in f.plain))
        or (len(f.times) > 1 and not f.asks("count", "much", "rank"))
        or ((f.verb("compare", "complete") or ("Segment" in f.nouns and versus.rival(f)))
            and len(f.things("Region", "Park")) > 1)),
     changes.compare),
    ("versus", versus.fits, versus.versus),
    ("versus", lambda f: bool(f.fields), versus.same_or_not),
    ("completeness", lambda f: f.verb("complete") and f.first("Chain") is not None
     and not f.verb("lack"), gaps.completeness_of),
    ("ahead", ahead.fits, ahead.ahead),
    ("gap", lambda f: (premises.lacks(f) or (premises.there(f) and not described_by(f)))
     and f.first("Chain") is not None and not _segments_only(f), gaps.gap),
    ("gap", lambda f: (f.verb("lack") or premises.lacks(f)) and _lacks_what(f),
     gaps.gaps_of_place),
    ("verdict", lambda f: bool(segment_slots(f)) and not f.things("Company")
     and not described_by(f) and (
        f.verb("lack") or (f.asks("yesno")
                           and f.first("Region", "Park") is not None)
        ) and not f.verb("supply", "supplier", "buy", "customer"), makers.verdict_or_makers),
    ("figure", lambda f: bool(f.names), claims.of_numbers),
    ("honours", bearers.honour_asked, bearers.counted),
    ("same", lambda f: f.verb("same") and len(f.names) > 1 and not asks_shared(f),
     parts.one_and_the_same),
    ("called", lambda f: f.verb("name_of") and not f.has("titles") and not _counts(f),
     parts.called),
    ("leaders", lambda f: f.verb("leads") and not _counts(f), parts.leaders),
    ("feeds", lambda f: f.verb("upstream", "downstream", "replace")
     and not f.verb("supply", "supplier", "customer", "buy", "support") and not _counts(f),
     parts.feeds),
    ("industries", industries.fits, industries.industries),
    ("segments", lambda f: "Segment" in f.nouns and f.asks("which", "what", "count")
     and not f.times and not segment_slots(f) and not described_by(f), parts.segments),
    ("relation", lambda f: (f.verb("relation") or asks_shared(f)) and not f.asks("count", "much"),
     relation.relation),
    ("when", lambda f: f.asks("when"), when.when_of),
    ("makers", makers.sought, makers.makers),
    ("meetings", lambda f: f.verb("talk", "sign", "join", "conclude")
     and not f.asks("count", "much", "rank"), meetings.meetings),
    ("facilitated", lambda f: f.verb("facilitate") and not _counts(f) and not (
        f.verb("name_of") and not f.asks("who")), partners.facilitated),
    ("supply", lambda f: f.verb("supply", "supplier", "buy", "customer", "support")
     and not f.asks("count", "much", "when"), supply.supply),
    ("post", people.about_post, people.post),
    ("partners", lambda f: f.verb("cooperate") and not _counts(f), partners.partners),
    ("highest", lambda f: f.verb("most", "least"), figures.highest),
    ("premise", lambda f: len(f.things("Company")) > 1 and f.verb("supply", "buy"), supply.premise),
    ("grant", lambda f: f.verb("grant"), policies.grant),
    ("grant", lambda f: policies.granted(f) and not f.asks("count", "much"), policies.untold),
    ("figure", lambda f: f.asks("count", "much", "rank") or bare_metric(f),
     figures.figure_of),
    ("supply", lambda f: f.verb("supplier", "customer", "support"), supply.supply),
    ("relation", lambda f: f.verb("relation"), relation.relation),
    ("grant", lambda f: f.asks("much"), policies.grant),
    ("member", lambda f: f.verb("member"), membership.member),
    ("where", where.fits, where.where_of),
    ("supply", lambda f: f.asks("who") and len(f.things("Company")) == 1, supply.to_customer),
    ("field", lambda f: f.asks("which", "what") and aspects.each_part(f), aspects.parts_listed),
    ("makers", lambda f: (f.verb("make") and not described_by(f) and not _other_class(f)) or (
        f.asks("who", "which", "yesno") and bool(segment_slots(f)) and not _stepped(f)),
     makers.makers),
    ("honours", lambda f: (f.verb("honour") or bearers.honoured(f)) and not f.asks("rank"),
     bearers.honours),
    ("choice", lambda f: f.has("choice"), aspects.of_choice),
    ("list", lists.beside, lists.listing),
    ("field", lambda f: bool(f.fields), aspects.field_of),
    ("list", lambda f: bool(f.nouns) and f.asks("which", "who", "count", "what"),
     lists.listing),
    ("where", lambda f: f.asks("yesno"), claims.placed),
    ("yes_no", lambda f: f.asks("yesno"), yesno.yes_no),
    ("linked", lambda f: f.asks("which", "who", "what") and bool(f.nouns), lookup.linked),
    ("lookup", lambda f: True, lookup.lookup),
    ("said", lambda f: not f.asks("introduce", "known"), lookup.by_words),
    ("profile", lambda f: True, profile.profile),
)


def _lacks_what(f: Frame) -> bool:
    """长沙缺什么: a place, the segments or nothing at all that it lacks, and no chain."""
    nouns = set(f.nouns) - ({"Company"} if "Segment" in f.nouns else set())  # 哪些环节没有企业
    return (bool(f.names) and all(f.kinds(t) & {"Region", "Park"} for t in f.names)
            and f.asks("what", "which") and nouns <= {"Segment", "Chain", "Park", "Region"}
            and all(t.sort != "text" or len(t.text) < 2 for t in f.tokens))


def _other_class(f: Frame) -> bool:
    """哪些政策, 多少亿: no firms are asked for, whatever is made."""
    return (lists.beside(f) and lists.asked_class(f) not in (None, "Company", "Product")
            and not f.asks("who")) or any(mark in t.text for t in f.of("ask", "much")
                                          for mark in "亿万钱")


def _stepped(f: Frame) -> bool:
    """IGBT三期投产了吗: how far a project is, not who makes what it makes."""
    return f.has("step") and any(f.index.kind_of(t) == "Project" for t, _ in composed_things(f, 2))


def _segments_only(f: Frame) -> bool:
    """隔膜 is named and is no other name of the chain."""
    return any(f.kinds(t) & {"Segment"} and not f.kinds(t) & {"Chain"} for t in f.names)
