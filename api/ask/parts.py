"""What a chain is made of: its segments, what feeds what, what may stand in for what, its leaders;
and what a thing is called."""

from collections.abc import Sequence

from api.ask.frame import Frame
from api.ask.goods import home
from api.ask.reply import Reply, call, of_facts, slot, unknown
from api.ask.say import cite, join, phrase
from api.ask.slots import region, segment_slots
from graph import structure
from graph.analysis.facts import links, own
from graph.analysis.filters import inside

__all__ = ["called", "feeds", "leaders", "one_and_the_same", "segments"]


def segments(frame: Frame) -> Reply | None:
    """轨道交通装备产业链有哪些环节: by stage, all or the stage that is named."""
    chain = frame.first(structure.CHAIN)
    if chain is None:
        return None
    index, at = frame.index, frame.day
    stages = {c.name: c.label.zh for c in index.ontology.words.get("SegmentStage", ())}
    wanted = [s for s in ("upstream", "downstream") if frame.verb(s)]
    members = [m for m in index.members(chain, at) if not wanted or m.stage in wanted]
    name = index.label(chain)
    ask = f"{name}链有哪些{'、'.join(stages[s] for s in wanted)}环节？"
    where_to = call(f"chains/{name}")
    if not members:
        return unknown("segments", ask, f"没有来源写过{name}链的这些环节", call=where_to)
    by: dict[str, list[str]] = {}
    for member in members:
        by.setdefault(stages.get(member.stage, "其他"), []).append(index.label(member.segment))
    rows = [{"segment": index.label(m.segment), "stage": stages.get(m.stage, ""),
             "essential": m.essential, "text": f"{index.label(m.segment)}（{stages.get(m.stage)}"
             f"{'，必备' if m.essential else ''}）"} for m in members]
    cited = [row for _, row in index.joined(structure.MEMBER, chain, at, forward=False)]
    told = "；".join(f"{stage}：{join(names, 30)}" for stage, names in by.items())
    return Reply("segments", ask, f"{name}链有 {len(members)} 个环节：{told}{cite(index, cited)}。",
                 rows=rows, cited=cited, slots={"chain": slot(index, chain, at)}, call=where_to)


def feeds(frame: Frame) -> Reply | None:
    """正极材料的上游是什么; 什么可以替代隔膜."""
    found = segment_slots(frame)
    if not found:
        return segments(frame)
    index, at, segment = frame.index, frame.day, found[0]
    name = index.label(segment)
    if frame.verb("replace"):
        facts = links(index, segment, [structure.ALTERNATIVE])
        ask, reason = f"什么可以替代{name}？", f"没有来源说过什么可以替代{name}"
    else:
        up = frame.verb("upstream")
        facts = links(index, segment, [structure.FEEDS], forward=not up)
        ask = f"{name}的{'上游' if up else '下游'}环节是什么？"
        reason = f"没有来源写过{name}的{'上游' if up else '下游'}环节"
    slots_ = {"segment": slot(index, segment, at)}
    where_to = call(f"entities/{index.id(segment)}/links")
    if not facts:
        return unknown("feeds", ask, reason, slots=slots_, call=where_to)
    rows, cited = of_facts(frame, facts)
    told = join((index.label(f.other(segment)) for f in facts), 20)
    return Reply("feeds", ask, f"{told}{cite(index, cited)}。", rows=rows, cited=cited,
                 slots=slots_, call=where_to)


def leaders(frame: Frame) -> Reply | None:
    """链主: of a chain, in a region, or of which chains a firm is one."""
    index, at = frame.index, frame.day
    chain, firms = frame.first(structure.CHAIN), frame.things(structure.COMPANY)
    places = frame.things("Region", "Park")
    if chain is None and not firms and not places:
        return None
    ends = [chain] if chain is not None else firms
    facts = [f for end in ends for f in links(index, end, [structure.LEADS])] if ends else [
        f for thing in index.things(structure.CHAIN) for f in links(index, thing,
                                                                    [structure.LEADS])]
    if places and index.places.level_of(places[0]) != "province":
        near = inside(index, places[0], at)
        facts = [f for f in facts if index.reference(f.said.get("region")) in near
                 or home(index, f.things[0]) & near]
    what = index.label(chain) + "链" if chain is not None else ""
    place = index.label(region(frame), at) if places else ""
    ask = f"{place}{what}{join(index.label(f, at) for f in firms)}的链主？"
    slots_ = {"chain": slot(index, chain, at)} if chain is not None else {}
    where_to = call("things/leads", region=place, chain=index.label(chain) if chain is not None
                    else "")
    if not facts:
        return unknown("leaders", ask, f"没有来源说过{place}{what}的链主是谁", slots=slots_,
                       call=where_to)
    rows, cited = of_facts(frame, facts[:100])
    names = join((index.label(f.things[1 if firms else 0], at) for f in facts), 20, "家")
    return Reply("leaders", ask, f"来源称为链主或龙头的有{names}{cite(index, cited)}。"
                 "这是来源的说法，不等于官方名单。", rows=rows, cited=cited, slots=slots_,
                 call=where_to)


def _others_names(frame: Frame, kind: str) -> bool:
    """湘江新区那4家企业叫什么: the class right before 叫什么 is not that of the thing named."""
    for place, token in enumerate(frame.tokens):
        if token.is_a("verb", "name_of"):
            before = [t for t in frame.tokens[:place] if not t.is_a("blank") and not t.is_a("time")]
            nouns = {m for s, m in before[-1].classes if s == "noun"} if before else set()
            return bool(nouns & set(frame.index.ontology.kinds)) and kind not in nouns
    return False


def called(frame: Frame) -> Reply | None:
    """杉杉能源现在叫什么: the latest name, the full one, and the others."""
    things = frame.things()
    if len(things) != 1 or frame.asks("which", "who", "where") or not _wants_name(frame):
        return None
    index, thing = frame.index, things[0]
    if _others_names(frame, index.kind_of(thing)):
        return None
    name, full = index.label(thing), index.full_name(thing)
    mine = own(index, thing)
    if not mine.rows:
        return None
    others = [str(v) for key in ("aliases", "former_names") for v in mine.said.get(key) or ()]
    rows, cited = of_facts(frame, [mine])
    told = f"{name}（全称{full}）" if full and full != name else name
    also = f"；也叫或曾叫{join(others)}" if others else ""
    typed = frame.typed(frame.names[0])
    return Reply("called", f"{typed}叫什么名字？", f"“{typed}”现在的名字是{told}{also}"
                 f"{cite(index, cited)}。", rows=rows, cited=cited,
                 slots={"thing": slot(index, thing, frame.at)},
                 call=call(f"entities/{index.id(thing)}"))


def _wants_name(frame: Frame) -> bool:
    """Whether the name is asked for, not only spoken of: not 名字挺陌生的，啥来头."""
    for token in frame.of("verb", "name_of"):
        ends = [t.start for t in frame.tokens if t.sort == "break"]
        first = max((e for e in ends if e < token.start), default=-1)
        last = min((e for e in ends if e > token.start), default=len(frame.plain))
        beside = [t for t in frame.tokens if first < t.start < last]
        if not frame.asks() or token.text not in ("名字", "名称") or any(
                t.is_a("ask", "what", "introduce", "which") for t in beside):
            return True
    return False


def one_and_the_same(frame: Frame) -> Reply | None:
    """星城石墨和中科星城是一家吗: whether two names mean one thing, as far as sources say."""
    if len(frame.names) < 2:
        return None
    index, at = frame.index, frame.day
    one, other = frame.names[:2]
    names = frame.typed(one), frame.typed(other)
    shared = sorted(set(one.things) & set(other.things))
    ask = f"{names[0]}和{names[1]}是不是同一个？"
    where_to = call("entities", q=names[0])
    if not shared:
        if not frame.kinds(one) & frame.kinds(other):
            return None  # a firm and a product: 一家 counts the firm
        both = [own(index, t.things[0]) for t in (one, other)]
        near = "；".join(phrase(index, f, at) for f in both if f.rows)
        return unknown("same", ask, f"没有来源说过{names[0]}和{names[1]}是同一个", near,
                       call=where_to)
    facts = [own(index, thing) for thing in shared]
    rows, cited = of_facts(frame, facts)
    told = _names(frame, shared)
    return Reply("same", ask, f"是：{names[0]}和{names[1]}都是{told}{cite(index, cited)}。",
                 rows=rows, cited=cited, slots={"thing": slot(index, shared[0], at)},
                 call=where_to)


def _names(frame: Frame, things: Sequence[int]) -> str:
    index = frame.index
    return join(f"{index.label(t)}（{index.full_name(t)}）" if index.full_name(t)
                else index.label(t) for t in things)
