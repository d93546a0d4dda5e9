"""What cannot be answered: names that mean several things, none, or nothing of ours."""

from api.ask.frame import Frame
from api.ask.lexicon import described
from api.ask.match import content, coverage, sayings
from api.ask.reply import Reply, call, unknown
from api.ask.say import cite, join, phrase
from api.ask.subjects import composed_things
from graph import structure

__all__ = ["doubtful", "foreign", "not_understood", "out_of_scope"]


def doubtful(frame: Frame) -> Reply | None:
    """A name that two or more things bear: ask back."""
    index = frame.index
    for token in frame.names:
        by_kind: dict[str, list[int]] = {}
        for thing in token.things:
            by_kind.setdefault(index.kind_of(thing), []).append(thing)
        plain = {structure.SEGMENT, "Product", "Honour", "Person", "Space"}
        several = [t for kind, some in by_kind.items() if len(some) > 1 and kind not in plain
                   for t in some]
        if token.slip and len(set(token.things)) > 1 and not by_kind.keys() <= plain:
            several = [t for t in token.things if index.kind_of(t) not in plain]
            firms = [t for t in several if index.kind_of(t) == "Company"]
            if len(several) < 2 or len(firms) == 1:
                continue
        if len(several) > 1:
            choices = [{"id": index.id(t), "kind": index.kind_of(t),
                        "kind_name": index.ontology.kinds[index.kind_of(t)].label.zh,
                        "name": index.label(t, frame.at),
                        "full_name": index.full_name(t, frame.at) or index.label(t, frame.at)}
                       for t in several[:10]]
            told = join(f"{c['full_name']}（{c['kind_name']}）" for c in choices)
            return Reply("ambiguous", f"“{token.text}”指哪一个？",
                         f"“{token.text}”可能是：{told}。请写全称再问一次。", status="ambiguous",
                         choices=choices, call=call("entities", q=token.text))
    return None


def foreign(frame: Frame) -> bool:
    return frame.has("out") or (not frame.names and not composed_things(frame)
                                and not _has_question(frame))


def _has_question(frame: Frame) -> bool:
    return frame.has("verb") or frame.has("noun") or frame.has("field") or any(
        t.is_a("ask", "who", "which", "when", "where", "count", "much", "rank", "introduce")
        for t in frame.tokens)


def out_of_scope(frame: Frame) -> Reply:
    return Reply("out_of_scope", "听不懂或不归这里管的问题",
                 "这个问题不归湘链回答，或者没有看懂。湘链知道湖南的产业链、环节、企业、园区、供需、项目、"
                 "政策和它们的数字，例如：2014年长沙锂电池产业链缺哪些环节？谁给比亚迪供碳陶制动盘？",
                 status="out_of_scope", call="/api/v1/ontology")


def _related(frame: Frame) -> Reply | None:
    """What comes nearest in words, if anything does: 产业飞地的税收怎么分."""
    known = sayings(frame.index, described(frame.index))
    runs = content(frame.tokens)
    scored = sorted(((coverage(runs, known.entries[n][1], known.weight, known.usual), -n)
                     for n in known.near(runs, 40)), reverse=True)
    facts = [known.fact(-n) for score, n in scored[:2] if score >= 0.4]
    if not facts:
        return None
    asked = frame.text.strip().rstrip("?？。")
    near = "；".join(phrase(frame.index, f, frame.at) + cite(frame.index, f.rows) for f in facts)
    return unknown("not_found", asked, f"没有来源直接说过“{asked}”", near,
                   cited=[row for f in facts for row in f.rows],
                   call=call("entities", q="".join(runs)))


def not_understood(frame: Frame) -> Reply:
    """No name was found: say which words mean nothing here, with the nearest names."""
    index = frame.index
    odd = [t.text for t in frame.tokens if t.sort == "text" and len(t.text) > 1]
    near = [index.label(index.number(id)) for text in odd[:2]
            for id, _, score in index.names().search(text, None, 6) if score >= 30
            and index.kind_of(index.number(id)) in ("Company", "Park", "Region", "Cluster",
                                                    "Project", "Policy", "Chain")]
    if not frame.names and not odd:
        return _related(frame) or out_of_scope(frame)
    what = "、".join(odd) or "、".join(t.text for t in frame.names)
    tail = f"名称相近的有{join(near, 5)}，是不是指其中一个？" if near else ""
    reason = (f"图谱里没有叫“{what}”的，或没有来源说过所问的事" if odd
              else f"没有来源说过关于{what}所问的事")
    return Reply("not_found", f"关于“{what}”的问题", f"不知道：{reason}。{tail}", status="unknown",
                 choices=[{"name": name} for name in dict.fromkeys(near)],
                 call=call("entities", q=what))
