"""Questions of several parts: 甲在哪，产值多少 asks twice; 甲和乙各在哪 asks of each."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from api.ask.frame import Frame, Token
from api.ask.reply import MOST, Reply
from api.ask.subjects import proper
from api.ask.words import bare
from graph.structure import CHAIN

__all__ = ["TAGS", "clauses", "each", "joined", "together", "with_tokens"]

_CUTS = ",?;!，。；？！、"
_ASKING = ("who", "which", "what", "count", "much", "when", "where", "rank", "yesno", "why",
           "introduce", "how", "standing")
TAGS = ("对吗", "对吧", "对不对", "对不", "是吗", "是吧", "是真的吗", "真的吗", "真的假的",
        "没记错吧", "没说错吧", "我没说错吧", "没错吧", "没弄错吧", "属实吗", "不是吗", "准不准",
        "靠谱吗")
_EACH = ("各", "各自", "分别", "两边", "双方", "都")
_JOINS = ("和", "与", "跟", "同", "及", "、", "以及")
_ALIKE = ("不一样", "不同", "区别", "差别", "差异", "一样不", "一样吗")
_TOTAL = ("总数", "总量", "总共", "一共", "累计")
# Intents that answer a part for want of a better one: they say what is known, not what is asked.
_LOOSE = ("profile", "said", "lookup", "linked", "choice", "list", "field", "yes_no")
_TELLING = ("field", "when", "where", "figure", "grant")  # may say another thing of one record
Told = Callable[[Frame], Reply]


def clauses(frame: Frame) -> list[list[Token]]:
    """The tokens of each part that asks, with the parts before it that do not."""
    parts: list[list[Token]] = [[]]
    for token in frame.tokens:
        if token.sort == "break" and token.text in _CUTS:
            if token.text in "?？" and _states(parts[-1]):
                parts[-1].append(replace(token, sort="word", classes=(("ask", "yesno"),)))
            parts.append([])
        else:
            parts[-1].append(token)
    found: list[list[Token]] = []
    waiting: list[Token] = []
    for part in parts:
        if _asks(part):
            found.append([*waiting, *part])
            waiting = []
        else:
            waiting += part
    if found and waiting and not _tag(waiting):
        found[-1] += waiting
    return found


def _asks(part: Sequence[Token]) -> bool:
    return not _tag(part) and (any(t.is_a("ask", *_ASKING) or (t.is_a("verb", "name_of") and (
        "什么" in t.text or "啥" in t.text)) for t in part) or _again(part))


def _again(part: Sequence[Token]) -> bool:
    """百强榜呢: the same question of something else."""
    return len(part) > 1 and part[-1].text == "呢"


def _states(part: Sequence[Token]) -> bool:
    """是海螺搞出来的？ A statement with a question mark asks whether it is so."""
    return (any(t.text == "是" for t in part) and any(t.sort == "name" for t in part)
            and not any(t.is_a("ask") for t in part))


def _tag(part: Sequence[Token]) -> bool:
    """对吧, 没记错吧: nothing but a request to confirm."""
    return bool(part) and "".join(t.text for t in part) in TAGS


def together(frame: Frame, whole: Reply, tell: Told) -> Reply:
    """The answer to the whole question, with what its parts add that it leaves out."""
    parts = clauses(frame)
    if len(parts) < 2 or whole.status == "out_of_scope":
        return whole
    found = list(_parts_told(frame, parts, tell))
    told = [reply for reply in found if reply is not None and reply.status == "answered"]
    finer = [reply for reply in told if reply.intent == whole.intent and _adds(reply, [whole])]
    if whole.status == "answered" and not (finer and whole.intent in ("where", "when", "lookup")):
        more = [reply for reply, part in zip(found, parts, strict=True)
                if reply is not None and reply.status == "answered" and _adds(reply, [whole])
                and (reply.intent not in _LOOSE or _counts_it(part, reply)
                     or (reply.intent in ("lookup", "said")
                         and any(t.is_a("ask", "how") for t in part))
                     or (reply.slots.get("class") in ("Company", "Institute")
                         and any(t.is_a("ask", "standing") for t in part)) or (
                    reply.intent == "field" and _thing(reply) == _thing(whole)))]
        claims = [reply for reply, part in zip(found, parts, strict=True)
                  if reply is not None and reply.status == "unknown"
                  and (reply.intent == "ahead"
                       or (reply.intent in ("gap", "verdict") and reply.intent != whole.intent)
                       or (whole.intent == "profile" and any(
                           t.text in "?？" or t.is_a("ask", "count", "much", "rank")
                           for t in part)))]
        wrong = [reply for reply in more if reply.answer.startswith("不")]  # first what is not so
        rest = [reply for reply in more if reply not in wrong]
        return _joined(whole, [*wrong, whole, *rest], claims) if more or claims else whole
    fresh: list[Reply] = []
    for reply in told:
        if _adds(reply, fresh):
            fresh.append(reply)
    if not fresh:
        return whole
    open_ = [reply for reply in found if reply is not None and reply.status == "unknown"]
    return _joined(fresh[0], fresh, open_)


def _thing(reply: Reply) -> object:
    """What the reply is about."""
    found = reply.slots.get("thing")
    return found[0] if isinstance(found, list) and found else found


def _counts_it(part: Sequence[Token], reply: Reply) -> bool:
    """Whether a description tells the number that is asked for: 总共几条, 10条举措."""
    if any(t.is_a("ask", "much") for t in part) and reply.intent == "field":
        return re.search(r"\d[\d.]*[万亿]*元", reply.answer) is not None
    asked = next((t.text for t in part if t.is_a("ask", "count")), "")
    return bool(asked) and re.search(rf"\d+{re.escape(asked[-1])}", reply.answer) is not None


def _adds(reply: Reply, known: Sequence[Reply]) -> bool:
    """Whether it rests on records that the others do not rest on, or says another sentence."""
    cited = {row for one in known for row in one.cited}
    other = reply.intent in _TELLING and all(reply.intent != one.intent for one in known)
    return (other or bool(set(reply.cited) - cited)) and all(
        reply.answer not in one.answer for one in known)


def _parts_told(frame: Frame, parts: Sequence[Sequence[Token]],
                tell: Told) -> Iterator[Reply | None]:
    """The reply to each part: a later one speaks of what the first one named."""
    first = with_tokens(frame, parts[0])
    reply: Reply | None = tell(first)
    yield reply
    before, subject, last = first, _subject(frame, first, reply), parts[0]
    for part in parts[1:]:
        own = with_tokens(frame, part)
        seen = {row for row in reply.cited} if reply is not None else set[int]()
        best: Reply | None = None
        if _again(part):  # it asks what the last part that asked did
            own = with_tokens(frame, [*part, *(t for t in last if t.is_a("ask"))])
        for variant in _variants(frame, before, own, subject):
            one = tell(variant)
            if one.intent == "profile" and not own.asks("introduce", "standing"):
                continue
            finer = reply is not None and reply.intent == "profile" and one.intent in _TELLING
            if one.status == "answered" and (finer or not set(one.cited) <= seen):
                best = one
                break
            if best is None and one.status == "unknown":
                best = one
        yield best
        last = part if any(t.is_a("ask") for t in part) else last
        before = own if any(proper(frame, t) for t in own.names) else before
        reply = best or reply


def _variants(frame: Frame, before: Frame, own: Frame, subject: Token | None) -> list[Frame]:
    """How a later part may be meant: alone if it names somebody, else of the same subject, with
    the words of the part before, or of what that part was answered with."""
    times = [] if own.times else [t for t in before.tokens if t.sort == "time"]
    if mine := [t for t in own.names if proper(frame, t)]:
        kinds = set.union(*(frame.kinds(t) for t in mine))
        kept = [t for t in before.tokens if not t.is_a("ask") and "多少" not in t.text
                and not frame.kinds(t) & kinds and not (t.sort == "time" and own.times)]
        both = with_tokens(frame, [*kept, *own.tokens])
        if _only_there(frame, before, own, mine) or (  # 工程机械链有哪些环节，长沙缺哪些
                own.verb("lack", "complete") and own.first(CHAIN) is None and before.first(CHAIN)):
            return [both]
        return [with_tokens(frame, [*times, *own.tokens]), both]
    if any(t.text in _TOTAL for t in own.tokens):  # 新增了多少，总数多少
        before = before.without(*(t for t in before.tokens if t.text.startswith("新")
                                  or t.sort == "time"))
        times = []
    names = [t for t in before.names if proper(frame, t) and t not in own.tokens]
    words = [t for t in before.tokens if not t.is_a("ask") and "多少" not in t.text
             and t not in own.tokens and not (t.sort == "time" and own.times)]
    found = [[*times, *names, *own.tokens], [*times, *names[:1], *own.tokens],
             [*words, *own.tokens]] if names else [
        [*words, *own.tokens]]
    if own.asks("where"):  # of several it is asked of the first
        found = [[*times, *names[:1], *own.tokens], *found]
    if subject is not None and all(subject.things[0] not in t.things for t in names):
        found.append([*times, subject, *own.tokens])
    return [with_tokens(frame, tokens) for tokens in found]


def _only_there(frame: Frame, before: Frame, own: Frame, mine: Sequence[Token]) -> bool:
    """科力尔…，在永州排第几: the place says only where, the firm before is still meant."""
    heads = {t.end for t in own.tokens if t.text in ("在", "搁")}
    return all(t.start in heads for t in mine) and not _of_one_class(before, mine) and any(
        "Company" in frame.kinds(t) for t in before.names)


def _of_one_class(before: Frame, mine: Sequence[Token]) -> bool:
    """Whether what was named before is of the class of one of these."""
    return any(before.kinds(t) & before.kinds(m) for t in before.names for m in mine
               if proper(before, t))


def _subject(frame: Frame, first: Frame, reply: Reply | None) -> Token | None:
    """What the first part was answered with, as if it had been named."""
    topics = [str(row["topic"]) for row in reply.rows if row.get("topic")] if reply else []
    for topic in topics:  # what two built together, rather than the two
        if things := frame.lexicon.names.get(bare(topic)):
            return Token(0, 0, topic, "name", things=things)
    for name in ("thing", "subject", "project", "events") if reply is not None else ():
        slot = reply.slots.get(name) if reply is not None else None
        slot = slot[0] if isinstance(slot, list) and slot else slot
        if isinstance(slot, dict):
            thing = frame.index.number(str(slot["id"]))
            return Token(0, 0, str(slot["name"]), "name", things=(thing,))
    return None


def joined(told: Sequence[Reply]) -> Reply:
    """The replies to several parts as one, the answered first."""
    known = [reply for reply in told if reply.status == "answered"]
    open_ = [reply for reply in told if reply.status == "unknown"]
    return _joined(known[0], known, open_) if known else told[0]


def _joined(chief: Reply, told: Sequence[Reply], open_: Sequence[Reply]) -> Reply:
    """Several replies as one: their sentences after one another, what nobody knows last."""
    answers = list(dict.fromkeys(reply.answer for reply in told))
    answers += list(dict.fromkeys(f"另外{reply.answer}" for reply in open_))
    rows = list({str(row): row for reply in told for row in reply.rows}.values())
    cited = list(dict.fromkeys(row for reply in [*told, *open_] for row in reply.cited))
    restated = " ".join(dict.fromkeys(reply.restated for reply in [*told, *open_]))
    return replace(chief, restated=restated, answer="".join(answers), rows=rows[:MOST],
                   cited=cited)


def each(frame: Frame, whole: Reply, tell: Told) -> Reply:
    """甲和乙各…: the question asked of each, where the whole answer does not speak of all."""
    index = frame.index
    names = _side_by_side(frame)
    if not any(t.text in _EACH for t in frame.tokens) or not 1 < len(names) < 6:
        return whole
    labels = [index.label(t.things[0], frame.day) for t in names]
    if whole.status == "answered" and (all(label in whole.answer for label in labels)
                                       or not any(t.text in _EACH[:-1] for t in frame.tokens)):
        return whole
    drop = frame.of("blank")
    found = []
    for name in names:
        rest = [t for t in frame.tokens if t is name or (t not in names and not any(
            word in t.text for word in _ALIKE) and (
            t not in drop or t.text not in (*_EACH, "和", "与", "跟", "同", "及")))]
        found.append(tell(with_tokens(frame, rest)))
    told = [reply for reply in found if reply.status == "answered"]
    if not told and whole.status == "unknown" and len({r.answer for r in found}) == len(found):
        return _joined(found[0], found[:1], found[1:])
    if not told or len({reply.answer for reply in told}) < len(told):
        return whole
    return _joined(told[0], told, [reply for reply in found if reply.status == "unknown"])


def _side_by_side(frame: Frame) -> list[Token]:
    """The names of one class that are joined by 和 and the like: not 丙 of 甲和乙都给丙供货."""
    groups: list[list[Token]] = [[]]
    joined_ = False
    for token in frame.tokens:
        if token.sort == "name" and proper(frame, token):
            alike = groups[-1] and (frame.kinds(token) & frame.kinds(groups[-1][-1]) or all(
                frame.kinds(t) & {"Region", "Park"} for t in (token, groups[-1][-1])))
            if joined_ and alike:
                groups[-1].append(token)
            else:
                groups.append([token])
            joined_ = False
        elif token.text in _JOINS:
            joined_ = True
        elif not token.is_a("noun"):
            joined_ = False
    return max(groups, key=len)


def with_tokens(frame: Frame, tokens: Sequence[Token]) -> Frame:
    """A frame of these tokens in this order, as if nothing else had been typed."""
    kept: list[Token] = []
    written: list[str] = []
    last: Token | None = None
    for token in tokens:
        if last is not None and last.end != token.start:
            written.append("\n")
        typed = list(frame.written[token.start:token.end])
        if "".join(typed).casefold() != token.text:  # of another frame
            typed = list(token.text)
        start = len(written)
        written += typed
        kept.append(replace(token, start=start, end=len(written)))
        last = token
    plain = "".join(char.casefold() if len(char.casefold()) == 1 else char for char in written)
    text = "".join(written).replace("\n", "，" if any("，" in t.text for t in tokens) else "")
    return replace(frame, tokens=tuple(kept), plain=plain, written=tuple(written), text=text,
                   memory={})
