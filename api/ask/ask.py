"""A question in, one answer out: read, choose an intent, answer, say what was understood."""

from collections.abc import Callable, Sequence
from typing import Any

from api.ask import chains, figures, ties, things
from api.ask.frame import Frame, read
from api.ask.lexicon import lexicon
from api.ask.reply import Reply
from graph.analysis.answers import envelope, evidence
from graph.index import Index

__all__ = ["INTENTS", "answer", "ask"]

Answer = dict[str, Any]
MOST = 200  # records that an answer cites
Intent = tuple[str, Callable[[Frame], bool], Callable[[Frame], Reply | None]]


def ask(answers: Any, text: str) -> Answer:
    """The answer of an `Answers` (its index, its day) to a question as people type it."""
    return answer(answers.index, text, answers.at)


def answer(index: Index, text: str, at: int) -> Answer:
    """The same for an index and a day."""
    frame = read(index, lexicon(index), text, at)
    reply = reply_to(frame)
    day = reply.at if reply.at is not None else frame.day
    proofs = evidence(index, list(dict.fromkeys(reply.cited))[:MOST])
    return {
        "question": text, "status": reply.status,
        "understood": {"intent": reply.intent, "slots": reply.slots, "restated": reply.restated},
        "answer": _with_guesses(frame, reply.answer), "rows": list(reply.rows),
        "evidence": proofs, "call": reply.call, "choices": list(reply.choices),
        **envelope(index, day),
    }


def _with_guesses(frame: Frame, text: str) -> str:
    if not frame.guesses:
        return text
    taken = "、".join(f"“{typed}”按“{name}”理解" for typed, name in frame.guesses)
    return f"（{taken}）{text}"


def reply_to(frame: Frame) -> Reply:
    """The first intent that fits and knows something to say; else what was not understood."""
    if (doubt := things.doubtful(frame)) is not None:
        return doubt
    for _, fits, tell in INTENTS:
        if fits(frame) and (reply := tell(frame)) is not None:
            return reply
    return things.not_understood(frame)


def _lacking(f: Frame) -> bool:
    return f.verb("lack") or (f.verb("complete") and f.asks("which", "what"))


INTENTS: Sequence[Intent] = (
    ("out_of_scope", things.foreign, things.out_of_scope),
    ("evidence", lambda f: f.asks("evidence") and bool(f.names), things.evidence_for),
    ("candidates", lambda f: f.verb("fill"), things.fill),
    ("why", lambda f: f.asks("why"), things.why),
    ("nearest", lambda f: f.verb("nearest") and bool(chains.segment_slots(f)), chains.nearest_of),
    ("compare", lambda f: f.first("Chain") is not None and (
        (f.verb("compare") and bool(f.times)) or len(f.times) > 1
        or (f.verb("compare") and len(f.things("Region", "Park")) > 1)), chains.compare),
    ("completeness", lambda f: f.verb("complete") and f.first("Chain") is not None
     and not f.verb("lack"), chains.completeness_of),
    ("gap", lambda f: f.verb("lack") and f.first("Chain") is not None
     and not _segments_only(f), chains.gap),
    ("verdict", lambda f: bool(chains.segment_slots(f)) and not f.things("Company") and (
        f.verb("lack") or (f.asks("yesno") and (f.verb("has", "make") or f.asks("yesno"))
                           and f.first("Region", "Park") is not None)
        ) and not f.verb("supply", "supplier", "buy", "customer"), things.verdict_or_makers),
    ("relation", lambda f: f.verb("relation") and not f.asks("count", "much"), ties.relation),
    ("when", lambda f: f.asks("when"), things.when_of),
    ("meetings", lambda f: f.verb("talk", "sign", "join"), ties.meetings),
    ("facilitated", lambda f: f.verb("facilitate"), ties.facilitated),
    ("supply", lambda f: f.verb("supply", "supplier", "buy", "customer", "support")
     and not f.asks("count", "much", "when"), ties.supply),
    ("post", things.about_post, things.post),
    ("partners", lambda f: f.verb("cooperate"), ties.partners),
    ("highest", lambda f: f.verb("most", "least"), figures.highest),
    ("premise", lambda f: len(f.things("Company")) > 1 and f.verb("supply", "buy"), ties.premise),
    ("grant", lambda f: f.verb("grant"), things.grant),
    ("figure", lambda f: f.asks("count", "much", "rank") or things.bare_metric(f),
     figures.figure_of),
    ("relation", lambda f: f.verb("relation"), ties.relation),
    ("grant", lambda f: f.asks("much"), things.grant),
    ("member", lambda f: f.verb("member"), things.member),
    ("where", lambda f: f.asks("where"), things.where_of),
    ("makers", lambda f: f.verb("make") or (f.asks("who", "which", "yesno")
                                            and bool(chains.segment_slots(f))), things.makers),
    ("honours", lambda f: f.verb("honour"), things.honours),
    ("choice", lambda f: f.has("choice"), things.of_choice),
    ("field", lambda f: bool(f.fields), things.field_of),
    ("list", lambda f: bool(f.nouns) and f.asks("which", "who", "count", "what"), things.listing),
    ("yes_no", lambda f: f.asks("yesno"), things.yes_no),
    ("lookup", lambda f: True, things.lookup),
    ("profile", lambda f: True, things.profile),
)


def _segments_only(f: Frame) -> bool:
    """隔膜 is named and is no other name of the chain."""
    return any(f.kinds(t) & {"Segment"} and not f.kinds(t) & {"Chain"} for t in f.names)
