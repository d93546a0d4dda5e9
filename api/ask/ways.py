"""How two come together through a third: shared customers, suppliers of suppliers, a firm between
them."""

from collections.abc import Sequence

from api.ask.frame import Frame
from api.ask.goods import goods, home, supply_text, supplying
from api.ask.reply import Reply, call, of_facts, slot, unknown
from api.ask.say import cite, join
from api.ask.words import same
from graph import structure
from graph.analysis.facts import Fact, links
from graph.analysis.filters import inside
from graph.index import Index

__all__ = ["asks_shared", "in_common", "through", "tiers"]

_SHARED = ("共同", "同一个", "同一家", "都是谁", "一样的")
_BETWEEN = (structure.COMPANY, structure.INSTITUTE, "Alliance", "Agency", structure.PERSON)


def asks_shared(frame: Frame) -> bool:
    """共同的客户, 同一个大客户, 共同供应商."""
    return any(word in frame.plain for word in _SHARED) and any(
        word in frame.plain for word in ("客户", "买家", "供应商", "供货商"))


def in_common(frame: Frame, firms: Sequence[int]) -> Reply | None:
    """The customers, or the suppliers, that all the firms have; the others of each as the nearest
    that is known."""
    firms = [f for f in firms if frame.index.kind_of(f) in (structure.COMPANY, "Site")]
    if len(firms) < 2 or not asks_shared(frame):
        return None
    index, at = frame.index, frame.day
    buyers = not any(word in frame.plain for word in ("供应商", "供货商"))
    mine = {one: links(index, one, supplying(index), forward=buyers) for one in firms}
    shared = set.intersection(*({f.other(one) for f in facts} for one, facts in mine.items()))
    names = "和".join(index.label(f, at) for f in firms)
    what = "客户" if buyers else "供应商"
    slots_ = {"firm": [slot(index, f, at) for f in firms], "role": "supplier" if buyers
              else "customer"}
    where_to = call("path", from_=index.label(firms[0]), to=index.label(firms[1]))
    ask = f"{names}有没有共同的{what}？"
    every = [f for one, facts in mine.items() for f in facts
             if not shared or f.other(one) in shared]
    told = "；".join(supply_text(frame, f) for f in every[:8])
    rows, cited = of_facts(frame, every)
    if not shared:
        return unknown("relation", ask, f"没有来源说过{names}有共同的{what}",
                       told and told + cite(index, cited), slots=slots_, call=where_to,
                       cited=cited)
    text = f"共同的{what}是{join(index.label(t, at) for t in sorted(shared))}：{told}"
    return Reply("relation", ask, f"{text}{cite(index, cited)}。", rows=rows, cited=cited,
                 slots=slots_, call=where_to, at=at)


def tiers(frame: Frame, firm: int, place: int) -> Reply | None:
    """Which firms of a region stand behind a firm, as its suppliers or through one of them."""
    index, at = frame.index, frame.day
    places = inside(index, place, at)
    texts, _ = goods(frame, [firm])
    ways: list[list[Fact]] = []
    for last in links(index, firm, supplying(index), forward=False):
        near = last.things[0]
        if home(index, near) & places:
            ways.append([last])
            continue
        ways += [[before, last] for before in links(index, near, supplying(index), forward=False)
                 if home(index, before.things[0]) & places]
    said = [way for way in ways if any(same(t) in same(supply_text(frame, f))
                                       for t in texts for f in way)]
    ways = said or ways
    if not ways:
        return None
    facts = list({f.rows: f for way in ways for f in way}.values())
    rows, cited = of_facts(frame, facts)
    name, where = index.label(firm, at), index.label(place, at)
    told = "；".join(_way(frame, way) for way in ways[:6])
    return Reply("relation", f"{where}的哪些企业和{name}有供应关系，中间是谁？",
                 f"{told}{cite(index, cited)}。", rows=rows, cited=cited, at=at,
                 slots={"parties": [slot(index, p, at) for p in (firm, place)]},
                 call=call("path", from_=index.label(ways[0][0].things[0]), to=name))


def _way(frame: Frame, way: Sequence[Fact]) -> str:
    told = "，再由".join(supply_text(frame, f) for f in way)
    between = frame.index.label(way[0].things[1], frame.day) if len(way) > 1 else ""
    return told + (f"，中间隔着{between}" if between else "")


def through(index: Index, one: int, other: int) -> list[list[Fact]]:
    """Two facts with a third party between: 碳基联盟 – 星球石墨 – 中南大学专家团队."""
    label = index.label(other)
    found: list[list[Fact]] = []
    for first in links(index, one):
        mid = first.other(one)
        if index.kind_of(mid) not in _BETWEEN or mid == other:
            continue
        for second in links(index, mid):
            end = second.other(mid)
            if end == other or (end != one and len(label) > 3 and label in index.label(end)):
                found.append([first, second])
    order = {kind: n for n, kind in enumerate(_BETWEEN)}
    found.sort(key=lambda way: order[index.kind_of(way[0].other(one))])
    return found[:4]
