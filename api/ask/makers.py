"""Who makes a product or does a segment, and who could."""

import re
from collections.abc import Sequence
from itertools import pairwise

from api.ask import firms
from api.ask.figures import figure_of
from api.ask.frame import Frame
from api.ask.goods import doubts, goods, home, looks_like_goods, products_of, supply_text, supplying
from api.ask.reply import MOST, Reply, call, of_facts, slot, unknown
from api.ask.say import because, cite, join, phrase
from api.ask.slots import chain_slot, region, segment_slots
from api.ask.verdicts import verdict_of
from api.ask.words import bare, same
from graph import structure
from graph.analysis.candidates import candidates
from graph.analysis.facts import Fact, links, of_rows
from graph.analysis.filters import inside, references

__all__ = ["fill", "makers", "makers_of", "sought", "verdict_or_makers"]

_BUYS = re.compile("(?:谁|哪家|哪些企业|哪家公司|哪个公司)(?:在|都|会|要)?(?:买|采购|购买)")


def makers_of(frame: Frame) -> Reply | None:
    """Who makes or supplies a product, where no firm is named."""
    index, at = frame.index, frame.day
    texts, things = goods(frame)
    texts += [t.text for t in frame.tokens if t.sort == "text" and len(t.text) > 1
              and looks_like_goods(frame, t)] if not texts else []
    if not texts and frame.verb("make", "supply"):
        texts = [t.text for t in frame.tokens if t.sort == "text" and len(t.text) > 1]
    if not texts:
        return None
    products = products_of(frame, texts, things)
    facts: list[Fact] = []
    for product in products:
        facts += links(index, product, ["produces"], forward=False)
    facts += of_rows(index, [
        row for kind in supplying(index) for product in products
        for row in references(index, kind, [structure.PRODUCT]).get(product, ())])
    facts = list({f.rows: f for f in facts}.values())
    if (reply := _not_of(frame, facts) or _bought(frame, facts, texts)) is not None:
        return reply
    facts = _narrowed(frame, facts)[:MOST]
    odd = [t for t in frame.tokens if t.sort == "text" and t.text not in texts and len(t.text) > 1]
    if places := frame.things("Region", "Park"):
        near = inside(index, places[0], at)
        facts = [f for f in facts if home(index, f.things[0]) & near]
        products = products if facts else []
    if not facts or odd:
        return _nobody(frame, products, texts) if products and not odd and not any(
            frame.kinds(t) & {structure.SEGMENT} and not t.slip for t in frame.names) else None
    makers = list(dict.fromkeys(index.label(f.things[0], at) for f in facts))
    what = "、".join(dict.fromkeys(texts))
    rows, cited = of_facts(frame, facts)
    told = "；".join(dict.fromkeys(supply_text(frame, f) for f in facts[:8]))
    return Reply("makers", f"谁生产或供应{what}？",
                 f"来源说过的有 {len(makers)} 家：{join(makers, 12, '家')}。{told}"
                 f"{cite(index, cited)}。"
                 + doubts(frame, facts), rows=rows, cited=cited, at=at,
                 slots={"product": [slot(index, p, at) for p in products][:8]},
                 call=call("entities", q=what, kind="Company"))


def _not_of(frame: Frame, facts: Sequence[Fact]) -> Reply | None:
    """C919的发动机: what is known of C919 is no answer to who makes its engine."""
    pairs_ = [(one, other) for one, of, other in zip(
        frame.tokens, frame.tokens[1:], frame.tokens[2:], strict=False) if of.text == "的"
        and all(frame.kinds(t) & {"Product", structure.SEGMENT} for t in (one, other))]
    if not pairs_ or not facts:
        return None
    one, other = pairs_[0]
    index, at = frame.index, frame.day
    of_one = [f for f in facts if same(one.text) in same(phrase(index, f, at))]
    if not of_one or any(same(other.text) in same(phrase(index, f, at)) for f in of_one):
        return None
    what = f"{frame.typed(one)}的{frame.typed(other)}"
    near = "；".join(supply_text(frame, f) + cite(index, f.rows) for f in of_one[:4])
    return unknown("makers", f"谁生产或供应{what}？", f"没有来源说过谁生产或供应{what}", near,
                   cited=[r for f in of_one[:4] for r in f.rows],
                   call=call("entities", q=what, kind="Product"))


def _bought(frame: Frame, facts: Sequence[Fact], texts: Sequence[str]) -> Reply | None:
    """谁买核电用钛焊管: its customers; who makes it is only the nearest that is known."""
    if not _BUYS.search(frame.plain):
        return None
    index, at = frame.index, frame.day
    what = "、".join(dict.fromkeys(texts))
    sold = [f for f in facts if f.kind in supplying(index)]
    told = "；".join(dict.fromkeys(supply_text(frame, f) for f in (sold or facts)[:8]))
    rows, cited = of_facts(frame, (sold or facts)[:8])
    where_to = call("entities", q=what, kind="Product")
    if sold:
        return Reply("makers", f"谁买{what}？", f"{told}{cite(index, cited)}。", rows=rows,
                     cited=cited, call=where_to, at=at)
    return unknown("makers", f"谁买{what}？", f"没有来源说过谁买{what}",
                   told and told + cite(index, cited), rows=rows, cited=cited, call=where_to)


def _nobody(frame: Frame, products: Sequence[int], texts: Sequence[str]) -> Reply:
    index, at = frame.index, frame.day
    near = [f for p in products[:3] for f in links(index, p)][:4]
    what = "、".join(dict.fromkeys(texts))
    return unknown("makers", f"谁生产或供应{what}？", f"没有来源点名生产或供应{what}的企业",
                   "；".join(phrase(index, f, at) + cite(index, f.rows) for f in near),
                   slots={"product": [slot(index, p, at) for p in products][:8]},
                   cited=[r for f in near for r in f.rows],
                   call=call("entities", q=what, kind="Product"))


def _narrowed(frame: Frame, facts: Sequence[Fact]) -> list[Fact]:
    """Those that hold all that is named, if there are some: C919 and 钛焊管."""
    texts = [bare(t.text) for t in frame.names
             if frame.kinds(t) & {"Product", "Segment"}]
    best = [f for f in facts if all(text in bare(phrase(frame.index, f, frame.day))
                                    for text in texts)]
    return best or list(facts)


def makers(frame: Frame) -> Reply | None:
    """Who makes a product or does a segment: products first, then the segment's firms."""
    if frame.things("Company") and not frame.asks("who"):
        return None
    if not frame.first("Region", "Park") or not (segment_slots(frame) or chain_slot(frame)):
        reply = makers_of(frame)
        if reply is not None:
            return reply
    return firms.makers(frame) or _makers_by_words(frame)


def _makers_by_words(frame: Frame) -> Reply | None:
    """Firms of segments or chains whose names hold the words: 电机 of 永州电机/电机整机."""
    index = frame.index
    texts = [t.text for t in frame.tokens if t.sort == "text" and len(t.text) > 1]
    if not texts or not (frame.verb("make") or frame.asks("who") or sought(frame)):
        return None
    segments: dict[int, None] = {}
    for text in texts:
        for id, _, score in index.names().search(text, [structure.SEGMENT, structure.CHAIN], 12):
            thing = index.number(id)
            if score >= 65:
                segments |= {thing: None} if index.kind_of(thing) == structure.SEGMENT else (
                    dict.fromkeys(index.segments_of(thing)))
    if not segments:
        return None
    names = "、".join(texts)
    return firms.firms_of(frame, list(segments), names)


def sought(frame: Frame) -> bool:
    """找做隔膜的厂谈合作: firms are looked for, to work with; nobody is named but places."""
    parties = [t for t in frame.names if not frame.kinds(t) & {
        "Region", "Park", "Product", structure.SEGMENT, structure.CHAIN}]
    return (not parties and frame.asks("who", "which") and frame.verb("cooperate", "talk")
            and (bool(segment_slots(frame)) or bool(frame.things("Product"))
                 or ("找" in frame.plain and (_before_firms(frame)
                                             or bool(frame.things(structure.CHAIN)))))
            and (frame.verb("make", "supplier") or structure.COMPANY in frame.nouns
                 or "找" in frame.plain))


def _before_firms(frame: Frame) -> bool:
    """电机厂: what is typed right before 厂 says what they make."""
    return any(one.sort == "text" and len(one.text) > 1 and other.is_a("noun", structure.COMPANY)
               for one, other in pairwise(frame.tokens))


def verdict_or_makers(frame: Frame) -> Reply | None:
    if frame.asks("count", "much"):
        return figure_of(frame) or firms.makers(frame)
    if frame.asks("who", "which") and not frame.verb("lack"):
        return firms.makers(frame)
    return verdict_of(frame)


def fill(frame: Frame) -> Reply | None:
    """Who could close the gap: the candidates with their reasons."""
    segments = segment_slots(frame)
    if not segments:
        return None
    index, at, where = frame.index, frame.day, region(frame)
    found = candidates(index, index.id(segments[0]), index.id(where), at, limit=10)
    chain = next(iter(index.chains_of(segments[0])), None)
    name = f"{index.label(chain)}/{found['segment']}" if chain is not None else found["segment"]
    ask = f"谁能补上{found['region']}的{found['segment']}？"
    slots_ = {"segment": slot(index, segments[0], at), "region": slot(index, where, at)}
    where_to = call("candidates", segment=name, region=found["region"])
    if not found["rows"]:
        return unknown("candidates", ask, f"没有来源说过谁做{found['segment']}，也没有相邻的企业",
                       slots=slots_, call=where_to)
    rows = [{"name": one["name"], "kind_name": one["kind_name"], "places": one["places"],
             "segments": one["segments"], "reasons": [r["label"] for r in one["reasons"]],
             "text": because(one)} for one in found["rows"]]
    text = (f"可以先找的有{join(str(row['name']) for row in rows)}（共 {found['total']} 个候选，"
            "按写明的理由排列，是线索，不是结论）。")
    return Reply("candidates", ask, text, rows=rows, slots=slots_, call=where_to, at=at)
