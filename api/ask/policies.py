"""What a policy grants."""

import re

from api.ask.frame import Frame
from api.ask.match import content, coverage
from api.ask.match import figures as all_figures
from api.ask.reply import Reply, call, of_facts, slot, unknown
from api.ask.say import cite, fields, join, phrase
from api.ask.subjects import subjects
from api.ask.words import same
from graph import structure
from graph.analysis.facts import Fact, own
from graph.analysis.filters import inside

__all__ = ["grant", "granted", "untold"]

_GRANTED = re.compile("补贴|补助|资助|扶持|优惠|奖补|奖励|subsid|grants?")


def grant(frame: Frame) -> Reply | None:
    """What a policy grants: clauses whose words the question says."""
    index, at = frame.index, frame.day
    known = all_figures(index)
    places = frame.things("Region")
    scope = {p for one in places for p in inside(index, one, at)}
    found: list[tuple[float, Fact]] = []
    mine = frame.things(structure.POLICY)
    odd = [same(t.text) for t in frame.tokens if t.sort == "text"]
    policies = [t for t in subjects(frame) if index.kind_of(t) == structure.POLICY]
    for thing in index.things("Clause"):
        fact = own(index, thing)
        if not fact.rows:
            continue
        policy = index.reference(fact.said.get("policy"))
        home = index.reference(own(index, policy).said.get("region")) if policy >= 0 else -1
        if scope and home not in scope and policy not in policies:
            continue
        if mine and policy not in mine:  # one is named in so many words
            continue
        named = [t for t in frame.names if set(t.things) & {*places, *policies, policy}]
        runs = content(frame.tokens, [*named, *frame.of("verb", "grant"), *frame.of("field"),
                                      *frame.of("noun", structure.POLICY)])
        doc = same(f"{phrase(index, fact, at)} {index.label(policy) if policy >= 0 else ''}")
        if any(len(text) > 2 and not any(text[i:i + 2] in doc for i in range(len(text) - 1))
               for text in odd):
            continue  # 求学圆梦: another policy
        score = coverage(runs, doc, known.weight, known.usual) if runs else (
            1.0 if policy in policies else 0.0)
        if 0.3 <= score < 0.5 and frame.asks("much", "count"):  # 创业者 of 一次性创业补贴
            again = [*runs, *(same(t.text) for t in frame.of("verb", "grant"))]
            score = max(score, coverage(again, doc, known.weight, known.usual))
        if score >= 0.5:
            found.append((round(score, 2), fact))
    if not found:
        return None
    top = max(score for score, _ in found)
    facts = [fact for score, fact in found if score >= top - 0.02]
    told = "；".join(_clause(frame, fact) for fact in facts[:6])
    rows, cited = of_facts(frame, facts)
    return Reply("grant", f"{'、'.join(index.label(p, at) for p in [*places, *mine]) or '来源里'}"
                 "的政策给多少、给什么？",
                 f"{told}{cite(index, cited)}。", rows=rows, cited=cited,
                 slots={"region": [slot(index, p, at) for p in places],
                        "policy": [slot(index, p, at) for p in policies[:3]]},
                 call=call("things/Clause", q=index.label(facts[0].things[0], at)))


def granted(frame: Frame) -> bool:
    """有什么补贴: it is asked what a government gives, of no single firm."""
    return (frame.verb("grant") and frame.asks("what", "which", "much", "yesno", "count")
            and _GRANTED.search(frame.plain) is not None
            and not frame.things(structure.COMPANY)
            and (frame.first(structure.CHAIN) is not None or (
                structure.COMPANY in frame.nouns and frame.first("Region", "Park") is not None)))


def untold(frame: Frame) -> Reply:
    """不知道, with the policies of the place, those of the chain first."""
    index, at = frame.index, frame.day
    places, chain = frame.things("Region", "Park"), frame.first(structure.CHAIN)
    scope = {p for one in places for p in inside(index, one, at)}
    mine = [own(index, t) for t in index.things(structure.POLICY)]
    near = [f for f in mine if f.rows and (
        not scope or index.reference(f.said.get("region")) in scope)]
    of = [f for f in near if chain is not None and index.reference(
        f.said.get("chain")) == chain] or (near if places else [])
    where = "、".join(index.label(p, at) for p in places)
    what = f"{where}{'对' if where else ''}{index.label(chain) + '链' if chain is not None else ''}"
    rows, cited = of_facts(frame, of[:20])
    told = join((f"《{index.label(f.things[0], at)}》" for f in of), 5)
    return unknown("grant", f"{what}给什么补贴？", f"没有来源写过{what}的这种补贴或奖励",
                   f"{where}的政策有{told}{cite(index, cited)}" if told else "", rows=rows,
                   cited=cited, slots={"region": [slot(index, p, at) for p in places]},
                   call=call("things/Policy", region=where))


def _clause(frame: Frame, fact: Fact) -> str:
    index, at = frame.index, frame.day
    policy = index.reference(fact.said.get("policy"))
    told = {name: text for name, _, text in fields(index, fact, at)}
    amount = told.get("ceiling", "")
    parts = [told.get("benefit", ""), amount]
    return f"《{index.label(policy, at)}》{told.get('name', '')}：{'，'.join(filter(None, parts))}"
