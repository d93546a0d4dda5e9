"""What a question takes for granted and the graph does not know: a day that never was, a firm or
place that nobody has named, a segment of another chain, what did not happen.

Without these the rest of the question would be answered as if that had not been said.
"""

import re

from api.ask.frame import Frame, Token
from api.ask.lexicon import described
from api.ask.match import sayings, spellings
from api.ask.reply import Reply, call, slot, unknown
from api.ask.say import cite, join, phrase
from api.ask.words import bare
from graph import dates, structure
from graph.analysis.facts import own

__all__ = ["doubted", "lacks", "over", "there"]

_DAY = re.compile(r"(?<![\d.])(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})"
                  r"|年(\d{1,2})月(?:(\d{1,2})[日号])?)(?![\d.])")
_BEFORE_CHRIST = re.compile(r"公元前[\d一二三四五六七八九十百千]*年?")
_FIRM = re.compile("有限(?:责任)?公司")
_NOT_DOING = re.compile("(?<!有)(?:没有?|不|未)(?:在)?(?:做|生产|从事)")
_OVER = re.compile("停止|终止|断供|停供|不再|中断|结束|取消")
_ENDED = re.compile("破产|倒闭|关门|关停|跑路|退市|停业|歇业|注销|解散")
_WHO = "(?:企业|厂家|厂子|公司|人做|人生产|人干)"
_NO_FIRM = re.compile("(?<!有)(?:没有?|无|找不到|找不着|缺少|缺)(?:一家|任何|本地|本土)?"
                      f"{_WHO}|空着|没着落|无人")
_FIRMS = re.compile(f"有{_WHO}|具备")
# 我们这里, 本地, 全省: the province; 一直, 到底, 还: no names of places at all.
_OURS = re.compile("[我咱本这省各还都也就又再仍总]|全(?!国)|一直|始终|到底|究竟|真的|近年|如今"
                   "|应该|可能")


def over(frame: Frame) -> bool:
    """Whether it is asked what has ended."""
    return bool(_OVER.search(frame.plain))


def lacks(frame: Frame) -> bool:
    """Whether it is asked which segments are missing: 缺哪些, 哪些环节没有企业."""
    return frame.verb("lack") or bool(
        structure.SEGMENT in frame.nouns and _NO_FIRM.search(frame.plain))


def there(frame: Frame) -> bool:
    """Whether it is asked which segments have somebody: 哪些环节有企业, 长沙有哪些环节了."""
    return (structure.SEGMENT in frame.nouns and frame.asks("which", "what", "count")
            and not lacks(frame) and not frame.verb("upstream", "downstream")
            and bool(_FIRMS.search(frame.plain) or frame.first("Region", "Park") is not None))


def doubted(frame: Frame) -> Reply | None:
    """不知道 with what was taken for granted, if something was."""
    for look in (_no_such_day, _no_such_firm, _no_such_place, _another_chain, _no_such_segment,
                 _not_doing, _not_ended, _no_such_group):
        if (reply := look(frame)) is not None:
            return reply
    return None


def _no_such_day(frame: Frame) -> Reply | None:
    wrong = [m[0] for m in _BEFORE_CHRIST.finditer(frame.plain)]
    for m in _DAY.finditer(frame.plain):
        year, month, day = m[1], m[2] or m[4], m[3] or m[5]
        try:
            dates.parse_span("-".join(part for part in (year, month, day) if part))
        except ValueError:
            wrong.append(m[0])
    if not wrong:
        return None
    return unknown("no_such_day", f"“{wrong[0]}”是哪一天？",
                   f"没有“{wrong[0]}”这个日期，请写清楚再问一次", call=call("ask", q=frame.text))


def _no_such_firm(frame: Frame) -> Reply | None:
    """湖南虚构科技有限公司: a full name of which no known name is a part."""
    for m in _FIRM.finditer(frame.plain):
        if any(t.start <= m.start() < t.end for t in frame.names):
            continue
        run = _back_from(frame, m.start())
        parties = [t for t in run if t.sort == "name" and not frame.kinds(t) <= {
            "Region", structure.SEGMENT, structure.CHAIN, "Product"}]
        if parties or not any(t.sort == "text" for t in run):
            continue
        name = "".join(frame.typed(t) for t in run) + m[0]
        core = "".join(t.text for t in run if t.sort != "name" or t is not run[0])
        index = frame.index
        near = [index.label(index.number(id)) for id, _, score in index.names().search(
            core, ["Company"], 3) if score >= 30]
        tail = f"；名称相近的有{join(near, 3)}" if near else ""
        return unknown("not_found", f"关于“{name}”的问题", f"图谱里没有叫“{name}”的企业{tail}",
                       choices=[{"name": one} for one in near],
                       call=call("entities", q=name, kind="Company"))
    return None


def _back_from(frame: Frame, place: int) -> list[Token]:
    """The tokens that run up to a place without a break, a time or a small word between."""
    run: list[Token] = []
    for token in reversed([t for t in frame.tokens if t.end <= place]):
        if token.sort in ("break", "time") or token.is_a("ask") or token.is_a("blank"):
            break
        run.insert(0, token)
    return run


def _no_such_place(frame: Frame) -> Reply | None:
    """东莞的锂电池链缺什么: where we know no such place, the province is not meant instead."""
    if any(frame.kinds(t) - {structure.SEGMENT, structure.CHAIN, "Product"} for t in frame.names):
        return None
    if not frame.names or not (frame.verb("lack", "complete", "has", "make")):
        return None
    first = next((n for n, t in enumerate(frame.tokens) if t.sort not in ("time", "break")
                  and not t.is_a("blank")), len(frame.tokens) - 1)
    token, after = frame.tokens[first], frame.tokens[first + 1:first + 2]
    if token.sort != "text" or not 2 <= len(token.text) <= 6 or _OURS.search(token.text) or not all(
            "一" <= char <= "鿿" for char in token.text):
        return None
    if not after or not (after[0].text in ("的", "在") or after[0].sort in ("name", "time")
                         or after[0].is_a("verb", "lack", "has")):
        return None
    return unknown("not_found", f"“{token.text}”在哪里？",
                   f"图谱里没有叫“{token.text}”的地区或园区，不能拿湖南的情况代替",
                   call=call("entities", q=token.text, kind="Region"))


def _another_chain(frame: Frame) -> Reply | None:
    """工程机械链的隔膜: a segment that no source puts into that chain."""
    index = frame.index
    for one, other in zip(frame.names, frame.names[1:], strict=False):
        between = [t for t in frame.tokens if one.end <= t.start < other.start]
        if (frame.kinds(one) != {structure.CHAIN} or other.slip
                or frame.kinds(other) != {structure.SEGMENT}
                or not any(t.text == "的" for t in between)
                or not all(t.is_a("noun", structure.CHAIN) or t.is_a("blank") for t in between)):
            continue
        chain = one.things[0]
        homes = list(dict.fromkeys(c for s in other.things for c in index.chains_of(s)))
        if chain in homes or not homes:
            continue
        names = index.label(chain), other.text
        return unknown("verdict", f"{names[0]}链的{names[1]}？",
                       f"没有来源把{names[1]}写作{names[0]}链的环节，它是"
                       f"{join(index.label(c) for c in homes)}链的",
                       slots={"chain": slot(index, chain, frame.day),
                              "segment": [slot(index, s, frame.day) for s in other.things[:3]]},
                       call=call("chains", q=names[0]))
    return None


def _no_such_segment(frame: Frame) -> Reply | None:
    """锂电池链的履带缺不缺: what nobody has named as a segment of any chain."""
    if not frame.verb("lack"):
        return None
    for one, of, token in zip(_solid(frame), _solid(frame)[1:], _solid(frame)[2:], strict=False):
        if (of.text != "的" or frame.kinds(one) != {structure.CHAIN} or token.sort != "text"
                or len(token.text) < 2 or any(t.start > token.end and t.is_a("ask", "which", "what")
                                              for t in frame.tokens)):
            continue
        name = frame.index.label(one.things[0])
        return unknown("verdict", f"{name}链缺不缺{token.text}？",
                       f"没有来源把“{token.text}”写作{name}链的环节，也没有叫这个名字的环节，"
                       "说不上缺不缺", call=call(f"chains/{name}"),
                       slots={"chain": slot(frame.index, one.things[0], frame.day)})
    return None


def _solid(frame: Frame) -> list[Token]:
    """The tokens without 产业链 after the name of a chain."""
    return [t for t in frame.tokens if not t.is_a("noun", structure.CHAIN) or t.sort == "name"]


def _not_doing(frame: Frame) -> Reply | None:
    """哪些企业不做隔膜: no source says it of a firm, and silence says nothing."""
    if not (frame.asks("who", "which", "count") and _NOT_DOING.search(frame.plain)):
        return None
    names = [t.text for t in frame.names if frame.kinds(t) & {structure.SEGMENT, "Product"}]
    if not names:
        return None
    what = "、".join(names)
    return unknown("makers", f"谁不做{what}？",
                   f"来源只说谁做{what}，不说谁不做；没有来源说过，不等于没有做",
                   call=call("entities", q=what))


def _not_ended(frame: Frame) -> Reply | None:
    """哪年破产的: of a firm of which no source says so, not even the day is looked for."""
    m, firms = _ENDED.search(frame.plain), frame.things(structure.COMPANY)
    if m is None or len(firms) != 1 or not frame.has("ask"):
        return None
    index, word = frame.index, m[0]
    known = sayings(index, described(index))
    if own(index, firms[0]).said.get("status") in ("stopped", "closed") or any(
            word in known.entries[n][1] for n in known.by_subject.get(firms[0], ())):
        return None
    name = index.label(firms[0], frame.day)
    return unknown("not_found", f"{name}{word}了吗？",
                   f"没有来源说过{name}{word}，不能当作有这回事",
                   slots={"thing": slot(index, firms[0], frame.day)},
                   call=call(f"entities/{index.id(firms[0])}"))


def _no_such_group(frame: Frame) -> Reply | None:
    """固态电池联盟谁牵头: an alliance of that name that no source tells of is not another one."""
    index = frame.index
    for token in frame.tokens:
        if not (token.is_a("noun", "Alliance") or frame.kinds(token) == {"Alliance"}):
            continue
        run: list[Token] = []
        for one in reversed([t for t in frame.tokens if t.end <= token.start]):
            if (run and one.end != run[0].start) or one.sort not in ("text", "name") or (
                    frame.kinds(one) & {"Region", "Park", "Alliance"}):
                break
            run.insert(0, one)
        core = "".join(t.text for t in [*run, *([token] if token.sort == "name" else [])])
        names = [bare(n) for a in index.things("Alliance") for n in spellings(index, a)]
        if len(core) < 3 or not any(t.sort == "text" for t in run) or any(
                all(core[i:i + 2] in name for i in range(len(core) - 1)) for name in names):
            continue
        known = sayings(index, described(index))
        whole = core + (token.text if token.sort != "name" else "")
        facts = [known.fact(n) for n in known.near([whole], 40)
                 if whole in known.entries[n][1]][:3]
        near = "；".join(phrase(index, f, frame.day) + cite(index, f.rows) for f in facts)
        return unknown("not_found", f"关于“{whole}”的问题",
                       f"图谱里没有叫“{whole}”的", near,
                       cited=[row for f in facts for row in f.rows],
                       call=call("entities", q=whole, kind="Alliance"))
    return None
