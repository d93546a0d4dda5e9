"""Who comes before one that is third: only where the source that ranks it names them."""

import re

from api.ask.figures import Hit, hits_of
from api.ask.frame import Frame
from api.ask.reply import Reply, call, of_facts, slot, unknown
from api.ask.say import cite, figure

__all__ = ["ahead", "fits"]

_HOW_MANY = re.compile("[一二两三四五六七八九几]?[个位名家座]")
_NAMES = re.compile("之后|仅次于|继|排在|前面")


def fits(frame: Frame) -> bool:
    return frame.verb("ahead") and frame.asks("who", "which", "where", "what")


def ahead(frame: Frame) -> Reply | None:
    """The words with which a source names those ahead, or that it names none."""
    index, at = frame.index, frame.at
    ranks = next(filter(None, map(_ranks, _tries(frame))), [])
    if not ranks:
        return None
    subject = ranks[0].subject
    name = index.label(subject, at)
    metric = str(ranks[0].fact.said.get("metric"))
    told = [h.fact for h in ranks if h.subject == subject]
    naming = [f for f in told if _NAMES.search(_words(f.said))]
    ask = f"{name}的{metric}，排在前面的是谁？"
    slots_ = {"subject": slot(index, subject, at), "metric": metric}
    where_to = call("observations", subject=name, metric=metric)
    if not naming and told[0].said.get("value") == 1:
        rows, cited = of_facts(frame, told[:1])
        return Reply("ahead", ask, f"{figure(index, told[0], at)}，前面没有别的"
                     f"{cite(index, cited)}。", rows=rows, cited=cited, slots=slots_, call=where_to)
    if not naming:
        near = figure(index, told[0], at) + cite(index, told[0].rows)
        return unknown("ahead", ask, f"没有来源说过{name}的{metric}前面是谁", near, slots=slots_,
                       call=where_to, cited=told[0].rows)
    rows, cited = of_facts(frame, naming[:1])
    return Reply("ahead", ask, f"{figure(index, naming[0], at)}，原话“{_words(naming[0].said)}”"
                 f"{cite(index, cited)}。", rows=rows, cited=cited, slots=slots_, call=where_to)


def _tries(frame: Frame) -> list[Frame]:
    """The question without what asks who is ahead; what stands before that part."""
    small = [t for t in frame.tokens if t.sort == "text" and _HOW_MANY.fullmatch(t.text)]
    rest = frame.without(*frame.of("verb", "ahead", "most"), *small)
    start = frame.of("verb", "ahead")[0].start
    cuts = [t.start for t in frame.tokens if t.sort == "break" and t.start < start]
    before = [t for t in frame.tokens if cuts and t.start >= cuts[-1]]
    return [rest.without(*frame.of("noun")), *([frame.without(*before)] if cuts else [])]


def _ranks(frame: Frame) -> list[Hit]:
    return [h for h in hits_of(frame) if h.fact.said.get("unit") == "位"]


def _words(said: dict[str, object]) -> str:
    return "；".join(str(said[name]) for name in ("wording", "note") if said.get(name))
