"""Who holds a post, and which posts a person holds."""

import re
from collections.abc import Sequence

from api.ask.frame import Frame
from api.ask.lookup import facts_reply
from api.ask.match import content
from api.ask.reply import Reply, call, slot, unknown
from api.ask.say import cite, phrase
from api.ask.subjects import composed_things
from api.ask.words import bare
from graph import structure
from graph.analysis.facts import links

__all__ = ["about_post", "post"]


def about_post(frame: Frame) -> bool:
    people = [t for t in frame.names if frame.kinds(t) == {structure.PERSON}]
    if people and not frame.has("titles") and not frame.verb("post"):
        return not content(frame.tokens, people)
    return (frame.has("titles") or frame.verb("post")) and not frame.asks("count", "much")


def post(frame: Frame) -> Reply | None:
    """Who holds a post somewhere, or which posts a person holds."""
    index, at = frame.index, frame.day
    people = frame.things(structure.PERSON)
    if people and not frame.has("titles"):
        facts = [f for p in people for f in links(index, p, [structure.HOLDS])]
        if not facts:
            return None
        return facts_reply(frame, "post", people[0], facts)
    titles = _asked_titles(frame)
    bodies = [t for t in frame.things() if index.kind_of(t) != structure.PERSON]
    spelt = [t for t, _ in composed_things(frame) if index.kind_of(t) in frame.nouns]
    bodies = [*(t for t in spelt if t not in bodies), *bodies]
    for body in bodies:
        facts = links(index, body, [structure.HOLDS], forward=False)
        fit = [f for f in facts if _title_fits(str(f.said.get("title") or ""), titles)]
        if people:
            fit = [f for f in fit if f.things[0] in people]
        if fit and titles:
            head = ("是，" if frame.asks("yesno") else "") if not people or fit else ""
            return facts_reply(frame, "post", body, fit, head)
    if not bodies:
        return None
    body = bodies[0] if spelt else bodies[-1]
    name, what = index.label(body, at), "、".join(titles) or "负责人"
    facts = [f for b in bodies for f in links(index, b, [structure.HOLDS], forward=False)]
    facts += [f for p in people for f in links(index, p, [structure.HOLDS]) if f not in facts]
    near = "；".join(phrase(index, f, at) + cite(index, f.rows) for f in facts[:4])
    if facts and not titles:
        return facts_reply(frame, "post", body, facts)
    whose = "、".join(index.label(p, at) for p in people)
    reason = f"没有来源说过{name}的{what}是{whose or '谁'}"
    return unknown("post", f"{name}的{what}是{whose or '谁'}？", reason, near,
                   slots={"organisation": slot(index, body, at), "title": what},
                   call=call(f"entities/{index.id(body)}/links", kind=structure.HOLDS),
                   cited=[r for f in facts[:4] for r in f.rows])


def _asked_titles(frame: Frame) -> list[str]:
    """The posts that are asked for, as those of the named bodies are called; 副秘书长 is none of
    the 秘书长."""
    typed = [("副" if frame.plain[:t.start].endswith("副") else "") + bare(t.text)
             for t in frame.of("titles")]
    whole = {bare(str(f.said.get("title") or "")) for t in frame.things()
             for f in links(frame.index, t, [structure.HOLDS], forward=False)}
    return [t for t in whole if t and re.search(f"(?<!副){re.escape(t)}", frame.plain)] or typed


def _title_fits(title: str, wanted: Sequence[str]) -> bool:
    """区长 is not 副区长."""
    told = bare(title)
    if told in wanted:
        return True
    return not wanted or any(w == told or (w in told and "副" + w not in told) for w in wanted)
