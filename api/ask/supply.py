"""Who supplies whom with what, and whether one supplies another."""

import re
from collections.abc import Sequence

from api.ask.frame import Frame, Token
from api.ask.goods import (
    _before,
    _between,
    _fits,
    doubts,
    goods,
    home,
    looks_like_goods,
    products_of,
    selling,
    spelt,
    supply_text,
    supplying,
)
from api.ask.lookup import later
from api.ask.makers import makers_of
from api.ask.match import figures
from api.ask.meetings import common_events, event_text
from api.ask.premises import over
from api.ask.reply import Reply, call, of_facts, slot, unknown
from api.ask.say import cite, figure, join, phrase
from api.ask.words import bare
from graph import dates, structure
from graph.analysis.facts import Fact, between, links, of_rows, own
from graph.analysis.filters import inside, references

__all__ = ["premise", "supply", "to_customer"]

# What stands before the one who gets something; the last six only before a question word.
_TO = ("给", "向", "为", "替", "帮", "卖给", "供给", "供应给", "供货给", "销给", "to",
       "到", "供", "供应", "供货", "用在", "用于")


def supply(frame: Frame) -> Reply | None:
    """Who supplies, whom one supplies, or whether one supplies another."""
    index = frame.index
    if not (frame.verb("supply", "supplier", "buy", "customer", "support")):
        return None
    firms = frame.things("Company", "Site")
    if len(firms) > 1 and not (frame.asks("who", "where") or frame.has("ask", "which")) :
        return _whether(frame, firms)
    if not firms:
        return makers_of(frame)
    me = firms[0]
    role = _role(frame, me)
    if len(firms) > 1:  # both ends are named and somebody else is asked for
        roles = [_role(frame, one) for one in firms]
        me = firms[0]
        role = roles[0]
        facts = [f for one, mine in zip(firms, roles, strict=True)
                 for f in links(index, one, supplying(index), forward=mine == "supplier")]
        if all(mine == "supplier" for mine in roles):
            return _list(frame, firms, facts, "supplier")
    kinds = [*supplying(index), *(selling(index) if role == "supplier" else ())]
    facts = links(index, me, kinds, forward=role == "supplier")
    return _list(frame, [me], facts, role)


def premise(frame: Frame) -> Reply | None:
    """A figure of a supply that nobody has stated: the premise is answered first."""
    firms = frame.things("Company")
    reply = _whether(frame, firms)
    return reply if reply.status == "unknown" else None


def to_customer(frame: Frame) -> Reply | None:
    """Who gives a firm what is named, though no word of supply is said: 蔚来的中控屏，哪家做的."""
    index, me = frame.index, frame.things("Company")[0]
    texts, things = goods(frame, [me])
    facts = links(index, me, supplying(index), forward=False)
    if not texts or not any(_fits(frame, f, texts, things) for f in facts):
        return None
    return _list(frame, [me], facts, "customer")


def _role(frame: Frame, firm: int) -> str:
    """Whether the firm is the supplier (its customers are asked for) or the customer."""
    here = frame.position(firm)
    asked = [t for t in frame.tokens if t.is_a("ask", "who", "where", "which", "what")]
    who = next((t for t in asked if t.is_a("ask", "who", "where", "which")),
               asked[0] if asked else None)
    giving = _before(frame, here, _TO[:-6])
    if frame.verb("supplier") or frame.verb("customer"):
        noun = next(t for t in frame.tokens if t.is_a("verb", "supplier", "customer"))
        supplier = noun.is_a("verb", "supplier")
        owned = who is not None and here.end <= who.start < noun.start and not _is_list(frame, who)
        if owned and here.start < noun.start and _between(frame, here, noun, ("是",)):
            return "supplier" if supplier else "customer"  # X是谁的供应商
        return "customer" if supplier else "supplier"
    if frame.verb("buy") and not frame.verb("supply", "support"):
        verb = next(t for t in frame.tokens if t.is_a("verb", "buy"))
        if who is not None and who.end <= verb.start and not _before(
                frame, who, ("从", "找", "向", "在", "到")) and who.start < here.start:
            return "supplier"  # 谁买X的
        return "customer"
    if giving:
        return "customer"
    if who is not None and _before(frame, who, _TO):
        return "supplier"  # X给谁供货
    if frame.verb("support"):
        noun = next(t for t in frame.tokens if t.is_a("verb", "support"))
        if who is not None and here.end <= who.start < noun.start and _between(
                frame, here, noun, ("是",)):
            return "supplier"  # X是谁家的配套厂
        return "customer"
    verb = next(t for t in frame.tokens if t.is_a("verb", "supply"))
    if who is not None and here.end <= verb.start < who.start and _given(frame, verb):
        return "customer"  # X的电解液是长沙一家厂供的，哪家
    if who is not None and who.start < verb.start:
        return "customer"
    if who is not None and here.start < verb.start < who.start:
        return "supplier"
    return "customer" if here.start > verb.start else "supplier"


def _given(frame: Frame, verb: Token) -> bool:
    """Whether a clause ends with the verb: 是一家厂供的."""
    after = [t for t in frame.tokens if t.start >= verb.end]
    after = after[1:] if after and after[0].text == "的" else (
        after if verb.text.endswith("的") else [])
    return bool(after) and after[0].sort == "break"


def _is_list(frame: Frame, who: Token) -> bool:
    """供应商有谁: the question word stands behind 有, not before the noun."""
    return _before(frame, who, ("有", "都有"))


def _list(frame: Frame, firms: Sequence[int], facts: Sequence[Fact], role: str) -> Reply:
    """The suppliers or the customers of the firms, of the product and in the place that is said."""
    index, at = frame.index, frame.day
    texts, things = goods(frame, firms)
    texts += [t for t in _loose_goods(frame, facts) if spelt(t) not in map(spelt, texts)]
    where = [p for p in frame.things("Region", "Park") if p not in firms][-1:]
    fit = [f for f in facts if _fits(frame, f, texts, things)]
    if len(set(texts)) > 1:  # C919 and 起落架: both, if one product is both
        fit = [f for f in fit if all(spelt(t) in spelt(phrase(index, f, at))
                                     for t in texts)] or fit
    stopped = over(frame)
    fit = [f for f in fit if not later(frame, f) and (not stopped or _ended(frame, f))]
    if frame.verb("support"):
        fit = [f for f in fit if f.kind == "supports"] or fit
    if role == "customer" and not texts:  # C919机轮刹车系统, bought by its maker
        fit += [f for f in _for_model(frame, firms) if f not in fit]
    if where and role == "customer":
        fit = _inside(frame, fit, where[0])
    alive = [f for f in fit if any(index.table.end[row] > at for row in f.rows)] or fit
    name = "、".join(index.label(f, at) for f in firms)
    what = f"的{'、'.join(dict.fromkeys(texts))}" if texts else ""
    place = f"{index.label(where[0], at)}的谁" if where and role == "customer" else "谁"
    asked = f"{name}{what}由{place}供应" if role == "customer" else f"{name}{what}供给谁"
    if stopped:
        asked += "，什么时候停的"
    path = "suppliers" if role == "customer" else "customers"
    slots_ = {"firm": [slot(index, f, at) for f in firms], "role": role, "product": texts}
    where_to = call(path, name=index.label(firms[0]), at=dates.iso(at) if frame.times else "")
    if not alive:
        facts = [f for f in facts if _fits(frame, f, texts, things)] or facts
        near = "；".join(phrase(index, f, at) + cite(index, f.rows) for f in facts[:4])
        near = near or _namesakes(frame, firms[0], role) or _same_goods(frame, texts, things) or (
            _makes(frame, firms[0]) if role == "supplier" else "")
        until = f"截至 {dates.iso(at)} " if frame.times else ""
        reason = "没有来源说过哪一笔供应停了" if stopped else f"没有来源说过{until}{asked}"
        return unknown(path, f"{asked}？", reason, near, slots=slots_,
                       call=where_to, cited=[r for f in facts[:4] for r in f.rows])
    rows, cited = of_facts(frame, alive)
    if frame.asks("who") and all(f.kind in selling(index) for f in alive):
        return unknown(path, f"{asked}？", f"没有来源点名{name}{what}的买家，只说销往哪里",
                       _sentence(frame, firms, alive, role).rstrip("。"), rows=rows, cited=cited,
                       slots=slots_, call=where_to)
    return Reply(path, f"{asked}？", _sentence(frame, firms, alive, role), rows=rows, cited=cited,
                 slots=slots_, call=where_to, at=at)


def _for_model(frame: Frame, firms: Sequence[int]) -> list[Fact]:
    """Supplies of products that bear the name of a model, an aircraft say, that is the customer."""
    index = frame.index
    marks = [spelt(m[0]) for firm in firms for m in re.finditer("[A-Za-z]+\\d+", index.label(firm))]
    named = [p for p in index.things("Product") if any(m in spelt(index.label(p)) for m in marks)]
    return of_rows(index, [row for p in named for kind in supplying(index)
                           for row in references(index, kind, [structure.PRODUCT]).get(p, ())])


def _ended(frame: Frame, fact: Fact) -> bool:
    """Whether a source says until when."""
    return any(frame.index.table.valid_to[row] for row in fact.rows)


def _sentence(frame: Frame, firms: Sequence[int], facts: Sequence[Fact], role: str) -> str:
    index, at = frame.index, frame.day
    name = "、".join(index.label(f, at) for f in firms)
    told = "；".join(supply_text(frame, f) for f in facts[:8])
    proofs = cite(index, [r for f in facts for r in f.rows])
    others = join((_other(frame, f, firms) for f in facts), 12, "家")
    if all(f.kind == "supports" for f in facts) and len(facts) > 1 and role == "customer":
        text = (f"给{name}做配套、来源点了名的有 {len(facts)} 家：{others}{proofs}。"
                f"{_rest(frame, firms[0])}")
    elif len(facts) == 1:
        text = f"{told}{proofs}。"
    else:
        whom = "供应商" if role == "customer" else "客户"
        text = f"{name}的{whom}，来源说过的有{others}：{told}{proofs}。"
    shared = _shared(frame, firms, facts) if len(firms) > 1 else ""
    return shared + text + doubts(frame, facts)


def _shared(frame: Frame, firms: Sequence[int], facts: Sequence[Fact]) -> str:
    """The customers that all the firms have."""
    index = frame.index
    mine = [{f.other(one) for f in facts if one in f.things} for one in firms]
    both = set.intersection(*mine) if mine else set()
    return f"共同的客户是{join(index.label(t, frame.day) for t in sorted(both))}。" if both else (
        "没有来源说过它们有共同的客户。")


def _loose_goods(frame: Frame, facts: Sequence[Fact]) -> list[str]:
    """A product that no name gives but the facts know: 电机 of 人形机器人伺服电机."""
    index = frame.index
    names = [bare(index.label(p)) for f in facts
             if (p := index.reference(f.said.get(structure.PRODUCT))) >= 0]
    found = []
    for token in frame.tokens:
        if (token.sort == "text" or token.is_a("content")) and len(token.text) > 1:
            text = spelt(token.text)
            known = any(text in spelt(name) or (len(text) > 3 and spelt(name) in text)
                        for name in names)
            if known or (token.sort == "text" and len(token.text) > 2
                         and looks_like_goods(frame, token)):
                found.append(token.text)
        elif frame.kinds(token) == {structure.CHAIN} and looks_like_goods(frame, token):
            more = next((t.text for t in frame.tokens if t.start == token.end
                         and t.sort == "text"), "")  # 锂矿石, where only 锂矿 has a meaning
            found.append(token.text + more)
    return found


def _inside(frame: Frame, facts: Sequence[Fact], place: int) -> list[Fact]:
    """Suppliers that lie in the region."""
    index = frame.index
    places = inside(index, place, frame.day)
    return [f for f in facts if home(index, f.things[0]) & places]


def _other(frame: Frame, fact: Fact, mine: Sequence[int]) -> str:
    other = next((t for t in fact.things if t not in mine), fact.things[0])
    return frame.index.label(other, frame.day)


def _rest(frame: Frame, firm: int) -> str:
    """How many there are in all, where a figure says so and the names are fewer."""
    known = figures(frame.index)
    for number in known.by_subject.get(firm, ()):
        if "配套" in known.entries[number][1]:
            fact = known.fact(number)
            told = figure(frame.index, fact, frame.day)
            return f"来源说{told}，其余没有点名{cite(frame.index, fact.rows)}。"
    return ""


def _namesakes(frame: Frame, firm: int, role: str) -> str:
    """The supplies of others whose names begin as this one was typed: 湘投金天 (新材料)."""
    index, token = frame.index, next((t for t in frame.names if firm in t.things), None)
    if token is None or len(token.text) < 3:
        return ""
    others = [t for t in frame.lexicon.begun(token.text)
              if t != firm and index.kind_of(t) == structure.COMPANY]
    facts = [f for other in others for f in links(index, other, supplying(index),
                                                  forward=role == "supplier")][:3]
    return "；".join(phrase(index, f, frame.day) + cite(index, f.rows) for f in facts)


def _same_goods(frame: Frame, texts: Sequence[str], things: set[int]) -> str:
    """Who else supplies or makes what was asked for."""
    if not texts:
        return ""
    index = frame.index
    facts = of_rows(index, [
        row for product in products_of(frame, texts, things) for kind in supplying(index)
        for row in references(index, kind, [structure.PRODUCT]).get(product, ())])[:3]
    return "；".join(phrase(index, f, frame.day) + cite(index, f.rows) for f in facts)


def _makes(frame: Frame, firm: int) -> str:
    index = frame.index
    facts = links(index, firm, ["produces"], forward=True)
    goods_ = join(index.label(f.things[1]) for f in facts)
    return f"{index.label(firm, frame.day)}生产{goods_}" if facts else ""


def _whether(frame: Frame, firms: Sequence[int]) -> Reply:
    """金博给比亚迪供吗: yes, the source says no, or nobody has said it."""
    index, at = frame.index, frame.day
    one, other = firms[:2]
    texts, things = goods(frame, firms)
    joined = [f for f in between(index, one, other) if f.kind in supplying(index)]
    seller, buyer = _direction(frame, one, other)
    asked = [f for f in joined if f.things == (seller, buyer)]
    stopped = over(frame)
    fit = [f for f in asked if _fits(frame, f, texts, things) and not later(frame, f)
           and (not stopped or _ended(frame, f))]
    names = index.label(seller, at), index.label(buyer, at)
    what = f"供应{'、'.join(dict.fromkeys(texts))}" if texts else "供货"
    if stopped:
        what += "、后来停了"
    ask = f"{names[0]}是否向{names[1]}{what}？"
    where_to = call("customers", name=index.label(seller))
    slots_ = {"supplier": slot(index, seller, at), "customer": slot(index, buyer, at),
              "product": texts}
    alive = [f for f in fit if any(index.table.end[row] > at for row in f.rows)] or fit
    if alive:
        rows, cited = of_facts(frame, alive)
        open_ = frame.asks("what", "which") and not frame.asks("yesno")
        wish = all(f.said.get(structure.FORM) in structure.WISHES for f in alive)
        head = "还不是供货，来源说的是：" if wish else "" if open_ else (
            "来源说过的是：" if "唯一" in frame.plain else "是：")
        told = "；".join(supply_text(frame, f) for f in alive)
        return Reply("supply_yes_no", ask, f"{head}{told}{cite(index, cited)}。"
                     f"{doubts(frame, alive)}", rows=rows, cited=cited, slots=slots_,
                     call=where_to, at=at)
    known = asked or [f for f in joined] or [
        f for f in links(index, seller, supplying(index), forward=True)
        if _fits(frame, f, texts, things)] or links(index, seller, supplying(index), forward=True)
    met = [f"两家都参加了{event_text(index, e, at)}" + cite(index, own(index, e).rows)
           for e in common_events(index, one, other)[:2]] if not joined else []
    near = "；".join([*met, *(phrase(index, f, at) + cite(index, f.rows) for f in known[:4])])
    until = f"截至 {dates.iso(at)} " if frame.times else ""
    return unknown("supply_yes_no", ask, f"没有来源说过{until}{names[0]}向{names[1]}{what}", near,
                   slots=slots_, call=where_to, cited=[r for f in known[:4] for r in f.rows])


def _direction(frame: Frame, one: int, other: int) -> tuple[int, int]:
    """(supplier, customer) as the question has it."""
    first, second = sorted((one, other), key=lambda t: frame.position(t).start)
    here = frame.position(first)
    if frame.verb("customer"):  # 华为是科力尔的客户吗; 科力尔的客户是华为吗
        noun = next(t for t in frame.tokens if t.is_a("verb", "customer"))
        return (first, second) if frame.position(second).start > noun.start else (second, first)
    if frame.verb("supplier"):
        noun = next(t for t in frame.tokens if t.is_a("verb", "supplier"))
        return (second, first) if frame.position(second).start > noun.start else (first, second)
    if frame.verb("buy"):
        return second, first
    if _before(frame, here, ("给", "向", "为", "替")):
        return second, first
    return first, second
