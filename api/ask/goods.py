"""Products in questions about supply, and how a supply is told."""

from collections.abc import Iterable, Sequence

from api.ask.frame import Frame, Token
from api.ask.say import join, phrase, shown, when
from api.ask.words import bare, same
from graph import dates, structure
from graph.analysis.facts import Fact, links, since
from graph.index import Index

__all__ = ["doubts", "goods", "home", "looks_like_goods", "products_of", "selling", "spelt",
           "supply_text", "supplying"]


def supplying(index: Index) -> list[str]:
    """Links by which one supplies another: the second end is the customer."""
    return [kind.name for kind in index.ontology.links
            if kind.ends and kind.ends[1].name == structure.CUSTOMER]


def selling(index: Index) -> list[str]:
    """Links by which one sells to a place: from a firm to nothing but places."""
    places = {kind.name for kind in index.ontology.classes if kind.place}
    return [kind.name for kind in index.ontology.links if kind.ends and not kind.evidence
            and kind.ends[0].refers == ("Company",) and set(kind.ends[1].refers) <= places
            and kind.ends[1].refers and kind.field(structure.PRODUCT) is not None]


def goods(frame: Frame, mine: Iterable[int] = ()) -> tuple[list[str], set[int]]:
    """The products that are named, as texts, and the things of these names."""
    texts: list[str] = []
    things: set[int] = set()
    for token in frame.names:
        kinds = frame.kinds(token)
        if set(token.things) & set(mine) or not kinds & {"Product", "Segment"}:
            continue
        texts.append(frame.typed(token))
        things |= {t for t in token.things if frame.index.kind_of(t) in ("Product", "Segment")}
    for token in frame.tokens:  # another word for it: 碳陶盘
        if token.sort == "word" and token.is_a("content"):
            known = [t for t in frame.lexicon.names.get(same(token.text), ())
                     if frame.index.kind_of(t) in ("Product", "Segment")]
            texts += [same(token.text)] if known else []
            things |= set(known)
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
    return any(text in name or name in text for text in map(spelt, texts)
               for name in map(spelt, names))


def spelt(text: str) -> str:
    return same(text)


def _product_names(index: Index, product: int) -> list[str]:
    said = index.said(index.rows_of(product))
    return [str(name) for name in said.get("aliases") or []]


def looks_like_goods(frame: Frame, token: Token) -> bool:
    """…的X是谁供的: what stands between 的 or 供 and the question is a thing that is bought."""
    return _before(frame, token, ("的", "供", "供应", "供货", "买", "采购"))


def _before(frame: Frame, token: Token, spellings: Sequence[str]) -> bool:
    """Whether one of the words stands right before the token."""
    while (earlier := next((t for t in reversed(frame.tokens) if t.end == token.start),
                           None)) is not None and earlier.text in ("了", "过", "着"):
        token = earlier
    before = next((t for t in reversed(frame.tokens) if t.end <= token.start), None)
    return before is not None and before.end == token.start and any(
        before.text == bare(s) or (before.sort != "name" and before.text.endswith(bare(s)))
        for s in spellings)


def _between(frame: Frame, one: Token, other: Token, spellings: Sequence[str]) -> bool:
    return any(one.end <= t.start < other.start and t.text in spellings for t in frame.tokens)


def products_of(frame: Frame, texts: Sequence[str], things: set[int]) -> list[int]:
    """The products of these names, and those whose names hold them: 钛焊管 → C919钛焊管."""
    index = frame.index
    found = {t: None for t in sorted(things) if index.kind_of(t) == "Product"}
    for t in sorted(things):
        if index.kind_of(t) == structure.SEGMENT:
            found |= {p: None for p, _ in index.joined(structure.PRODUCT_OF, t, frame.day,
                                                       forward=False, undated=True)}
    for text in dict.fromkeys(texts):
        hits = index.names().search(spelt(text), ["Product"], 12)
        found |= {index.number(id): None for id, _, score in hits if score >= 65}
    return list(found)


def supply_text(frame: Frame, fact: Fact) -> str:
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


def doubts(frame: Frame, facts: Sequence[Fact]) -> str:
    t = frame.index.table
    weak = [f for f in facts if all(t.grade[row] > frame.index.floor for row in f.rows)]
    told = join(phrase(frame.index, f, frame.day) for f in weak)
    return f"其中{told}是推断，来源没有直说。" if weak else ""


def home(index: Index, firm: int) -> set[int]:
    """The places that its records give a firm: where it is, lies and works."""
    said = index.said(index.rows_of(firm))
    found = {index.reference(said.get("region"))}
    found |= {f.things[1] for f in links(index, firm, [structure.LOCATED], forward=True)}
    for fact in links(index, firm, ["operatesIn"], forward=True):
        found.add(index.reference(fact.said.get(structure.PLACE)))
    return found - {-1}
