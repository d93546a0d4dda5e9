"""Questions about who deals with whom: supply, support, partners, meetings, ways between two."""

from collections.abc import Iterable, Sequence

from api.ask.frame import Frame, Token
from api.ask.figures import composed_things
from api.ask.match import content
from api.ask.reply import Reply, call, of_facts, slot, unknown
from api.ask.say import cite, join, phrase, shown, when
from api.ask.words import bare
from graph import dates, structure
from graph.analysis.facts import Fact, between, links, of_rows, own, since
from graph.analysis.filters import inside, owners, references
from graph.analysis.paths import paths
from graph.index import Index

__all__ = ["facilitated", "makers_of", "meetings", "partners", "premise", "relation",
           "supply"]

_MOST = 100  # rows of an answer
PARTIES = ("Company", "Park", "Institute", "Alliance", "Agency", "Cluster", "Platform", "Person",
           "Region", "Site", "Fund")


def supplying(index: Index) -> list[str]:
    """Links by which one supplies another: the second end is the customer."""
    return [kind.name for kind in index.ontology.links
            if kind.ends and kind.ends[1].name == structure.CUSTOMER]


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
    facts = links(index, me, supplying(index), forward=role == "supplier")
    return _list(frame, [me], facts, role)


def premise(frame: Frame) -> Reply | None:
    """A figure of a supply that nobody has stated: the premise is answered first."""
    firms = frame.things("Company")
    reply = _whether(frame, firms)
    return reply if reply.status == "unknown" else None


def _role(frame: Frame, firm: int) -> str:
    """Whether the firm is the supplier (its customers are asked for) or the customer."""
    here = frame.position(firm)
    asked = [t for t in frame.tokens if t.is_a("ask", "who", "where", "which", "what")]
    who = next((t for t in asked if t.is_a("ask", "who", "where", "which")),
               asked[0] if asked else None)
    giving = _before(frame, here, ("给", "向", "为", "替", "帮", "卖给", "供给", "供应给", "to", "供货给", "销给"))
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
    if who is not None and _before(frame, who, ("给", "向", "为", "到", "供", "卖给", "供给", "供应给", "供货给",
                                               "供应", "供货", "用在", "用于", "卖到", "销给", "替", "to")):
        return "supplier"  # X给谁供货
    if frame.verb("support"):
        noun = next(t for t in frame.tokens if t.is_a("verb", "support"))
        if who is not None and here.end <= who.start < noun.start and _between(
                frame, here, noun, ("是",)):
            return "supplier"  # X是谁家的配套厂
        return "customer"
    verb = next(t for t in frame.tokens if t.is_a("verb", "supply"))
    if who is not None and who.start < verb.start:
        return "customer"
    if who is not None and here.start < verb.start < who.start:
        return "supplier"
    return "customer" if here.start > verb.start else "supplier"


def _is_list(frame: Frame, who: Token) -> bool:
    """供应商有谁: the question word stands behind 有, not before the noun."""
    return _before(frame, who, ("有", "都有"))


def _before(frame: Frame, token: Token, spellings: Sequence[str]) -> bool:
    """Whether one of the words stands right before the token."""
    before = next((t for t in reversed(frame.tokens) if t.end <= token.start), None)
    return before is not None and before.end == token.start and any(
        before.text == bare(s) or (before.sort != "name" and before.text.endswith(bare(s)))
        for s in spellings)


def _between(frame: Frame, one: Token, other: Token, spellings: Sequence[str]) -> bool:
    return any(one.end <= t.start < other.start and t.text in spellings for t in frame.tokens)


def goods(frame: Frame, mine: Iterable[int] = ()) -> tuple[list[str], set[int]]:
    """The products that are named, as texts, and the things of these names."""
    texts: list[str] = []
    things: set[int] = set()
    for token in frame.names:
        kinds = frame.kinds(token)
        if set(token.things) & set(mine) or not kinds & {"Product", "Segment"}:
            continue
        texts.append(token.text)
        things |= {t for t in token.things if frame.index.kind_of(t) in ("Product", "Segment")}
    return texts, things


def _fits(frame: Frame, fact: Fact, texts: Sequence[str], things: set[int]) -> bool:
    """Whether the fact is about the product that is asked for; nothing asked fits all."""
    if not texts:
        return True
    index = frame.index
    product = index.reference(fact.said.get(structure.PRODUCT))
    if product < 0:
        return False
    if product in things:
        return True
    names = [bare(index.label(product)), *(bare(n) for n in _product_names(index, product))]
    segments = {s for s, _ in index.joined(structure.PRODUCT_OF, product, frame.day, forward=True,
                                           undated=True)}
    asked = {s for t in things for s, _ in index.joined(structure.PRODUCT_OF, t, frame.day,
                                                        forward=True, undated=True)}
    if segments & (things | asked) and any(index.kind_of(t) == structure.SEGMENT for t in things):
        return True
    return any(text in name or name in text for text in map(_alias, texts)
               for name in map(_alias, names))


def _alias(text: str) -> str:
    from api.ask.words import same
    return same(text)


def _product_names(index: Index, product: int) -> list[str]:
    said = index.said(index.rows_of(product))
    return [str(name) for name in said.get("aliases") or []]


def _list(frame: Frame, firms: Sequence[int], facts: Sequence[Fact], role: str) -> Reply:
    index, at = frame.index, frame.day
    me = firms[0]
    name = "、".join(index.label(f, at) for f in firms)
    texts, things = goods(frame, firms)
    texts += _loose_goods(frame, facts)
    where = [p for p in frame.things("Region", "Park") if p not in firms]
    support = frame.verb("support") and any(f.kind == "supports" for f in facts)
    fit = [f for f in facts if _fits(frame, f, texts, things)]
    if support:
        fit = [f for f in facts if f.kind == "supports"] or fit
    if where and role == "customer":
        fit = _inside(frame, fit, where[-1]) or fit
    alive = [f for f in fit if any(index.table.end[row] > at for row in f.rows)] or fit
    what = f"的{'、'.join(dict.fromkeys(texts))}" if texts else ""
    ask = f"{name}{what}由谁供应？" if role == "customer" else f"{name}{what}供给谁？"
    slots_ = {"firm": [slot(index, f, at) for f in firms], "role": role, "product": texts}
    path = "suppliers" if role == "customer" else "customers"
    where_to = call(path, name=index.label(me), at=dates.iso(at) if frame.times else "")
    if not alive:
        word = "供应商" if role == "customer" else "客户"
        reason = f"没有来源说过{name}{what}{'由谁供应' if role == 'customer' else '供给谁'}"
        near = "；".join(phrase(index, f, at) + cite(index, f.rows) for f in facts[:4])
        made = "" if near else _same_goods(frame, texts, things, role) or (
            "" if role == "customer" else _makes(frame, me))
        return unknown(path, ask, reason, near or made or "",
                       slots=slots_, call=where_to,
                       rows=[], cited=[r for f in facts[:4] for r in f.rows]) if near or made else \
            unknown(path, ask, f"{reason}；已录入的来源没有写过它的{word}", slots=slots_,
                    call=where_to)
    others = join((_other(frame, f, firms) for f in alive), 12, "家")
    told = "；".join(_told(frame, f) for f in alive[:8])
    quality = _doubts(frame, alive)
    if support and len(alive) > 1:
        text = f"给{name}做配套、来源点了名的有 {len(alive)} 家：{others}" if role == "customer" else \
            f"{name}给{others}做配套"
        extra = _rest(frame, me)
        text += f"{cite(index, [r for f in alive for r in f.rows])}。{extra}"
    elif len(alive) == 1:
        text = f"{told}{cite(index, alive[0].rows)}。"
    else:
        head = f"{name}的{'供应商' if role == 'customer' else '客户'}，来源说过的有{others}："
        text = f"{head}{told}{cite(index, [r for f in alive for r in f.rows])}。"
    shared = _shared(frame, firms, alive) if len(firms) > 1 else ""
    rows, cited = of_facts(frame, alive)
    return Reply(path, ask, shared + text + quality, rows=rows, cited=cited, slots=slots_,
                 call=where_to, at=at)


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
        if token.sort in ("text",) and len(token.text) > 1:
            text = _alias(token.text)
            if any(text in _alias(name) or (len(text) > 3 and _alias(name) in text) for name in names):
                found.append(token.text)
            elif len(token.text) > 2 and _looks_like_goods(frame, token):
                found.append(token.text)
    return found


def _looks_like_goods(frame: Frame, token: Token) -> bool:
    """…的X是谁供的: what stands between 的 or 供 and the question is a thing that is bought."""
    return _before(frame, token, ("的", "供", "供应", "供货", "买", "采购"))


def _inside(frame: Frame, facts: Sequence[Fact], place: int) -> list[Fact]:
    """Suppliers that lie in the region."""
    index = frame.index
    places = inside(index, place, frame.day)
    return [f for f in facts if home(index, f.things[0]) & places]


def home(index: Index, firm: int) -> set[int]:
    """The places that its records give a firm: where it is, lies and works."""
    said = index.said(index.rows_of(firm))
    found = {index.reference(said.get("region"))}
    found |= {f.things[1] for f in links(index, firm, [structure.LOCATED], forward=True)}
    for fact in links(index, firm, ["operatesIn"], forward=True):
        found.add(index.reference(fact.said.get(structure.PLACE)))
    return found - {-1}


def _other(frame: Frame, fact: Fact, mine: Sequence[int]) -> str:
    other = next((t for t in fact.things if t not in mine), fact.things[0])
    return frame.index.label(other, frame.day)


def _told(frame: Frame, fact: Fact) -> str:
    index = frame.index
    text = phrase(index, fact, frame.day)
    kind = index.ontology.kinds[fact.kind]
    form = kind.field("form")
    extra = []
    if form and fact.said.get("form") not in (None, "supply"):
        extra.append(str(shown(index, form, fact.said["form"], frame.day)))
    extra += [str(fact.said[name]) for name in ("volume", "note") if fact.said.get(name)]
    begun = since(index, fact)
    if begun:
        extra.append(f"{when(begun)}起")
    ended = max((int(index.table.valid_to[row]) for row in fact.rows), default=0)
    if ended:
        extra.append(f"到 {when(dates.unpack(ended) or '')}为止")
    return text + (f"（{'，'.join(extra)}）" if extra else "")


def _doubts(frame: Frame, facts: Sequence[Fact]) -> str:
    t = frame.index.table
    weak = [f for f in facts if all(t.grade[row] > frame.index.floor for row in f.rows)]
    return f"其中{join(phrase(frame.index, f, frame.day) for f in weak)}是推断，来源没有直说。" if weak else ""


def _rest(frame: Frame, firm: int) -> str:
    """How many there are in all, where a figure says so and the names are fewer."""
    from api.ask.match import figures
    from api.ask.say import figure
    known = figures(frame.index)
    for number in known.by_subject.get(firm, ()):
        if "配套" in known.entries[number][1]:
            fact = known.fact(number)
            return f"来源说{figure(frame.index, fact, frame.day)}，其余没有点名{cite(frame.index, fact.rows)}。"
    return ""


def _same_goods(frame: Frame, texts: Sequence[str], things: set[int], role: str) -> str:
    """Who else supplies or makes what was asked for."""
    if not texts:
        return ""
    index = frame.index
    facts = of_rows(index, [
        row for product in _products(frame, texts, things) for kind in supplying(index)
        for row in references(index, kind, [structure.PRODUCT]).get(product, ())])[:3]
    return "；".join(phrase(index, f, frame.day) + cite(index, f.rows) for f in facts)


def _makes(frame: Frame, firm: int) -> str:
    index = frame.index
    facts = links(index, firm, ["produces"], forward=True)
    return f"{index.label(firm, frame.day)}生产{join(index.label(f.things[1]) for f in facts)}" if facts else ""


def _whether(frame: Frame, firms: Sequence[int]) -> Reply:
    """金博给比亚迪供吗: yes, the source says no, or nobody has said it."""
    index, at = frame.index, frame.day
    one, other = firms[:2]
    texts, things = goods(frame, firms)
    joined = [f for f in between(index, one, other) if f.kind in supplying(index)]
    seller, buyer = _direction(frame, one, other)
    asked = [f for f in joined if f.things == (seller, buyer)]
    fit = [f for f in asked if _fits(frame, f, texts, things)]
    names = index.label(seller, at), index.label(buyer, at)
    what = "、".join(dict.fromkeys(texts)) or "货"
    ask = f"{names[0]}是否向{names[1]}供应{what}？"
    where_to = call("customers", name=index.label(seller))
    slots_ = {"supplier": slot(index, seller, at), "customer": slot(index, buyer, at),
              "product": texts}
    alive = [f for f in fit if any(index.table.end[row] > at for row in f.rows)] or fit
    if alive:
        rows, cited = of_facts(frame, alive)
        return Reply("supply_yes_no", ask, f"是：{'；'.join(_told(frame, f) for f in alive)}"
                     f"{cite(index, cited)}。{_doubts(frame, alive)}", rows=rows, cited=cited,
                     slots=slots_, call=where_to, at=at)
    known = asked or [f for f in joined] or [
        f for f in links(index, seller, supplying(index), forward=True)
        if _fits(frame, f, texts, things)] or links(index, seller, supplying(index), forward=True)
    near = "；".join(phrase(index, f, at) + cite(index, f.rows) for f in known[:4])
    return unknown("supply_yes_no", ask, f"没有来源说过{names[0]}向{names[1]}供应{what}", near,
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


def makers_of(frame: Frame) -> Reply | None:
    """Who makes or supplies a product, where no firm is named."""
    index, at = frame.index, frame.day
    texts, things = goods(frame)
    texts += [t.text for t in frame.tokens if t.sort == "text" and len(t.text) > 1
              and _looks_like_goods(frame, t)] if not texts else []
    if not texts and frame.verb("make", "supply"):
        texts = [t.text for t in frame.tokens if t.sort == "text" and len(t.text) > 1]
    if not texts:
        return None
    products = _products(frame, texts, things)
    facts: list[Fact] = []
    for product in products:
        facts += links(index, product, ["produces"], forward=False)
    facts += of_rows(index, [
        row for kind in supplying(index) for product in products
        for row in references(index, kind, [structure.PRODUCT]).get(product, ())])
    facts = _narrowed(frame, list({f.rows: f for f in facts}.values()))[:_MOST]
    odd = [t for t in frame.tokens if t.sort == "text" and t.text not in texts and len(t.text) > 1]
    if not facts or odd:
        return _nobody(frame, products, texts) if products and not odd and not any(
            frame.kinds(t) & {structure.SEGMENT} and not t.slip for t in frame.names) else None
    makers = list(dict.fromkeys(index.label(f.things[0], at) for f in facts))
    what = "、".join(dict.fromkeys(texts))
    rows, cited = of_facts(frame, facts)
    told = "；".join(dict.fromkeys(_told(frame, f) for f in facts[:8]))
    return Reply("makers", f"谁生产或供应{what}？",
                 f"来源说过的有 {len(makers)} 家：{join(makers, 12, '家')}——{told}{cite(index, cited)}。"
                 + _doubts(frame, facts), rows=rows, cited=cited, at=at,
                 slots={"product": [slot(index, p, at) for p in products][:8]},
                 call=call("entities", q=what, kind="Company"))


def _nobody(frame: Frame, products: Sequence[int], texts: Sequence[str]) -> Reply:
    index, at = frame.index, frame.day
    near = [f for p in products[:3] for f in links(index, p)][:4]
    what = "、".join(dict.fromkeys(texts))
    return unknown("makers", f"谁生产或供应{what}？", f"没有来源点名生产或供应{what}的企业",
                   "；".join(phrase(index, f, at) + cite(index, f.rows) for f in near),
                   slots={"product": [slot(index, p, at) for p in products][:8]},
                   cited=[r for f in near for r in f.rows],
                   call=call("entities", q=what, kind="Product"))


def _products(frame: Frame, texts: Sequence[str], things: set[int]) -> list[int]:
    """The products of these names, and those whose names hold them: 钛焊管 → C919钛焊管."""
    index = frame.index
    found = {t: None for t in sorted(things) if index.kind_of(t) == "Product"}
    for t in sorted(things):
        if index.kind_of(t) == structure.SEGMENT:
            found |= {p: None for p, _ in index.joined(structure.PRODUCT_OF, t, frame.day,
                                                       forward=False, undated=True)}
    for text in dict.fromkeys(texts):
        hits = index.names().search(_alias(text), ["Product"], 12)
        found |= {index.number(id): None for id, _, score in hits if score >= 65}
    return list(found)


def _narrowed(frame: Frame, facts: Sequence[Fact]) -> list[Fact]:
    """Those that hold all that is named, if there are some: C919 and 钛焊管."""
    texts = [same for t in frame.names for same in [bare(t.text)]
             if frame.kinds(t) & {"Product", "Segment"}]
    best = [f for f in facts if all(text in bare(phrase(frame.index, f, frame.day))
                                    for text in texts)]
    return best or list(facts)


# --- partners, meetings -------------------------------------------------------------------------


def partners(frame: Frame) -> Reply | None:
    """Who works with whom: cooperation, agreements, common institutes."""
    index, at = frame.index, frame.day
    parties = [p for p in frame.things(*PARTIES)]
    if not parties:
        return None
    if len(parties) > 1 and (reply := _pair(frame, parties)) is not None:
        return reply
    me = parties[0]
    facts = links(index, me, _partnering(index))
    wanted = [n for n in frame.nouns if n in ("Institute", "Company", "Park", "Region", "Agency")]
    if wanted:
        fit = [f for f in facts if index.kind_of(f.other(me)) in wanted]
        facts = fit or facts
    name = index.label(me, at)
    kinds = join(index.ontology.kinds[k].label.zh for k in wanted) if wanted else "谁"
    ask = f"{name}和{'哪些' if wanted else ''}{kinds}有合作？"
    where_to = call(f"entities/{index.id(me)}/links", kind="cooperatesWith")
    slots_ = {"party": slot(index, me, at)}
    if not facts:
        return unknown("partners", ask, f"没有来源说过{name}和{kinds}有合作", slots=slots_,
                       call=where_to)
    told = "；".join(dict.fromkeys(phrase(index, f, at) for f in facts[:10]))
    others = join((index.label(f.other(me), at) for f in facts), 15)
    rows, cited = of_facts(frame, facts)
    return Reply("partners", ask, f"{name}的合作方，来源说过的有{others}：{told}{cite(index, cited)}。"
                 + _doubts(frame, facts), rows=rows, cited=cited, slots=slots_, call=where_to, at=at)


def _partnering(index: Index) -> list[str]:
    """Ties between equals: both ends may be anything."""
    return [kind.name for kind in index.ontology.links
            if kind.tie and kind.ends and not kind.ends[0].refers and kind.field("form")]


def _pair(frame: Frame, parties: Sequence[int]) -> Reply | None:
    """Two are named: what joins them."""
    index, at = frame.index, frame.day
    one, other = parties[:2]
    facts = [f for f in between(index, one, other) if not index.ontology.kinds[f.kind].timeless]
    names = index.label(one, at), index.label(other, at)
    ask = f"{names[0]}和{names[1]}有什么合作？"
    where_to = call("path", from_=names[0], to=names[1])
    slots_ = {"parties": [slot(index, p, at) for p in (one, other)]}
    events = _common_events(index, one, other)
    if not facts and not events:
        if not frame.asks("yesno") and any(index.kind_of(p) in ("Region", "Park")
                                           for p in parties[:2]):
            return None
        mine = links(index, one, _partnering(index)) + links(index, other, _partnering(index))
        near = "；".join(phrase(index, f, at) for f in mine[:5])
        return unknown("partners", ask, f"没有来源说过{names[0]}和{names[1]}有合作", near,
                       slots=slots_, call=where_to, cited=[r for f in mine[:5] for r in f.rows])
    told = [phrase(index, f, at) for f in facts]
    told += [f"都参加了{_event(index, e, at)}" for e in events]
    notes = [str(f.said["note"]) for f in facts if f.said.get("note")]
    event_facts = [own(index, e) for e in events]
    agreements = _agreements(frame, names)
    told += [phrase(index, f, at) for f in agreements]
    rows, cited = of_facts(frame, [*facts, *event_facts, *agreements])
    head = "有：" if frame.asks("yesno") else ""
    tail = f"（{'；'.join(notes)}）" if notes else ""
    return Reply("partners", ask, f"{head}{'；'.join(told)}{tail}{cite(index, cited)}。", rows=rows,
                 cited=cited, slots=slots_, call=where_to, at=at)


def _agreements(frame: Frame, names: Sequence[str]) -> list[Fact]:
    """Agreements whose name holds both."""
    index = frame.index
    cores = [n.removesuffix("市").removeprefix("湖南") for n in names]
    found = [own(index, t) for t in index.things("Agreement")
             if all(core in index.label(t) for core in cores)]
    return found


def _events_of(index: Index, thing: int) -> dict[int, Fact]:
    return {f.things[1]: f for f in links(index, thing, [structure.TAKES_PART], forward=True)}


def _common_events(index: Index, one: int, other: int) -> list[int]:
    mine = _events_of(index, one)
    return [event for event in _events_of(index, other) if event in mine]


def _event(index: Index, event: int, at: int) -> str:
    said = index.said(index.rows_of(event))
    return index.label(event, at) + (f"（{when(str(said['date']))}）" if said.get("date") else "")


def meetings(frame: Frame) -> Reply | None:
    """Who talked, signed or met with whom: events and those who take part."""
    index, at = frame.index, frame.day
    wanted = {"talk": {"talk", "matchmaking", "visit"}, "sign": {"signing", "launch"}}
    verbs = [v for v in wanted if frame.verb(v)]
    parties = [p for p in frame.things(*PARTIES)]
    events = _relevant(frame, parties, verbs, wanted)
    if not events:
        return _no_meeting(frame, parties) if verbs and len(parties) > 1 and (
            frame.asks("yesno") or frame.asks("what")) and not frame.asks("who", "which") else None
    facts = [f for event in events for f in links(index, event, [structure.TAKES_PART])]
    firms = [p for p in parties if index.kind_of(p) in ("Company", "Institute", "Person")]
    places = [p for p in parties if index.kind_of(p) in ("Region", "Park")]
    if frame.asks("yesno") and firms and not frame.asks("who", "which"):
        return _attended(frame, firms, events, facts)
    mine = [f for f in facts if index.kind_of(f.things[0]) == "Company"] or facts
    sides = {f.said.get("side") for f in mine if f.things[0] in firms}
    shown_ = [f for f in mine if f.things[0] not in firms]
    if firms and sides - {None}:
        shown_ = [f for f in shown_ if f.said.get("side") not in sides] or shown_
    asked_side = _side(frame, places, mine)
    if asked_side is not None:
        shown_ = [f for f in mine if f.said.get("side") == asked_side and f.things[0] not in firms]
    if not shown_:
        shown_ = mine
    names = _by_side(frame, shown_)
    told = join((_event(index, e, at) for e in events), 3)
    who = "、".join(index.label(p, at) for p in parties)
    rows, cited = of_facts(frame, [*shown_, *(own(index, e) for e in events)])
    extra = _event_figures(frame, events, asked_side)
    return Reply("meetings", f"{who or '有关各方'}：谁和谁在一起谈过、签过或参加过？",
                 f"{_with_whom(frame, firms)}来源点了名的有{names}，在{told}上{cite(index, cited)}。{extra}",
                 rows=rows, cited=cited,
                 slots={"parties": [slot(index, p, at) for p in parties],
                        "events": [slot(index, e, at) for e in events]},
                 call=call(f"entities/{index.id(events[0])}/links", kind=structure.TAKES_PART),
                 at=at)


def _by_side(frame: Frame, facts: Sequence[Fact]) -> str:
    """Names, each side with its own: 艾迪奥、金博氢能（益阳高新区）."""
    sides: dict[str, list[str]] = {}
    for fact in facts:
        sides.setdefault(str(fact.said.get("side") or ""), []).append(
            frame.index.label(fact.things[0], frame.day))
    return "、".join(join(names, 12, "家") + (f"（{side}）" if side else "")
                    for side, names in sides.items())


def _with_whom(frame: Frame, firms: Sequence[int]) -> str:
    return f"与{'、'.join(frame.index.label(f, frame.day) for f in firms)}在一起的，" if firms else ""


def _event_figures(frame: Frame, events: Sequence[int], side: str | None) -> str:
    """How many firms there were, where a figure says so."""
    from api.ask.match import figures
    from api.ask.say import figure
    known = figures(frame.index)
    facts = [known.fact(n) for e in events[:1] for n in known.by_subject.get(e, ())
             if "企业" in known.entries[n][1]]
    if not facts:
        return ""
    told = "；".join(figure(frame.index, f, frame.day).replace(
        frame.index.label(events[0], frame.day), "") + (
            f"（{f.said['note']}）" if f.said.get("note") else "") for f in facts)
    return f"来源还说：{told}。"


def _side(frame: Frame, places: Sequence[int], facts: Sequence[Fact]) -> str | None:
    """The side whose firms are asked for: the place that stands right before the question."""
    index = frame.index
    asked = next((t for t in frame.tokens if t.is_a("ask", "who", "which")), None)
    sides = [str(f.said["side"]) for f in facts if f.said.get("side")]
    if asked is None:
        return None
    order = sorted((p for p in places if frame.position(p).end <= asked.start),
                   key=lambda p: asked.start - frame.position(p).end)
    for place in order[:1]:
        token = frame.position(place)
        gap_ = [t for t in frame.tokens if token.end <= t.start < asked.start]
        if all(t.sort == "word" and (t.is_a("blank") or t.is_a("verb", "join", "has")) for t in gap_):
            for side in sides:
                if bare(side) in (bare(index.label(place)), token.text) or token.text in bare(side):
                    return side
    return None


def _relevant(frame: Frame, parties: Sequence[int], verbs: Sequence[str],
              wanted: dict[str, set[str]]) -> list[int]:
    """Events of the asked sort in which those who are named take part; the more of them the
    better; an event that is named itself comes first."""
    index = frame.index
    named = frame.things("Event")
    if named:
        return named[:1]
    score: dict[int, int] = {}
    for party in parties:
        for event in _events_of(index, party):
            score[event] = score.get(event, 0) + 1
    types = {t for v in verbs for t in wanted[v]}
    if types:
        score = {e: s for e, s in score.items()
                 if index.said(index.rows_of(e)).get("type") in types
                 or any(w in index.label(e) for v in verbs for w in (
                     ("谈", "交流") if v == "talk" else ("签",)))}
    from api.ask.match import content as words_of
    runs = words_of(frame.tokens, [frame.position(p) for p in parties])
    joined = frame.verb("join")
    if joined and not score:
        return []
    best = max(score.values(), default=0)
    if not score:
        score = {e: 1 for e, _ in composed_things(frame) if index.kind_of(e) == "Event"}
        return list(score)[:1]
    firms = [p for p in parties if index.kind_of(p) == "Company"]
    if firms:  # every firm that is named must have been there
        there = {e: s for e, s in score.items() if any(e in _events_of(index, f) for f in firms)}
        score = there or (score if frame.asks("yesno") and best > 1 else {})
    elif len(parties) > 1 and best < 2:
        return []
    del runs
    found = sorted((e for e, s in score.items() if s == max(score.values(), default=0)),
                   key=lambda e: (-_companies(index, e), index.id(e)))
    return found[:1] if frame.asks("who", "which") else found[:3]


def _companies(index: Index, event: int) -> int:
    return sum(index.kind_of(f.things[0]) == "Company"
               for f in links(index, event, [structure.TAKES_PART]))


def _attended(frame: Frame, firms: Sequence[int], events: Sequence[int],
              facts: Sequence[Fact]) -> Reply:
    index, at = frame.index, frame.day
    there = [f for f in facts if f.things[0] in firms]
    who = "、".join(index.label(f, at) for f in firms)
    told = join((_event(index, e, at) for e in events), 3)
    ask = f"{who}是否参加了{told}？"
    where_to = call(f"entities/{index.id(events[0])}/links", kind=structure.TAKES_PART)
    slots_ = {"parties": [slot(index, p, at) for p in firms],
              "events": [slot(index, e, at) for e in events]}
    rows, cited = of_facts(frame, there)
    if {f.things[0] for f in there} >= set(firms):
        return Reply("meetings", ask, f"是：{'；'.join(phrase(index, f, at) for f in there)}"
                     f"{cite(index, cited)}。", rows=rows, cited=cited, slots=slots_, call=where_to)
    names = join((index.label(f.things[0], at) for f in facts
                  if index.kind_of(f.things[0]) == "Company"), 12, "家")
    return unknown("meetings", ask, f"没有来源说过{who}参加了{told}",
                   f"来源点名参加的有{names}" if names else "", slots=slots_, call=where_to,
                   cited=[r for f in facts for r in f.rows])


def _no_meeting(frame: Frame, parties: Sequence[int]) -> Reply:
    index, at = frame.index, frame.day
    who = "、".join(index.label(p, at) for p in parties)
    events = _common_events(index, parties[0], parties[1])
    near = "；".join(f"它们都参加了{_event(index, e, at)}" for e in events)
    signed = frame.verb("sign")
    return unknown("meetings", f"{who}之间谈过或签过什么？",
                   f"没有来源说过{who}之间{'签过什么' if signed else '谈过'}", near,
                   cited=[r for e in events for r in own(index, e).rows],
                   call=call("path", from_=index.label(parties[0]), to=index.label(parties[1])),
                   slots={"parties": [slot(index, p, at) for p in parties]})


def facilitated(frame: Frame) -> Reply | None:
    """Who brought about what: alliances and agencies that drew a firm here."""
    index, at = frame.index, frame.day
    facts: list[Fact] = []
    me: int | None = None
    for thing in frame.things():
        mine = links(index, thing, [structure.FACILITATES])
        if not mine:  # what a project's firm owes to somebody
            projects = owners(index, references(index, "Project", ["company"]).get(thing, ()))
            mine = [f for p in sorted(projects) for f in links(index, p, [structure.FACILITATES])]
        if mine:
            facts, me = mine, thing
            break
    if me is None:
        return None
    forward = all(f.things[0] == me for f in facts)
    name = index.label(me, at)
    rows, cited = of_facts(frame, facts)
    told = "；".join(phrase(index, f, at) for f in facts)
    ask = f"{name}促成了什么？" if forward else f"{name}是谁牵线促成的？"
    return Reply("facilitated", ask, f"{told}{cite(index, cited)}。", rows=rows, cited=cited,
                 slots={"thing": slot(index, me, at)}, at=at,
                 call=call(f"entities/{index.id(me)}/links", kind=structure.FACILITATES))


# --- ways between two ---------------------------------------------------------------------------


def relation(frame: Frame) -> Reply | None:
    """What two share, or the shortest way of sourced ties between them."""
    index, at = frame.index, frame.day
    parties = [p for p in frame.things(*PARTIES)]
    if len(parties) < 2:
        return None
    one, other = parties[:2]
    names = index.label(one, at), index.label(other, at)
    ask = f"{names[0]}和{names[1]}有什么联系？"
    where_to = call("path", from_=names[0], to=names[1])
    slots_ = {"parties": [slot(index, p, at) for p in (one, other)]}
    direct = [f for f in between(index, one, other)] or _through(index, one, other)
    events = _common_events(index, one, other)
    told = [phrase(index, f, at) for f in direct]
    told += [f"两者都参加了{_event(index, e, at)}" for e in events]
    cited = [r for f in direct for r in f.rows]
    facts = [*direct, *(own(index, e) for e in events)]
    if not told:
        found = paths(index, index.id(one), index.id(other), at)
        if not found["rows"]:
            return unknown("relation", ask, f"没有找到{names[0]}和{names[1]}之间步步有来源的联系",
                           slots=slots_, call=where_to)
        rows = [{"names": row["names"], "length": row["length"], "text": _way(row["steps"])}
                for row in found["rows"]]
        shared = [row["names"][1] for row in found["rows"] if row["length"] == 2]
        proofs = {e["record"] for row in found["rows"] for step in row["steps"]
                  for e in step["evidence"]}
        cited = _numbers(index, [index.number(s["id"]) for r in found["rows"] for s in r["steps"]]
                         + [index.number(s["to_id"]) for r in found["rows"] for s in r["steps"]],
                         proofs)
        head = f"有交集：都和{join(shared)}有往来。" if shared else "没有直接联系，最短的路是："
        text = head + "；".join(row["text"] for row in rows[:4]) + cite(index, cited) + "。"
        return Reply("relation", ask, text, rows=rows, cited=cited, slots=slots_, call=where_to,
                     at=at)
    notes = [str(f.said[n]) for f in direct for n in ("note", "volume") if f.said.get(n)]
    tail = f"（{'；'.join(notes)}）" if notes else ""
    rows_, more = of_facts(frame, facts)
    return Reply("relation", ask, f"{'；'.join(told)}{tail}{cite(index, more)}。", rows=rows_,
                 cited=[*cited, *more], slots=slots_, call=where_to, at=at)


def _through(index: Index, one: int, other: int) -> list[Fact]:
    """Ties with a part of the other, by its name: 中南大学专家团队 of 中南大学."""
    return [f for a, b in ((one, other), (other, one)) for f in links(index, a)
            if len(index.label(b)) > 3 and index.label(b) in index.label(f.other(a))
            and index.ontology.kinds[f.kind].tie]


def _numbers(index: Index, things: Iterable[int], records: set[str]) -> list[int]:
    rows = {row for thing in set(things)
            for row in index.links.row[index.links.of(thing)].tolist()}
    return sorted(row for row in rows if index.table.record_id(row) in records)


def _way(steps: Sequence[object]) -> str:
    parts = []
    for step in steps:
        assert isinstance(step, dict)
        one, other = (step["name"], step["to"]) if step["forward"] else (step["to"], step["name"])
        what = f"{step['product']}" if step["product"] else ""
        parts.append(f"{one}{_verb(step['link'], step['link_name'])}{other}{what and f'（{what}）'}")
    return "，".join(parts)


def _verb(link: str, label: str) -> str:
    return {"suppliesTo": "供应", "supports": "配套", "cooperatesWith": "合作"}.get(link, label)


def unused(frame: Frame) -> list[str]:
    """What the question says beside names."""
    return content(frame.tokens, frame.names)
