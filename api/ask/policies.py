"""What a policy grants."""

from api.ask.frame import Frame
from api.ask.match import content, coverage
from api.ask.match import figures as all_figures
from api.ask.reply import Reply, call, of_facts, slot
from api.ask.say import cite, fields, phrase
from api.ask.subjects import subjects
from api.ask.words import same
from graph import structure
from graph.analysis.facts import Fact, own
from graph.analysis.filters import inside

__all__ = ["grant"]


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


def _clause(frame: Frame, fact: Fact) -> str:
    index, at = frame.index, frame.day
    policy = index.reference(fact.said.get("policy"))
    told = {name: text for name, _, text in fields(index, fact, at)}
    amount = told.get("ceiling", "")
    parts = [told.get("benefit", ""), amount]
    return f"《{index.label(policy, at)}》{told.get('name', '')}：{'，'.join(filter(None, parts))}"
